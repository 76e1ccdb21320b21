internal import Crypto
internal import Determinism
internal import Identity
internal import Wire

/// Buffers that connections use one after the other, so that an idle connection holds none.
struct ConnectionWorkspace {
    /// What connections report, by their serial number.
    var events: [(serial: UInt64, event: Connection.Event)] = []
    var streamEvents: [Stream.Event] = []
    /// Frames of one flush, before encryption.
    var assembly: [UInt8] = []
    var nextInbound: UInt64 = 1

    mutating func report(_ serial: UInt64, _ event: Connection.Event) { events.append((serial, event)) }
}

/// One connection: upgrade, then streams and their protocols. It knows nothing of peers' other connections.
///
/// Bytes go in through `receive`, wishes through the methods of the facets; events are appended to the workspace, bytes to write
/// come out of `flush`, which is called after every other method. After a `closed` event the connection is to be dropped.
struct Connection {
    enum Event {
        case secured(PeerID)
        case message(ProtocolName, [UInt8])
        case request(ProtocolName, InboundID, stream: UInt32, [UInt8])
        /// The stream of a request is gone: no answer can be sent any more.
        case requestDropped(InboundID)
        case response(RequestID, [UInt8])
        case requestFailed(RequestID, NetworkFailure)
        case identify(IdentifyMessage, isPush: Bool)
        /// Of a ping that was asked for, or of the session's own.
        case roundTrip(Duration, wasAsked: Bool)
        /// A perf transfer of ours; nil where it came to nothing.
        case transferred(Duration?)
        case congested
        case closed(NetworkFailure)
    }

    struct Session {
        var noise: NoiseTransport
        var yamux: YamuxSession
    }

    /// The queue and the stream of a one-way protocol towards the peer.
    struct Channel {
        let name: ProtocolName
        var queue: SendQueue
        var stream: UInt32?
        var isCongested = false
        /// Streams that the peer has reset; after `attemptsMax` nothing more is sent.
        var failures = 0

        static let attemptsMax = 4
        var isRefused: Bool { failures >= Channel.attemptsMax }
    }

    let transport: TransportID
    /// Unique among everything that has deadlines.
    let serial: UInt64
    let direction: ConnectionDirection
    let address: Multiaddr?
    /// Who must answer.
    let expected: PeerID?

    var upgrade: ConnectionUpgrade?
    var session: Session?
    var peer: PeerID?
    var isOpen: Bool
    var securedAt: Instant?
    /// Which of several ids of a protocol the peer is spoken to with.
    var variants = ProtocolVariants.oldest

    var streams = StreamTable()
    var channels: [Channel] = []
    var pendingRequests = 0

    /// Output of the upgrade, and control frames of the session, that wait for the next flush.
    var raw: [UInt8] = []
    var frames: [UInt8] = []
    /// Streams with something to write, in turn.
    var scheduled: [UInt32] = []
    var scheduledHead = 0
    /// Bytes handed to the transport since it was last drained.
    var inFlight = 0
    var stalledSince: Instant?
    var isReadingPaused = false

    /// Memory that the peer makes us hold: as announced, as really held, and what waits to be sent.
    var announced = 0
    var buffered = 0
    var pendingOutput = 0
    /// Part of `buffered` that the swarm has in its total.
    var counted = 0

    var handshakeDeadline: Instant
    var lastReceived: Instant
    var nextPing: Instant = .distantFuture
    /// Earliest time at which `handleDeadline` has something to do; may be early, never late.
    var armed: Instant
    /// When the swarm will call.
    var registered: Instant = .distantFuture

    init(
        transport: TransportID, serial: UInt64, direction: ConnectionDirection, address: Multiaddr?, expected: PeerID?,
        ephemeralSecret: Bytes32, context: ConnectionContext, now: Instant
    ) {
        self.transport = transport
        self.serial = serial
        self.direction = direction
        self.address = address
        self.expected = expected
        isOpen = direction == .inbound
        upgrade = ConnectionUpgrade(
            isInitiator: direction == .outbound, identity: context.noise, ephemeralSecret: ephemeralSecret, signing: context.signing)
        handshakeDeadline = now + (direction == .inbound ? context.parameters.handshakeMax : context.parameters.dialMax)
        lastReceived = now
        armed = handshakeDeadline
    }

