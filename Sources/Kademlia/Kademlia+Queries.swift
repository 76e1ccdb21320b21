internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

extension Kademlia {
    mutating func start(_ query: Query, for owner: ActiveQuery.Owner, now: Instant, emit: inout [Effect]) {
        if let failure = refusal(of: query) {
            if case .parent(let id) = owner { emit.append(.finished(id, .failed(failure))) }
            return
        }
        let (key, required) = aim(of: query)
        let target = Hash.sha256(key)
        queryCounter &+= 1
        var active = ActiveQuery(
            number: queryCounter, owner: owner, query: query, key: key,
            lookup: Lookup(target: target, required: required, parameters: parameters), deadline: now + parameters.queryTimeout)
        if query == .bootstrap { active.searchesLeft = 1 }
        seed(&active.lookup)
        switch query {
        case .findProviders: active.found = providers.providers(of: target, now: now)
        case .getValue:
            if let record = records.record(target, now: now) { active.values = [.init(bytes: record.value, holders: [localID])] }
        case .findPeer(let peer): if let entry = table.entry(peer), !entry.addresses.isEmpty { active.found = [entry.contact] }
        case .findClosest, .bootstrap, .provide, .putValue: break
        }
        let isHopeless = active.lookup.isEmpty && active.found.isEmpty && active.values.isEmpty
        guard !isHopeless else {
            if case .parent(let id) = owner { emit.append(.finished(id, .failed(.noPeers))) }
            return
        }
        queries.append(active)
        reportLocal(active, emit: &emit)
        if isSatisfied(active) {
            finish(queryAt: queries.count - 1, now: now, emit: &emit)
        } else {
            advance(active.number, now: now, emit: &emit)
        }
    }

    private func refusal(of query: Query) -> QueryFailure? {
        switch query {
        case .findClosest(let key), .provide(let key), .findProviders(let key, _), .getValue(let key, _):
            if key.isEmpty || key.count > KademliaMessage.keySizeMax { return .invalid }
        case .putValue(let record): if !validator.isValid(record) { return .invalid }
        case .findPeer, .bootstrap: break
        }
        return queries.count < parameters.queriesMax ? nil : .tooMany
    }

    /// The key that is searched for and how many of the closest must have answered.
    private func aim(of query: Query) -> (key: [UInt8], required: Int) {
        switch query {
        case .findPeer(let peer): (peer.bytes, parameters.beta)
        case .findClosest(let key), .provide(let key): (key, parameters.k)
        // Whoever is never asked needs no more than what its table holds of one neighbourhood.
        case .bootstrap: (localID.bytes, min(parameters.k, parameters.bucketSize))
        case .findProviders(let key, _), .getValue(let key, _): (key, parameters.beta)
        case .putValue(let record): (record.key, parameters.k)
        }
    }

    /// Twice as many as are wanted: where the nearest are silent, nobody's answer goes beyond them.
    func seed(_ lookup: inout Lookup) {
        for entry in table.closest(to: lookup.target, countMax: 2 * parameters.k) { lookup.add(entry.contact, key: entry.key) }
    }

    private func reportLocal(_ query: ActiveQuery, emit: inout [Effect]) {
        guard case .parent(let id) = query.owner else { return }
        switch query.query {
        case .findPeer: if let contact = query.found.first { emit.append(.progress(id, .peer(contact))) }
        case .findProviders: if !query.found.isEmpty { emit.append(.progress(id, .providers(query.found))) }
        case .getValue: if let value = query.values.first { emit.append(.progress(id, .value(value.bytes))) }
        case .findClosest, .bootstrap, .provide, .putValue: break
        }
    }

    /// Sends as many questions as the lookup allows, and ends the search when it says so.
    mutating func advance(_ number: UInt32, now: Instant, emit: inout [Effect]) {
        guard let index = queries.firstIndex(where: { $0.number == number }), case .searching = queries[index].phase else { return }
        while true {
            switch queries[index].lookup.next(now: now) {
            case .ask(let contact):
                let id = nextRequestID()
                open.append(OpenRequest(id: id, peer: contact.id, purpose: .search(query: number)))
                emit.append(
                    .request(
                        id, to: contact.id, at: contact.addresses.multiaddrs, question(queries[index]), timeout: parameters.requestTimeout))
            case .wait(let until):
                queries[index].wakeUp = until
                return
            case .finished:
                queries[index].wakeUp = .distantFuture
                searchEnded(index, now: now, emit: &emit)
                return
            }
        }
    }

