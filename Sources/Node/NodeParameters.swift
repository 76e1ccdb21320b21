public import Blocks
public import Crypto
public import Determinism
public import GossipSub
public import Identity
public import Kademlia
public import Roles
public import Wire

/// Everything that a node is made from.
@dynamicMemberLookup
public struct NodeParameters: Sendable {
    /// Signs as this node; its public key is the peer id.
    public var signing: Signing
    public var network: NetworkParameters
    /// Roles that this node takes; none for a bootstrap peer.
    public var roles: [RoleName]
    /// Bootstrap peers and Managers answer in the DHT and relay gossip; leaves and clients only ask.
    public var place: Discovery.Place
    /// Boxed, so that thousands of simulated nodes have it once: copies share it until they change it.
    private var machines: Boxed<Machines>
    /// Records that the DHT keeps and believes.
    public var records = RecordValidator()
    /// Diagnostics to serve besides (`--serve`).
    public var diagnostics: [ProtocolServed] = []
    /// Decides everything that is random but not secret.
    public var generator: Generator

    public enum ProtocolServed: Sendable {
        case perf
        case echo
    }

    /// What the machines and roles are made from: `parameters.gossip` is that of these.
    public struct Machines: Sendable {
        /// Of the roles that the node has; the profile in them is what its engine renders exactly.
        public var manager: ManagerParameters
        public var worker: WorkerRole.Parameters
        public var verifier: VerifierRole.Parameters
        public var client = ClientRole.Parameters()
        /// Honest, except in tests of what happens to those that are not.
        public var workerConduct = WorkerConduct.honest
        public var verifierConduct = VerifierConduct.honest
        public var discovery = Discovery.Parameters()
        public var connections = ConnectionParameters()
        public var kademlia: Kademlia.Parameters
        var sharedGossip = Boxed(GossipSub.Parameters())
        var registry = ManagerRegistry.Parameters()
        public var blocks = BlockExchange.Parameters()

        public var gossip: GossipSub.Parameters {
            get { sharedGossip.value }
            set { sharedGossip.value = newValue }
        }
    }

    public subscript<Value>(dynamicMember member: WritableKeyPath<Machines, Value>) -> Value {
        get { machines.value[keyPath: member] }
        set { machines.value[keyPath: member] = newValue }
    }

    /// - Parameter profile: digest of the known answers of profile D.
    public init(
        signing: Signing, network: NetworkParameters, place: Discovery.Place, roles: [RoleName], profile: Bytes32, generator: Generator
    ) {
        self.signing = signing
        self.network = network
        self.roles = roles
        self.place = place
        self.generator = generator
        machines = Boxed(
            Machines(
                manager: ManagerParameters(profile: profile),
                worker: WorkerRole.Parameters(capabilities: Capabilities(profile: profile)),
                verifier: VerifierRole.Parameters(capabilities: Capabilities(profile: profile)),
                kademlia: place == .leaf ? .leaf : Kademlia.Parameters()))
        // A leaf keeps three Managers: a few more to replace them are enough.
        if place == .leaf {
            self.discovery.candidatesMax = 16
            // A search asks a dozen peers for a kilobyte each: every two minutes that would be most of an idle leaf's traffic.
            self.discovery.refreshInterval = .seconds(600)
        }
        self.manager.roundLength = network.round
        self.manager.shards = UInt64(network.shards)
        self.worker.shards = UInt64(network.shards)
        self.verifier.shards = UInt64(network.shards)
        let silenceMax = max(self.worker.registrations.silenceMax, network.round * 2)
        self.worker.registrations.silenceMax = silenceMax
        self.verifier.registrations.silenceMax = silenceMax
    }

    public var isCore: Bool { place != .leaf }

    public var identity: PeerID { PeerID(ed25519: signing.publicKey) }
}

/// What all nodes of a network agree on, as far as a node's machines need it.
public struct NetworkParameters: Sendable {
    /// Hash of the definition: part of everything that is signed.
    public var id: Bytes32
    /// First part of the network's own protocol ids.
    public let prefix: String
    public var bootstrap: [(PeerID, [Multiaddr])]
    public var round: Duration
    public let shards: UInt16
    /// The topics that roles know, by their name on the wire.
    let topics: [(name: String, topic: Topic)]
    let registryTopic: String

    public init(id: Bytes32, prefix: String, bootstrap: [(PeerID, [Multiaddr])], round: Duration, shards: UInt16) {
        self.id = id
        self.prefix = prefix
        self.bootstrap = bootstrap
        self.round = round
        self.shards = shards
        topics = ([.beacon] + (0..<shards).map { Topic.shard($0) }).map { ($0.name(prefix: prefix), $0) }
        registryTopic = "/\(prefix)/registry/1"
    }

    /// Key under which Managers announce themselves in the DHT.
    public var managersKey: [UInt8] {
        var hasher = Blake2b()
        hasher.update(lengthPrefixed: "inferix-managers")
        hasher.update(id)
        return [0xa0, 0xe4, 0x02, 0x20] + hasher.finish().array
    }
}
