internal import Determinism
public import Identity
internal import LibP2P

/// What messages and heartbeats ask about a connected peer, in 64 bytes: a core node has a hundred and more, and a thousand messages a
/// minute. What else is known of it are its `GossipPeerFacts`.
struct GossipPeer: Sendable {
    /// Changed by `GossipSub.rate` alone, which keeps books on it.
    fileprivate(set) var score: PeerScore
    /// Meshes that it is in.
    var meshCount: UInt16 = 0
    /// Its topics that are joined by us.
    var sharedCount: UInt16 = 0
    let isOutbound: Bool
    /// It speaks 1.2, so that IDONTWANT is not wasted on it.
    var takesRefusals: Bool
    let handle: PeerHandle
    var counts = GossipCounts()
    /// Sorted.
    var topics: [TopicID] = []
    /// Messages that it does not want, in the order in which it said so.
    var unwanted: [UnwantedMessage] = []
}

/// What a peer has had of its share of a heartbeat. Counts of an earlier one are void, so that a heartbeat has nothing to reset.
struct GossipCounts: Sendable {
    /// The heartbeat that is counted, in its low bits.
    private(set) var beat: UInt32 = 0
    var servedBytes: UInt32 = 0
    var ihave: UInt16 = 0
    var asked: UInt16 = 0
    var served: UInt16 = 0
    var refusals: UInt16 = 0

    /// Called before anything is read or counted.
    mutating func begin(_ heartbeats: UInt64) {
        let now = UInt32(truncatingIfNeeded: heartbeats)
        guard beat != now else { return }
        self = GossipCounts()
        beat = now
    }
}

/// What is known of a connected peer and seldom asked for; it stands where its `GossipPeer` does.
struct GossipPeerFacts: Sendable {
    /// Its signed peer record; empty where there is none.
    var record: [UInt8]
    let id: PeerID
    /// Its address as one number; nil where it does not count.
    let origin: UInt64?
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
        if peers[slot].meshCount > 0 { return .required }
        guard active.contains(where: { isScarce($0) }) else { return peers[slot].sharedCount > 0 ? .spare : .none }
        let isRequired = peers[slot].topics.contains { isScarce($0) && (topics[$0].isJoined || topics[$0].fanout.has(handle)) }
        return isRequired ? .required : peers[slot].sharedCount > 0 ? .spare : .none
    }

    /// A joined topic with too few members, or one with a fanout.
    private func isScarce(_ topic: TopicID) -> Bool {
        topics[topic].isJoined ? topics[topic].subscribers.count <= parameters.membersWanted : !topics[topic].fanout.isEmpty
    }

    /// Nil for a peer that is not connected.
    public func score(of handle: PeerHandle) -> Float? { slot(handle).map { peers[$0].score.value } }

    func score(_ handle: PeerHandle) -> Float { score(of: handle) ?? 0 }

    /// The only way to change a score: notes who has something to decay, and how many are in the red.
    mutating func rate(_ slot: Int, _ change: (inout PeerScore, PeerScore.Parameters) -> Void) {
        let wasNegative = peers[slot].score.isNegative
        change(&peers[slot].score, parameters.score)
        if peers[slot].score.isNegative != wasNegative { negativeCount += wasNegative ? -1 : 1 }
        if !peers[slot].score.isQuiet { restless.insert(slot) }
    }

    /// Scores of peers with something to decay; that of the others would come out as it is.
    mutating func decayScores(now: Instant) {
        var left = SlotSet()
        swap(&left, &restless)
        left.removeAll { slot in
            let wasNegative = peers[slot].score.isNegative
            peers[slot].score.decay(parameters.score, now: now)
            if peers[slot].score.isNegative != wasNegative { negativeCount += wasNegative ? -1 : 1 }
            return peers[slot].score.isQuiet
        }
        restless = left
    }

    mutating func forgetRefusals() {
        var left = SlotSet()
        swap(&left, &refusing)
        left.removeAll { slot in
            peers[slot].forgetRefusals()
            return peers[slot].unwanted.isEmpty
        }
        refusing = left
    }

    mutating func add(
        _ handle: PeerHandle, _ id: PeerID, isOutbound: Bool, _ facts: PeerFacts, now: Instant, emit: inout [Effect]
    ) {
        if let slot = slot(handle) {
            peers[slot].takesRefusals = facts.takesRefusals
            self.facts[slot].record = facts.signedRecord
            return
        }
        let origin = origin(of: facts.address)
        let score = recall(id, now: now)
        if index.append(handle) {
            peers.append(GossipPeer(score: score, isOutbound: isOutbound, takesRefusals: facts.takesRefusals, handle: handle))
            self.facts.append(GossipPeerFacts(record: facts.signedRecord, id: id, origin: origin))
            if score.isNegative { negativeCount += 1 }
            if !score.isQuiet || score.changes(parameters.score, now: now) { restless.insert(peers.count - 1) }
        }
        countColocated(at: origin, now: now)
        if greeting.isEmpty { greet() }
        if !greeting.isEmpty { emit.append(.send(to: handle, greeting, .control)) }
    }

    /// Writes anew what every peer is told at first: our topics.
    private mutating func greet() {
        let names = active.filter { topics[$0].isJoined }.map { topics[$0].name }
        if !names.isEmpty { greeting = RPC.subscriptions(names, subscribe: true) }
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
        facts.swapAt(hole, peers.count - 1)
        restless.remove(hole, last: peers.count - 1)
        refusing.remove(hole, last: peers.count - 1)
        let peer = peers.removeLast()
        let known = facts.removeLast()
        peers.releaseSlack()
        facts.releaseSlack()
        if peer.score.isNegative { negativeCount -= 1 }
        remember(known.id, peer.score, now: now)
        countColocated(at: known.origin, now: now)
        promises.removeAll { $0.peer == handle }
        cache.forget(handle)
    }
}
