public import Crypto
public import Node
public import Roles

internal import Determinism
internal import GossipSub
internal import Identity
internal import LibP2P
internal import RenderEngine
internal import Wire

/// Everything that one node process is made from.
public struct DaemonSettings: Sendable {
    public var keyPair: KeyPair
    public var places: Places
    public var definition: NetworkDefinition
    public var configuration: Configuration
    public var roles: [RoleName]
    public var place: Discovery.Place
    /// How the render engine's process is started; nil for a node that needs none.
    public var engine: EngineProcess?
    /// Last change to what the node's machines are made with: tests put other conduct in here.
    public var adjust: @Sendable (inout NodeParameters) -> Void = { _ in }

    /// A node that takes the roles of its configuration.
    public init(keyPair: KeyPair, places: Places, definition: NetworkDefinition, configuration: Configuration) {
        self.keyPair = keyPair
        self.places = places
        self.definition = definition
        self.configuration = configuration
        roles = configuration.roles.map(\.roleName)
        place = roles.contains(.manager) ? .manager : .leaf
    }

    /// No role, and a place in the core.
    public mutating func makeBootstrapPeer() {
        roles = []
        place = .bootstrap
    }
}

/// How the render engine is started.
public struct EngineProcess: Equatable, Sendable {
    /// The program; it takes `engine --device DEVICE`.
    public var path: String
    /// `native`, `opencl:N`, a list of them or `all`.
    public var device: String
    /// Of the native device; 0 for one per processor.
    public var threads: Int

    public init(path: String, device: String = "native", threads: Int = 0) {
        self.path = path
        self.device = device
        self.threads = threads
    }

    var isNative: Bool { device == "native" }

    var arguments: [String] { ["engine", "--device", device] + (threads > 0 ? ["--threads", "\(threads)"] : []) }
}

extension NodeRole {
    public var roleName: RoleName {
        switch self {
        case .worker: .worker
        case .verifier: .verifier
        case .manager: .manager
        }
    }
}

extension DaemonSettings {
    /// Peers to join through: those of the definition and those of the operator, addresses of one peer together.
    var bootstrap: [(PeerID, [Multiaddr])] {
        var peers: [(PeerID, [Multiaddr])] = []
        for address in definition.bootstrap + configuration.bootstrap {
            guard let peer = address.peer else { continue }
            if let index = peers.firstIndex(where: { $0.0 == peer }) {
                peers[index].1.append(address.withoutPeer)
            } else {
                peers.append((peer, [address.withoutPeer]))
            }
        }
        return peers
    }

    /// What engines of this release render: the id of profile D. Zero for a node without an engine, which compares it with nothing.
    ///
    /// Rendered here, on one thread and in some milliseconds, rather than written down: it is then the id of the very kernels that this
    /// process verifies with.
    var profile: Bytes32 {
        guard engine != nil else { return .zero }
        return (try? KnownAnswers.profile(of: NativeDevice(threads: 1))) ?? .zero
    }

    func nodeParameters(seed: UInt64, profile: Bytes32) -> NodeParameters {
        let network = NetworkParameters(
            id: definition.identifier, prefix: definition.protocolPrefix, bootstrap: bootstrap,
            round: .seconds(definition.roundSeconds), shards: UInt16(clamping: definition.shards))
        var parameters = NodeParameters(
            signing: .ed25519(keyPair), network: network, place: place, roles: roles, profile: profile, generator: Generator(seed: seed))
        parameters.manager.marks = definition.marks.parameters
        parameters.manager.decoyPermille = UInt64(clamping: definition.decoys)
        parameters.verifier.marks = definition.marks.parameters
        parameters.discovery.drawInterval = max(.seconds(600), .seconds(definition.roundSeconds) * definition.epochRounds)
        if configuration.verifierClass == .mobile { parameters.verifier.makeMobile() }
        parameters.gossip.d = definition.gossip.degree
        parameters.gossip.dLow = definition.gossip.degreeLow
        parameters.gossip.dHigh = definition.gossip.degreeHigh
        parameters.gossip.dLazy = definition.gossip.degreeLazy
        parameters.gossip.dOut = definition.gossip.degreeOut
        parameters.gossip.heartbeatInterval = .milliseconds(definition.gossip.heartbeatMilliseconds)
        parameters.diagnostics = configuration.serve.map {
            switch $0 {
            case .perf: .perf
            case .echo: .echo
            }
        }
        adjust(&parameters)
        return parameters
    }

    func swarmParameters(now: WallClock) -> SwarmParameters {
        var parameters = SwarmParameters(networkPrefix: definition.protocolPrefix)
        parameters.agent = Release.agent
        parameters.recordSequence = now.seconds
        parameters.addresses = definition.privateAddresses == .dial ? .development : AddressPolicy()
        parameters.addresses.perHostMax = definition.limits.connectionsPerAddress
        parameters.addresses.perSubnet4Max = definition.limits.connectionsPerSubnet
        parameters.addresses.perSubnet6Max = definition.limits.connectionsPerSubnet
        parameters.connectionsPerPeerMax = definition.limits.connectionsPerPeer
        let connections = configuration.connectionsMax
        parameters.connectionsMax = connections > 0 ? connections : place == .leaf ? 100 : 1000
        // Under a cap on what is sent, an eighth of a second's worth of it may wait for each connection: more would only grow old.
        if let up = configuration.bandwidth.up {
            parameters.writeBacklogMax = min(parameters.writeBacklogMax, max(1 << 16, up / 8))
        }
        parameters.handshakesMax = min(parameters.handshakesMax, parameters.connectionsMax)
        return parameters
    }
}
