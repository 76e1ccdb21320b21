internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

extension GossipSub {
    /// Of the bytes of an RPC, those at `places`.
    mutating func readControl(_ bytes: [UInt8], _ places: Range<Int>, from handle: PeerHandle, now: Instant, emit: inout [Effect])
        throws(WireError)
    {
        var scanner = ProtobufScanner(places)
        while let field = try scanner.next(in: bytes) {
            switch field.number {
            case 1: try readIHave(bytes, try field.bytes(), from: handle, now: now, emit: &emit)
            case 2: try readIWant(bytes, try field.bytes(), from: handle, emit: &emit)
            case 3:
                let topic = topics.find(bytes, try RPC.topic(bytes, try field.bytes()))
                graft(topic, from: handle, now: now, emit: &emit)
            case 4: prune(try RPC.Prune(bytes[try field.bytes()], offersMax: parameters.offersMax), from: handle, now: now, emit: &emit)
            case 5: try readIDontWant(bytes, try field.bytes(), from: handle)
            default: break
            }
        }
    }

    /// The peer offers messages: asks for those that are new, of each from one peer at a time.
    private mutating func readIHave(
        _ bytes: [UInt8], _ places: Range<Int>, from handle: PeerHandle, now: Instant, emit: inout [Effect]
    ) throws(WireError) {
        guard let slot = slot(handle), peers[slot].score.value >= parameters.score.gossipThreshold else { return }
        peers[slot].counts.begin(heartbeats)
        guard Int(peers[slot].counts.ihave) < parameters.ihaveMessagesMax else { return }
        peers[slot].counts.ihave += 1
        var isOurs = false
        var wanted: [ArraySlice<UInt8>] = []
        var scanner = ProtobufScanner(places)
        while let field = try scanner.next(in: bytes) {
            switch field.number {
            case 1: isOurs = topics.find(bytes, try field.bytes(max: GossipMessage.topicSizeMax)).map { topics[$0].isJoined } ?? false
            case 2:
                let id = try field.bytes()
                guard isOurs, Int(peers[slot].counts.asked) < parameters.iwantAskedMax,
                    promises.count < parameters.promisesMax, let (author, number) = GossipMessage.parse(bytes, id: id),
                    author != signing.publicKey
                else { continue }
                let key = hasher.key(author: author, sequenceNumber: number)
                guard seen.serial(of: key) == nil, !promises.contains(where: { $0.key == key }) else { continue }
                promises.append(Promise(key: key, peer: handle, due: now + parameters.iwantFollowup))
                peers[slot].counts.asked += 1
                wanted.append(bytes[id])
            default: break
            }
        }
        if !wanted.isEmpty { emit.append(.send(to: handle, RPC.iwant(wanted), .high)) }
    }

    /// The peer asks for messages: sends those that are still here, within its share of this heartbeat.
    private mutating func readIWant(_ bytes: [UInt8], _ places: Range<Int>, from handle: PeerHandle, emit: inout [Effect])
        throws(WireError)
    {
        guard let slot = slot(handle), peers[slot].score.value >= parameters.score.gossipThreshold else { return }
        peers[slot].counts.begin(heartbeats)
        var scanner = ProtobufScanner(places)
        while let field = try scanner.next(in: bytes) {
            guard field.number == 1 else { continue }
            guard Int(peers[slot].counts.served) < parameters.iwantServedMax else { return }
            peers[slot].counts.served += 1
            guard let (author, number) = GossipMessage.parse(bytes, id: try field.bytes()),
                let serial = seen.serial(of: hasher.key(author: author, sequenceNumber: number)), let index = cache.index(serial)
            else { continue }
            let entry = cache.entries[index]
            guard entry.state == .accepted, entry.author == author, entry.sequenceNumber == number,
                Int(peers[slot].counts.servedBytes) + entry.frame.count <= parameters.iwantBytesMax
            else { continue }
            peers[slot].counts.servedBytes += UInt32(clamping: entry.frame.count)
            emit.append(.send(to: handle, entry.frame, .normal))
        }
    }

