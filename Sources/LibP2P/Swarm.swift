public import Crypto
public import Determinism
public import Identity
internal import Wire

/// All connections of a node: a pure machine between a byte transport below and `NetworkEvent`, `NetworkCommand` above.
///
/// One connection per peer is shown upward. Duplicates (both sides dialled at once) are kept until their streams are done, and
/// hidden: both sides prefer the one that the peer with the smaller id dialled, so they agree without talking.
///
/// Calling contract: that of `StateMachine`. Effects are carried out in order. `.drained` must be reported or writing stops at
/// `SwarmParameters.writeBacklogMax`. Bytes may be given with `receive(_:_:now:emit:)` instead of `.received`, without a copy.
public struct Swarm: StateMachine {
    public typealias Input = SwarmInput
    public typealias Effect = SwarmEffect

    struct Peer {
        var id: PeerID
        var handle: PeerHandle
        /// The connection that new streams use.
        var primary: Int
        /// Hidden duplicates.
        var others: [Int] = []
        var information: PeerInformation?
        var protection: UInt8 = 0
        var roundTrip: Duration?
        /// Identify information of a connection that was hidden when it came.
        var isIdentified: Bool { information != nil }
    }

    struct Dial {
        let serial: UInt64
        var addresses: [Multiaddr]
        var tried = 0
        /// Connections under way, by slot.
        var attempts: [Int] = []
        var nextAttempt: Instant
        /// When the swarm will look at it again.
        var registered: Instant = .distantFuture
        /// Requests that wait for the connection.
        var waiting: [RequestID] = []
        /// `dialFailed` is wanted.
        var isCommanded: Bool
        var failure: NetworkFailure = .unreachable
    }

    struct PendingRequest {
        var peer: PeerID
        var name: ProtocolName
        /// Empty once it has been handed to a connection.
        var message: [UInt8]
        var deadline: Instant
        /// Handed to a connection.
        var isSent: Bool
    }

    struct InboundRequest {
        var slot: Int
        var serial: UInt64
        var stream: UInt32
    }

    enum Owner {
        case connection(Int)
        case dial(PeerID)
    }

    public let parameters: SwarmParameters
    let signing: Signing
    let protocols: ProtocolTable
    let noise: NoiseIdentity
    var entropy: EntropySource
    var generator: Generator
    var context: ConnectionContext
    var served: Set<ProtocolName> = []
    var listenAddresses: [Multiaddr] = []
    var recordSequence: UInt64
    var isStopping = false

    var connections: [Connection?] = []
    var freeSlots: [Int] = []
    var slots: [TransportID: Int] = [:]
    var admission: Admission
    var handshakes = 0
    var buffered = 0

    var peers: [Peer?] = []
    var freeHandles: [Int] = []
    var handles: [PeerID: PeerHandle] = [:]

    var dials: [PeerID: Dial] = [:]
    var requests: [RequestID: PendingRequest] = [:]
    var inbound: [InboundID: InboundRequest] = [:]

    var heap = DeadlineHeap()
    var owners: [UInt64: Owner] = [:]
    var nextSerial: UInt64 = 1
    var nextDialled: UInt64 = 1

    var workspace = ConnectionWorkspace()
    var scratch = [UInt8](repeating: 0, count: NoiseTransport.plaintextMax)

    /// - Parameters:
    ///   - signing: our identity; `.ed25519` only, since other implementations must be able to verify.
    ///   - entropy: ephemeral and static keys of the handshakes.
    ///   - seed: choices that need not be secret.
    public init(parameters: SwarmParameters, signing: Signing, entropy: EntropySource, seed: UInt64) {
        if let complaint = parameters.complaint { preconditionFailure(complaint) }
        self.parameters = parameters
        self.signing = signing
        self.entropy = entropy
        generator = Generator(seed: seed).fork("swarm")
        protocols = ProtocolTable(prefix: parameters.networkPrefix)
        noise = NoiseIdentity(signing: signing, staticSecret: self.entropy.bytes32(), muxers: [ConnectionUpgrade.muxerName])
        recordSequence = parameters.recordSequence
        admission = Admission(policy: parameters.addresses)
        context = ConnectionContext(
            parameters: parameters, signing: signing, noise: noise, protocols: protocols, served: [], listenAddresses: [],
            sequence: parameters.recordSequence)
    }

