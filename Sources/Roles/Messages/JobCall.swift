public import Identity
public import Wire

/// Requests on `/job/1`: client to Manager.
public enum JobCall: FrameMessage {
    /// A `JobRequest`. Answered with `received`, at once and again.
    case submit(Record)
    case status(JobStatusQuery)
    /// A `JobControl`.
    case control(Record)
    /// Signed results of verified tasks, from the one with this index on.
    case results(JobStatusQuery)
    case proof(job: RecordID, task: UInt32)

    public var frame: Frame {
        switch self {
        case .submit(let record): Frame(kind: 1, records: [record])
        case .status(let query): Frame(kind: 2, payload: query.encoded)
        case .control(let record): Frame(kind: 3, records: [record])
        case .results(let query): Frame(kind: 4, payload: query.encoded)
        case .proof(let job, let task): Frame(kind: 5, payload: JobStatusQuery(job: job, firstTask: task, taskCount: 1).encoded)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1: self = .submit(try frame.single())
        case 2: self = .status(try JobStatusQuery(encoded: frame.payload))
        case 3: self = .control(try frame.single())
        case 4: self = .results(try JobStatusQuery(encoded: frame.payload))
        case 5:
            let query = try JobStatusQuery(encoded: frame.payload)
            self = .proof(job: query.job, task: query.firstTask)
        default: throw .malformedField
        }
    }
}

/// Answers on `/job/1`.
public enum JobReply: FrameMessage {
    case received(job: RecordID)
    /// With the `JobAccepted` and, at the end, the `JobEnd` as far as they are there.
    case status(JobStatus, [Record])
    case results([TaskResult])
    /// A `ProofBundle` of at most `ProofReply.sizeMax` bytes.
    case proof([UInt8])
    case refused(RefusalReason)

    public var frame: Frame {
        switch self {
        case .received(let job): Frame(kind: 1, payload: job.array)
        case .status(let status, let records): Frame(kind: 2, records: records, payload: status.encoded)
        case .results(let results): Frame(kind: 3, records: results.flatMap(\.records))
        case .proof(let bytes): Frame(kind: 4, payload: bytes)
        case .refused(let reason): refusalFrame(reason)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1:
            guard let job = Bytes32(frame.payload) else { throw .outOfBounds }
            self = .received(job: job)
        case 2: self = .status(try JobStatus(encoded: frame.payload), frame.records)
        case 3:
            guard frame.records.count.isMultiple(of: 3) else { throw .missingField }
            var results: [TaskResult] = []
            for index in stride(from: 0, to: frame.records.count, by: 3) {
                results.append(try TaskResult(records: Array(frame.records[index..<index + 3])))
            }
            self = .results(results)
        case 4: self = .proof(frame.payload)
        default: self = .refused(try readRefusal(frame))
        }
    }
}

/// What shows a client that a tile was rendered and verified.
public struct TaskResult: Sendable {
    public var offer: Record
    public var commitment: Record
    public var end: Record

    /// Most results in one answer.
    public static let countMax = Frame.recordsMax / 3

    public init(offer: Record, commitment: Record, end: Record) {
        self.offer = offer
        self.commitment = commitment
        self.end = end
    }

    var records: [Record] { [offer, commitment, end] }

    init(records: [Record]) throws(WireError) {
        guard records.count == 3 else { throw .missingField }
        self.init(offer: records[0], commitment: records[1], end: records[2])
    }
}

/// Every protocol's refusal has the same form.
let refusalKind: UInt32 = 100

func refusalFrame(_ reason: RefusalReason) -> Frame {
    var writer = ByteWriter()
    writer.writeVarint(UInt64(reason.rawValue))
    return Frame(kind: refusalKind, payload: writer.bytes)
}

func readRefusal(_ frame: Frame) throws(WireError) -> RefusalReason {
    guard frame.kind == refusalKind else { throw .malformedField }
    var reader = ByteReader(frame.payload)
    guard let reason = RefusalReason(rawValue: UInt32(try reader.readCount(max: 255))) else { throw .malformedField }
    return reason
}
