/// What a record states. Numbers are part of what is signed and are never reused.
public enum RecordType: UInt16, Hashable, Sendable, CaseIterable {
    // job/1
    case jobRequest = 1
    case jobAccepted = 2
    case jobPlan = 3
    case jobEnd = 4
    case jobControl = 5
    // task/1
    case offer = 16
    case taskAccept = 17
    case taskDecline = 18
    case progress = 19
    case commitment = 20
    case held = 21
    case attemptEnd = 22
    case handBack = 23
    case repair = 24
    // verify/1
    case duty = 32
    case dutyAccept = 33
    case challenge = 34
    case locators = 35
    case blind = 36
    case openings = 37
    case verdict = 38
    case dutyDecline = 39
    case sampleQuestion = 40
    case sampleTrace = 41
    case decoyPromise = 42
    case decoyReveal = 43
    // account/1
    case transferOrder = 48
    case transferApplied = 49
    case receipt = 50
    case fine = 51
    case claim = 52
    case penalty = 53
    // registry/1
    case register = 64
    case leave = 65
    case rosterSync = 66
    case managerEntry = 67
    // beacon/1
    case shardRoot = 80
    case deal = 81
    case roundRoot = 82
    case share = 83
    case beacon = 84
    // replication and evidence
    case vote = 96
    case silent = 97

    /// Largest body in bytes.
    public var bodyMax: Int {
        switch self {
        case .openings: 16 << 20
        case .locators: 16 << 20
        case .verdict: 2 << 20
        case .jobPlan, .rosterSync, .deal: 1 << 20
        case .jobRequest, .offer, .attemptEnd, .roundRoot, .repair: 64 << 10
        case .managerEntry: 1 << 10
        default: 8 << 10
        }
    }
}
