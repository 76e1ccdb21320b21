internal import Determinism
internal import Identity
internal import LibP2P

extension GossipSub {
    mutating func join(_ topic: TopicID, _ validation: Validation, now: Instant, emit: inout [Effect]) {
        let isNew = !topics[topic].isJoined
        topics[topic].validation = validation
        topics[topic].isPinned = true
        guard isNew else { return }
        activate(topic)
        greeting = []
        for peer in topics[topic].subscribers { if let slot = slot(peer) { peers[slot].sharedCount += 1 } }
        let frame = RPC.subscriptions([topics[topic].name], subscribe: true)
        for peer in peers { emit.append(.send(to: peer.handle, frame, .control)) }
        let fanout = topics[topic].fanout
        topics[topic].fanout = []
        var chosen = fanout.filter { isEligible($0, topic, now: now) }
        if chosen.count < parameters.d { chosen += choose(parameters.d - chosen.count, graftable(topic, now: now, except: chosen)) }
        graft(chosen, topic, now: now, emit: &emit)
    }

    mutating func leave(_ topic: TopicID, now: Instant, emit: inout [Effect]) {
        guard topics[topic].isJoined else { return }
        for peer in topics[topic].mesh { sendPrune(to: peer, topic, backoff: parameters.leaveBackoff, now: now, emit: &emit) }
        topics[topic].validation = nil
        active.removeAll { $0 == topic }
        greeting = []
        for peer in topics[topic].subscribers { if let slot = slot(peer) { peers[slot].sharedCount -= 1 } }
        let frame = RPC.subscriptions([topics[topic].name], subscribe: false)
        for peer in peers { emit.append(.send(to: peer.handle, frame, .control)) }
    }

    mutating func activate(_ topic: TopicID) {
        guard !active.contains(topic) else { return }
        active.insert(topic, at: active.firstIndex { $0 > topic } ?? active.count)
    }

    mutating func graft(_ chosen: [PeerHandle], _ topic: TopicID, now: Instant, emit: inout [Effect]) {
        guard !chosen.isEmpty else { return }
        let frame = RPC.graft(topics[topic].name)
        for peer in chosen where enterMesh(peer, topic, now: now) { emit.append(.send(to: peer, frame, .control)) }
    }

    private func isEligible(_ handle: PeerHandle, _ topic: TopicID, now: Instant) -> Bool {
        guard let slot = slot(handle) else { return false }
        return peers[slot].score.value >= 0 && !isBackedOff(facts[slot].id, topic, now: now)
    }

    /// Subscribers that may be grafted, in order.
    func graftable(_ topic: TopicID, now: Instant, except: [PeerHandle] = []) -> [PeerHandle] {
        topics[topic].subscribers.filter { peer in
            !topics[topic].mesh.has(peer) && !except.contains(peer) && isEligible(peer, topic, now: now)
        }
    }

    /// Some of the candidates, at random.
    mutating func choose(_ count: Int, _ candidates: consuming [PeerHandle]) -> [PeerHandle] {
        var pool = candidates
        let taken = min(count, pool.count)
        for index in 0..<taken {
            let other = index + Int(generator.next() % UInt64(pool.count - index))
            pool.swapAt(index, other)
        }
        pool.removeLast(pool.count - taken)
        return pool
    }

    // MARK: Heartbeat

    mutating func heartbeat(now: Instant, emit: inout [Effect]) {
        decayScores(now: now)
        forgetRefusals()
        heartbeats &+= 1
        seen.expire(now: now)
        breakPromises(now: now, emit: &emit)
        forgetDeparted(now: now)
        for topic in active {
            topics[topic].backoffs.removeAll { $0.until <= now }
            topics[topic].backoffs.releaseSlack()
            if topics[topic].isJoined { maintainMesh(topic, now: now, emit: &emit) } else { maintainFanout(topic, now: now) }
        }
        active.removeAll { !topics[$0].isJoined && topics[$0].fanout.isEmpty }
        emitGossip(emit: &emit)
        cache.shift()
    }

