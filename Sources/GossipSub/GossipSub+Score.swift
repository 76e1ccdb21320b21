internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

/// What counted against a peer that is gone, for when it comes back.
struct Departed: Sendable {
    let id: PeerID
    let blemishes: PeerScore
    let until: Instant
}

extension GossipSub {
    /// Puts a peer into the mesh of a topic; false where it was there.
    @discardableResult
    mutating func enterMesh(_ handle: PeerHandle, _ topic: TopicID, now: Instant) -> Bool {
        guard let slot = slot(handle), topics[topic].mesh.add(handle) else { return false }
        peers[slot].score.enterMesh(of: topic, now: now)
        return true
    }

    /// False where it was not there.
    @discardableResult
    mutating func leaveMesh(_ handle: PeerHandle, _ topic: TopicID, now: Instant) -> Bool {
        guard topics[topic].mesh.take(handle) else { return false }
        if let slot = slot(handle) { peers[slot].score.leaveMesh(of: topic, parameters.score, now: now) }
        return true
    }

    /// Counts against the peer and tells the parent.
    mutating func misbehaved(_ handle: PeerHandle, _ what: Misbehaviour, in topic: TopicID? = nil, now: Instant, emit: inout [Effect]) {
        guard let slot = slot(handle) else { return }
        switch (what, topic) {
        case (.invalidSignature, let topic?), (.rejectedMessage, let topic?):
            peers[slot].score.noteInvalidMessage(in: topic, parameters.score, now: now)
        case (.malformed, _), (.oversized, _): peers[slot].score.noteMisbehaviour(2, parameters.score, now: now)
        default: peers[slot].score.noteMisbehaviour(1, parameters.score, now: now)
        }
        emit.append(.penalise(handle, what))
    }

    /// A message has turned out to be valid: whoever brought it has earned something, and all of the mesh had the chance.
    mutating func credit(_ entry: MessageCache.Entry) {
        for peer in topics[entry.topic].mesh { if let slot = slot(peer) { peers[slot].score.noteChance(in: entry.topic) } }
        if let source = entry.source, let slot = slot(source) { peers[slot].score.noteFirstDelivery(in: entry.topic, parameters.score) }
        for index in 0..<entry.followers.count {
            if let slot = slot(entry.followers[index]) { peers[slot].score.noteMeshDelivery(in: entry.topic) }
        }
    }

    /// A message came again: a mesh peer that brings it soon after the first has brought it, too. One that brings what was rejected
    /// pays as the first did.
    mutating func receiveAgain(_ serial: UInt32, from handle: PeerHandle, now: Instant, emit: inout [Effect]) {
        guard let index = cache.index(serial) else { return }
        guard cache.entries[index].source != handle, now - cache.entries[index].arrival <= parameters.score.meshDeliveryWindow else {
            return
        }
        guard cache.follow(index, handle) else { return }
        let topic = cache.entries[index].topic
        switch cache.entries[index].state {
        // Settled with the message's own verdict.
        case .pending: break
        case .accepted:
            if topics[topic].mesh.has(handle), let slot = slot(handle) { peers[slot].score.noteMeshDelivery(in: topic) }
        case .rejected: misbehaved(handle, .rejectedMessage, in: topic, now: now, emit: &emit)
        case .ignored: break
        }
    }

    // MARK: Coming and going

    /// Counts again who shares an address with whom; called when a peer comes, goes, or moves.
    mutating func countColocated(at origin: UInt64?, now: Instant) {
        guard let origin else { return }
        let count = UInt16(clamping: peers.count { $0.origin == origin })
        for index in peers.indices where peers[index].origin == origin {
            peers[index].score.colocated = count
            peers[index].score.refresh(parameters.score, now: now)
        }
    }

    /// A peer's address as one number; nil where it does not count.
    func origin(of address: Multiaddr?) -> UInt64? {
        guard let host = address?.components.first else { return nil }
        if parameters.score.exemptsPrivate, AddressPolicy.isPrivate(host) { return nil }
        switch host {
        case .ip4(let address): return UInt64(address)
        // A /64 is one host: every interface of it can take any address inside.
        case .ip6(let high, _): return high
        default: return nil
        }
    }

    mutating func remember(_ peer: GossipPeer, now: Instant) {
        guard let blemishes = peer.score.blemishes, parameters.score.retainedMax > 0 else { return }
        forgetDeparted(now: now)
        departed.removeAll { $0.id == peer.id }
        if departed.count >= parameters.score.retainedMax { departed.removeFirst() }
        departed.append(Departed(id: peer.id, blemishes: blemishes, until: now + parameters.score.retainedFor))
    }

    /// What counted against those who have been gone long enough.
    mutating func forgetDeparted(now: Instant) {
        guard let first = departed.first, first.until <= now else { return }
        departed.removeAll { $0.until <= now }
        departed.releaseSlack()
    }

    mutating func recall(_ id: PeerID, now: Instant) -> PeerScore {
        guard let index = departed.firstIndex(where: { $0.id == id }) else { return PeerScore() }
        let record = departed.remove(at: index)
        guard record.until > now else { return PeerScore() }
        var score = record.blemishes
        score.refresh(parameters.score, now: now)
        return score
    }
}
