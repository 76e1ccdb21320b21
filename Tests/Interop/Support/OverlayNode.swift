import Crypto
import Determinism
import EventLoop
import Identity
import Kademlia
import LibP2P
import Node
import NodeRuntime
import Roles
import Wire

/// One of our nodes: the machine of the binaries on the driver of the binaries, without roles and without a disk.
final class OverlayNode {
    struct Options {
        /// Peers of the core serve the DHT and relay gossip; leaves only ask.
        var place = Discovery.Place.bootstrap
        /// What stock peers call their DHT.
        var prefix = "ipfs"
        /// `blocks` fetches, and the node itself does not serve: only roles of a node want blocks.
        var fetchesBlocks = false

        /// A node that asks and does not answer.
        static var leaf: Options { Options(place: .leaf) }
    }

    /// As in `peer.py`.
    private static let records = RecordValidator.Namespace(
        name: "interop", isValid: { !$1.isEmpty }, isBetter: { $1.lexicographicallyPrecedes($0) })

    struct Gossip: Equatable {
        let topic: String
        let author: PeerID
        let data: [UInt8]
    }

    let driver: SwarmDriver
    let id: PeerID
    private(set) var address = Multiaddr.tcp4(0, port: 0)
    private let loop: EventLoop
    private var node: Node
    private var timer: Timer?
    private var inputs: [NodeInput] = []
    private var effects: [NodeEffect] = []
    private var isBusy = false
    private var lastNumber: UInt32 = 0

    private(set) var handles: [PeerID: PeerHandle] = [:]
    private(set) var information: [PeerID: PeerInformation] = [:]
    private(set) var failures: [PeerID: NetworkFailure] = [:]
    private(set) var roundTrips: [PeerHandle: [Duration]] = [:]
    private(set) var gossip: [Gossip] = []
    private(set) var answers: [UInt32: QueryResult] = [:]
    private(set) var misbehaved: [PeerID] = []
    /// Ends of requests that were given to the driver itself.
    var onResponse: ((RequestID, Result<[UInt8], NetworkFailure>) -> Void)?
    /// What the node serves.
    var store: [CID: [UInt8]] = [:]
    let blocks: NodeBlocks?

    init(loop: EventLoop, _ options: Options) throws {
        self.loop = loop
        let key = KeyPair.generate()
        id = PeerID(ed25519: key.publicKey)
        var parameters = SwarmParameters(networkPrefix: options.prefix)
        parameters.agent = "interop"
        parameters.addresses = .development
        parameters.requestsPerPeerMax = 256
        let swarm = Swarm(
            parameters: parameters, signing: .ed25519(key), entropy: .shell { Entropy.bytes($0) }, seed: Entropy.seed())
        driver = try SwarmDriver(loop: loop, swarm: swarm)
        blocks = options.fetchesBlocks ? NodeBlocks(driver: driver, loop: loop) : nil
        let network = NetworkParameters(id: .zero, prefix: options.prefix, bootstrap: [], round: .seconds(2), shards: 1)
        var nodeParameters = NodeParameters(
            signing: .ed25519(key), network: network, place: options.place, roles: [], profile: .zero,
            generator: Generator(seed: Entropy.seed()))
        nodeParameters.diagnostics = [.echo, .perf]
        nodeParameters.records = RecordValidator([OverlayNode.records])
        node = Node(nodeParameters, firstSequenceNumber: 1)
        timer = try Timer(loop: loop) { [weak self] in self?.deadlinePassed() }
        driver.onEvent = { [weak self] in self?.received($0) }
        driver.onRoundTrip = { [weak self] in self?.roundTrips[$0, default: []].append($1) }
        tell(.started(entropy: Entropy.bytes32(), restored: []))
        address = Multiaddr(try driver.listen(on: SocketAddress(.loopback4, port: 0)))
        driver.announce([address])
        tell(.listening([address]))
    }

    /// With the peer id, as others dial it.
    var fullAddress: String { "\(address.appending(id))" }
    var name: String { "\(id)" }

    /// Gossip messages that came again.
    var duplicates: UInt64 { node.gossipDuplicates }

    /// Whom it relays to.
    func mesh(of topic: String) -> [PeerHandle] { node.gossipMesh(of: topic) }

    // MARK: Wishes

    func dial(_ peer: PythonPeer) throws { driver.perform(.dial(try peer.id, [try peer.address.withoutPeer])) }

    func dial(_ node: OverlayNode) { driver.perform(.dial(node.id, [node.address])) }

    func subscribe(_ topic: String) { tell(.subscribe(topic)) }

    func publish(_ topic: String, _ bytes: [UInt8]) { tell(.publish(topic, bytes)) }

    /// Starts a query; its result comes to `answers` under the number that is returned.
    func lookUp(_ query: Query) -> UInt32 {
        lastNumber += 1
        tell(.lookUp(lastNumber, query))
        return lastNumber
    }

    func tell(_ input: NodeInput) {
        inputs.append(input)
        settle()
    }

    func close() {
        driver.onEvent = nil
        driver.close()
        timer?.close()
        blocks?.close()
    }

    // MARK: Running

    private var now: Instant { Instant(nanoseconds: loop.now) }

    private func deadlinePassed() {
        node.handleDeadline(now: now, emit: &effects)
        settle()
    }

    private func settle() {
        guard !isBusy else { return }
        isBusy = true
        carryOut()
        while !inputs.isEmpty {
            node.handle(inputs.removeFirst(), now: now, emit: &effects)
            carryOut()
        }
        isBusy = false
        if let deadline = node.nextDeadline { timer?.arm(at: deadline.nanoseconds) } else { timer?.disarm() }
    }

    private func carryOut() {
        while !effects.isEmpty {
            var batch: [NodeEffect] = []
            swap(&batch, &effects)
            for effect in batch {
                switch effect {
                case .network(let command): driver.perform(command)
                case .lookedUp(let number, let result): answers[number] = result
                case .event(.gossip(let topic, let author, let data)): gossip.append(Gossip(topic: topic, author: author, data: data))
                case .event(.misbehaviour(let peer, _)):
                    misbehaved.append(peer)
                case .readBlock(let token, let cid): inputs.append(.blockRead(token, store[cid]))
                case .probeBlock(let token, let cid): inputs.append(.blockProbed(token, size: store[cid]?.count))
                // A node without roles has nothing to keep and nothing to render.
                default: break
                }
            }
        }
    }

    private func received(_ event: NetworkEvent) {
        switch event {
        case .connected(let handle, let peer, _, _): handles[peer] = handle
        case .identified(let handle, let told):
            if let peer = driver.swarm.peer(of: handle) { information[peer] = told }
        case .disconnected(let handle, _):
            handles = handles.filter { $0.value != handle }
        case .dialFailed(let peer, let failure): failures[peer] = failure
        case .response(let id, let bytes): onResponse?(id, .success(bytes))
        case .requestFailed(let id, let failure): onResponse?(id, .failure(failure))
        default: break
        }
        if blocks?.take(event) != true { tell(.network(event)) }
    }
}
