internal import Identity
internal import LibP2P
internal import Wire

/// A message that a peer has and does not want (IDONTWANT, libp2p/specs gossipsub v1.2).
struct UnwantedMessage: Sendable {
    let key: MessageKey
    /// Heartbeats for which it is remembered.
    var beatsLeft: UInt8
}

extension GossipSub {
    /// Tells the mesh that a large message has come: the sooner, the more copies stay unsent. Only once its signature is verified, or a
    /// forgery under its id would keep the real one away.
    func declineCopies(of message: GossipMessage, topic: TopicID, from handle: PeerHandle, emit: inout [Effect]) {
        guard message.data.count >= parameters.declineSizeMin else { return }
        let frame = RPC.idontwant([GossipMessage.id(author: message.author, sequenceNumber: message.sequenceNumber)])
        for peer in topics[topic].mesh where peer != handle {
            guard let slot = slot(peer), peers[slot].takesRefusals else { continue }
            emit.append(.send(to: peer, frame, .high))
        }
    }

    /// The peer has these messages.
    mutating func readIDontWant(_ bytes: [UInt8], _ places: Range<Int>, from handle: PeerHandle) throws(WireError) {
        guard let slot = slot(handle) else { return }
        peers[slot].counts.begin(heartbeats)
        guard Int(peers[slot].counts.refusals) < parameters.idontwantMessagesMax else { return }
        peers[slot].counts.refusals += 1
        var scanner = ProtobufScanner(places)
        while let field = try scanner.next(in: bytes) {
            guard field.number == 1 else { continue }
            let id = try field.bytes()
            guard peers[slot].unwanted.count < parameters.unwantedMax else { return }
            guard let (author, number) = GossipMessage.parse(bytes, id: id) else { continue }
            let key = hasher.key(author: author, sequenceNumber: number)
            guard !peers[slot].declines(key) else { continue }
            refusing.insert(slot)
            peers[slot].unwanted.append(UnwantedMessage(key: key, beatsLeft: parameters.unwantedBeats))
        }
    }
}

extension GossipPeer {
    func declines(_ key: MessageKey) -> Bool { unwanted.contains { $0.key == key } }

    mutating func forgetRefusals() {
        for index in unwanted.indices { unwanted[index].beatsLeft -= 1 }
        unwanted.removeAll { $0.beatsLeft == 0 }
    }
}
