internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

/// A peer that is offered in PRUNE: its id and its own signed statement of where it can be reached.
struct OfferedPeer: Sendable {
    var id: ArraySlice<UInt8>
    var record: ArraySlice<UInt8>
}

extension GossipSub {
    /// Some of the topic's other peers with good scores, for one that finds no room with us.
    mutating func offers(in topic: TopicID, to handle: PeerHandle) -> [OfferedPeer] {
        let candidates = topics[topic].subscribers.filter { peer in
            guard peer != handle, let slot = slot(peer) else { return false }
            return (negativeCount == 0 || peers[slot].score.value >= 0) && !facts[slot].record.isEmpty
        }
        return choose(parameters.offersMax, candidates).compactMap { peer in
            guard let slot = slot(peer) else { return nil }
            return OfferedPeer(id: facts[slot].id.bytes[...], record: facts[slot].record[...])
        }
    }

    /// Dials as many of the offered peers as our mesh lacks, at random, where whoever offers them has earned our trust and they have
    /// signed their addresses themselves.
    mutating func take(_ offers: [OfferedPeer], in topic: TopicID, from handle: PeerHandle, emit: inout [Effect]) {
        guard let slot = slot(handle), peers[slot].score.value >= parameters.score.exchangeThreshold else { return }
        var missing = parameters.d - topics[topic].mesh.count
        var pool = offers
        while missing > 0, !pool.isEmpty {
            let offer = pool.remove(at: Int(generator.next() % UInt64(pool.count)))
            guard let id = try? PeerID(bytes: offer.id), id != localID, !facts.contains(where: { $0.id == id }),
                let envelope = try? SignedEnvelope(offer.record), envelope.signer == id,
                let record = PeerRecord(certified: envelope, signing: signing), !record.addresses.isEmpty
            else { continue }
            emit.append(.connect(id, record.addresses))
            missing -= 1
        }
    }
}