    var isSecured: Bool { session != nil }

    mutating func arm(_ at: Instant) { armed = min(armed, at) }

    /// The transport is open: the initiator speaks first.
    mutating func start() {
        isOpen = true
        upgrade?.start(output: &raw)
    }

    // MARK: Receiving

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, scratch: UnsafeMutableRawBufferPointer, context: ConnectionContext, now: Instant,
        workspace: inout ConnectionWorkspace
    ) {
        lastReceived = now
        var cursor = ByteCursor(bytes)
        do throws(NetworkFailure) {
            if upgrade != nil {
                guard let leftover = try advanceUpgrade(&cursor, scratch: scratch, context: context, now: now) else { return }
                workspace.report(serial, .secured(peer ?? context.peer))
                if !leftover.isEmpty { try readPlaintext(leftover, context: context, now: now, workspace: &workspace) }
            }
            while let size = try openFrame(&cursor, into: scratch) {
                try readPlaintext(
                    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<size]), context: context, now: now,
                    workspace: &workspace)
            }
        } catch {
            workspace.report(serial, .closed(error))
        }
    }

    /// The plaintext behind the upgrade, once it is complete.
    private mutating func advanceUpgrade(
        _ cursor: inout ByteCursor, scratch: UnsafeMutableRawBufferPointer, context: ConnectionContext, now: Instant
    ) throws(NetworkFailure) -> [UInt8]? {
        let outcome: ConnectionUpgrade.Outcome?
        do throws(ConnectionUpgrade.Failure) {
            outcome = try upgrade?.receive(&cursor, scratch: scratch, output: &raw)
        } catch {
            throw error == .negotiation(.refused) ? .unsupported : .misbehaviour
        }
        guard let outcome else { return nil }
        upgrade = nil
        if let expected, expected != outcome.peer { throw .wrongPeer }
        guard outcome.peer != context.peer else { throw .wrongPeer }
        peer = outcome.peer
        securedAt = now
        session = Session(
            noise: outcome.transport,
            yamux: YamuxSession(isClient: direction == .outbound, parameters: context.parameters.yamux))
        nextPing = now
        arm(now)
        return outcome.leftover
    }

    private mutating func openFrame(
        _ cursor: inout ByteCursor, into scratch: UnsafeMutableRawBufferPointer
    ) throws(NetworkFailure) -> Int? {
        do throws(NoiseFailure) {
            return try session?.noise.open(&cursor, into: scratch)
        } catch {
            throw .misbehaviour
        }
    }

    private mutating func readPlaintext(
        _ bytes: [UInt8], context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace
    ) throws(NetworkFailure) {
        try bytes.withBytes { bytes throws(NetworkFailure) in
            try readPlaintext(bytes, context: context, now: now, workspace: &workspace)
        }
    }

    private mutating func readPlaintext(
        _ bytes: UnsafeRawBufferPointer, context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace
    ) throws(NetworkFailure) {
        var cursor = ByteCursor(bytes)
        while let event = try nextSessionEvent(&cursor, now: now) {
            switch event {
            case .opened(let id): open(inbound: id, context: context, now: now)
            case .data(let id, let bytes): try receiveData(id, bytes, context: context, now: now, workspace: &workspace)
            case .finished(let id): try finishRemotely(id, context: context, now: now, workspace: &workspace)
            case .reset(let id): dropReset(id, now: now, workspace: &workspace)
            case .windowGrew(let id): schedule(id)
            case .roundTrip(let duration): workspace.report(serial, .roundTrip(duration, wasAsked: false))
            case .goneAway: throw .closed
            }
        }
    }

    private mutating func nextSessionEvent(_ cursor: inout ByteCursor, now: Instant) throws(NetworkFailure) -> YamuxSession.Event? {
        do throws(YamuxFailure) {
            return try session?.yamux.next(&cursor, now: now, output: &frames)
        } catch {
            if case .remoteError = error { throw .closed }
            throw .misbehaviour
        }
    }
}
