public import Identity
public import Wire

/// When the verdicts on one commitment decide it. Source: `docs/protocols/proof.md`, "Counting".
///
/// m accepts and no reject: accepted. A reject that needs no render is checked by the writer itself and decides at once. Any other
/// reject asks three more Verifiers to recompute its place: two who reproduce it make a fraud proof, which outweighs every accept;
/// two who refute it discard the verdict that rejected, and the count of accepts goes on.
public struct VerdictCount: Sendable {
    public enum Decision: Sendable, Equatable {
        /// So many more Verifiers are to be drawn, or waited for.
        case waiting(missing: Int)
        /// Three more are needed, for the dispute of this verdict.
        case escalate(dispute: RecordID, missing: Int)
        /// The verdicts that count, in the order of their arrival.
        case accepted([RecordID])
        /// The verdicts that show it.
        case rejected([RecordID])
    }

    /// Verifiers that a dispute is laid before, and how many of them decide it.
    public static let rechecks = 3
    public static let rechecksDeciding = 2

    /// Accepts that decide.
    public private(set) var needed: Int
    private var verdicts: [(id: RecordID, verifier: Bytes32, verdict: Verdict)] = []
    private var refuted: Set<RecordID> = []
    private var proven: [RecordID] = []
    private var rechecks: [RecordID: (reproduced: [RecordID], refuted: [RecordID])] = [:]

    public init(level: SecurityLevel) { needed = level.verifiers }

    /// Asks for more accepts than the job's level: where marks are missing. Fewer are never asked for.
    public mutating func raise(to count: Int) { needed = max(needed, count) }

    /// More verdicts than any attempt has are dropped.
    public static let verdictsMax = 64

    /// Counts a verdict whose signature, duty and author the writer has checked. `disputes` are those of its duty. The first verdict
    /// of a Verifier counts. `isEvident` is the writer's own check of a reject that needs no render (`FraudProof.holds`).
    public mutating func add(_ verdict: Verdict, id: RecordID, verifier: Bytes32, disputes: [RecordID] = [], isEvident: Bool = false) {
        guard verdicts.count < VerdictCount.verdictsMax, !verdicts.contains(where: { $0.verifier == verifier }) else { return }
        verdicts.append((id, verifier, verdict))
        if case .reject(let reason) = verdict.outcome, !reason.needsRecomputation {
            if isEvident { proven.append(id) } else { refuted.insert(id) }
        }
        if case .cannot = verdict.outcome { return }
        for dispute in disputes where dispute != id {
            var entry = rechecks[dispute] ?? ([], [])
            if verdict.reproduced.contains(dispute) { entry.reproduced.append(id) } else { entry.refuted.append(id) }
            rechecks[dispute] = entry
            if entry.reproduced.count == VerdictCount.rechecksDeciding { proven += [dispute] + entry.reproduced }
            if entry.refuted.count == VerdictCount.rechecksDeciding { refuted.insert(dispute) }
        }
    }

    public var decision: Decision {
        if !proven.isEmpty { return .rejected(proven) }
        for entry in verdicts where isReject(entry.verdict) && !refuted.contains(entry.id) {
            let done = rechecks[entry.id].map { $0.reproduced.count + $0.refuted.count } ?? 0
            return .escalate(dispute: entry.id, missing: max(0, VerdictCount.rechecks - done))
        }
        let accepts = verdicts.filter { $0.verdict.outcome == .accept }.map(\.id)
        return accepts.count >= needed ? .accepted(accepts) : .waiting(missing: needed - accepts.count)
    }

    /// Verdicts that rejected honest work: evidence against their authors.
    public var refutedVerdicts: [RecordID] { verdicts.map(\.id).filter { refuted.contains($0) } }

    private func isReject(_ verdict: Verdict) -> Bool {
        if case .reject = verdict.outcome { return true }
        return false
    }
}
