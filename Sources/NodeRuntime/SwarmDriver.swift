internal import Determinism
public import EventLoop
public import Identity
public import LibP2P
public import Wire

/// Binds a `Swarm` to libuv: TCP listeners and connections, name lookups, one timer.
///
/// Confined to its loop's thread. One input is carried out completely before the next: commands given from inside `onEvent`
/// wait their turn.
public final class SwarmDriver {
    public private(set) var swarm: Swarm
    /// What the network tells the node.
    public var onEvent: ((NetworkEvent) -> Void)?
    /// After `stop`: the last connection has said goodbye and is closed.
    public var onQuiet: (() -> Void)?
    /// Answers to `ping`.
    public var onRoundTrip: ((PeerHandle, Duration) -> Void)?
    /// Ends of `transfer`; nil where it came to nothing.
    public var onTransfer: ((PeerHandle, Duration?) -> Void)?

    private let loop: EventLoop
    private let streamParameters: ByteStream.Parameters
    /// A transport that has taken this much since it last reported reports again.
    private let drainStep: Int
    private var timer: Timer?
    private var listeners: [TCPListener] = []
    private var links: [TransportID: Link] = [:]
    private var accepted: UInt64 = 0
    /// Connections that are closed on our side and write what is left.
    private var goodbyes = 0
    public let caps: BandwidthCaps
    private(set) var sending: SendPacer
    private(set) var receiving: ReceivePacer
    /// Bytes of all connections on the wire, encryption and multiplexing included.
    public private(set) var wireBytes = (sent: UInt64(0), received: UInt64(0))
    private var isStopping = false

    private var inputs: [SwarmInput] = []
    private var isBusy = false
    private var effects: [SwarmEffect] = []
    /// Transports to report as drained in the next turn of the loop, so that one fast reader cannot hold the others up.
    private var drained: [TransportID] = []

    private final class Link {
        var connection: TCPConnection?
        var lookup: NameLookup?
        /// Bytes given to it since `.drained` was last reported.
        var sinceDrained = 0
        var isReportDue = false
        /// Not to be read from: because the swarm said so, and because of the cap.
        var isPaused = false
        var isHeld = false

        func resumeReading() { if !isPaused, !isHeld { connection?.resumeReading() } }
    }

    /// How long a connection that we close may take to write what is left.
    private static let goodbyeMax: Duration = .seconds(2)
    /// How long a name may take to be resolved, and a connection to be made. The swarm's own deadline is usually shorter.
    private static let openMax: Duration = .seconds(30)

    /// - Throws: where the loop is closing.
    public init(loop: EventLoop, swarm: Swarm, caps: BandwidthCaps = BandwidthCaps()) throws(UVError) {
        self.loop = loop
        self.caps = caps
        sending = SendPacer(rate: caps.up, now: loop.now)
        receiving = ReceivePacer(rate: caps.down, now: loop.now)
        self.swarm = swarm
        let backlog = swarm.parameters.writeBacklogMax
        var parameters = ByteStream.Parameters()
        // The swarm stops at its own bound; one more frame, and control frames, may come on top.
        parameters.backlogMax = backlog * 2 + swarm.parameters.controlBacklogMax * 2 + 256 * 1024
        parameters.backlogLow = max(1, backlog / 4)
        streamParameters = parameters
        drainStep = max(1, backlog / 4)
        timer = try Timer(loop: loop) { [weak self] in self?.timerFired() }
        arm()
    }

    // MARK: Wishes

    /// - Returns: the address with the port that the system chose where 0 was asked for.
    public func listen(on address: SocketAddress) throws(SocketError) -> SocketAddress {
        let listener = try TCPListener(loop: loop, address: address, connectionParameters: streamParameters) { [weak self] connection in
            self?.accept(connection)
        }
        listeners.append(listener)
        return listener.address
    }

    public func perform(_ command: NetworkCommand) { run(.command(command)) }

    /// Where others can reach us, for identify.
    public func announce(_ addresses: [Multiaddr]) { run(.listening(addresses)) }

    public func ping(_ peer: PeerHandle) { run(.ping(peer)) }

    /// Sends zeros and asks for others, with a peer that serves the perf protocol.
    public func transfer(_ peer: PeerHandle, upload: UInt64, download: UInt64, timeout: Duration) {
        run(.perf(peer, upload: upload, download: download, timeout: timeout))
    }

