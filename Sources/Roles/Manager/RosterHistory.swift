internal import Identity
internal import ProofOfRender

/// The rosters that closed rounds certified. An output draws from the one before its own round, so that nobody can join, or make
/// somebody join, once the output is known.
struct RosterHistory: Sendable {
    struct Certified: Sendable {
        var round: UInt64
        var roundRoot: Record
        var workers: Roster?
        var verifiers: Roster?
    }

    private var last: Certified?
    private var before: Certified?

    /// A round is closed.
    mutating func append(_ certified: Certified) {
        before = last
        last = certified
    }

    /// What the output of `round` draws from; nil right after a start, and for a round that is not the last one.
    func drawable(at round: UInt64) -> Certified? {
        guard let last, last.round == round else { return nil }
        return before
    }
}
