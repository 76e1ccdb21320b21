internal import Determinism
public import Identity
internal import LibP2P

/// What is known of one connected peer.
struct GossipPeer: Sendable {
    let handle: PeerHandle
    let id: PeerID
    let isOutbound: Bool
    /// Its address as one number; nil where it does not count.
    let origin: UInt64?
    /// It speaks 1.2, so that IDONTWANT is not wasted on it.
    var takesRefusals: Bool
    /// Its signed peer record; empty where there is none.
    var record: [UInt8]
    /// Sorted.
    var topics: [TopicID] = []
    var score: PeerScore
    /// Messages that it does not want, in the order in which it said so.
    var unwanted: [UnwantedMessage] = []
    // Counts of this heartbeat.
    var ihaveCount: UInt16 = 0
    var askedCount: UInt16 = 0
    var servedCount: UInt16 = 0
    var servedBytes: UInt32 = 0
    var refusalCount: UInt16 = 0

    init(_ handle: PeerHandle, _ id: PeerID, isOutbound: Bool, origin: UInt64?, facts: GossipSub.PeerFacts, score: PeerScore) {
        self.handle = handle
        self.id = id
        self.isOutbound = isOutbound
        self.origin = origin
        takesRefusals = facts.takesRefusals
        record = facts.signedRecord
        self.score = score
    }

    mutating func beat(_ parameters: PeerScore.Parameters, now: Instant) {
        score.decay(parameters, now: now)
        forgetRefusals()
        refusalCount = 0
        ihaveCount = 0
        askedCount = 0
        servedCount = 0
        servedBytes = 0
    }
}

extension GossipSub {
    func slot(_ handle: PeerHandle) -> Int? { index.slot(of: handle) }

    public var peerCount: Int { peers.count }

    /// Peers in the mesh of a topic, in order.
    public func mesh(of topic: TopicID) -> [PeerHandle] { topics.contains(topic) ? topics[topic].mesh : [] }

    /// Peers subscribed to a topic, in order.
    public func subscribers(of topic: TopicID) -> [PeerHandle] { topics.contains(topic) ? topics[topic].subscribers : [] }

    public func need(of handle: PeerHandle) -> Need {
        guard let slot = slot(handle) else { return .none }
        var need = Need.none
        for topic in peers[slot].topics {
            if topics[topic].mesh.has(handle) || topics[topic].fanout.has(handle) { return .required }
            guard topics[topic].isJoined else { continue }
            if topics[topic].subscribers.count <= parameters.membersWanted { return .required }
            need = .spare
        }
        return need
    }

    /// Nil for a peer that is not connected.
    public func score(of handle: PeerHandle) -> Float? { slot(handle).map { peers[$0].score.value } }

    func score(_ handle: PeerHandle) -> Float { score(of: handle) ?? 0 }

    mutating func add(
        _ handle: PeerHandle, _ id: PeerID, isOutbound: Bool, _ facts: PeerFacts, now: Instant, emit: inout [Effect]
    ) {
        if let slot = slot(handle) {
            peers[slot].takesRefusals = facts.takesRefusals
            peers[slot].record = facts.signedRecord
            return
        }
        let origin = origin(of: facts.address)
        let peer = GossipPeer(handle, id, isOutbound: isOutbound, origin: origin, facts: facts, score: recall(id, now: now))
        if index.append(handle) { peers.append(peer) }
        countColocated(at: origin, now: now)
        let names = active.filter { topics[$0].isJoined }.map { topics[$0].name }
        if !names.isEmpty { emit.append(.send(to: handle, RPC.subscriptions(names, subscribe: true), .control)) }
    }

    mutating func remove(_ handle: PeerHandle, now: Instant) {
        guard let slot = slot(handle) else { return }
        for topic in peers[slot].topics {
            topics[topic].subscribers.take(handle)
            leaveMesh(handle, topic, now: now)
            topics[topic].fanout.take(handle)
        }
        guard let last = peers.last?.handle, let hole = index.remove(handle, last: last) else { return }
        peers.swapAt(hole, peers.count - 1)
        let peer = peers.removeLast()
        peers.releaseSlack()
        remember(peer, now: now)
        countColocated(at: peer.origin, now: now)
        promises.removeAll { $0.peer == handle }
        cache.forget(handle)
    }
}
