internal import Identity
internal import ProofOfRender
internal import Wire

/// The Verifiers of one attempt: who was drawn, how far each is, and what their verdicts decide.
struct Committee: Sendable {
    /// Ranks drawn at most for one attempt and round.
    static let candidatesMax = 48
    /// Duties on one attempt over all of its draws.
    static let dutiesMax = 48

    enum Decision: Hashable, Sendable {
        case undecided
        /// Ids of the verdicts.
        case accepted([RecordID])
        case rejected([RecordID])
        /// Nobody is left to ask and the verdicts do not decide: the attempt ends without blame.
        case undecidable
    }

    struct Invitation: Hashable, Sendable {
        var verifier: Bytes32
        var rank: UInt32
        var disputes: [RecordID]
    }

    /// Accepts that decide.
    var needed: Int { count.needed }
    /// A Verifier missed the marks: the committee is full, and who is asked from now on challenges more.
    private(set) var isAlarmed = false
    private(set) var anchor: Anchor
    private(set) var beacon: Beacon
    /// By number, in the order in which they were given.
    var duties: [DutyState] = []
    private var count: VerdictCount
    private var candidates: [Bytes32] = []
    private(set) var evidence: ProofBundle.DrawEvidence?
    private var used: Set<Bytes32> = []
    private var authors: [RecordID: Bytes32] = [:]
    private(set) var accepts: UInt32 = 0
    private(set) var rejects: UInt32 = 0
    private var rejecting: [RecordID] = []
    /// Verdicts that found a fault.
    var rejections: [RecordID] { rejecting }

    init(level: SecurityLevel, anchor: Anchor, beacon: Beacon) {
        count = VerdictCount(level: level)
        self.anchor = anchor
        self.beacon = beacon
    }

    /// Marks were missing.
    mutating func alarm() {
        isAlarmed = true
        count.raise(to: SecurityLevel.high.verifiers)
    }

    enum Availability: Hashable, Sendable {
        case free
        /// Later.
        case busy
        /// Not there, or not able to check this job.
        case gone
    }

    /// Draws the order of Verifiers out of the certified roster. Those that gave a verdict before, or are at it, are passed over.
    mutating func draw(
        anchor: Anchor, beacon: Beacon, subject: Bytes32, from certified: RosterHistory.Certified, roster: Roster,
        excluding exclusion: Draw.Exclusion
    ) {
        self.anchor = anchor
        self.beacon = beacon
        used = Set(duties.filter { $0.verdict != nil || $0.isLive }.map(\.verifier))
        evidence = ProofBundle.DrawEvidence(roster: roster, roundRoot: certified.roundRoot)
        var draw = Draw(.verifier, subject: subject, output: beacon.output, roster: roster, excluding: exclusion)
        candidates = []
        while candidates.count < Committee.candidatesMax, let entry = draw.next() { candidates.append(entry.key) }
    }

    /// The next Verifier to ask, in the order of ranks, passing over those that have no time now; nil where nobody is needed or free.
    mutating func nextInvitation(_ availability: (Bytes32) -> Availability) -> Invitation? {
        guard duties.count < Committee.dutiesMax else { return nil }
        let disputes: [RecordID]
        let missing: Int
        switch count.decision {
        case .accepted, .rejected: return nil
        case .waiting(let more):
            missing = more - duties.count { $0.isChecking }
            disputes = []
        case .escalate(let dispute, let more):
            missing = more - duties.count { $0.isChecking && $0.body.disputes.contains(dispute) }
            disputes = [dispute]
        }
        guard missing > 0 else { return nil }
        for (rank, key) in candidates.enumerated() where !used.contains(key) {
            switch availability(key) {
            case .busy: continue
            case .gone: used.insert(key)
            case .free:
                used.insert(key)
                return Invitation(verifier: key, rank: UInt32(truncatingIfNeeded: rank), disputes: disputes)
            }
        }
        return nil
    }

    /// The first in the order of ranks that cannot check the work, to look at its marks: one for every draw. It decides nothing, but it
    /// may see that marks are missing.
    func nextWitness(_ isSuited: (Bytes32) -> Bool) -> Invitation? {
        guard duties.count < Committee.dutiesMax, decision == .undecided else { return nil }
        guard !duties.contains(where: { $0.body.marksOnly && $0.anchor == anchor }) else { return nil }
        for (rank, key) in candidates.enumerated() where !duties.contains(where: { $0.verifier == key }) && isSuited(key) {
            return Invitation(verifier: key, rank: UInt32(truncatingIfNeeded: rank), disputes: [])
        }
        return nil
    }

    /// Counts a verdict that `DutyState.opened` let through. `isEvident`: our own check of a reject that needs no render.
    mutating func add(_ verdict: Verdict, record: Record, id: RecordID, duty index: Int, isEvident: Bool) {
        duties[index].verdict = record
        authors[id] = duties[index].verifier
        switch verdict.outcome {
        case .accept: accepts += 1
        case .reject(let reason):
            rejects += 1
            if isEvident || reason.needsRecomputation { rejecting.append(id) }
        case .cannot: break
        }
        let isOpinion = if case .cannot = verdict.outcome { false } else { true }
        duties[index].stage = isOpinion ? .revealed : .lapsed
        guard isOpinion else { return }
        count.add(verdict, id: id, verifier: duties[index].verifier, disputes: duties[index].body.disputes, isEvident: isEvident)
    }

    /// Keeps a verdict that refutes itself, as the evidence against its author; it counts for nobody.
    mutating func discard(_ record: Record, duty index: Int) {
        duties[index].verdict = record
        duties[index].stage = .lapsed
    }

    /// Nobody that was drawn is left to be asked.
    var isExhausted: Bool { !duties.contains { $0.isChecking } && !candidates.contains { !used.contains($0) } }

    /// Verdicts that were refuted: evidence against their authors.
    var refuted: [(verifier: Bytes32, verdict: RecordID)] {
        count.refutedVerdicts.compactMap { id in authors[id].map { (verifier: $0, verdict: id) } }
    }

    var decision: Decision {
        switch count.decision {
        case .accepted(let ids): return .accepted(ids)
        case .rejected(let ids): return .rejected(ids)
        case .waiting: return .undecided
        case .escalate:
            // In a network with too few Verifiers for a dispute, two that found a fault each by themselves decide against more
            // accepts than that; otherwise the attempt ends without blame and somebody else renders.
            guard isExhausted else { return .undecided }
            return rejecting.count >= VerdictCount.rechecksDeciding && rejects > accepts ? .rejected(rejecting) : .undecidable
        }
    }

    /// Whether the Worker's values may be shown: every Verifier that may still answer has fixed its own.
    var mayOpen: Bool { !duties.contains { $0.keepsOthersWaiting } }

    var verdictsMissing: Int {
        switch count.decision {
        case .accepted, .rejected: 0
        case .waiting(let missing), .escalate(_, let missing): missing
        }
    }
}
