internal import Determinism
internal import Identity
internal import Wire

extension Swarm {
    // MARK: Coming

    mutating func accept(_ transport: TransportID, _ remote: Multiaddr, now: Instant, emit: inout [SwarmEffect]) {
        let isRoom = slots.count < parameters.connectionsMax && handshakes < parameters.handshakesMax
        guard !isStopping, slots[transport] == nil, isRoom, admission.admit(remote) else {
            emit.append(.close(transport))
            return
        }
        let slot = place(transport, .inbound, address: remote, expected: nil, now: now)
        handshakes += 1
        connections[slot]?.start()
        finish(slot, now: now, emit: &emit)
    }

    /// Gives a new connection its slot.
    mutating func place(
        _ transport: TransportID, _ direction: ConnectionDirection, address: Multiaddr, expected: PeerID?, now: Instant
    ) -> Int {
        let slot = freeSlots.popLast() ?? connections.count
        if slot == connections.count { connections.append(nil) }
        let serial = nextSerial
        nextSerial += 1
        connections[slot] = Connection(
            transport: transport, serial: serial, direction: direction, address: address, expected: expected,
            ephemeralSecret: entropy.bytes32(), context: context, now: now)
        slots[transport] = slot
        owners[serial] = .connection(slot)
        return slot
    }

    // MARK: After every touch

    /// Deals with what connections reported, writes what this one has to say, and notes when it wants to be called.
    mutating func finish(_ slot: Int, now: Instant, emit: inout [SwarmEffect]) {
        count(slot)
        process(now: now, emit: &emit)
        guard connections[slot] != nil else { return }
        do throws(NetworkFailure) {
            try connections[slot]?.flush(context: context, now: now, workspace: &workspace, emit: &emit)
        } catch {
            drop(slot, error, now: now, emit: &emit)
            return
        }
        register(slot)
    }

    /// Brings the total of held memory up to date; who takes it over the limit is closed.
    private mutating func count(_ slot: Int) {
        guard let held = connections[slot]?.buffered, let counted = connections[slot]?.counted, held != counted else { return }
        buffered += held - counted
        connections[slot]?.counted = held
        if held > counted, buffered > parameters.memoryMax, let serial = connections[slot]?.serial {
            workspace.report(serial, .closed(.limit))
        }
    }

    mutating func register(_ slot: Int) {
        guard let armed = connections[slot]?.armed, let registered = connections[slot]?.registered, armed < registered,
            let serial = connections[slot]?.serial
        else { return }
        heap.push(armed, serial)
        connections[slot]?.registered = armed
    }

    /// Translates what connections reported, until nothing is left.
    private mutating func process(now: Instant, emit: inout [SwarmEffect]) {
        while !workspace.events.isEmpty {
            var events: [(serial: UInt64, event: Connection.Event)] = []
            swap(&events, &workspace.events)
            for (serial, event) in events { dispatch(event, of: serial, now: now, emit: &emit) }
            events.removeAll(keepingCapacity: true)
            // Given back for its capacity, unless dispatching has led to new events.
            if workspace.events.isEmpty { swap(&events, &workspace.events) }
        }
    }

    private mutating func dispatch(_ event: Connection.Event, of serial: UInt64, now: Instant, emit: inout [SwarmEffect]) {
        // What concerns the swarm's tables holds whether or not the connection is still there.
        switch event {
        case .requestDropped(let request): inbound[request] = nil
        case .response(let request, let message):
            if requests.removeValue(forKey: request) != nil { emit.append(.event(.response(request, message))) }
        case .requestFailed(let request, let failure):
            if requests.removeValue(forKey: request) != nil { emit.append(.event(.requestFailed(request, failure))) }
        case .secured, .message, .request, .identify, .roundTrip, .transferred, .congested, .closed:
            guard case .connection(let slot) = owners[serial] else { return }
            dispatch(event, at: slot, serial: serial, now: now, emit: &emit)
        }
    }