    public var peer: PeerID { context.peer }

    // MARK: Input

    public mutating func handle(_ input: SwarmInput, now: Instant, emit: inout [SwarmEffect]) {
        switch input {
        case .command(let command): handle(command, now: now, emit: &emit)
        case .accepted(let transport, let remote): accept(transport, remote, now: now, emit: &emit)
        case .opened(let transport):
            guard let slot = slots[transport] else { return }
            connections[slot]?.start()
            finish(slot, now: now, emit: &emit)
        case .openFailed(let transport, let failure):
            guard let slot = slots[transport] else { return }
            drop(slot, failure, isTransportGone: true, now: now, emit: &emit)
        case .received(let transport, let bytes):
            bytes.withUnsafeBytes { receive(transport, $0, now: now, emit: &emit) }
        case .closed(let transport):
            guard let slot = slots[transport] else { return }
            drop(slot, .closed, isTransportGone: true, now: now, emit: &emit)
        case .drained(let transport):
            guard let slot = slots[transport] else { return }
            connections[slot]?.drained(emit: &emit)
            finish(slot, now: now, emit: &emit)
        case .listening(let addresses):
            listenAddresses = addresses.filter { parameters.addresses.isDialable($0) }.map(\.withoutPeer)
            announce(now: now, emit: &emit)
        case .ping(let handle):
            guard let slot = primarySlot(handle) else { return }
            connections[slot]?.ping(entropy.bytes32().array, context: context, now: now)
            finish(slot, now: now, emit: &emit)
        case .perf(let handle, let upload, let download, let timeout):
            let slot = primarySlot(handle)
            let isOpen =
                slot.flatMap {
                    connections[$0]?.perf(upload: upload, download: download, deadline: now + timeout, context: context, now: now)
                } ?? false
            if let slot, isOpen { finish(slot, now: now, emit: &emit) } else { emit.append(.transferred(handle, nil)) }
        case .stop: stop(now: now, emit: &emit)
        }
    }

    /// As `.received`, without a copy: the bytes need to live for this call only.
    public mutating func receive(_ transport: TransportID, _ bytes: UnsafeRawBufferPointer, now: Instant, emit: inout [SwarmEffect]) {
        guard let slot = slots[transport], !bytes.isEmpty else { return }
        // Taken out, so that writing to it and changing connections do not overlap.
        var scratch: [UInt8] = []
        swap(&scratch, &self.scratch)
        scratch.withUnsafeMutableBytes { scratch in
            connections[slot]?.receive(bytes, scratch: scratch, context: context, now: now, workspace: &workspace)
        }
        swap(&scratch, &self.scratch)
        finish(slot, now: now, emit: &emit)
    }

    // MARK: Queries

    /// Connections in any state; the number of peer states never exceeds it.
    public var connectionCount: Int { slots.count }
    public var peerCount: Int { handles.count }
    public func handle(of peer: PeerID) -> PeerHandle? { handles[peer] }
    public func peer(of handle: PeerHandle) -> PeerID? { entry(handle)?.id }
    /// Last measured, by the session's pings or by `.ping`.
    public func roundTrip(of handle: PeerHandle) -> Duration? { entry(handle)?.roundTrip }
    /// Half-read messages of all connections, bytes.
    public var bufferedBytes: Int { buffered }

    func entry(_ handle: PeerHandle) -> Peer? {
        Int(handle.index) < peers.count ? peers[Int(handle.index)] : nil
    }

    func primarySlot(_ handle: PeerHandle) -> Int? { entry(handle)?.primary }
}

extension Swarm: CustomStringConvertible, CustomReflectable {
    public var description: String { "Swarm(\(peer), \(connectionCount) connections, \(peerCount) peers)" }
    public var customMirror: Mirror { Mirror(self, children: ["peer": peer, "connectionCount": connectionCount, "peerCount": peerCount]) }
}