    /// Says goodbye to every peer, stops listening, and lets the connections write what is left.
    public func stop() {
        for listener in listeners { listener.close() }
        listeners = []
        isStopping = true
        run(.stop)
        reportIfQuiet()
    }

    private func reportIfQuiet() {
        guard isStopping, goodbyes == 0, links.isEmpty, let report = onQuiet else { return }
        onQuiet = nil
        report()
    }

    /// Closes the timer; nothing happens after it. Connections that are still saying goodbye end by themselves.
    public func close() {
        onQuiet = nil
        stop()
        timer?.close()
        timer = nil
    }

    // MARK: Running

    private func run(_ input: SwarmInput) {
        guard !isBusy else {
            inputs.append(input)
            return
        }
        isBusy = true
        swarm.handle(input, now: now, emit: &effects)
        settle()
    }

    /// Carries out effects, then the inputs that came up meanwhile, until nothing is left.
    private func settle() {
        var next = 0
        while true {
            carryOut()
            guard next < inputs.count else { break }
            swarm.handle(inputs[next], now: now, emit: &effects)
            next += 1
        }
        inputs.removeAll(keepingCapacity: true)
        isBusy = false
        arm()
    }

    private var now: Instant { Instant(nanoseconds: loop.now) }

    private func arm() {
        let paced = [sending.deadline(now: loop.now), receiving.deadline(now: loop.now)].compactMap { $0 }.min()
        if !drained.isEmpty {
            timer?.arm(at: 0)
        } else if let deadline = earliest(swarm.nextDeadline, paced.map { Instant(nanoseconds: $0) }) {
            if timer?.deadline != deadline.nanoseconds { timer?.arm(at: deadline.nanoseconds) }
        } else {
            timer?.disarm()
        }
    }

    private func timerFired() {
        let due = drained
        drained.removeAll(keepingCapacity: true)
        for transport in due {
            guard let link = links[transport] else { continue }
            link.isReportDue = false
            link.sinceDrained = 0
            run(.drained(transport))
        }
        while let piece = sending.next(now: loop.now) { put(piece.bytes, into: piece.transport) }
        for transport in receiving.due(now: loop.now) {
            links[transport]?.isHeld = false
            links[transport]?.resumeReading()
        }
        isBusy = true
        swarm.handleDeadline(now: now, emit: &effects)
        settle()
    }

    private func carryOut() {
        var batch: [SwarmEffect] = []
        swap(&batch, &effects)
        for effect in batch {
            switch effect {
            case .open(let transport, let address): open(transport, address)
            case .write(let transport, let bytes): write(transport, bytes)
            case .close(let transport): close(transport)
            case .pauseReading(let transport):
                links[transport]?.isPaused = true
                links[transport]?.connection?.pauseReading()
            case .resumeReading(let transport):
                links[transport]?.isPaused = false
                links[transport]?.resumeReading()
            case .event(let event): onEvent?(event)
            case .roundTrip(let peer, let duration): onRoundTrip?(peer, duration)
            case .transferred(let peer, let duration): onTransfer?(peer, duration)
            }
        }
        batch.removeAll(keepingCapacity: true)
        if effects.isEmpty { swap(&batch, &effects) }
    }

    // MARK: Transports

    private func accept(_ connection: TCPConnection) {
        accepted += 1
        let transport = TransportID.accepted(accepted)
        let link = Link()
        links[transport] = link
        attach(connection, to: link, transport)
        run(.accepted(transport, remote: Multiaddr(connection.peerAddress)))
        links[transport]?.resumeReading()
    }

    private func attach(_ connection: TCPConnection, to link: Link, _ transport: TransportID) {
        link.connection = connection
        connection.onRead = { [weak self] bytes in
            bytes.withUnsafeBytes { self?.received(transport, $0) }
        }
        connection.onWritable = { [weak self] in self?.reportDrained(transport) }
        connection.onClose = { [weak self] reason in
            guard let self, links.removeValue(forKey: transport) != nil else { return }
            if case .connectFailed(let error) = reason {
                run(.openFailed(transport, NetworkFailure(error)))
            } else {
                run(.closed(transport))
            }
        }
    }

    private func received(_ transport: TransportID, _ bytes: UnsafeRawBufferPointer) {
        wireBytes.received &+= UInt64(bytes.count)
        if receiving.took(bytes.count, from: transport, now: loop.now) {
            links[transport]?.isHeld = true
            links[transport]?.connection?.pauseReading()
        }
        // Reads come from the loop, never from inside another input.
        isBusy = true
        swarm.receive(transport, bytes, now: now, emit: &effects)
        settle()
    }

