internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
public import Wire

/// What a leaf says about itself when it registers.
public struct Capabilities: Hashable, Sendable {
    /// Who runs the node; zero for a node without a licence, which counts as an operator of its own.
    public var operatorID: Bytes32 = .zero
    /// Bytes that scenes and records may take together.
    public var memory: UInt64 = 8 << 30
    /// Largest scene in bytes that it loads.
    public var sceneBytesMax: UInt64 = 4 << 30
    /// Least price per IBM, in millionths of an ifxDollar.
    public var priceMin: UInt64 = 0
    /// Speed in millionths of the standard unit.
    public var benchmark: UInt64 = 1_000_000
    /// What the engine renders exactly.
    public var profile: Bytes32

    public init(profile: Bytes32) { self.profile = profile }
}

/// A leaf among its Managers: registrations, the session, and the last beacon it was told.
struct Membership: Sendable {
    private let keys: RoleKeys
    private let role: RoleName
    private let slots: UInt32
    private let capabilities: Capabilities
    private(set) var registrations: Registrations
    private(set) var session: UInt64 = 0
    private(set) var round: UInt64 = 0
    /// Whether new work is taken. The registration says so: nobody is asked who would decline.
    private var isOpen = true

    init(keys: RoleKeys, role: RoleName, slots: UInt32, capabilities: Capabilities, parameters: RegistrationParameters) {
        self.keys = keys
        self.role = role
        self.slots = slots
        self.capabilities = capabilities
        registrations = Registrations(parameters: parameters)
    }

    var nextDeadline: Instant? { registrations.nextDeadline }

    /// The key of a Manager that we are registered with, or try to be.
    func isManager(_ key: Bytes32) -> Bool { registrations.isManager(PeerID(ed25519: key)) }

    /// Registers where that is due, and gives up Managers that bring no beacons.
    mutating func handleDeadline(now: Instant, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        register(now: now, ids: &ids, emit: &emit)
        for manager in registrations.silent(now: now) {
            emit.append(.event(.registrationLost(manager: manager, .timedOut)))
            emit.append(.replaceManager(manager))
        }
    }

    /// - Parameter session: a fresh random number.
    mutating func begin(session: UInt64) { self.session = max(1, session) }

    mutating func managers(_ known: [KnownPeer], now: Instant, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        registrations.set(known.filter { $0.peer.ed25519Key != nil && $0.peer != keys.peer }, now: now)
        register(now: now, ids: &ids, emit: &emit)
    }

    mutating func connected(_ peer: PeerID, now: Instant, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        registrations.connected(peer, now: now)
        register(now: now, ids: &ids, emit: &emit)
    }

    mutating func gone(_ peer: PeerID, now: Instant) { registrations.gone(peer, now: now) }

    private mutating func register(now: Instant, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        for manager in registrations.due(now: now) {
            let id = ids.request()
            let (sequence, wait) = registrations.sent(id, to: manager)
            let body = Register(
                role: role, session: session, sequence: sequence, operatorID: capabilities.operatorID, memory: capabilities.memory,
                sceneBytesMax: capabilities.sceneBytesMax, priceMin: capabilities.priceMin, benchmark: capabilities.benchmark,
                slots: isOpen ? slots : 0, profile: capabilities.profile)
            let call = RegistryCall.register(keys.sign(body))
            emit.append(
                .request(
                    id, to: manager, at: registrations.entries[manager]?.addresses ?? [], .registry, call.encoded, timeout: wait))
        }
    }

    /// Begins or ceases to take new work, and tells every Manager.
    mutating func takeWork(_ isOpen: Bool, now: Instant, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        guard isOpen != self.isOpen else { return }
        self.isOpen = isOpen
        registrations.refresh(now: now)
        register(now: now, ids: &ids, emit: &emit)
    }

    /// False where the request was no registration.
    mutating func response(_ id: RequestID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) -> Bool {
        guard let manager = registrations.manager(of: id) else { return false }
        switch try? RecordReply(encoded: bytes) {
        case .record(let record): took(record, from: manager, now: now)
        case .acknowledged: break
        case .refused, .records, .pending, nil:
            registrations.failed(manager, now: now)
            emit.append(.event(.registrationLost(manager: manager, .misbehaviour)))
            return true
        }
        if registrations.succeeded(manager, now: now) { emit.append(.event(.registered(manager: manager, round: round))) }
        return true
    }

    mutating func requestFailed(_ id: RequestID, _ failure: NetworkFailure, now: Instant, emit: inout [RoleEffect]) -> Bool {
        guard let manager = registrations.manager(of: id) else { return false }
        registrations.failed(manager, now: now)
        emit.append(.event(.registrationLost(manager: manager, failure)))
        return true
    }

    /// A Manager pushes the beacon of a round.
    mutating func beacon(from peer: PeerID, _ bytes: [UInt8], now: Instant) -> RecordReply {
        guard registrations.isManager(peer) else { return .refused(.notYours) }
        guard let call = try? BeaconCall(encoded: bytes) else { return .refused(.malformed) }
        switch call {
        case .beacon(let record): return took(record, from: peer, now: now) ? .acknowledged : .refused(.notSigned)
        }
    }

    @discardableResult
    private mutating func took(_ record: Record, from peer: PeerID, now: Instant) -> Bool {
        guard peer.ed25519Key == record.author, let beacon = keys.open(record, as: Beacon.self) else { return false }
        round = max(round, beacon.round)
        registrations.heard(peer, round: beacon.round, now: now)
        return true
    }

    /// Says goodbye to every Manager that has us; none is registered with until `comeBack`.
    mutating func leave(wait: Duration, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        registrations.stop()
        let record = keys.sign(Leave(session: session))
        for manager in registrations.managers where registrations.entries[manager]?.isRegistered == true {
            emit.append(
                .request(ids.request(), to: manager, at: [], .registry, RegistryCall.leave(record).encoded, timeout: wait))
        }
    }

    /// Undoes `leave`, in a session of its own: the last one is over for the Managers. `takeWork` then registers.
    mutating func comeBack(now: Instant) {
        guard registrations.isStopped else { return }
        begin(session: session &+ 1)
        registrations.restart(now: now)
    }
}
