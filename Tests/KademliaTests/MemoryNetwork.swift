import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Kademlia

/// Nodes joined in memory, with latency, silent nodes and identify, in simulated time.
struct MemoryNetwork {
    struct Delivery {
        var at: Instant
        var order: UInt64
        var to: Int
        /// Nil to wake the machine for a deadline.
        var input: Kademlia.Input?
    }

    var nodes: [Kademlia] = []
    var ids: [PeerID] = []
    var indexOf: [PeerID: Int] = [:]
    var isSilent: [Bool] = []
    var isServer: [Bool] = []
    /// What a node answers instead of the truth.
    var lies: [Int: (KademliaMessage) -> KademliaMessage] = [:]
    /// New nodes believe what identify says: all know each other from the beginning.
    var believes = true
    var now = Instant.origin
    var generator: Generator
    var results: [Int: [(QueryID, QueryResult)]] = [:]
    var progress: [Int: [(QueryID, QueryProgress)]] = [:]
    var penalties: [(PeerID, Kademlia.Misbehaviour)] = []
    var requestCount = 0
    /// Earliest wake-up that is in the heap.
    private var armed: [Instant] = []
    private var heap: [Delivery] = []
    private var order: UInt64 = 0
    private var runs = 0
    private var introduced: Set<[Int]> = []
    private var inbound: [UInt64: (asker: Int, request: RequestID)] = [:]
    private var inboundCounter: UInt64 = 0

    init(seed: UInt64) { generator = Generator(seed: seed) }

    static func id(_ number: UInt64) -> PeerID {
        var generator = Generator(seed: number)
        return PeerID(ed25519: Bytes32(words: generator.next(), generator.next(), generator.next(), generator.next()))
    }

    static func address(_ index: Int) -> Multiaddr { .tcp4(0x0a00_0000 + UInt32(index), port: 4001) }

    @discardableResult
    mutating func add(
        mode: Kademlia.Mode = .server, parameters: Kademlia.Parameters = .init(), validator: RecordValidator = .init()
    ) -> Int {
        var parameters = parameters
        if believes { parameters.checkDelay = nil }
        let index = nodes.count
        let id = MemoryNetwork.id(UInt64(index) + 1)
        nodes.append(
            Kademlia(
                localID: id, mode: mode, parameters: parameters, validator: validator, requestNamespace: 7,
                generator: generator.fork(UInt64(index))))
        ids.append(id)
        indexOf[id] = index
        isSilent.append(false)
        isServer.append(mode == .server)
        armed.append(.distantFuture)
        give(index, .localAddresses([MemoryNetwork.address(index)]))
        return index
    }

    /// Both identify each other.
    mutating func introduce(_ a: Int, _ b: Int) {
        guard a != b, introduced.insert([min(a, b), max(a, b)]).inserted else { return }
        give(a, .identified(ids[b], servesKademlia: isServer[b], addresses: [MemoryNetwork.address(b)]))
        give(b, .identified(ids[a], servesKademlia: isServer[a], addresses: [MemoryNetwork.address(a)]))
    }

    mutating func give(_ index: Int, _ input: Kademlia.Input) {
        var effects: [Kademlia.Effect] = []
        nodes[index].handle(input, now: now, emit: &effects)
        carryOut(effects, of: index)
        arm(index)
    }

    private mutating func arm(_ index: Int) {
        guard let deadline = nodes[index].nextDeadline, deadline < armed[index] else { return }
        armed[index] = deadline
        post(index, after: deadline - now, nil)
    }

    private mutating func wake(_ index: Int) {
        armed[index] = .distantFuture
        if let deadline = nodes[index].nextDeadline, deadline <= now {
            var effects: [Kademlia.Effect] = []
            nodes[index].handleDeadline(now: now, emit: &effects)
            carryOut(effects, of: index)
        }
        arm(index)
    }

    mutating func start(_ index: Int, _ query: Query, id: UInt32 = 1) { give(index, .start(QueryID(id), query)) }

    func result(_ index: Int, id: UInt32 = 1) -> QueryResult? { results[index]?.last { $0.0 == QueryID(id) }?.1 }

    private mutating func post(_ to: Int, after delay: Duration, _ input: Kademlia.Input?) {
        order += 1
        let delivery = Delivery(at: now + delay, order: order, to: to, input: input)
        heap.append(delivery)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(heap[child], heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private func isBefore(_ a: Delivery, _ b: Delivery) -> Bool { a.at != b.at ? a.at < b.at : a.order < b.order }

    private mutating func pop() -> Delivery {
        let first = heap[0]
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(heap[child], heap[least]) {
                    least = child
                }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        return first
    }

    private mutating func carryOut(_ effects: [Kademlia.Effect], of index: Int) {
        for effect in effects {
            switch effect {
            case .request(let id, let to, _, let bytes, let timeout):
                requestCount += 1
                guard let target = indexOf[to], !isSilent[target] else {
                    post(index, after: timeout, .requestFailed(id))
                    continue
                }
                introduce(index, target)
                inboundCounter += 1
                inbound[inboundCounter] = (index, id)
                let delay = Duration.milliseconds(20 + Int(generator.next() % 60))
                post(target, after: delay, .request(from: ids[index], InboundID(inboundCounter), bytes))
            case .respond(let id, let bytes):
                guard let (asker, request) = inbound.removeValue(forKey: id.value) else { continue }
                var bytes = bytes
                if let lie = lies[index], let truth = try? KademliaMessage(decoding: bytes) { bytes = lie(truth).encode() }
                post(asker, after: .milliseconds(40), .response(request, bytes))
            case .refuse(let id):
                guard let (asker, request) = inbound.removeValue(forKey: id.value) else { continue }
                post(asker, after: .milliseconds(40), .requestFailed(request))
            case .progress(let id, let step): progress[index, default: []].append((id, step))
            case .finished(let id, let result): results[index, default: []].append((id, result))
            case .penalise(let peer, let why): penalties.append((peer, why))
            }
        }
    }

    /// Runs for so long. Checks the invariants of the machines as they go, now and then, and of some at the end.
    mutating func run(horizon: Duration = .seconds(70)) {
        let end = now + horizon
        var steps = 0
        while let next = heap.first?.at, next <= end {
            let delivery = pop()
            now = max(now, delivery.at)
            if let input = delivery.input { give(delivery.to, input) } else { wake(delivery.to) }
            steps += 1
            if steps.isMultiple(of: 97) { #expect(nodes[delivery.to].violations.isEmpty) }
        }
        now = end
        runs += 1
        for index in nodes.indices where index % 16 == runs % 16 { #expect(nodes[index].violations.isEmpty) }
    }

    /// The server nodes closest to a key that answer, nearest first, by brute force.
    func trueClosest(to target: Bytes32, count: Int, excluding: Int? = nil) -> [PeerID] {
        Array(
            ids.indices.filter { isServer[$0] && !isSilent[$0] && $0 != excluding }
                .map { (ids[$0], ids[$0].dhtKey ^ target) }
                .sorted { $0.1 < $1.1 }
                .prefix(count)
                .map(\.0))
    }
}