    private func open(_ transport: TransportID, _ address: Multiaddr) {
        let link = Link()
        links[transport] = link
        guard let target = address.tcpTarget else { return fail(transport, .unreachable) }
        switch target.host {
        case .ip4(let host): connect(transport, link, SocketAddress(.v4(host), port: target.port))
        case .ip6(let high, let low): connect(transport, link, SocketAddress(.v6(high, low), port: target.port))
        case .dns(let code, let name): resolve(transport, link, name, code: code, port: target.port)
        default: fail(transport, .unreachable)
        }
    }

    /// `dns`, `dns4` and `dns6`; a `dnsaddr` needs text records, which the system's resolver does not give.
    private func resolve(_ transport: TransportID, _ link: Link, _ name: String, code: UInt64, port: UInt16) {
        let families: [UInt64: NameLookup.Family] = [53: .any, 54: .v4, 55: .v6]
        guard let family = families[code] else { return fail(transport, .unreachable) }
        do throws(UVError) {
            link.lookup = try NameLookup(
                loop: loop, host: name, port: port, family: family, deadline: loop.deadline(after: SwarmDriver.openMax)
            ) { [weak self] answer in
                guard let self, let link = links[transport] else { return }
                link.lookup = nil
                let policy = swarm.parameters.addresses
                // A name may not lead where an address may not.
                let allowed = (try? answer.get())?.first { policy.isDialable(Multiaddr($0)) }
                guard let allowed else { return fail(transport, .unreachable) }
                connect(transport, link, allowed)
            }
        } catch {
            fail(transport, .unreachable)
        }
    }

    private func connect(_ transport: TransportID, _ link: Link, _ address: SocketAddress) {
        do throws(UVError) {
            let connection = try TCPConnection(
                loop: loop, connectingTo: address, deadline: loop.deadline(after: SwarmDriver.openMax), parameters: streamParameters)
            attach(connection, to: link, transport)
            connection.onConnect = { [weak self] in
                self?.run(.opened(transport))
                self?.links[transport]?.resumeReading()
            }
        } catch {
            fail(transport, .stopping)
        }
    }

    private func fail(_ transport: TransportID, _ failure: NetworkFailure) {
        links[transport] = nil
        run(.openFailed(transport, failure))
    }

    private func write(_ transport: TransportID, _ bytes: [UInt8]) {
        if sending.admit(transport, bytes, now: loop.now) { put(bytes, into: transport) }
    }

    private func put(_ bytes: [UInt8], into transport: TransportID) {
        guard let link = links[transport], let connection = link.connection else { return }
        wireBytes.sent &+= UInt64(bytes.count)
        link.sinceDrained += bytes.count
        switch connection.write(bytes) {
        case .sent: if link.sinceDrained >= drainStep { reportDrained(transport) }
        case .queued(let backlog):
            // Above the low mark `onWritable` comes.
            if backlog <= streamParameters.backlogLow, link.sinceDrained >= drainStep { reportDrained(transport) }
        case .refused: connection.close()
        case .closed: break
        }
    }

    private func reportDrained(_ transport: TransportID) {
        guard let link = links[transport], !link.isReportDue else { return }
        link.isReportDue = true
        drained.append(transport)
        if !isBusy { arm() }
    }

    private func close(_ transport: TransportID) {
        for bytes in sending.release(transport, now: loop.now) { put(bytes, into: transport) }
        guard let link = links.removeValue(forKey: transport) else { return }
        link.lookup?.cancel()
        guard let connection = link.connection else { return }
        goodbyes += 1
        connection.onClose = { [weak self] _ in
            self?.goodbyes -= 1
            self?.reportIfQuiet()
        }
        if connection.isConnected {
            connection.finish(deadline: loop.deadline(after: SwarmDriver.goodbyeMax))
        } else {
            connection.close()
        }
    }
}

extension Multiaddr {
    public init(_ address: SocketAddress) {
        let host: Component =
            switch address.ip {
            case .v4(let number): .ip4(number)
            case .v6(let high, let low): .ip6(high, low)
            }
        // Two components are neither none nor too many.
        self = Multiaddr([host, .tcp(address.port)]) ?? .tcp4(0, port: address.port)
    }
}

extension NetworkFailure {
    init(_ error: SocketError) {
        if case .timedOut = error { self = .timedOut } else { self = .unreachable }
    }
}
