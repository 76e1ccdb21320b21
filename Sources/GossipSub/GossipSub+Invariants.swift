internal import Identity
internal import LibP2P
internal import Wire

extension GossipSub {
    /// What must hold after every call, and does not; empty in a sound machine. Tests call it.
    var violations: [String] {
        var found: [String] = []
        if peers.indices.contains(where: { slot(peers[$0].handle) != $0 }) || index.count != peers.count {
            found.append("peers not where the index says")
        }
        if facts.count != peers.count { found.append("\(facts.count) facts of \(peers.count) peers") }
        if negativeCount != peers.count(where: { $0.score.isNegative }) { found.append("\(negativeCount) peers in the red") }
        for (slot, peer) in peers.enumerated() {
            if !peer.score.isQuiet, !restless.contains(slot) { found.append("a score that would not decay") }
            if peer.unwanted.isEmpty == refusing.contains(slot) { found.append("refusals that would not be forgotten, or none that would") }
            if Int(peer.sharedCount) != peer.topics.count(where: { topics[$0].isJoined }) { found.append("\(peer.sharedCount) shared") }
            if Int(peer.meshCount) != active.count(where: { topics[$0].mesh.has(peer.handle) }) { found.append("\(peer.meshCount) meshes") }
            if need(of: peer.handle) != needInFull(of: peer) { found.append("a peer is worth more or less than it says") }
        }
        let joined = active.filter { topics[$0].isJoined }.map { topics[$0].name }
        if !greeting.isEmpty, greeting != RPC.subscriptions(joined, subscribe: true) { found.append("a greeting of other topics") }
        if !isAscending(active) { found.append("active topics out of order") }
        for index in 0..<topics.count {
            let id = TopicID(index: UInt16(index))
            let topic = topics[id]
            let name = String(decoding: topic.name, as: UTF8.self)
            for list in [topic.subscribers, topic.mesh, topic.fanout] where !isAscending(list) {
                found.append("\(name): a list out of order")
            }
            for peer in topic.subscribers where slot(peer) == nil { found.append("\(name): a subscriber that is gone") }
            for peer in topic.mesh + topic.fanout where !topic.subscribers.has(peer) { found.append("\(name): no subscriber") }
            if !topic.isJoined, !topic.mesh.isEmpty { found.append("\(name): a mesh without membership") }
            if topic.isJoined != active.contains(id), topic.fanout.isEmpty { found.append("\(name): activity does not fit") }
            if !topic.fanout.isEmpty, !active.contains(id) { found.append("\(name): a fanout that would stay") }
            let outbound = topic.mesh.count { handle in slot(handle).map { peers[$0].isOutbound } ?? false }
            if topic.outboundCount != outbound { found.append("\(name): \(topic.outboundCount) outbound") }
            if topic.backoffs.count > parameters.backoffsPerTopicMax { found.append("\(name): \(topic.backoffs.count) backoffs") }
        }
        for peer in peers {
            if peer.topics.count > parameters.topicsPerPeerMax { found.append("a peer with \(peer.topics.count) topics") }
            if !isAscending(peer.topics) { found.append("a peer's topics out of order") }
            for topic in peer.topics where !topics[topic].subscribers.has(peer.handle) { found.append("a topic without its subscriber") }
        }
        let memberships = peers.reduce(0) { $0 + $1.topics.count }
        let subscriptions = (0..<topics.count).reduce(0) { $0 + topics[TopicID(index: UInt16($1))].subscribers.count }
        if memberships != subscriptions { found.append("\(memberships) memberships, \(subscriptions) subscriptions") }
        if cache.entries.count > parameters.cacheCountMax { found.append("\(cache.entries.count) cached") }
        if cache.byteCount != cache.entries.reduce(0, { $0 + $1.frame.count }) { found.append("the cache's bytes do not add up") }
        if promises.count > parameters.promisesMax { found.append("\(promises.count) promises") }
        for index in 0..<topics.count {
            let id = TopicID(index: UInt16(index))
            for peer in peers where (peer.score.topic(id)?.meshSince != nil) != topics[id].mesh.has(peer.handle) {
                found.append("a peer's score and the mesh disagree")
            }
        }
        for peer in peers where peer.unwanted.count > parameters.unwantedMax { found.append("\(peer.unwanted.count) unwanted messages") }
        for entry in cache.entries {
            for index in 0..<entry.followers.count where slot(entry.followers[index]) == nil { found.append("a follower that is gone") }
        }
        if departed.count > parameters.score.retainedMax { found.append("\(departed.count) departed") }
        for promise in promises where slot(promise.peer) == nil { found.append("a promise of a peer that is gone") }
        return found
    }

    /// The definition, without the books.
    private func needInFull(of peer: GossipPeer) -> Need {
        var need = Need.none
        for topic in peer.topics {
            if topics[topic].mesh.has(peer.handle) || topics[topic].fanout.has(peer.handle) { return .required }
            guard topics[topic].isJoined else { continue }
            if topics[topic].subscribers.count <= parameters.membersWanted { return .required }
            need = .spare
        }
        return need
    }

    private func isAscending<T: Comparable>(_ values: [T]) -> Bool { zip(values, values.dropFirst()).allSatisfy { $0 < $1 } }
}
