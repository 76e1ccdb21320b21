public import Identity
internal import LibP2P

/// What is known of one connected peer.
struct GossipPeer: Sendable {
    let handle: PeerHandle
    let id: PeerID
    let isOutbound: Bool
    /// Sorted.
    var topics: [TopicID] = []
    var score = PeerScore()
    // Counts of this heartbeat.
    var ihaveCount: UInt16 = 0
    var askedCount: UInt16 = 0
    var servedCount: UInt16 = 0
    var servedBytes: UInt32 = 0

    mutating func beat(_ parameters: PeerScore.Parameters) {
        score.decay(parameters)
        ihaveCount = 0
        askedCount = 0
        servedCount = 0
        servedBytes = 0
    }
}

extension GossipSub {
    func slot(_ handle: PeerHandle) -> Int? {
        let index = peerPosition(handle)
        return index < peers.count && peers[index].handle == handle ? index : nil
    }

    private func peerPosition(_ handle: PeerHandle) -> Int {
        var low = 0
        var high = peers.count
        while low < high {
            let middle = (low + high) / 2
            if peers[middle].handle < handle { low = middle + 1 } else { high = middle }
        }
        return low
    }

    public var peerCount: Int { peers.count }

    /// Peers in the mesh of a topic, in order.
    public func mesh(of topic: TopicID) -> [PeerHandle] { topics.contains(topic) ? topics[topic].mesh : [] }

    /// Peers subscribed to a topic, in order.
    public func subscribers(of topic: TopicID) -> [PeerHandle] { topics.contains(topic) ? topics[topic].subscribers : [] }

    /// Nil for a peer that is not connected.
    public func score(of handle: PeerHandle) -> Float? { slot(handle).map { peers[$0].score.value(parameters.score) } }

    func score(_ handle: PeerHandle) -> Float { score(of: handle) ?? 0 }

    mutating func add(_ handle: PeerHandle, _ id: PeerID, isOutbound: Bool, emit: inout [Effect]) {
        guard slot(handle) == nil else { return }
        peers.insert(GossipPeer(handle: handle, id: id, isOutbound: isOutbound), at: peerPosition(handle))
        let names = active.filter { topics[$0].isJoined }.map { topics[$0].name }
        if !names.isEmpty { emit.append(.send(to: handle, RPC.subscriptions(names, subscribe: true), .control)) }
    }

    mutating func remove(_ handle: PeerHandle) {
        guard let slot = slot(handle) else { return }
        for topic in peers[slot].topics {
            topics[topic].subscribers.take(handle)
            topics[topic].mesh.take(handle)
            topics[topic].fanout.take(handle)
        }
        peers.remove(at: slot)
        promises.removeAll { $0.peer == handle }
        cache.forget(handle)
    }
}
