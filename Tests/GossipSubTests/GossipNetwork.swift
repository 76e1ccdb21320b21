import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

/// Nodes joined in memory by links with latency and loss, in simulated time.
struct GossipNetwork {
    enum Event {
        case rpc(from: Int, [UInt8])
        case wake
    }

    struct Delivery {
        var node: Int
        var author: PeerID
        var data: [UInt8]
        var handle: GossipSub.MessageHandle
        var at: Instant
    }

    static let secret = Bytes32(words: 1, 2, 3, 4)

    var nodes: [GossipSub] = []
    var isUp: [Bool] = []
    /// Neighbours of each node, sorted.
    var links: [[Int]] = []
    var topic = TopicID(index: 0)
    var now = Instant.origin
    var generator: Generator
    var loss = 0.0
    /// Bytes that a link carries in a millisecond.
    var bandwidth = 100_000
    var deliveries: [Delivery] = []
    var penalties: [(node: Int, peer: Int, what: GossipSub.Misbehaviour)] = []
    /// RPCs with a message that arrived, by node.
    var messagesArrived = 0
    /// Answers the application gives; nil for automatic topics.
    var verdict: (@Sendable (Int, [UInt8]) -> GossipSub.Verdict)?
    private var heap: [(at: Instant, order: UInt64, node: Int, event: Event)] = []
    private var order: UInt64 = 0
    private var armed: [Instant] = []

    init(seed: UInt64) { generator = Generator(seed: seed) }

    static func signing(_ number: Int) -> Signing {
        var generator = Generator(seed: 77).fork(UInt64(number))
        let identity = Bytes32(words: generator.next(), generator.next(), generator.next(), generator.next())
        return .simulated(identity: identity, secret: secret)
    }

    mutating func add(parameters: GossipSub.Parameters = .init(), validation: GossipSub.Validation? = .automatic) {
        let index = nodes.count
        var node = GossipSub(
            signing: GossipNetwork.signing(index), parameters: parameters, firstSequenceNumber: 1000,
            generator: generator.fork(UInt64(index)))
        topic = node.intern("shard")!
        nodes.append(node)
        isUp.append(true)
        links.append([])
        armed.append(.distantFuture)
        if let validation { give(index, .join(topic, validation)) }
    }

    /// `a` opened the connection.
    mutating func connect(_ a: Int, _ b: Int) {
        guard a != b, !links[a].contains(b) else { return }
        links[a].append(b)
        links[b].append(a)
        give(a, .peerAdded(PeerHandle(index: UInt32(b)), nodes[b].localID, .outbound, .init(takesRefusals: true)))
        give(b, .peerAdded(PeerHandle(index: UInt32(a)), nodes[a].localID, .inbound, .init(takesRefusals: true)))
    }

    mutating func disconnect(_ a: Int, _ b: Int) {
        guard links[a].contains(b) else { return }
        links[a].removeAll { $0 == b }
        links[b].removeAll { $0 == a }
        give(a, .peerRemoved(PeerHandle(index: UInt32(b))))
        give(b, .peerRemoved(PeerHandle(index: UInt32(a))))
    }

    mutating func takeDown(_ index: Int) {
        isUp[index] = false
        for other in links[index] { disconnect(index, other) }
    }

    mutating func give(_ index: Int, _ input: GossipSub.Input) {
        var effects: [GossipSub.Effect] = []
        nodes[index].handle(input, now: now, emit: &effects)
        carryOut(effects, of: index)
    }

    private mutating func carryOut(_ effects: [GossipSub.Effect], of index: Int) {
        for effect in effects {
            switch effect {
            case .send(let peer, let bytes, let priority):
                let target = Int(peer.index)
                // A reliable stream loses no control; congestion drops messages and hints.
                if priority < .control, generator.chance(loss) { continue }
                push(now + .milliseconds(10 + Int(generator.next() % 50) + bytes.count / bandwidth), target, .rpc(from: index, bytes))
            case .deliver(_, let handle, let author, _, let data):
                deliveries.append(Delivery(node: index, author: author, data: Array(data), handle: handle, at: now))
                if let verdict { give(index, .validated(handle, verdict(index, Array(data)))) }
            case .penalise(let peer, let what): penalties.append((index, Int(peer.index), what))
            case .connect: break
            }
        }
        if let deadline = nodes[index].nextDeadline, deadline < armed[index] {
            armed[index] = deadline
            push(deadline, index, .wake)
        }
    }

    private mutating func push(_ at: Instant, _ node: Int, _ event: Event) {
        order += 1
        heap.append((at, order, node, event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard (heap[child].at, heap[child].order) < (heap[parent].at, heap[parent].order) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> (at: Instant, order: UInt64, node: Int, event: Event) {
        let first = heap[0]
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && (heap[child].at, heap[child].order) < (heap[least].at, heap[least].order) {
                least = child
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Runs for so long, checking the machines as they go.
    mutating func run(_ duration: Duration) {
        let end = now + duration
        var steps = 0
        while let next = heap.first, next.at <= end {
            let event = pop()
            now = max(now, event.at)
            switch event.event {
            case .rpc(let from, let bytes):
                guard isUp[event.node], links[event.node].contains(from) else { continue }
                if bytes.first == RPC.publishTag { messagesArrived += 1 }
                give(event.node, .rpc(from: PeerHandle(index: UInt32(from)), bytes))
            case .wake:
                armed[event.node] = .distantFuture
                guard isUp[event.node] else { continue }
                var effects: [GossipSub.Effect] = []
                nodes[event.node].handleDeadline(now: now, emit: &effects)
                carryOut(effects, of: event.node)
            }
            steps += 1
            if steps.isMultiple(of: 50) { #expect(nodes[event.node].violations.isEmpty) }
        }
        now = end
        for node in nodes { #expect(node.violations.isEmpty) }
    }

    /// A connected random graph: each node opens `degree` connections.
    mutating func connectAll(degree: Int) {
        for index in nodes.indices {
            if index > 0 { connect(index, index - 1) }
            for _ in 0..<degree { connect(index, Int(generator.next() % UInt64(nodes.count))) }
        }
    }
}
