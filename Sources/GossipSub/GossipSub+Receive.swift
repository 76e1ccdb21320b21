internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

extension GossipSub {
    /// One RPC from a peer: subscriptions, then messages, then control.
    mutating func receive(_ bytes: [UInt8], from handle: PeerHandle, now: Instant, emit: inout [Effect]) {
        guard let slot = slot(handle), peers[slot].score.value >= parameters.score.graylistThreshold else { return }
        guard bytes.count <= parameters.rpcSizeMax else { return misbehaved(handle, .oversized, now: now, emit: &emit) }
        guard let outline = try? RPC.outline(bytes) else { return misbehaved(handle, .malformed, now: now, emit: &emit) }
        guard outline.messageCount <= parameters.messagesPerRPCMax, outline.controlSize <= parameters.controlSizeMax,
            outline.subscriptionCount <= 2 * parameters.topicsPerPeerMax
        else { return misbehaved(handle, .oversized, now: now, emit: &emit) }
        do {
            if outline.subscriptionCount > 0 { try readSubscriptions(bytes, from: handle, now: now, emit: &emit) }
            if outline.messageCount > 0 {
                var scanner = ProtobufScanner(bytes.indices)
                while let field = try scanner.next(in: bytes) {
                    guard field.number == 2 else { continue }
                    receive(message: try field.bytes(), of: bytes, isSingle: outline.isSingleMessage, from: handle, now: now, emit: &emit)
                }
            }
            if outline.controlSize > 0 {
                var scanner = ProtobufScanner(bytes.indices)
                while let field = try scanner.next(in: bytes) {
                    guard field.number == 3 else { continue }
                    try readControl(bytes, try field.bytes(), from: handle, now: now, emit: &emit)
                }
            }
        } catch {
            misbehaved(handle, .malformed, now: now, emit: &emit)
        }
    }

    private mutating func readSubscriptions(_ bytes: [UInt8], from handle: PeerHandle, now: Instant, emit: inout [Effect])
        throws(WireError)
    {
        var scanner = ProtobufScanner(bytes.indices)
        while let field = try scanner.next(in: bytes) {
            guard field.number == 1 else { continue }
            let (name, subscribe) = try RPC.subscription(bytes, try field.bytes())
            guard let slot = slot(handle) else { return }
            if subscribe {
                let known = topics.find(bytes, name)
                if let known, topics[known].subscribers.has(handle) { continue }
                guard peers[slot].topics.count < parameters.topicsPerPeerMax else {
                    misbehaved(handle, .tooManyTopics, now: now, emit: &emit)
                    return
                }
                guard let topic = known ?? topics.intern(bytes[name]) else { continue }
                noteSubscription(of: slot, to: topic)
            } else if let topic = topics.find(bytes, name), topics[topic].subscribers.take(handle) {
                leaveMesh(handle, topic, now: now)
                topics[topic].fanout.take(handle)
                peers[slot].topics.removeAll { $0 == topic }
                if topics[topic].isJoined { peers[slot].sharedCount -= 1 }
            }
        }
    }

    /// False where the peer has as many topics as it may.
    @discardableResult
    mutating func noteSubscription(of slot: Int, to topic: TopicID) -> Bool {
        guard !topics[topic].subscribers.has(peers[slot].handle) else { return true }
        guard peers[slot].topics.count < parameters.topicsPerPeerMax else { return false }
        topics[topic].subscribers.add(peers[slot].handle)
        if topics[topic].isJoined { peers[slot].sharedCount += 1 }
        peers[slot].topics.insert(topic, at: peers[slot].topics.firstIndex { $0 > topic } ?? peers[slot].topics.count)
        return true
    }

    /// One message: known, forged, or new.
    /// - Parameter isSingle: it is alone in the RPC.
    private mutating func receive(
        message places: Range<Int>, of bytes: [UInt8], isSingle: Bool, from handle: PeerHandle, now: Instant, emit: inout [Effect]
    ) {
        let fields: GossipMessage.Fields
        do throws(GossipMessage.Flaw) {
            fields = try GossipMessage.Fields(bytes, places, dataSizeMax: parameters.dataSizeMax)
        } catch {
            return misbehaved(handle, .malformed, now: now, emit: &emit)
        }
        guard let topic = topics.find(bytes, fields.topic), let validation = topics[topic].validation else { return }
        let name: (author: Bytes32, sequenceNumber: UInt64)
        do throws(GossipMessage.Flaw) {
            name = try fields.name(in: bytes)
        } catch {
            switch error {
            case .malformed: misbehaved(handle, .malformed, now: now, emit: &emit)
            case .unsigned: misbehaved(handle, .invalidSignature, in: topic, now: now, emit: &emit)
            // Whoever relays it may know no better.
            case .unknownAuthor: break
            }
            return
        }
        guard name.author != signing.publicKey else { return }
        let key = hasher.key(author: name.author, sequenceNumber: name.sequenceNumber)
        seen.expire(now: now)
        if let serial = seen.serial(of: key) {
            duplicateCount &+= 1
            return receiveAgain(serial, from: handle, now: now, emit: &emit)
        }
        guard let message = try? GossipMessage(fields, of: bytes), message.verify(signing) else {
            return misbehaved(handle, .invalidSignature, in: topic, now: now, emit: &emit)
        }
        declineCopies(of: message, topic: topic, from: handle, emit: &emit)
        let serial = cache.insert(
            MessageCache.Entry(
                author: message.author, sequenceNumber: message.sequenceNumber, frame: isSingle ? bytes : RPC.frame(bytes[places]),
                topic: topic, state: .pending, source: handle, arrival: now))
        seen.insert(key, serial: serial, now: now)
        messageCount &+= 1
        if !promises.isEmpty { promises.removeAll { $0.key == key } }
        let author = PeerID(ed25519: message.author)
        emit.append(.deliver(topic, MessageHandle(serial: serial), author: author, from: handle, data: message.data))
        if validation == .automatic { settle(MessageHandle(serial: serial), .accept, now: now, emit: &emit) }
    }

    /// The verdict on a delivered message. Late or repeated ones change nothing.
    mutating func settle(_ handle: MessageHandle, _ verdict: Verdict, now: Instant, emit: inout [Effect]) {
        guard let index = cache.index(handle.serial), cache.entries[index].state == .pending else { return }
        let entry = cache.entries[index]
        switch verdict {
        case .accept:
            cache.setState(.accepted, at: index)
            credit(entry)
            forward(cache.entries[index], emit: &emit)
        case .reject:
            cache.setState(.rejected, at: index)
            if let source = entry.source { misbehaved(source, .rejectedMessage, in: entry.topic, now: now, emit: &emit) }
            for follower in 0..<entry.followers.count {
                misbehaved(entry.followers[follower], .rejectedMessage, in: entry.topic, now: now, emit: &emit)
            }
        case .ignore: cache.setState(.ignored, at: index)
        }
    }

    /// To the mesh, but not back to the peer that brought it nor to its author. All share one frame.
    private func forward(_ entry: MessageCache.Entry, emit: inout [Effect]) {
        for peer in topics[entry.topic].mesh where peer != entry.source {
            guard let slot = slot(peer), facts[slot].id.ed25519Key != entry.author else { continue }
            if !peers[slot].unwanted.isEmpty,
                peers[slot].declines(hasher.key(author: entry.author, sequenceNumber: entry.sequenceNumber))
            {
                continue
            }
            emit.append(.send(to: peer, entry.frame, .normal))
        }
    }
}
