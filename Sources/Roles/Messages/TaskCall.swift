public import Identity
public import Wire

/// Requests on `/task/1`, between a Manager and a Worker.
public enum TaskCall: FrameMessage {
    /// Manager: an `Offer`. Answered with a `TaskAccept` or a `TaskDecline`.
    case offer(Record)
    /// Manager: an `Offer` of which the Worker is to commit to a false result, with what clears it: `DecoyPromise` and `DecoyReveal`. Answered
    /// like any offer.
    case decoy(offer: Record, promise: Record, reveal: Record)
    /// Worker: a `Progress`, also while it waits for the end of the attempt.
    case progress(Record)
    /// Worker: a `Commitment`. Answered with `Held`.
    case commitment(Record)
    /// Worker: a `HandBack`.
    case handBack(Record)
    /// Manager: an `AttemptEnd`, for the Worker of the attempt.
    case attemptEnd(Record)
    /// Manager: a `JobEnd`; what is left of the job's leases is void.
    case jobEnd(Record)

    public var frame: Frame {
        switch self {
        case .offer(let record): Frame(kind: 1, records: [record])
        case .progress(let record): Frame(kind: 2, records: [record])
        case .commitment(let record): Frame(kind: 3, records: [record])
        case .handBack(let record): Frame(kind: 4, records: [record])
        case .attemptEnd(let record): Frame(kind: 5, records: [record])
        case .jobEnd(let record): Frame(kind: 6, records: [record])
        case .decoy(let offer, let promise, let reveal): Frame(kind: 7, records: [offer, promise, reveal])
        }
    }

    public init(frame: Frame) throws(WireError) {
        if frame.kind == 7 {
            guard frame.records.count == 3 else { throw .missingField }
            self = .decoy(offer: frame.records[0], promise: frame.records[1], reveal: frame.records[2])
            return
        }
        let record = try frame.single()
        switch frame.kind {
        case 1: self = .offer(record)
        case 2: self = .progress(record)
        case 3: self = .commitment(record)
        case 4: self = .handBack(record)
        case 5: self = .attemptEnd(record)
        case 6: self = .jobEnd(record)
        default: throw .malformedField
        }
    }
}

/// Answers on `/task/1`, `/verify/1`, `/registry/1` and `/beacon/1`.
public enum RecordReply: FrameMessage {
    /// The record that the request asks for.
    case record(Record)
    /// Several, where several were asked for.
    case records([Record])
    case acknowledged
    /// Ask again: what it depends on is not there yet.
    case pending
    case refused(RefusalReason)

    public var frame: Frame {
        switch self {
        case .record(let record): Frame(kind: 1, records: [record])
        case .records(let records): Frame(kind: 2, records: records)
        case .acknowledged: Frame(kind: 3)
        case .pending: Frame(kind: 4)
        case .refused(let reason): refusalFrame(reason)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1: self = .record(try frame.single())
        case 2: self = .records(frame.records)
        case 3: self = .acknowledged
        case 4: self = .pending
        default: self = .refused(try readRefusal(frame))
        }
    }
}
