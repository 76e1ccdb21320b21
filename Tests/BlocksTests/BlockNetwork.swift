import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Blocks

/// A few nodes with stores in memory, all connected, with latency, in simulated time.
struct BlockNetwork {
    enum Event {
        case input(BlockExchange.Input)
        case wake
    }

    var nodes: [BlockExchange] = []
    var stores: [[CID: [UInt8]]] = []
    var isUp: [Bool] = []
    /// What a node does to the blocks that it sends.
    var isCorrupting: [Bool] = []
    var now = Instant.origin
    var results: [(node: Int, id: WantID, result: BlockExchange.WantResult)] = []
    var hungry: [(node: Int, cid: CID)] = []
    var penalties: [(node: Int, peer: Int, what: BlockExchange.Misbehaviour)] = []
    var blocksSent: [Int] = []
    /// Called for a want that nobody can fulfil: more candidates.
    var candidates: (@Sendable (Int, CID) -> [Int])?
    private var queue: [(at: Instant, order: Int, node: Int, event: Event)] = []
    private var order = 0

    static func id(_ index: Int) -> PeerID { PeerID(ed25519: Bytes32(words: 1, 2, 3, UInt64(index))) }
    static func handle(_ index: Int) -> PeerHandle { PeerHandle(index: UInt32(index)) }

    init(_ count: Int, parameters: BlockExchange.Parameters = .init()) {
        for _ in 0..<count {
            nodes.append(BlockExchange(parameters: parameters))
            stores.append([:])
            isUp.append(true)
            isCorrupting.append(false)
            blocksSent.append(0)
        }
        for a in 0..<count { for b in 0..<count where a != b { give(a, .peerAdded(BlockNetwork.handle(b), BlockNetwork.id(b))) } }
    }

    /// Blocks of different sizes, kept by the given nodes.
    mutating func fill(_ holders: [Int], count: Int, size: Int = 1000, hash: CID.HashFunction = .sha256) -> [CID] {
        (0..<count).map { number in
            var generator = Generator(seed: UInt64(number) + 1)
            let bytes = (0..<(size + number)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            let cid = BitswapMessage.Block(codec: .raw, hash: hash, data: bytes[...]).computedCID
            for holder in holders { stores[holder][cid] = bytes }
            return cid
        }
    }

    mutating func want(_ node: Int, _ cids: [CID], from peers: [Int], firstID: UInt64 = 0) {
        let wants = cids.enumerated().map { BlockExchange.Want(id: WantID(firstID + UInt64($0.offset)), cid: $0.element) }
        give(node, .want(wants, from: peers.map(BlockNetwork.handle)))
    }

    mutating func takeDown(_ index: Int) {
        isUp[index] = false
        for other in nodes.indices where other != index && isUp[other] { give(other, .peerRemoved(BlockNetwork.handle(index))) }
    }

    mutating func give(_ node: Int, _ input: BlockExchange.Input) {
        var effects: [BlockExchange.Effect] = []
        nodes[node].handle(input, now: now, emit: &effects)
        carryOut(effects, of: node)
    }

    private mutating func push(_ at: Instant, _ node: Int, _ event: Event) {
        order += 1
        let index = queue.lastIndex { $0.at <= at }.map { $0 + 1 } ?? 0
        queue.insert((at, order, node, event), at: index)
    }

    private mutating func carryOut(_ effects: [BlockExchange.Effect], of node: Int) {
        for effect in effects {
            switch effect {
            case .send(let peer, var bytes, _):
                if let message = try? BitswapMessage(decoding: bytes), !message.blocks.isEmpty {
                    blocksSent[node] += message.blocks.count
                    if isCorrupting[node] { bytes[bytes.count - 1] ^= 1 }
                }
                push(now + .milliseconds(20), Int(peer.index), .input(.message(from: BlockNetwork.handle(node), bytes)))
            case .load(let cid, let token): push(now + .milliseconds(2), node, .input(.loaded(token, stores[node][cid])))
            case .probe(let cid, let token): push(now + .milliseconds(1), node, .input(.probed(token, size: stores[node][cid]?.count)))
            case .store(let cid, let bytes):
                #expect(stores[node][cid] == nil)
                stores[node][cid] = bytes
            case .finished(let id, let result): results.append((node, id, result))
            case .candidatesWanted(let cid):
                hungry.append((node, cid))
                if let candidates { push(now, node, .input(.candidates(cid, candidates(node, cid).map(BlockNetwork.handle)))) }
            case .penalise(let peer, let what): penalties.append((node, Int(peer.index), what))
            }
        }
        if let deadline = nodes[node].nextDeadline { push(max(deadline, now), node, .wake) }
    }

    mutating func run(_ duration: Duration) {
        let end = now + duration
        while let next = queue.first, next.at <= end {
            queue.removeFirst()
            now = max(now, next.at)
            guard isUp[next.node] else { continue }
            switch next.event {
            case .input(let input): give(next.node, input)
            case .wake:
                guard let deadline = nodes[next.node].nextDeadline, deadline <= now else { continue }
                var effects: [BlockExchange.Effect] = []
                nodes[next.node].handleDeadline(now: now, emit: &effects)
                carryOut(effects, of: next.node)
            }
            #expect(nodes[next.node].violations.isEmpty)
        }
        now = end
    }

    func received(_ node: Int) -> Int { results.count { $0.node == node && $0.result == .received } }
}
