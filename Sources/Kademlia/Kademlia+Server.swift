internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

extension Kademlia {
    /// Answers a request; refuses it in client mode, and where it is malformed or not acceptable.
    mutating func answer(_ peer: PeerID, _ id: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [Effect]) {
        guard mode == .server else {
            emit.append(.refuse(id))
            return
        }
        guard let request = try? KademliaMessage(decoding: bytes), !request.key.isEmpty || request.kind == .ping else {
            emit.append(.refuse(id))
            emit.append(.penalise(peer, .malformedRequest))
            return
        }
        var reply = KademliaMessage(kind: request.kind, key: request.key)
        let key = Hash.sha256(request.key)
        switch request.kind {
        case .ping: break
        case .findNode: reply.closerPeers = closest(to: key, toldTo: peer)
        case .getProviders:
            reply.providerPeers = providers.providers(of: key, now: now)
            reply.closerPeers = closest(to: key, toldTo: peer)
        case .getValue:
            reply.record = records.record(key, now: now)
            reply.closerPeers = closest(to: key, toldTo: peer)
        case .addProvider:
            // Only what the sender says about itself counts.
            for contact in request.providerPeers where contact.id == peer {
                providers.add(contact, key: key, expiry: now + parameters.providerLifetime)
                scheduleSweep(now: now)
                break
            }
        case .putValue:
            guard let record = request.record, record.key == request.key, validator.isValid(record) else {
                emit.append(.refuse(id))
                emit.append(.penalise(peer, .invalidRecord))
                return
            }
            if let known = records.record(key, now: now), known.value != record.value,
                !validator.isBetter(record.value, than: known.value, key: record.key)
            {
                emit.append(.refuse(id))
                return
            }
            records.put(record, key: key, expiry: now + parameters.recordLifetime)
            scheduleSweep(now: now)
            reply.record = record
        }
        emit.append(.respond(id, reply.encode()))
    }

    private func closest(to key: Bytes32, toldTo peer: PeerID) -> [Contact] {
        table.closest(to: key, countMax: parameters.k, toldTo: peer).map(\.contact)
    }

    private mutating func scheduleSweep(now: Instant) {
        if sweepAt == nil { sweepAt = now + parameters.sweepInterval }
    }
}
