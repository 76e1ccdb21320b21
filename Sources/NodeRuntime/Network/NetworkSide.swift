internal import Crypto
internal import Determinism
internal import EventLoop
internal import Identity
internal import LibP2P
internal import Wire

/// The node's connections: listens, dials, and hands events up.
final class NetworkSide {
    private let driver: SwarmDriver
    /// Where others reach us, without the peer id.
    private(set) var addresses: [Multiaddr] = []
    /// Where commands of the own machine reach us, without the peer id.
    private(set) var adminAddress = Multiaddr.tcp4(0, port: 0)
    private(set) var isStopped = false

    private(set) var traffic = Traffic()

    /// Every event, after it was counted.
    var onEvent: ((NetworkEvent) -> Void)? {
        didSet {
            guard onEvent != nil else { return driver.onEvent = nil }
            driver.onEvent = { [weak self] event in
                guard let self else { return }
                traffic.note(event)
                onEvent?(event)
            }
        }
    }

    /// Opens the sockets of a node.
    /// - Throws: where an address cannot be listened on, with what to do.
    init(loop: EventLoop, settings: DaemonSettings, seed: UInt64) throws(DaemonError) {
        driver = try NetworkSide.driver(
            loop, key: settings.keyPair, settings.swarmParameters(now: .now), seed: seed, caps: settings.configuration.bandwidth)
        for address in settings.configuration.listen {
            let bound = try listen(address, named: "--listen \(address)")
            for reachable in InterfaceAddresses.expand(bound) where !addresses.contains(reachable) { addresses.append(reachable) }
        }
        let api = settings.configuration.api
        guard let address = NetworkSide.address(of: api) else {
            throw DaemonError(
                .configuration, "--api \(api.item.literal): the host is no IP address", advice: "Give one such as 127.0.0.1:0.")
        }
        adminAddress = try listen(address, named: "--api \(api.host):\(api.port)")
        driver.announce(addresses)
    }

    /// A peer that only dials.
    init(dialling loop: EventLoop, key: KeyPair, prefix: String) throws(DaemonError) {
        var parameters = SwarmParameters(networkPrefix: prefix)
        parameters.agent = Release.agent
        parameters.addresses = .development
        driver = try NetworkSide.driver(loop, key: key, parameters, seed: Entropy.seed())
    }

    private static func driver(
        _ loop: EventLoop, key: KeyPair, _ parameters: SwarmParameters, seed: UInt64, caps: BandwidthCaps = BandwidthCaps()
    ) throws(DaemonError) -> SwarmDriver {
        let swarm = Swarm(parameters: parameters, signing: .ed25519(key), entropy: .shell { Entropy.bytes($0) }, seed: seed)
        do throws(UVError) {
            return try SwarmDriver(loop: loop, swarm: swarm, caps: caps)
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    private func listen(_ address: Multiaddr, named name: String) throws(DaemonError) -> Multiaddr {
        guard let target = address.tcpTarget, let socket = SocketAddress(target) else {
            throw DaemonError(.configuration, "\(name) is no IP address with a TCP port", advice: "Give one such as /ip4/0.0.0.0/tcp/4001.")
        }
        do throws(SocketError) {
            return Multiaddr(try driver.listen(on: socket))
        } catch {
            throw DaemonError(.failed, "\(name): \(error)")
        }
    }

    static func address(of api: HostPort) -> Multiaddr? {
        if api.host == "localhost" { return .tcp4(0x7f00_0001, port: api.port) }
        if let four = IPText.parse4(api.host) { return .tcp4(four, port: api.port) }
        return IPText.parse6(api.host).flatMap { Multiaddr([.ip6($0.0, $0.1), .tcp(api.port)]) }
    }

    func carryOut(_ command: NetworkCommand) {
        traffic.note(command)
        driver.perform(command)
    }

    /// What goes over the wire, and how far the caps hold it back.
    var bandwidth: BandwidthReport {
        BandwidthReport(
            caps: driver.caps, sent: driver.wireBytes.sent, received: driver.wireBytes.received, waiting: driver.sending.waitingBytes,
            sendsHeld: driver.sending.heldCount, readsHeld: driver.receiving.heldCount)
    }
    /// Connections in any state, and peers that are known by one.
    var peerStates: (connections: Int, peers: Int) { (driver.swarm.connectionCount, driver.swarm.peerCount) }

    /// Seconds.
    func roundTrip(of handle: PeerHandle) -> Double? { driver.swarm.roundTrip(of: handle)?.inSeconds }

    /// Says goodbye to every peer; `done` comes when all connections are closed.
    func stop(done: @escaping () -> Void) {
        driver.onQuiet = { [weak self] in
            guard let self, !isStopped else { return }
            isStopped = true
            done()
        }
        driver.stop()
    }

    func close() {
        isStopped = true
        driver.close()
    }
}

extension SocketAddress {
    init?(_ target: (host: Multiaddr.Component, port: UInt16)) {
        switch target.host {
        case .ip4(let number): self.init(.v4(number), port: target.port)
        case .ip6(let high, let low): self.init(.v6(high, low), port: target.port)
        default: return nil
        }
    }
}
