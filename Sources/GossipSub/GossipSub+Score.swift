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
        rate(slot) { score, _ in score.enterMesh(of: topic, now: now) }
        peers[slot].meshCount += 1
        if peers[slot].isOutbound { topics[topic].outboundCount += 1 }
        return true
    }

    /// False where it was not there.
    @discardableResult
    mutating func leaveMesh(_ handle: PeerHandle, _ topic: TopicID, now: Instant) -> Bool {
        guard topics[topic].mesh.take(handle) else { return false }
        guard let slot = slot(handle) else { return true }
        rate(slot) { score, parameters in score.leaveMesh(of: topic, parameters, now: now) }
        peers[slot].meshCount -= 1
        if peers[slot].isOutbound { topics[topic].outboundCount -= 1 }
        return true
    }

    /// Counts against the peer and tells the parent.
    mutating func misbehaved(_ handle: PeerHandle, _ what: Misbehaviour, in topic: TopicID? = nil, now: Instant, emit: inout [Effect]) {
        guard let slot = slot(handle) else { return }
        switch (what, topic) {
        case (.invalidSignature, let topic?), (.rejectedMessage, let topic?):
            rate(slot) { score, parameters in score.noteInvalidMessage(in: topic, parameters, now: now) }
        case (.malformed, _), (.oversized, _): rate(slot) { score, parameters in score.noteMisbehaviour(2, parameters, now: now) }
        default: rate(slot) { score, parameters in score.noteMisbehaviour(1, parameters, now: now) }
        }
        emit.append(.penalise(handle, what))
    }

    /// A message has turned out to be valid: whoever brought it has earned something, and all of the mesh had the chance.
    mutating func credit(_ entry: MessageCache.Entry) {
        for peer in topics[entry.topic].mesh { if let slot = slot(peer) { rate(slot) { score, _ in score.noteChance(in: entry.topic) } } }
        if let source = entry.source, let slot = slot(source) {
            rate(slot) { score, parameters in score.noteFirstDelivery(in: entry.topic, parameters) }
        }
        for index in 0..<entry.followers.count {
            if let slot = slot(entry.followers[index]) { rate(slot) { score, _ in score.noteMeshDelivery(in: entry.topic) } }
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
            if topics[topic].mesh.has(handle), let slot = slot(handle) { rate(slot) { score, _ in score.noteMeshDelivery(in: topic) } }
        case .rejected: misbehaved(handle, .rejectedMessage, in: topic, now: now, emit: &emit)
        case .ignored: break
        }
    }

    // MARK: Coming and going

    /// Counts again who shares an address with whom; called when a peer comes, goes, or moves.
    mutating func countColocated(at origin: UInt64?, now: Instant) {
        guard let origin else { return }
        let count = UInt16(clamping: facts.count { $0.origin == origin })
        guard count > 0 else { return }
        for slot in facts.indices where facts[slot].origin == origin {
            rate(slot) { score, parameters in
                score.colocated = count
                score.refresh(parameters, now: now)
            }
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

    mutating func remember(_ id: PeerID, _ score: PeerScore, now: Instant) {
        guard let blemishes = score.blemishes, parameters.score.retainedMax > 0 else { return }
        forgetDeparted(now: now)
        departed.removeAll { $0.id == id }
        if departed.count >= parameters.score.retainedMax { departed.removeFirst() }
        departed.append(Departed(id: id, blemishes: blemishes, until: now + parameters.score.retainedFor))
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
