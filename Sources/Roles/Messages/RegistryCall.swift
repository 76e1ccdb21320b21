public import Identity
public import Wire

/// Requests on `/registry/1`: a leaf to its Managers, and anybody to the core about the registry of Managers. `register` is answered with
/// the last `Beacon`, once there is one, `reconcile` with records.
public enum RegistryCall: FrameMessage {
    /// A `Register`.
    case register(Record)
    /// A `Leave`.
    case leave(Record)
    /// The asker's own `ManagerEntry`.
    case announce(Record)
    case reconcile(RegistrySummary)

    public var frame: Frame {
        switch self {
        case .register(let record): Frame(kind: 1, records: [record])
        case .leave(let record): Frame(kind: 2, records: [record])
        case .announce(let record): Frame(kind: 3, records: [record])
        case .reconcile(let summary): Frame(kind: 4, payload: summary.payload)
        }
    }

    public init(frame: Frame) throws(WireError) {
        switch frame.kind {
        case 1: self = .register(try frame.single())
        case 2: self = .leave(try frame.single())
        case 3: self = .announce(try frame.single())
        case 4: self = .reconcile(try RegistrySummary(payload: frame.payload))
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
