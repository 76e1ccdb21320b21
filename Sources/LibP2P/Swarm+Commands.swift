public import Determinism
internal import Identity
internal import Wire

extension Swarm {
    mutating func handle(_ command: NetworkCommand, now: Instant, emit: inout [SwarmEffect]) {
        switch command {
        case .dial(let peer, let addresses):
            guard handles[peer] == nil else { return }
            if let failure = dial(peer, addresses, isCommanded: true, waiting: nil, now: now, emit: &emit) {
                emit.append(.event(.dialFailed(peer, failure)))
            }
        case .disconnect(let handle, let failure):
            guard let entry = entry(handle) else { return }
            // Hidden ones first, so that none of them takes the place of the one shown.
            for slot in entry.others + [entry.primary] { drop(slot, failure, now: now, emit: &emit) }
        case .send(let handle, let name, let message, let priority):
            guard let slot = primarySlot(handle), name.pattern == .oneWay, message.count <= name.messageMax else { return }
            connections[slot]?.send(name, message, priority, context: context, now: now, workspace: &workspace)
            finish(slot, now: now, emit: &emit)
        case .request(let id, let peer, let addresses, let name, let message, let timeout):
            request(id, peer, addresses, name, message, deadline: now + timeout, now: now, emit: &emit)
        case .respond(let id, let message):
            guard let request = inbound.removeValue(forKey: id), connections[request.slot]?.serial == request.serial else { return }
            connections[request.slot]?.respond(
                id, on: request.stream, message, context: context, now: now, workspace: &workspace)
            finish(request.slot, now: now, emit: &emit)
        case .refuse(let id):
            guard let request = inbound.removeValue(forKey: id), connections[request.slot]?.serial == request.serial else { return }
            connections[request.slot]?.refuse(id, on: request.stream, now: now, workspace: &workspace)
            finish(request.slot, now: now, emit: &emit)
        case .serve(let names):
            guard names != served else { return }
            served = names
            announce(now: now, emit: &emit)
        case .protect(let handle, let weight):
            guard entry(handle) != nil else { return }
            peers[Int(handle.index)]?.protection = weight
        }
    }

    private mutating func request(
        _ id: RequestID, _ peer: PeerID, _ addresses: [Multiaddr], _ name: ProtocolName, _ message: [UInt8], deadline: Instant,
        now: Instant, emit: inout [SwarmEffect]
    ) {
        let failure: NetworkFailure? =
            if isStopping {
                .stopping
            } else if name.pattern != .requestAnswer {
                .unsupported
            } else if requests.count >= parameters.requestsMax || requests[id] != nil || message.count > name.messageMax {
                .limit
            } else {
                nil
            }
        if let failure {
            emit.append(.event(.requestFailed(id, failure)))
            return
        }
        requests[id] = PendingRequest(peer: peer, name: name, message: message, deadline: deadline, isSent: false)
        if let handle = handles[peer], let slot = primarySlot(handle) {
            hand(id, to: handle, now: now)
            finish(slot, now: now, emit: &emit)
        } else if let failure = dial(peer, addresses, isCommanded: false, waiting: id, now: now, emit: &emit) {
            requests[id] = nil
            emit.append(.event(.requestFailed(id, failure)))
        }
    }

    /// Protocols or addresses have changed: signs a new record and pushes it to every peer.
    mutating func announce(now: Instant, emit: inout [SwarmEffect]) {
        recordSequence += 1
        context = ConnectionContext(
            parameters: parameters, signing: signing, noise: noise, protocols: protocols, served: served,
            listenAddresses: listenAddresses, sequence: recordSequence)
        for index in peers.indices {
            guard let entry = peers[index], entry.information?.acceptsPush ?? false else { continue }
            connections[entry.primary]?.pushIdentify(context: context, now: now)
            finish(entry.primary, now: now, emit: &emit)
        }
    }

