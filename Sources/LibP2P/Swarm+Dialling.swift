internal import Determinism
internal import Identity
internal import Wire

extension Swarm {
    /// Starts or extends a dial. False where there is nothing to dial; the caller reports it.
    mutating func dial(
        _ peer: PeerID, _ addresses: [Multiaddr], isCommanded: Bool, waiting: RequestID?, now: Instant, emit: inout [SwarmEffect]
    ) -> NetworkFailure? {
        if isStopping { return .stopping }
        guard peer != context.peer else { return .unreachable }
        let usable = addresses.filter { address in
            parameters.addresses.isDialable(address) && (address.peerMultihash.map { $0 == peer.bytes } ?? true)
        }
        if dials[peer] == nil {
            guard !usable.isEmpty else { return .unreachable }
            guard dials.count < parameters.dialsMax else { return .limit }
            let serial = nextSerial
            nextSerial += 1
            owners[serial] = .dial(peer)
            dials[peer] = Dial(serial: serial, addresses: [], nextAttempt: now, isCommanded: isCommanded)
        }
        if isCommanded { dials[peer]?.isCommanded = true }
        if let waiting { dials[peer]?.waiting.append(waiting) }
        for address in usable.map(\.withoutPeer) {
            guard let dial = dials[peer], dial.addresses.count < parameters.dialAddressesMax else { break }
            if !dial.addresses.contains(address) { dials[peer]?.addresses.append(address) }
        }
        advance(peer, now: now, emit: &emit)
        return nil
    }

    /// Opens the next address where it is time, and notes when to come back.
    private mutating func advance(_ peer: PeerID, now: Instant, emit: inout [SwarmEffect]) {
        guard let dial = dials[peer] else { return }
        if dial.tried < dial.addresses.count, now >= dial.nextAttempt {
            let address = dial.addresses[dial.tried]
            dials[peer]?.tried += 1
            dials[peer]?.nextAttempt = now + parameters.dialStagger
            if slots.count < parameters.connectionsMax {
                let transport = TransportID.dialled(nextDialled)
                nextDialled += 1
                let slot = place(transport, .outbound, address: address, expected: peer, now: now)
                dials[peer]?.attempts.append(slot)
                emit.append(.open(transport, address))
                register(slot)
            } else {
                dials[peer]?.failure = .limit
            }
        }
        guard let dial = dials[peer] else { return }
        if dial.tried == dial.addresses.count, dial.attempts.isEmpty {
            fail(peer, now: now, emit: &emit)
            return
        }
        var next: Instant? = dial.tried < dial.addresses.count ? dial.nextAttempt : nil
        for request in dial.waiting { next = earliest(next, requests[request]?.deadline) }
        guard let next, next < dial.registered else { return }
        heap.push(max(next, now), dial.serial)
        dials[peer]?.registered = max(next, now)
    }

    /// The deadline of a dial: requests that have waited too long, the next address.
    mutating func dialDeadline(_ peer: PeerID, now: Instant, emit: inout [SwarmEffect]) {
        guard let dial = dials[peer] else { return }
        for request in dial.waiting where requests[request].map({ $0.deadline <= now }) ?? true {
            dials[peer]?.waiting.removeAll { $0 == request }
            if requests.removeValue(forKey: request) != nil { emit.append(.event(.requestFailed(request, .timedOut))) }
        }
        advance(peer, now: now, emit: &emit)
    }

    /// One address came to nothing: the next one is tried at once.
    mutating func attemptFailed(_ slot: Int, of peer: PeerID, _ failure: NetworkFailure, now: Instant, emit: inout [SwarmEffect]) {
        guard let dial = dials[peer], dial.attempts.contains(slot) else { return }
        dials[peer]?.attempts.removeAll { $0 == slot }
        // What tells most is kept: an address where somebody answered, before one where nobody did.
        if failure != .unreachable { dials[peer]?.failure = failure }
        dials[peer]?.nextAttempt = now
        advance(peer, now: now, emit: &emit)
    }

    /// The peer is connected, by this dial or by itself.
    mutating func completeDial(_ peer: PeerID, by slot: Int, now: Instant, emit: inout [SwarmEffect]) {
        guard let dial = dials.removeValue(forKey: peer) else { return }
        owners[dial.serial] = nil
        for attempt in dial.attempts where attempt != slot { drop(attempt, .closed, now: now, emit: &emit) }
        guard let handle = handles[peer], let primary = primarySlot(handle) else { return }
        for request in dial.waiting { hand(request, to: handle, now: now) }
        if primary != slot { finish(primary, now: now, emit: &emit) }
    }

    private mutating func fail(_ peer: PeerID, now: Instant, emit: inout [SwarmEffect]) {
        guard let dial = dials.removeValue(forKey: peer) else { return }
        owners[dial.serial] = nil
        for request in dial.waiting where requests.removeValue(forKey: request) != nil {
            emit.append(.event(.requestFailed(request, dial.failure)))
        }
        if dial.isCommanded { emit.append(.event(.dialFailed(peer, dial.failure))) }
    }

    /// Gives a waiting request to the peer's connection; the caller finishes the connection.
    mutating func hand(_ request: RequestID, to handle: PeerHandle, now: Instant) {
        guard let slot = primarySlot(handle), let pending = requests[request], !pending.isSent else { return }
        requests[request]?.isSent = true
        requests[request]?.message = []
        connections[slot]?.request(
            request, pending.name, pending.message, deadline: pending.deadline, context: context, now: now, workspace: &workspace)
    }
}
