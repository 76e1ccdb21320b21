internal import Crypto
internal import EventLoop
internal import Identity
internal import LibP2P
internal import NodeRuntime
internal import Wire

/// A peer of ours that talks to the target through the whole stack: swarm, driver, sockets. What it measures, it measures from outside.
final class LoadPeer {
    let driver: SwarmDriver
    let identity: KeyPair
    private(set) var connections = 0
    /// Of the connection to the target.
    private(set) var handle: PeerHandle?
    private(set) var isIdentified = false
    private(set) var failure: NetworkFailure?
    /// Events beside those of connections.
    var onEvent: ((NetworkEvent) -> Void)?
    var onConnection: ((PeerHandle) -> Void)?
    var onDisconnection: (() -> Void)?

    init(loop: EventLoop, prefix: String, serving protocols: Set<ProtocolName> = []) throws {
        var parameters = SwarmParameters(networkPrefix: prefix)
        parameters.agent = "bench"
        parameters.addresses = .development
        identity = KeyPair.generate()
        let swarm = Swarm(
            parameters: parameters, signing: .ed25519(identity), entropy: .shell { Entropy.bytes($0) }, seed: Entropy.seed())
        driver = try SwarmDriver(loop: loop, swarm: swarm)
        driver.onEvent = { [weak self] in self?.received($0) }
        driver.perform(.serve(protocols))
    }

    func dial(_ target: TargetProcess) { driver.perform(.dial(target.peer, [target.address])) }

    /// Dials and waits until both have introduced themselves.
    func connect(to target: TargetProcess, on loop: EventLoop) throws -> PeerHandle {
        dial(target)
        _ = try loop.run(for: .seconds(30)) { isIdentified || failure != nil }
        guard let handle, isIdentified else {
            throw BenchmarkFailure("no connection to \(target.name): \(failure.map { "\($0)" } ?? "silence")")
        }
        return handle
    }

    func close() {
        driver.onEvent = nil
        driver.close()
    }

    private func received(_ event: NetworkEvent) {
        switch event {
        case .connected(let handle, _, _, _):
            self.handle = handle
            connections += 1
            onConnection?(handle)
        case .identified:
            isIdentified = true
            onEvent?(event)
        case .disconnected:
            handle = nil
            isIdentified = false
            onDisconnection?()
            onEvent?(event)
        case .dialFailed(_, let reason): failure = reason
        default: onEvent?(event)
        }
    }
}
