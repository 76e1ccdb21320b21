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
        var closer: [RoutingTable.Place] = []
        switch request.kind {
        case .ping: break
        case .findNode: closer = table.places(closestTo: key, countMax: parameters.k, toldTo: peer)
        case .getProviders:
            reply.providerPeers = choose(parameters.k, providers.providers(of: key, now: now))
            closer = table.places(closestTo: key, countMax: parameters.k, toldTo: peer)
        case .getValue:
            reply.record = records.record(key, now: now)
            closer = table.places(closestTo: key, countMax: parameters.k, toldTo: peer)
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
        emit.append(.respond(id, reply.encode(closer: closer, of: table)))
    }

    /// Some of them at random: whoever asks for one of many providers shall not ask the same one as everybody else.
    private mutating func choose(_ countMax: Int, _ contacts: [Contact]) -> [Contact] {
        var pool = contacts
        let taken = min(countMax, pool.count)
        for index in 0..<taken where pool.count > countMax {
            pool.swapAt(index, index + Int(generator.next() % UInt64(pool.count - index)))
        }
        pool.removeSubrange(taken...)
        return pool
    }

    mutating func scheduleSweep(now: Instant) {
        if sweepAt == nil { sweepAt = now + parameters.sweepInterval }
    }
}
