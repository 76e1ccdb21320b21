import Blocks
public import Determinism
import GossipSub
public import Identity
import Kademlia
import LibP2P
import Roles
import Wire

/// A whole node as one value: the overlay protocols and the roles, and nothing between them but routing.
///
/// The binaries drive it with libuv, the simulator with simulated time: it is the same value. Everything that it decides is a
/// function of its inputs and its generator.
///
/// Calling contract: that of `StateMachine`. `started` comes first. Effects are carried out in order; `persist` is durable before
/// what follows it.
public struct Node: StateMachine {
    public typealias Input = NodeInput
    public typealias Effect = NodeEffect

    /// Top byte of the request ids of the DHT; those of roles are the roles' own numbers.
    static let kademliaSpace: UInt8 = 0x40
    /// The same of the registry.
    static let registrySpace: UInt8 = 0x41

    public let parameters: NodeParameters
    public let identity: PeerID
    public internal(set) var peers = ConnectedPeers()
    var kademlia: Kademlia
    var gossip: GossipSub
    var blocks: BlockExchange
    var discovery: Discovery
    /// Leaves ask for what they need of it.
    var registry: Boxed<ManagerRegistry>? {
        didSet { registryDue = registry?.value.nextDeadline }
    }
    /// That of the registry, to be read without it: after every input, of which few concern it.
    private var registryDue: Instant?
    var blockWants = BlockWants()
    /// Readings of the store that are under way; only looked up, never iterated.
    var blockReadings: [UInt64: BlockReading] = [:]
    var lastBlockToken: UInt64 = 0
    var joined = JoinedTopics()
    var generator: Generator
    var parkedRoles: Set<RoleName> = []
    /// When to look for idle connections; nil where none is of our making.
    var idleCheckAt: Instant?
    /// Stored, so that whoever holds thousands of nodes reads it without touching the rest.
    public private(set) var nextDeadline: Instant?
    var manager: Boxed<ManagerRole>?
    var worker: Boxed<WorkerRole>?
    var verifier: Boxed<VerifierRole>?
    var client: Boxed<ClientRole>?

    /// - Parameter firstSequenceNumber: of our gossip messages; above every one this identity ever used.
    public init(_ parameters: NodeParameters, firstSequenceNumber: UInt64) {
        self.parameters = parameters
        identity = parameters.identity
        let generator = parameters.generator
        self.generator = generator.fork("node")
        kademlia = Kademlia(
            localID: identity, mode: parameters.isCore ? .server : .client, parameters: parameters.kademlia,
            validator: parameters.records, requestNamespace: Node.kademliaSpace, generator: generator.fork("kademlia"))
        gossip = GossipSub(
            signing: parameters.signing, shared: parameters.sharedGossip, firstSequenceNumber: firstSequenceNumber,
            generator: generator.fork("gossip"))
        blocks = BlockExchange(parameters: parameters.blocks)
        discovery = Discovery(
            place: parameters.place, own: identity, bootstrap: parameters.network.bootstrap, parameters: parameters.discovery)
        if parameters.isCore {
            registry = Boxed(
                ManagerRegistry(
                    signing: parameters.signing, network: NetworkID(parameters.network.id), isManager: parameters.place == .manager,
                    firstSequenceNumber: firstSequenceNumber, diversity: parameters.kademlia.diversity, parameters: parameters.registry,
                    generator: generator.fork("registry")))
        }
        for role in parameters.roles { make(role) }
    }

    private mutating func make(_ role: RoleName) {
        let keys = RoleKeys(signing: parameters.signing, network: NetworkID(parameters.network.id))
        let ids = RoleIDs(space: role.rawValue)
        switch role {
        case .manager: manager = Boxed(ManagerRole(keys: keys, parameters: parameters.manager, ids: ids))
        case .worker: worker = Boxed(WorkerRole(keys: keys, parameters: parameters.worker, ids: ids, conduct: parameters.workerConduct))
        case .verifier:
            verifier = Boxed(
                VerifierRole(keys: keys, parameters: parameters.verifier, ids: ids, conduct: parameters.verifierConduct))
        case .client: client = Boxed(ClientRole(keys: keys, parameters: parameters.client, ids: ids))
        }
    }

    public mutating func handle(_ input: NodeInput, now: Instant, emit: inout [NodeEffect]) {
        route(input, now: now, emit: &emit)
        rearm()
    }