    private func question(_ query: ActiveQuery) -> [UInt8] {
        let kind: KademliaMessage.Kind =
            switch query.query {
            case .findPeer, .findClosest, .bootstrap, .provide, .putValue: .findNode
            case .findProviders: .getProviders
            case .getValue: .getValue
            }
        return KademliaMessage(kind: kind, key: query.key).encode()
    }

    /// Takes what an answer holds into its query.
    mutating func learn(_ message: KademliaMessage, from peer: PeerID, query number: UInt32, now: Instant, emit: inout [Effect]) {
        guard let index = queries.firstIndex(where: { $0.number == number }), queries[index].lookup.answered(peer) else { return }
        for contact in message.closerPeers.prefix(parameters.k) where contact.id != localID && !contact.addresses.isEmpty {
            queries[index].lookup.add(contact)
        }
        switch queries[index].query {
        case .findPeer(let target):
            for contact in message.closerPeers where contact.id == target { learnPeer(contact, index, &emit) }
        case .findProviders(_, let countMax): learnProviders(message.providerPeers, countMax: countMax, index, &emit)
        case .getValue(let key, _): learnValue(message.record, key: key, from: peer, index, &emit)
        case .findClosest, .bootstrap, .provide, .putValue: break
        }
        let isDone: Bool = if case .findPeer(peer) = queries[index].query { true } else { isSatisfied(queries[index]) }
        if isDone { finish(queryAt: index, now: now, emit: &emit) }
    }

    private mutating func learnPeer(_ contact: Contact, _ index: Int, _ emit: inout [Effect]) {
        guard !contact.addresses.isEmpty else { return }
        if queries[index].found.isEmpty {
            queries[index].found = [contact]
        } else {
            let before = queries[index].found[0].addresses
            queries[index].found[0].addresses.append(contentsOf: contact.addresses)
            if queries[index].found[0].addresses == before { return }
        }
        if case .parent(let id) = queries[index].owner { emit.append(.progress(id, .peer(queries[index].found[0]))) }
    }

    private mutating func learnProviders(_ contacts: [Contact], countMax: Int, _ index: Int, _ emit: inout [Effect]) {
        var new: [Contact] = []
        for contact in contacts where queries[index].found.count < countMax {
            guard !queries[index].found.contains(where: { $0.id == contact.id }) else { continue }
            queries[index].found.append(contact)
            new.append(contact)
        }
        if !new.isEmpty, case .parent(let id) = queries[index].owner { emit.append(.progress(id, .providers(new))) }
    }

    private mutating func learnValue(_ record: Record?, key: [UInt8], from peer: PeerID, _ index: Int, _ emit: inout [Effect]) {
        guard let record else { return }
        guard record.key == key, validator.isValid(record) else {
            emit.append(.penalise(peer, .invalidRecord))
            return
        }
        if let known = queries[index].values.firstIndex(where: { $0.bytes == record.value }) {
            queries[index].values[known].holders.append(peer)
            return
        }
        let position =
            queries[index].values.firstIndex { validator.isBetter(record.value, than: $0.bytes, key: key) } ?? queries[index].values.count
        queries[index].values.insert(.init(bytes: record.value, holders: [peer]), at: position)
        if position == 0, case .parent(let id) = queries[index].owner { emit.append(.progress(id, .value(record.value))) }
    }

    /// Whether a query that retrieves has as much as it was asked for.
    func isSatisfied(_ query: ActiveQuery) -> Bool {
        switch query.query {
        case .findProviders(_, let countMax): query.found.count >= max(1, countMax)
        case .getValue(_, let quorum): query.values.reduce(0) { $0 + $1.holders.count } >= max(1, quorum)
        case .findPeer, .findClosest, .bootstrap, .provide, .putValue: false
        }
    }
}
