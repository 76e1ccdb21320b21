public import Identity
public import Wire

/// Which rule a penalty rests on. The number travels.
public enum PenaltyRule: UInt32, Hashable, Sendable, CaseIterable {
    /// The committee found the result not to be what was committed to.
    case rejectedResult = 1
    /// Two records for one place.
    case equivocation = 2
    /// A verdict that the recomputations of others contradict.
    case wrongVerdict = 3
    /// It did not answer, although it was connected and had taken on to: for a commitment, or for a duty that it accepted.
    case silence = 4
}

/// The Manager's signed statement that somebody broke a rule, with what shows it. It moves no money: fines are the ledger's.
public struct Penalty: RecordBody {
    public static let type = RecordType.penalty
    public static let evidenceMax = 64

    public var offender: Bytes32
    public var rule: PenaltyRule
    public var job: RecordID
    public var task: UInt32
    public var attempt: UInt32
    public var round: UInt64
    /// Ids of signed records.
    public var evidence: [RecordID]

    public init(
        offender: Bytes32, rule: PenaltyRule, job: RecordID, task: UInt32, attempt: UInt32, round: UInt64, evidence: [RecordID]
    ) {
        self.offender = offender
        self.rule = rule
        self.job = job
        self.task = task
        self.attempt = attempt
        self.round = round
        self.evidence = Array(evidence.prefix(Penalty.evidenceMax))
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var offender, job: Bytes32?
        var rule: PenaltyRule?
        var (task, attempt): (UInt32, UInt32) = (0, 0)
        var round: UInt64 = 0
        var evidence: [RecordID] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: offender = try field.bytes32()
            case 2: rule = PenaltyRule(rawValue: try field.uint32())
            case 3: job = try field.bytes32()
            case 4: task = try field.uint32()
            case 5: attempt = try field.uint32()
            case 6: round = try field.uint64()
            case 7:
                guard evidence.count < Penalty.evidenceMax else { throw .outOfBounds }
                evidence.append(try field.bytes32())
            default: throw .notCanonical
            }
        }
        guard let offender, let job, let rule, !evidence.isEmpty else { throw .missingField }
        self.init(offender: offender, rule: rule, job: job, task: task, attempt: attempt, round: round, evidence: evidence)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, offender)
        writer.uint32(2, rule.rawValue)
        writer.bytes32(3, job)
        writer.uint32(4, task)
        writer.uint32(5, attempt)
        writer.uint64(6, round)
        for id in evidence { writer.bytes32(7, id) }
    }
}