    private mutating func route(_ input: NodeInput, now: Instant, emit: inout [NodeEffect]) {
        switch input {
        case .started(let entropy, let restored): start(entropy: entropy, restored: restored, now: now, emit: &emit)
        case .remembered(let known): remember(known, now: now, emit: &emit)
        case .held(let records): tellKademlia(.held(records), now: now, emit: &emit)
        case .listening(let addresses):
            tellKademlia(.localAddresses(addresses), now: now, emit: &emit)
            tellRegistry(.addresses(addresses), now: now, emit: &emit)
        case .network(let event): handle(event, now: now, emit: &emit)
        case .blockRead(let token, let bytes): blockRead(token, bytes, now: now, emit: &emit)
        case .blockProbed(let token, let size): tellBlocks(.probed(LoadToken(token.value), size: size), now: now, emit: &emit)
        case .stored(let role, let cid, let success):
            if success { tellBlocks(.added(cid), now: now, emit: &emit) }
            tell(role, .stored(cid, success), now: now, emit: &emit)
        case .loaded(let role, let id, let entries): tell(role, .loaded(id, entries), now: now, emit: &emit)
        case .sceneSurveyed(let id, let survey): tellOwner(of: id.value, .sceneSurveyed(id, survey), now: now, emit: &emit)
        case .sceneInspected(let id, let result): tellOwner(of: id.value, .sceneInspected(id, result), now: now, emit: &emit)
        case .workProgress(let id, let permille, let rays):
            tellOwner(of: id.value, .workProgress(id, permille: permille, rays: rays), now: now, emit: &emit)
        case .rendered(let id, let records): tellOwner(of: id.value, .rendered(id, records), now: now, emit: &emit)
        case .proved(let id, let made): tellOwner(of: id.value, .proved(id, made), now: now, emit: &emit)
        case .sceneMarked(let id, let copy): tellOwner(of: id.value, .sceneMarked(id, copy), now: now, emit: &emit)
        case .scenesCompared(let id, let isCopy): tellOwner(of: id.value, .scenesCompared(id, isCopy), now: now, emit: &emit)
        case .recomputed(let id, let values): tellOwner(of: id.value, .recomputed(id, values), now: now, emit: &emit)
        case .workFailed(let id, let failure): tellOwner(of: id.value, .workFailed(id, failure), now: now, emit: &emit)
        case .command(let role, let id, let command):
            if case .resume = command { resumed(role, now: now, emit: &emit) }
            tell(role, .command(id, command), now: now, emit: &emit)
        case .query(let role, let id, let query): tell(role, .query(id, query), now: now, emit: &emit)
        case .subscribe(let topic): join(topic, now: now, emit: &emit)
        case .unsubscribe(let topic): leave(topic, now: now, emit: &emit)
        case .publish(let topic, let bytes): publish(topic, bytes, now: now, emit: &emit)
        case .lookUp(let number, let query): lookUp(number, query, now: now, emit: &emit)
        case .adminResponse(let id, let bytes): emit.append(.network(bytes.map { .respond(id, $0) } ?? .refuse(id)))
        case .drain:
            tellRoles(.drain, now: now, emit: &emit)
            tellRegistry(.withdraw, now: now, emit: &emit)
        }
    }

    public mutating func handleDeadline(now: Instant, emit: inout [NodeEffect]) {
        if isDue(kademliaDeadline, now) {
            var effects: [Kademlia.Effect] = []
            kademlia.handleDeadline(now: now, emit: &effects)
            carryOut(effects, now: now, emit: &emit)
        }
        if isDue(gossip.nextDeadline, now) {
            var effects: [GossipSub.Effect] = []
            gossip.handleDeadline(now: now, emit: &effects)
            carryOut(effects, now: now, emit: &emit)
        }
        if isDue(blocks.nextDeadline, now) {
            var effects: [BlockExchange.Effect] = []
            blocks.handleDeadline(now: now, emit: &effects)
            carryOut(effects, now: now, emit: &emit)
        }
        if isDue(registryDue, now) { registryDeadline(now: now, emit: &emit) }
        if isDue(blockWants.nextDeadline, now) { expireBlockWants(now: now, emit: &emit) }
        for role in parameters.roles where isDue(deadline(of: role), now) { rolesDeadline(role, now: now, emit: &emit) }
        if isDue(discovery.nextDeadline, now) {
            var effects: [Discovery.Effect] = []
            discovery.handleDeadline(now: now, emit: &effects)
            carryOut(effects, now: now, emit: &emit)
        }
        if isDue(idleCheckAt, now) { closeIdle(now: now, emit: &emit) }
        rearm()
    }

    private mutating func rearm() {
        var deadline = earliest(earliest(kademliaDeadline, gossip.nextDeadline), earliest(blocks.nextDeadline, discovery.nextDeadline))
        deadline = earliest(earliest(deadline, idleCheckAt), earliest(blockWants.nextDeadline, registryDue))
        for role in parameters.roles { deadline = earliest(deadline, self.deadline(of: role)) }
        nextDeadline = deadline
    }

    /// A table is not refreshed while the node is parked.
    private var kademliaDeadline: Instant? { isParked ? nil : kademlia.nextDeadline }

    /// Gossip messages that came more than once.
    public var gossipDuplicates: UInt64 { gossip.duplicateCount }
    public var gossipMessages: UInt64 { gossip.messageCount }

    /// Peers in the mesh of a topic that this node joined.
    public func gossipMesh(of topic: String) -> [PeerHandle] {
        joined.topic(named: topic).map { gossip.mesh(of: $0) } ?? []
    }

    /// Peers in the DHT's routing table.
    public var routingTableCount: Int { kademlia.table.count }

    private func isDue(_ deadline: Instant?, _ now: Instant) -> Bool {
        guard let deadline else { return false }
        return deadline <= now
    }

    /// Protocols that we answer on.
    var protocolsServed: Set<ProtocolName> {
        var served: Set<ProtocolName> = [.identify, .identifyPush, .ping, .gossip, .bitswap, .admin]
        if parameters.isCore { served.formUnion([.kademlia, .registry]) }
        for role in parameters.roles {
            switch role {
            case .manager: served.formUnion([.job, .task, .verify, .registry, .beacon])
            case .worker: served.formUnion([.task, .verify, .beacon])
            case .verifier: served.formUnion([.verify, .beacon])
            case .client: break
            }
        }
        for diagnostic in parameters.diagnostics {
            switch diagnostic {
            case .perf: served.insert(.perf)
            case .echo: served.insert(.echo)
            }
        }
        return served
    }
}