    /// The peer wants to be in our mesh.
    private mutating func graft(_ topic: TopicID?, from handle: PeerHandle, now: Instant, emit: inout [Effect]) {
        // Answering for topics that are not ours would let anybody make us talk.
        guard let topic, topics[topic].isJoined, let slot = slot(handle), !topics[topic].mesh.has(handle) else {
            return
        }
        if let until = backoffEnd(facts[slot].id, topic, now: now) {
            misbehaved(handle, .graftDuringBackoff, now: now, emit: &emit)
            // One that grafts again at once does not even try to keep to the rules.
            let begun = until - parameters.pruneBackoff
            if now - begun < parameters.graftFloodWithin { misbehaved(handle, .graftDuringBackoff, now: now, emit: &emit) }
            sendPrune(to: handle, topic, backoff: parameters.pruneBackoff, offersPeers: false, now: now, emit: &emit)
        } else if peers[slot].score.value < 0 {
            sendPrune(to: handle, topic, backoff: parameters.pruneBackoff, offersPeers: false, now: now, emit: &emit)
        } else if (topics[topic].mesh.count >= parameters.dHigh && !peers[slot].isOutbound)
            // Whoever has us in its mesh is subscribed; some peers say so only after the GRAFT, or never.
            || !noteSubscription(of: slot, to: topic)
        {
            sendPrune(to: handle, topic, backoff: parameters.pruneBackoff, now: now, emit: &emit)
        } else {
            enterMesh(handle, topic, now: now)
        }
    }

    /// The peer puts us out of its mesh, and may name others.
    private mutating func prune(_ prune: RPC.Prune, from handle: PeerHandle, now: Instant, emit: inout [Effect]) {
        guard let topic = topics.find(prune.topic), topics[topic].isJoined, let slot = slot(handle) else { return }
        leaveMesh(handle, topic, now: now)
        let told = prune.backoff.map { Duration.seconds(Int64(clamping: min($0, 1 << 31))) } ?? parameters.pruneBackoff
        backOff(facts[slot].id, topic, until: now + min(told, parameters.backoffMax))
        if !prune.offers.isEmpty { take(prune.offers, in: topic, from: handle, emit: &emit) }
    }

    // MARK: Backoff

    func isBackedOff(_ peer: PeerID, _ topic: TopicID, now: Instant) -> Bool { backoffEnd(peer, topic, now: now) != nil }

    private func backoffEnd(_ peer: PeerID, _ topic: TopicID, now: Instant) -> Instant? {
        topics[topic].backoffs.first { $0.peer == peer && $0.until > now }?.until
    }

    /// Never shortens a backoff.
    mutating func backOff(_ peer: PeerID, _ topic: TopicID, until: Instant) {
        if let known = topics[topic].backoffs.firstIndex(where: { $0.peer == peer }) {
            topics[topic].backoffs[known].until = max(topics[topic].backoffs[known].until, until)
            return
        }
        if topics[topic].backoffs.count >= parameters.backoffsPerTopicMax {
            var first = 0
            for (index, backoff) in topics[topic].backoffs.enumerated() where backoff.until < topics[topic].backoffs[first].until {
                first = index
            }
            topics[topic].backoffs.remove(at: first)
        }
        topics[topic].backoffs.append(Backoff(peer: peer, until: until))
    }

    mutating func sendPrune(
        to handle: PeerHandle, _ topic: TopicID, backoff: Duration, offersPeers: Bool = true, now: Instant, emit: inout [Effect]
    ) {
        guard let slot = slot(handle) else { return }
        leaveMesh(handle, topic, now: now)
        backOff(facts[slot].id, topic, until: now + backoff)
        let offers = offersPeers ? offers(in: topic, to: handle) : []
        emit.append(.send(to: handle, RPC.prune(topics[topic].name, backoff: backoff, offers: offers), .control))
    }
}
