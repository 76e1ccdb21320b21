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
    case proof(ProofQuery)

    public var frame: Frame {
        switch self {
        case .submit(let record): Frame(kind: 1, records: [record])
        case .status(let query): Frame(kind: 2, payload: query.encoded)
        case .control(let record): Frame(kind: 3, records: [record])
        case .results(let query): Frame(kind: 4, payload: query.encoded)
        case .proof(let query): Frame(kind: 5, payload: query.encoded)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1: self = .submit(try frame.single())
        case 2: self = .status(try JobStatusQuery(encoded: frame.payload))
        case 3: self = .control(try frame.single())
        case 4: self = .results(try JobStatusQuery(encoded: frame.payload))
        case 5: self = .proof(try ProofQuery(encoded: frame.payload))
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
    /// A part of a `ProofBundle`, and the size of the whole.
    case proof([UInt8], size: UInt64)
    case refused(RefusalReason)

    public var frame: Frame {
        switch self {
        case .received(let job): return Frame(kind: 1, payload: job.array)
        case .status(let status, let records): return Frame(kind: 2, records: records, payload: status.encoded)
        case .results(let results): return Frame(kind: 3, records: results.flatMap(\.records))
        case .proof(let part, let size):
            var writer = ByteWriter(reserving: part.count + 8)
            writer.writeBigEndian(size)
            writer.write(part)
            return Frame(kind: 4, payload: writer.bytes)
        case .refused(let reason): return refusalFrame(reason)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1:
            guard let job = Bytes32(frame.payload) else { throw .outOfBounds }
            self = .received(job: job)
        case 2: self = .status(try JobStatus(encoded: frame.payload), frame.records)
        case 3:
            // An offer begins the next result.
            var groups: [[Record]] = []
            for record in frame.records {
                if record.type == .offer || groups.isEmpty { groups.append([]) }
                groups[groups.count - 1].append(record)
            }
            var results: [TaskResult] = []
            for group in groups { results.append(try TaskResult(records: group)) }
            self = .results(results)
        case 4:
            var reader = ByteReader(frame.payload)
            let size = try reader.readBigEndian(UInt64.self)
            self = .proof(Array(reader.readRest()), size: size)
        default: self = .refused(try readRefusal(frame))
        }
    }
}

/// Asks for the records of a task's verdict, from an offset on.
public struct ProofQuery: Hashable, Sendable {
    /// Bytes in one answer.
    public static let partMax = 3 << 20

    public var job: RecordID
    public var task: UInt32
    /// Nil for the last attempt that verdicts decided.
    public var attempt: UInt32?
    public var offset: UInt64

    public init(job: RecordID, task: UInt32, attempt: UInt32? = nil, offset: UInt64 = 0) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.offset = offset
    }

    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.bytes32(1, job)
        writer.uint32(2, task)
        writer.uint64(3, offset)
        // One more than the attempt, so that the first one is not left out.
        if let attempt { writer.uint64(4, UInt64(attempt) + 1) }
        return writer.bytes
    }

    public init(encoded: [UInt8]) throws(WireError) {
        var job: Bytes32?
        var task: UInt32 = 0
        var attempt: UInt32?
        var offset: UInt64 = 0
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: task = try field.uint32()
            case 3: offset = try field.uint64()
            case 4:
                let number = try field.uint64()
                guard (1...UInt64(UInt32.max) + 1).contains(number) else { throw .outOfBounds }
                attempt = UInt32(number - 1)
            default: break
            }
        }
        guard let job else { throw .missingField }
        self.init(job: job, task: task, attempt: attempt, offset: offset)
    }
}

/// What shows a client that a tile was rendered and verified.
public struct TaskResult: Sendable {
    public var offer: Record
    public var commitment: Record
    public var end: Record
    /// A `Repair`, where the task carried marks.
    public var repair: Record?

    /// Most results in one answer.
    public static let countMax = Frame.recordsMax / 4

    public init(offer: Record, commitment: Record, end: Record, repair: Record? = nil) {
        self.offer = offer
        self.commitment = commitment
        self.end = end
        self.repair = repair
    }

    var records: [Record] { [offer, commitment, end] + [repair].compactMap { $0 } }

    init(records: [Record]) throws(WireError) {
        guard (3...4).contains(records.count) else { throw .missingField }
        self.init(offer: records[0], commitment: records[1], end: records[2], repair: records.count > 3 ? records[3] : nil)
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