    /// Checks what a peer says of itself and passes it up, merged with what it said before where it is a push.
    mutating func identified(_ slot: Int, _ message: IdentifyMessage, isPush: Bool, now: Instant, emit: inout [SwarmEffect]) {
        guard let handle = handle(slot), let entry = entry(handle) else { return }
        if let key = message.publicKey, let expected = entry.id.ed25519Key, key != PublicKeyMessage(ed25519: expected).bytes {
            drop(slot, .misbehaviour, now: now, emit: &emit)
            return
        }
        var information =
            isPush
            ? entry.information ?? PeerInformation(protocols: [], listenAddresses: []) : PeerInformation(protocols: [], listenAddresses: [])
        if !message.protocols.isEmpty {
            information.protocols = Set(message.protocols.compactMap { protocols.name($0) })
            let variants = protocols.variants(announced: message.protocols)
            information.takesRefusals = variants == .newest
            for slot in [entry.primary] + entry.others { connections[slot]?.variants = variants }
        }
        if let observed = message.observedAddress { information.observedAddress = observed }
        if !message.agent.isEmpty { information.agent = message.agent }
        var addresses = message.listenAddresses
        if let bytes = message.signedPeerRecord, let envelope = try? SignedEnvelope(bytes[...]), envelope.signer == entry.id,
            let record = PeerRecord(certified: envelope, signing: signing)
        {
            addresses = record.addresses
            information.isCertified = true
            information.signedRecord = bytes.count <= parameters.recordSizeMax ? bytes : []
        } else if !addresses.isEmpty {
            information.isCertified = false
            information.signedRecord = []
        }
        if !addresses.isEmpty || !isPush { information.listenAddresses = dialable(addresses, of: entry.id) }
        peers[Int(handle.index)]?.information = information
        emit.append(.event(.identified(handle, information)))
    }

    /// At most 16 that may be dialled and are not said to be somebody else's, each once.
    private func dialable(_ addresses: [Multiaddr], of peer: PeerID) -> [Multiaddr] {
        var kept: [Multiaddr] = []
        for address in addresses where kept.count < 16 {
            guard parameters.addresses.isDialable(address), address.peerMultihash.map({ $0 == peer.bytes }) ?? true else { continue }
            let bare = address.withoutPeer
            if !kept.contains(bare) { kept.append(bare) }
        }
        return kept
    }

    mutating func stop(now: Instant, emit: inout [SwarmEffect]) {
        isStopping = true
        for peer in dials.keys.sorted() {
            guard let dial = dials.removeValue(forKey: peer) else { continue }
            owners[dial.serial] = nil
            for request in dial.waiting where requests.removeValue(forKey: request) != nil {
                emit.append(.event(.requestFailed(request, .stopping)))
            }
            if dial.isCommanded { emit.append(.event(.dialFailed(peer, .stopping))) }
        }
        for slot in connections.indices { drop(slot, .stopping, now: now, emit: &emit) }
    }

    // MARK: Deadlines

    public var nextDeadline: Instant? { heap.first?.at }

    public mutating func handleDeadline(now: Instant, emit: inout [SwarmEffect]) {
        while let first = heap.first, first.at <= now {
            _ = heap.popFirst()
            switch owners[first.serial] {
            case .connection(let slot):
                guard connections[slot]?.registered == first.at else { continue }
                connections[slot]?.registered = .distantFuture
                connections[slot]?.handleDeadline(context: context, now: now, workspace: &workspace)
                finish(slot, now: now, emit: &emit)
                closeIdleDuplicate(slot, now: now, emit: &emit)
                register(slot)
            case .dial(let peer):
                guard dials[peer]?.registered == first.at else { continue }
                dials[peer]?.registered = .distantFuture
                dialDeadline(peer, now: now, emit: &emit)
            case nil: continue
            }
        }
    }
}

extension PeerInformation {
    /// Stock peers announce identify push; one that doesn't is not bothered.
    var acceptsPush: Bool { protocols.contains(.identifyPush) }
}