    private mutating func breakPromises(now: Instant, emit: inout [Effect]) {
        guard promises.contains(where: { $0.due <= now }) else { return }
        var late: [PeerHandle] = []
        for promise in promises where promise.due <= now { late.add(promise.peer) }
        promises.removeAll { $0.due <= now }
        promises.releaseSlack()
        for peer in late { misbehaved(peer, .brokenPromise, now: now, emit: &emit) }
    }

    private mutating func maintainMesh(_ topic: TopicID, now: Instant, emit: inout [Effect]) {
        if negativeCount > 0 {
            for peer in topics[topic].mesh where score(peer) < 0 {
                sendPrune(to: peer, topic, backoff: parameters.pruneBackoff, offersPeers: false, now: now, emit: &emit)
            }
        }
        let count = topics[topic].mesh.count
        if count < parameters.dLow {
            graft(choose(parameters.d - count, graftable(topic, now: now)), topic, now: now, emit: &emit)
        } else if count > parameters.dHigh {
            for peer in surplus(topic) { sendPrune(to: peer, topic, backoff: parameters.pruneBackoff, now: now, emit: &emit) }
        } else if count > parameters.d, generator.chance(parameters.trimChance), let peer = surplus(topic).first {
            sendPrune(to: peer, topic, backoff: parameters.pruneBackoff, now: now, emit: &emit)
        }
        let outbound = topics[topic].outboundCount
        if topics[topic].mesh.count >= parameters.dLow, outbound < parameters.dOut {
            let candidates = graftable(topic, now: now).filter { isOutbound($0) }
            graft(choose(parameters.dOut - outbound, candidates), topic, now: now, emit: &emit)
        }
        if heartbeats.isMultiple(of: parameters.opportunisticBeats) { graftOpportunistically(topic, now: now, emit: &emit) }
    }

    /// Where half of the mesh has earned next to nothing, takes in some that have earned more than that half: what got into the mesh
    /// only to be silent there loses its majority, and the next pruning keeps the better ones.
    private mutating func graftOpportunistically(_ topic: TopicID, now: Instant, emit: inout [Effect]) {
        let scores = topics[topic].mesh.map { score($0) }.sorted()
        guard scores.count > 1 else { return }
        let median = scores[scores.count / 2]
        guard median < parameters.score.opportunisticThreshold else { return }
        let better = graftable(topic, now: now).filter { score($0) > median }
        graft(choose(parameters.opportunisticCount, better), topic, now: now, emit: &emit)
    }

    private func isOutbound(_ handle: PeerHandle) -> Bool { slot(handle).map { peers[$0].isOutbound } ?? false }

    /// Whom an overfull mesh lets go: all but the best `dScore` and random others, `d` in all, of which `dOut` outbound.
    private mutating func surplus(_ topic: TopicID) -> [PeerHandle] {
        let mesh = topics[topic].mesh
        var order = choose(mesh.count, mesh)
        let scores = order.map { score($0) }
        let best = order.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }.prefix(parameters.dScore)
        order = best.map { order[$0] } + order.indices.filter { !best.contains($0) }.map { order[$0] }
        var kept = Array(order.prefix(parameters.d))
        var surplus = Array(order.dropFirst(parameters.d))
        var missing = parameters.dOut - kept.count { isOutbound($0) }
        for index in kept.indices.reversed() where missing > 0 && !isOutbound(kept[index]) {
            guard let other = surplus.firstIndex(where: { isOutbound($0) }) else { break }
            swap(&kept[index], &surplus[other])
            missing -= 1
        }
        return surplus
    }

    private mutating func maintainFanout(_ topic: TopicID, now: Instant) {
        if topics[topic].fanoutUntil <= now {
            topics[topic].fanout = []
            return
        }
        fillFanout(topic)
    }

    /// Tops the fanout up to `d` peers.
    mutating func fillFanout(_ topic: TopicID) {
        let threshold = parameters.score.publishThreshold
        topics[topic].fanout = topics[topic].fanout.filter { score($0) >= threshold }
        let missing = parameters.d - topics[topic].fanout.count
        guard missing > 0 else { return }
        let candidates = topics[topic].subscribers.filter { !topics[topic].fanout.has($0) && score($0) >= threshold }
        for peer in choose(missing, candidates) { topics[topic].fanout.add(peer) }
    }
}
