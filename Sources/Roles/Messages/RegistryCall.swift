public import Identity
public import Wire

/// Requests on `/registry/1`: a leaf to its Managers. `register` is answered with the last `Beacon`, once there is one.
public enum RegistryCall: FrameMessage {
    /// A `Register`.
    case register(Record)
    /// A `Leave`.
    case leave(Record)

    public var frame: Frame {
        switch self {
        case .register(let record): Frame(kind: 1, records: [record])
        case .leave(let record): Frame(kind: 2, records: [record])
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1: self = .register(try frame.single())
        case 2: self = .leave(try frame.single())
        default: throw .malformedField
        }
    }
}

/// Requests on `/beacon/1`: a Manager to the leaves registered with it. Answered with `acknowledged`.
public enum BeaconCall: FrameMessage {
    case beacon(Record)

    public var frame: Frame {
        switch self {
        case .beacon(let record): Frame(kind: 1, records: [record])
        }
    }

    public init(frame: Frame) throws(WireError) {
        guard frame.kind == 1 else { throw .malformedField }
        self = .beacon(try frame.single())
    }
}