    private mutating func dispatch(
        _ event: Connection.Event, at slot: Int, serial: UInt64, now: Instant, emit: inout [SwarmEffect]
    ) {
        if case .closed(let failure) = event {
            drop(slot, failure, now: now, emit: &emit)
            return
        }
        if case .secured(let id) = event {
            secured(slot, id, now: now, emit: &emit)
            return
        }
        guard let handle = handle(slot) else { return }
        switch event {
        case .message(let name, let message): emit.append(.event(.message(from: handle, name, message)))
        case .request(let name, let request, let stream, let message):
            inbound[request] = InboundRequest(slot: slot, serial: serial, stream: stream)
            emit.append(.event(.request(from: handle, name, request, message)))
        case .identify(let message, let isPush): identified(slot, message, isPush: isPush, now: now, emit: &emit)
        case .roundTrip(let duration, let wasAsked):
            peers[Int(handle.index)]?.roundTrip = duration
            if wasAsked { emit.append(.roundTrip(handle, duration)) }
        case .transferred(let duration): emit.append(.transferred(handle, duration))
        case .congested: emit.append(.event(.congested(handle)))
        case .secured, .closed, .requestDropped, .response, .requestFailed: break
        }
    }

    func handle(_ slot: Int) -> PeerHandle? { connections[slot]?.peer.flatMap { handles[$0] } }

    // MARK: Secured

    private mutating func secured(_ slot: Int, _ id: PeerID, now: Instant, emit: inout [SwarmEffect]) {
        guard let connection = connections[slot] else { return }
        if connection.direction == .inbound { handshakes -= 1 }
        if let handle = handles[id] {
            addDuplicate(slot, to: handle, now: now, emit: &emit)
        } else {
            let index = freeHandles.popLast() ?? peers.count
            if index == peers.count { peers.append(nil) }
            let handle = PeerHandle(index: UInt32(index))
            peers[index] = Peer(id: id, handle: handle, primary: slot)
            handles[id] = handle
            emit.append(.event(.connected(handle, id, connection.direction, address: connection.address)))
            connections[slot]?.identify(context: context, now: now)
        }
        completeDial(id, by: slot, now: now, emit: &emit)
        if slots.count > parameters.connectionsMax - parameters.connectionsMax / 8 { makeRoom(sparing: slot, now: now, emit: &emit) }
    }

    /// Another connection to a peer that has one.
    private mutating func addDuplicate(_ slot: Int, to handle: PeerHandle, now: Instant, emit: inout [SwarmEffect]) {
        let index = Int(handle.index)
        guard let entry = peers[index], let old = connections[entry.primary], let new = connections[slot] else { return }
        guard entry.others.count + 1 < parameters.connectionsPerPeerMax else {
            drop(slot, .limit, now: now, emit: &emit)
            return
        }
        guard prefers(new, to: old, peer: entry.id) else {
            peers[index]?.others.append(slot)
            retire(slot, now: now)
            return
        }
        peers[index]?.primary = slot
        peers[index]?.others.append(entry.primary)
        let channels = connections[entry.primary]?.takeChannels(context: context, now: now) ?? []
        connections[slot]?.variants = old.variants
        connections[slot]?.adopt(channels, context: context, now: now)
        if !entry.isIdentified { connections[slot]?.identify(context: context, now: now) }
        retire(entry.primary, now: now)
        finish(entry.primary, now: now, emit: &emit)
    }

    /// Of two directions, the one that the smaller id dialled; of the same direction, the newer one: the other end may have
    /// lost the older without our knowing.
    private func prefers(_ new: Connection, to old: Connection, peer: PeerID) -> Bool {
        guard new.direction != old.direction else { return true }
        return (new.direction == .outbound) == (context.peer < peer)
    }

    private mutating func retire(_ slot: Int, now: Instant) { connections[slot]?.arm(now + parameters.duplicateGrace) }

    /// A hidden connection without streams is closed after its grace.
    mutating func closeIdleDuplicate(_ slot: Int, now: Instant, emit: inout [SwarmEffect]) {
        guard let handle = handle(slot), let entry = entry(handle), entry.primary != slot, let connection = connections[slot],
            let since = connection.securedAt
        else { return }
        if connection.streams.isEmpty, now >= since + parameters.duplicateGrace {
            drop(slot, .closed, now: now, emit: &emit)
        } else {
            connections[slot]?.arm(now + parameters.duplicateGrace)
        }
    }

