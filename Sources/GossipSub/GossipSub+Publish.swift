internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P

extension GossipSub {
    /// Signs a message and sends it: to all peers of the topic, or to the mesh or the fanout where flood publishing is off.
    /// Data beyond `dataSizeMax`, which every other node would refuse, is not sent.
    mutating func publish(_ data: [UInt8], in topic: TopicID, now: Instant, emit: inout [Effect]) {
        guard data.count <= parameters.dataSizeMax else { return }
        sequenceNumber &+= 1
        let number = sequenceNumber
        let frame = GossipMessage.frame(signing: signing, sequenceNumber: number, topic: topics[topic].name, data: data)
        let serial = cache.insert(
            MessageCache.Entry(
                author: signing.publicKey, sequenceNumber: number, frame: frame, topic: topic, state: .accepted, source: nil,
                arrival: now))
        seen.insert(hasher.key(author: signing.publicKey, sequenceNumber: number), serial: serial, now: now)
        for peer in audience(topic, now: now) { emit.append(.send(to: peer, frame, .high)) }
    }

    private mutating func audience(_ topic: TopicID, now: Instant) -> [PeerHandle] {
        if parameters.floodPublish {
            let threshold = parameters.score.publishThreshold
            return topics[topic].subscribers.filter { topics[topic].mesh.has($0) || score($0) >= threshold }
        }
        guard !topics[topic].isJoined else { return topics[topic].mesh }
        fillFanout(topic)
        topics[topic].fanoutUntil = now + parameters.fanoutFor
        if !topics[topic].fanout.isEmpty { activate(topic) }
        return topics[topic].fanout
    }

    /// Offers the messages of the last heartbeats to some peers outside the mesh. All peers of a topic get one frame.
    mutating func emitGossip(emit: inout [Effect]) {
        guard !cache.isEmpty else { return }
        let start = cache.start(ofLast: parameters.historyGossip)
        guard start < cache.entries.count else { return }
        for topic in active {
            var ids: [[UInt8]] = []
            // The latest first: where not all fit, the older ones had their turn.
            for entry in cache.entries[start...].reversed() where entry.topic == topic && entry.state == .accepted {
                guard ids.count < idsPerFrameMax else { break }
                ids.append(GossipMessage.id(author: entry.author, sequenceNumber: entry.sequenceNumber))
            }
            guard !ids.isEmpty else { continue }
            var outsiders = topics[topic].subscribers.without(topics[topic].mesh).without(topics[topic].fanout)
            let threshold = parameters.score.gossipThreshold
            if negativeCount > 0 { outsiders.removeAll { !(score($0) >= threshold) } }
            let share = Int((Double(outsiders.count) * parameters.gossipFactor).rounded(.up))
            let frame = RPC.ihave(topics[topic].name, ids: ids)
            for peer in choose(max(parameters.dLazy, share), outsiders) { emit.append(.send(to: peer, frame, .low)) }
        }
    }

    /// Ids of 46 bytes with tag and length that fit into the control data of one RPC beside the longest topic.
    private var idsPerFrameMax: Int { max(1, (parameters.controlSizeMax - GossipMessage.topicSizeMax - 16) / 48) }
}
