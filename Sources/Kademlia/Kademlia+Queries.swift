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
            number: queryCounter, owner: owner, query: query, question: question(query, key: key),
            search: DisjointSearch(target: target, required: required, paths: pathCount(of: query), parameters: parameters),
            deadline: now + parameters.queryTimeout)
        if query == .bootstrap { active.searchesLeft = 1 }
        seed(&active.search)
        switch query {
        case .findProviders: active.found = providers.providers(of: target, now: now).map { .init(contact: $0) }
        case .getValue:
            if let record = records.record(target, now: now) { active.values = [.init(bytes: record.value, holders: [localID])] }
        case .findPeer(let peer):
            if let entry = table.entry(peer), !entry.addresses.isEmpty { active.found = [.init(contact: entry.contact)] }
        case .findClosest, .bootstrap, .provide, .putValue: break
        }
        let isHopeless = active.search.isEmpty && active.found.isEmpty && active.values.isEmpty
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

    /// What others say is believed along several paths; who is closest is asked along one, since paths share nobody.
    private func pathCount(of query: Query) -> Int {
        switch query {
        case .findProviders, .getValue: parameters.paths
        case .findPeer, .findClosest, .bootstrap, .provide, .putValue: 1
        }
    }

    /// Twice as many as are wanted: where the nearest are silent, nobody's answer goes beyond them. Where
    /// the table is small, those that have yet to prove themselves: the question is their chance.
    func seed(_ search: inout DisjointSearch) {
        for place in table.places(closestTo: search.target, countMax: 2 * parameters.k, toldTo: nil) {
            search.begin(with: table.entries[place.slot].contact, key: table.entries[place.slot].key)
        }
        guard table.count < parameters.k else { return }
        for peer in unchecked { search.begin(with: peer.contact, key: peer.key) }
    }

    private func reportLocal(_ query: ActiveQuery, emit: inout [Effect]) {
        guard case .parent(let id) = query.owner else { return }
        switch query.query {
        case .findPeer: if let contact = query.found.first { emit.append(.progress(id, .peer(contact.contact))) }
        case .findProviders: if !query.found.isEmpty { emit.append(.progress(id, .providers(query.found.map(\.contact)))) }
        case .getValue: if let value = query.values.first { emit.append(.progress(id, .value(value.bytes))) }
        case .findClosest, .bootstrap, .provide, .putValue: break
        }
    }

    /// Sends as many questions as the search allows, and ends the search when it says so.
    mutating func advance(_ number: UInt32, now: Instant, emit: inout [Effect]) {
        guard let index = index(ofQuery: number), case .searching = queries[index].phase else { return }
        while true {
            switch queries[index].search.next(now: now) {
            case .ask(let contact):
                let id = nextRequestID()
                open.append(OpenRequest(id: id, peer: contact.id, purpose: .search(query: number)))
                emit.append(
                    .request(
                        id, to: contact.id, at: contact.addresses.multiaddrs, queries[index].question, timeout: parameters.requestTimeout))
            case .wait(let until):
                queries[index].wakeUp = until
                // A path that has just ended may have been all that was waited for.
                if isSatisfied(queries[index]) { finish(queryAt: index, now: now, emit: &emit) }
                return
            case .finished:
                queries[index].wakeUp = .distantFuture
                searchEnded(index, now: now, emit: &emit)
                return
            }
        }
    }

    func question(_ query: Query, key: [UInt8]) -> [UInt8] {
        let kind: KademliaMessage.Kind =
            switch query {
            case .findPeer, .findClosest, .bootstrap, .provide, .putValue: .findNode
            case .findProviders: .getProviders
            case .getValue: .getValue
            }
        return KademliaMessage(kind: kind, key: key).encode()
    }

    /// Takes what an answer holds into its query.
    mutating func learn(_ message: KademliaMessage, from peer: PeerID, query number: UInt32, now: Instant, emit: inout [Effect]) {
        guard let index = index(ofQuery: number), let path = queries[index].search.answered(peer) else { return }
        for place in 0..<min(parameters.k, message.closerPeers.count)
        where message.closerPeers[place].id != localID && !message.closerPeers[place].addresses.isEmpty {
            queries[index].search.add(message.closerPeers[place], to: path)
        }
        switch queries[index].query {
        case .findPeer(let target):
            for place in message.closerPeers.indices where message.closerPeers[place].id == target {
                learnPeer(message.closerPeers[place], index, &emit)
            }
        case .findProviders(_, let countMax): learnProviders(message.providerPeers, countMax: countMax, from: peer, index, &emit)
        case .getValue(let key, _): learnValue(message.record, key: key, from: peer, path, index, &emit)
        case .findClosest, .bootstrap, .provide, .putValue: break
        }
        let isDone: Bool = if case .findPeer(peer) = queries[index].query { true } else { isSatisfied(queries[index]) }
        if isDone { finish(queryAt: index, now: now, emit: &emit) }
    }

    private mutating func learnPeer(_ contact: Contact, _ index: Int, _ emit: inout [Effect]) {
        guard !contact.addresses.isEmpty else { return }
        if queries[index].found.isEmpty {
            queries[index].found = [.init(contact: contact)]
        } else {
            let before = queries[index].found[0].contact.addresses
            queries[index].found[0].contact.addresses.append(contentsOf: contact.addresses)
            if queries[index].found[0].contact.addresses == before { return }
        }
        if case .parent(let id) = queries[index].owner { emit.append(.progress(id, .peer(queries[index].found[0].contact))) }
    }

    /// Each peer may name as many as are wanted, so that one that names strangers crowds out nobody.
    private mutating func learnProviders(
        _ contacts: [Contact], countMax: Int, from peer: PeerID, _ index: Int, _ emit: inout [Effect]
    ) {
        var new: [Contact] = []
        guard let key = queries[index].search.key(of: peer) else { return }
        let distance = key ^ queries[index].search.target
        for contact in contacts.prefix(max(1, countMax)) {
            if let known = queries[index].found.indices.first(where: { queries[index].found[$0].contact.id == contact.id }) {
                if let before = queries[index].found[known].distance { queries[index].found[known].distance = min(before, distance) }
                continue
            }
            guard queries[index].found.count < ActiveQuery.foundMax else { break }
            queries[index].found.append(ActiveQuery.Found(contact: contact, distance: distance))
            new.append(contact)
        }
        if !new.isEmpty, case .parent(let id) = queries[index].owner { emit.append(.progress(id, .providers(new))) }
    }

    private mutating func learnValue(
        _ record: Record?, key: [UInt8], from peer: PeerID, _ path: Int, _ index: Int, _ emit: inout [Effect]
    ) {
        guard let record else { return }
        guard record.key == key, validator.isValid(record) else {
            emit.append(.penalise(peer, .invalidRecord))
            return
        }
        queries[index].valuePaths.insert(path)
        if let known = queries[index].values.firstIndex(where: { $0.bytes == record.value }) {
            queries[index].values[known].holders.append(peer)
            return
        }
        let position =
            queries[index].values.firstIndex { validator.isBetter(record.value, than: $0.bytes, key: key) } ?? queries[index].values.count
        queries[index].values.insert(.init(bytes: record.value, holders: [peer]), at: position)
        if position == 0, case .parent(let id) = queries[index].owner { emit.append(.progress(id, .value(record.value))) }
    }

    /// Whether a query that retrieves has as much as it was asked for, and every path has given its share or come to its end: what one
    /// path says ends nothing. Providers need no proof, so that every path goes to its end for them.
    func isSatisfied(_ query: ActiveQuery) -> Bool {
        switch query.query {
        case .findProviders(_, let countMax):
            let wanted = max(1, countMax)
            if query.found.count(where: { $0.distance == nil }) >= wanted { return true }
            return query.search.paths.count == 1 && query.found.count >= wanted
        case .getValue(_, let quorum):
            if query.valuePaths.isEmpty, !query.values.isEmpty, quorum <= 1 { return true }
            return query.values.reduce(0) { $0 + $1.holders.count } >= max(1, quorum)
                && query.search.paths.indices.allSatisfy { query.search.isOver[$0] || query.valuePaths.contains($0) }
        case .findPeer, .findClosest, .bootstrap, .provide, .putValue: return false
        }
    }
}

extension ActiveQuery {
    /// Contacts that one query remembers at most: those of forty answers.
    static let foundMax = 800

    /// Contacts in turn from each peer that named some, the nearest to the key first, since who provides is told there; before them those
    /// known here. At most `countMax`.
    func providers(countMax: Int) -> [Contact] {
        guard search.paths.count > 1 else { return found.prefix(countMax).map(\.contact) }
        var chosen = found.filter { $0.distance == nil }.map(\.contact)
        var namers: [(distance: Bytes32, named: [Contact])] = []
        for entry in found {
            guard let distance = entry.distance else { continue }
            let place = namers.partitioningIndex { $0.distance >= distance }
            if place == namers.count || namers[place].distance != distance { namers.insert((distance, []), at: place) }
            namers[place].named.append(entry.contact)
        }
        var turn = 0
        while chosen.count < countMax, namers.contains(where: { turn < $0.named.count }) {
            for namer in namers where turn < namer.named.count { chosen.append(namer.named[turn]) }
            turn += 1
        }
        return Array(chosen.prefix(countMax))
    }
}