    // MARK: Going

    /// Ends a connection: tells the transport, the waiting requests and, where it was the peer's last or the one shown, the node.
    mutating func drop(
        _ slot: Int, _ failure: NetworkFailure, isTransportGone: Bool = false, now: Instant, emit: inout [SwarmEffect]
    ) {
        guard var connection = connections[slot] else { return }
        connections[slot] = nil
        slots[connection.transport] = nil
        owners[connection.serial] = nil
        freeSlots.append(slot)
        buffered -= connection.counted
        if connection.direction == .inbound {
            if let address = connection.address { admission.release(address) }
            if !connection.isSecured { handshakes -= 1 }
        }
        if !isTransportGone {
            if connection.isSecured { connection.sayGoodbye(failure, context: context, now: now, workspace: &workspace, emit: &emit) }
            emit.append(.close(connection.transport))
        }
        for stream in connection.streams.all { if let request = stream.inbound { inbound[request] = nil } }
        let unanswered = connection.streams.all.compactMap { connection.isUnanswered($0) }.sorted { $0.value < $1.value }
        for request in unanswered where requests.removeValue(forKey: request) != nil {
            emit.append(.event(.requestFailed(request, failure)))
        }
        guard let id = connection.peer, let handle = handles[id] else {
            if let expected = connection.expected { attemptFailed(slot, of: expected, failure, now: now, emit: &emit) }
            return
        }
        removeFromPeer(slot, handle, failure, now: now, emit: &emit)
    }

    private mutating func removeFromPeer(
        _ slot: Int, _ handle: PeerHandle, _ failure: NetworkFailure, now: Instant, emit: inout [SwarmEffect]
    ) {
        let index = Int(handle.index)
        guard var entry = peers[index] else { return }
        guard entry.primary == slot else {
            peers[index]?.others.removeAll { $0 == slot }
            return
        }
        // What was queued or half sent is lost: whoever relied on it must begin anew, so the node sees the change.
        emit.append(.event(.disconnected(handle, failure)))
        guard let next = entry.others.first, !isStopping else {
            handles[entry.id] = nil
            peers[index] = nil
            freeHandles.append(index)
            return
        }
        entry.primary = next
        entry.others.removeFirst()
        entry.information = nil
        peers[index] = entry
        let direction = connections[next]?.direction ?? .inbound
        emit.append(.event(.connected(handle, entry.id, direction, address: connections[next]?.address)))
        connections[next]?.identify(context: context, now: now)
        finish(next, now: now, emit: &emit)
    }

    /// Closes the least protected connection, inbound before outbound, one that is chosen at random among equals: whoever floods
    /// us displaces mostly its own.
    private mutating func makeRoom(sparing slot: Int, now: Instant, emit: inout [SwarmEffect]) {
        var candidates: [Int] = []
        var best = (protection: UInt8.max, isOutbound: true)
        for case let peer? in peers where peer.primary != slot && peer.protection < .max {
            guard let connection = connections[peer.primary] else { continue }
            let rank = (protection: peer.protection, isOutbound: connection.direction == .outbound)
            if (rank.protection, rank.isOutbound ? 1 : 0) < (best.protection, best.isOutbound ? 1 : 0) {
                best = rank
                candidates = []
            }
            if rank == best { candidates.append(peer.primary) }
        }
        guard let victim = candidates.randomElement(using: &generator) else { return }
        drop(victim, .limit, now: now, emit: &emit)
    }
}

extension Connection {
    /// Go-away, after what can still be written.
    mutating func sayGoodbye(
        _ failure: NetworkFailure, context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace,
        emit: inout [SwarmEffect]
    ) {
        session?.yamux.goAway(reason: failure == .misbehaviour ? 1 : 0, output: &frames)
        // A failure here ends what is ending anyway.
        try? flush(context: context, now: now, workspace: &workspace, emit: &emit)
    }
}
