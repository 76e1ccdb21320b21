public import Identity
public import Wire

/// The decision that ends an attempt. An accepting one is what receipts are derived from.
public struct AttemptEnd: RecordBody {
    public static let type = RecordType.attemptEnd

    public enum Outcome: Hashable, Sendable {
        /// Ids of the verdicts, m or more, in the order of their ranks.
        case accepted(commitment: RecordID, verdicts: [RecordID])
        /// Ids of the verdicts that show why.
        case rejected(commitment: RecordID, evidence: [RecordID])
        /// No commitment before the deadline.
        case expired
        /// The Worker gave the lease back.
        case handedBack
        /// The result was false because the Manager had asked for it (`DecoyReveal`). Ids of the verdicts that show it.
        case decoy(commitment: RecordID, reveal: RecordID, evidence: [RecordID])
    }

    public var job: RecordID
    public var task: UInt32
    public var attempt: UInt32
    public var term: UInt64
    public var offer: RecordID
    public var outcome: Outcome

    public static let citationsMax = 256

    public init(job: RecordID, task: UInt32, attempt: UInt32, term: UInt64, offer: RecordID, outcome: Outcome) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.term = term
        self.offer = offer
        self.outcome = outcome
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var job, offer, commitment, reveal: Bytes32?
        var task, attempt, kind: UInt32
        (task, attempt, kind) = (0, 0, 0)
        var term: UInt64 = 0
        var citations: [RecordID] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: task = try field.uint32()
            case 3: attempt = try field.uint32()
            case 4: term = try field.uint64()
            case 5: offer = try field.bytes32()
            case 6: kind = try field.uint32()
            case 7: commitment = try field.bytes32()
            case 8:
                guard citations.count < AttemptEnd.citationsMax else { throw .outOfBounds }
                citations.append(try field.bytes32())
            case 9: reveal = try field.bytes32()
            default: throw .notCanonical
            }
        }
        let outcome: Outcome
        guard kind == 5 || reveal == nil else { throw .notCanonical }
        switch kind {
        case 1: outcome = .accepted(commitment: try commitment.required(), verdicts: citations)
        case 2: outcome = .rejected(commitment: try commitment.required(), evidence: citations)
        case 3: outcome = .expired
        case 4: outcome = .handedBack
        case 5: outcome = .decoy(commitment: try commitment.required(), reveal: try reveal.required(), evidence: citations)
        default: throw .malformedField
        }
        self.init(job: try job.required(), task: task, attempt: attempt, term: term, offer: try offer.required(), outcome: outcome)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.uint32(2, task)
        writer.uint32(3, attempt)
        writer.uint64(4, term)
        writer.bytes32(5, offer)
        switch outcome {
        case .accepted(let commitment, let citations):
            writer.uint32(6, 1)
            writer.bytes32(7, commitment)
            for id in citations { writer.bytes32(8, id) }
        case .rejected(let commitment, let citations):
            writer.uint32(6, 2)
            writer.bytes32(7, commitment)
            for id in citations { writer.bytes32(8, id) }
        case .expired: writer.uint32(6, 3)
        case .handedBack: writer.uint32(6, 4)
        case .decoy(let commitment, let reveal, let citations):
            writer.uint32(6, 5)
            writer.bytes32(7, commitment)
            for id in citations { writer.bytes32(8, id) }
            writer.bytes32(9, reveal)
        }
    }
}
