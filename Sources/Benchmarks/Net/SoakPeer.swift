internal import Blocks
internal import Crypto
internal import Determinism
internal import EventLoop
internal import GossipSub
internal import Identity
internal import LibP2P
internal import NodeRuntime
internal import Wire

/// A peer that comes, does one thing, and goes again in one of several ways, for as long as it is asked to.
final class SoakPeer {
    /// What a life is filled with.
    enum Habit: Int, CaseIterable {
        case pings
        /// Joins the target's topic and publishes.
        case gossip
        /// Asks the DHT, and announces itself in it.
        case lookups
        /// Wants blocks that nobody has.
        case wants
        /// One stream of bytes, cut off on the way.
        case transfer
        /// Sends what no protocol allows.
        case nonsense
        /// Connects, says half a sentence, and hangs up.
        case halfHandshake
    }

    private let loop: EventLoop
    private let prefix: String
    private let target: TargetProcess
    private var random: Generator
    private var timer: Timer?
    private var peer: LoadPeer?
    private var gossip: GossipSub?
    private var topic: TopicID?
    private var socket: TCPConnection?
    private var habit = Habit.pings
    private var isEnding = false
    private(set) var lives: UInt64 = 0

    init(loop: EventLoop, prefix: String, target: TargetProcess, number: UInt64) throws {
        self.loop = loop
        self.prefix = prefix
        self.target = target
        random = Generator(seed: number).fork("soak")
        timer = try Timer(loop: loop) { [weak self] in self?.turn() }
    }

    /// Begins the first life within a second.
    func begin() {
        isEnding = false
        arm(within: .seconds(1))
    }

    /// Goes for good.
    func end() {
        isEnding = true
        timer?.disarm()
        leave()
    }

    func close() {
        end()
        timer?.close()
        timer = nil
    }

    private func arm(within duration: Duration) {
        timer?.arm(at: loop.deadline(after: duration * (0.2 + 0.8 * random.unit())))
    }

    private func turn() {
        if peer == nil, socket == nil { live() } else { leave() }
        if !isEnding { arm(within: peer == nil && socket == nil ? .seconds(1) : .seconds(3)) }
    }

    private func live() {
        lives += 1
        habit = Habit.allCases[Int(random.next() % UInt64(Habit.allCases.count))]
        if habit == .halfHandshake { return stammer() }
        guard let peer = try? LoadPeer(loop: loop, prefix: prefix, serving: [.gossip, .bitswap]) else { return }
        self.peer = peer
        peer.onEvent = { [weak self] in self?.received($0) }
        peer.driver.onRoundTrip = { [weak self] handle, _ in self?.peer?.driver.ping(handle) }
        peer.dial(target)
    }

    /// Some close in order, some just go: the process of theirs has died.
    private func leave() {
        socket?.close()
        socket = nil
        gossip = nil
        peer?.close()
        peer = nil
    }

    /// A connection without a peer: the header of multistream, or a part of it.
    private func stammer() {
        guard case (.ip4(let host), let port)? = target.address.tcpTarget,
            let socket = try? TCPConnection(
                loop: loop, connectingTo: SocketAddress(.v4(host), port: port), deadline: loop.deadline(after: .seconds(5)))
        else { return }
        let hello = Array("\u{13}/multistream/1.0.0\n\u{07}/noise\n".utf8)
        let said = Array(hello.prefix(Int(random.next() % UInt64(hello.count + 1))))
        socket.onConnect = { [weak self] in
            if !said.isEmpty { _ = self?.socket?.write(said) }
        }
        socket.onClose = { [weak self] _ in self?.socket = nil }
        self.socket = socket
    }

    private func received(_ event: NetworkEvent) {
        guard let peer else { return }
        switch event {
        case .identified(let handle, _): act(peer, handle)
        case .message(let handle, .gossip, let bytes): tellGossip(.rpc(from: handle, bytes))
        default: break
        }
    }

    private func act(_ peer: LoadPeer, _ handle: PeerHandle) {
        let key = (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        switch habit {
        case .pings: peer.driver.ping(handle)
        case .gossip:
            var machine = GossipSub(
                signing: .ed25519(peer.identity), firstSequenceNumber: UInt64(Clock.monotonic * 1e9), generator: random.fork("gossip"))
            topic = machine.intern(BenchNetwork.topic)
            gossip = machine
            guard let topic else { return }
            tellGossip(.join(topic, .automatic))
            tellGossip(.peerAdded(handle, target.peer, .outbound))
            for _ in 0..<5 { tellGossip(.publish(topic, key)) }
        case .lookups:
            // FIND_NODE, then ADD_PROVIDER of ourselves: docs/protocols/kademlia.proto. All provide the same thing: a table of what others
            // provide is kept for a day, up to a limit that an hour of random keys would still be growing towards.
            for (number, kind) in [UInt8(4), 2].enumerated() {
                var writer = ProtobufWriter()
                writer.uint64(1, UInt64(kind))
                writer.bytes(2, kind == 2 ? [UInt8](repeating: 1, count: 32) : key)
                if kind == 2 {
                    writer.message(9) { contact in
                        contact.bytes(1, peer.driver.swarm.peer.bytes)
                        contact.bytes(2, Multiaddr.tcp4(0x7f00_0001, port: 9).bytes)
                    }
                }
                peer.driver.perform(
                    .request(RequestID(UInt64(number)), to: target.peer, at: [], .kademlia, writer.bytes, timeout: .seconds(5)))
            }
        case .wants:
            let wants = BitswapMessage(entries: [.init(cid: Hash.cid(of: key)), .init(cid: Hash.cid(of: key + [1]), kind: .have)])
            peer.driver.perform(.send(to: handle, .bitswap, wants.encode(), .normal))
        case .transfer: peer.driver.transfer(handle, upload: 4 << 20, download: 4 << 20, timeout: .seconds(20))
        case .nonsense:
            for (number, name) in [ProtocolName.job, .task, .verify, .registry, .kademlia].enumerated() {
                peer.driver.perform(
                    .request(RequestID(UInt64(number)), to: target.peer, at: [], name, key + key, timeout: .seconds(5)))
            }
            peer.driver.perform(.send(to: handle, .gossip, key, .normal))
            peer.driver.perform(.send(to: handle, .bitswap, key, .normal))
        case .halfHandshake: break
        }
    }

    private func tellGossip(_ input: GossipSub.Input) {
        guard gossip != nil else { return }
        var effects: [GossipSub.Effect] = []
        gossip?.handle(input, now: Instant(nanoseconds: loop.now), emit: &effects)
        for case .send(let handle, let bytes, let priority) in effects {
            peer?.driver.perform(.send(to: handle, .gossip, bytes, priority))
        }
    }
}
