internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

extension Kademlia {
    /// A peer told what it serves.
    mutating func identified(_ contact: Contact, serves: Bool, now: Instant, emit: inout [Effect]) {
        guard contact.id != localID else { return }
        guard serves else {
            table.remove(contact.id)
            forgetUnchecked(contact.id)
            return
        }
        if isToBeChecked(contact, now: now) { return }
        admit(contact, key: contact.id.dhtKey, now: now, emit: &emit)
    }

    /// Puts a peer that is connected and has proved itself into the table, or has the peer in its way asked whether it lives.
    mutating func admit(_ contact: Contact, key: @autoclosure () -> Bytes32, now: Instant, emit: inout [Effect]) {
        switch table.insert(contact, key: key(), isConnected: true, now: now) {
        case .inserted: if refreshAt == nil { scheduleRefresh(now: now) }
        case .full(let oldest?): checkLiveness(of: oldest, candidate: contact, emit: &emit)
        case .updated, .full(nil), .crowded, .refused: break
        }
    }

    /// Asks the peer that was silent longest for ourselves: a live one answers, and may know somebody new.
    private mutating func checkLiveness(of peer: PeerID, candidate: Contact, emit: inout [Effect]) {
        var running = 0
        for index in open.indices {
            guard case .liveness = open[index].purpose else { continue }
            if open[index].peer == peer { return }
            running += 1
        }
        guard running < parameters.livenessChecksMax, let entry = table.entry(peer) else { return }
        let id = nextRequestID()
        open.append(OpenRequest(id: id, peer: peer, purpose: .liveness(candidate: candidate)))
        let message = KademliaMessage(kind: .findNode, key: localID.bytes)
        emit.append(.request(id, to: peer, at: entry.addresses.multiaddrs, message.encode(), timeout: parameters.requestTimeout))
    }

    mutating func nextRequestID() -> RequestID {
        let space = requestCounter & (0xff << 56)
        requestCounter = space | ((requestCounter &+ 1) & ~(0xff << 56))
        return RequestID(requestCounter)
    }

    /// Takes an open request out; nil for one that is not ours to answer for any more.
    private mutating func close(_ id: RequestID) -> OpenRequest? {
        guard let index = open.indices.first(where: { open[$0].id == id }) else { return nil }
        return open.remove(at: index)
    }

    /// An answer came.
    mutating func receive(_ id: RequestID, _ bytes: [UInt8], now: Instant, emit: inout [Effect]) {
        guard let request = close(id) else { return }
        guard let message = try? KademliaMessage(decoding: bytes) else {
            emit.append(.penalise(request.peer, .malformedResponse))
            forgetUnchecked(request.peer)
            settle(request, with: nil, now: now, emit: &emit)
            return
        }
        table.markSeen(request.peer, now: now)
        if let peer = forgetUnchecked(request.peer) { admit(peer.contact, key: peer.key, now: now, emit: &emit) }
        settle(request, with: message, now: now, emit: &emit)
    }

    /// No answer will come.
    mutating func fail(_ id: RequestID, now: Instant, emit: inout [Effect]) {
        guard let request = close(id) else { return }
        forgetUnchecked(request.peer)
        settle(request, with: nil, now: now, emit: &emit)
    }

    /// A query is large: none is copied to be looked at.
    func index(ofQuery number: UInt32) -> Int? { queries.indices.first { queries[$0].number == number } }

    private mutating func settle(_ request: OpenRequest, with message: KademliaMessage?, now: Instant, emit: inout [Effect]) {
        switch request.purpose {
        case .check: break
        case .liveness(let candidate):
            guard message == nil else { return }
            table.markFailed(request.peer, evict: true)
            forgetUnchecked(candidate.id)
            _ = table.insert(candidate, key: candidate.id.dhtKey, isConnected: false, now: now)
        case .search(let query):
            if message == nil { table.markFailed(request.peer, evict: false) }
            if let message { learn(message, from: request.peer, query: query, now: now, emit: &emit) }
            guard let index = index(ofQuery: query) else { return }
            if message == nil { queries[index].search.failed(request.peer) }
            advance(query, now: now, emit: &emit)
        case .store(let query):
            guard let index = index(ofQuery: query),
                case .storing(let open, let confirmed) = queries[index].phase
            else { return }
            queries[index].phase = .storing(open: open - 1, confirmed: confirmed + (message?.kind == .putValue ? 1 : 0))
            if open == 1 { finish(queryAt: index, now: now, emit: &emit) }
        }
    }
}
