internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

extension Kademlia {
    /// The search has nobody left to ask: bootstrap goes on with a random key, putting and providing with sending.
    mutating func searchEnded(_ index: Int, now: Instant, emit: inout [Effect]) {
        switch queries[index].query {
        case .bootstrap where queries[index].searchesLeft > 0:
            queries[index].searchesLeft -= 1
            searchRandomKey(index)
            advance(queries[index].number, now: now, emit: &emit)
        case .putValue(let record):
            let message = KademliaMessage(kind: .putValue, key: record.key, record: record).encode()
            let holders = queries[index].search.closest(countMax: parameters.k)
            guard !holders.isEmpty else { return finish(queryAt: index, now: now, emit: &emit) }
            for contact in holders {
                let id = nextRequestID()
                open.append(OpenRequest(id: id, peer: contact.id, purpose: .store(query: queries[index].number)))
                emit.append(.request(id, to: contact.id, at: contact.addresses.multiaddrs, message, timeout: parameters.requestTimeout))
            }
            queries[index].phase = .storing(open: holders.count, confirmed: 0)
        case .findPeer, .findClosest, .bootstrap, .provide, .findProviders, .getValue: finish(queryAt: index, now: now, emit: &emit)
        }
    }

    /// The second search of a bootstrap: a random peer id (specification: bootstrap process).
    private mutating func searchRandomKey(_ index: Int) {
        let random = Bytes32(words: generator.next(), generator.next(), generator.next(), generator.next())
        let key = PeerID(ed25519: random).bytes
        queries[index].question = question(queries[index].query, key: key)
        let required = min(parameters.k, parameters.bucketSize)
        var search = DisjointSearch(target: Hash.sha256(key), required: required, paths: 1, parameters: parameters)
        seed(&search)
        for contact in queries[index].search.closest(countMax: parameters.k) { search.add(contact, to: 0) }
        queries[index].search = search
        for request in open.indices.reversed() {
            if case .search(queries[index].number) = open[request].purpose { open.remove(at: request) }
        }
    }

    /// Ends a query with what it has.
    mutating func finish(queryAt index: Int, now: Instant, emit: inout [Effect]) {
        let query = queries[index]
        drop(queryAt: index)
        let closest = query.search.closest(countMax: parameters.k)
        let result: QueryResult
        switch query.query {
        case .findPeer(let target):
            result = .peer(query.found.first?.contact ?? closest.first { $0.id == target })
        case .findClosest: result = .closest(closest)
        case .bootstrap: result = .bootstrapped(tableCount: table.count)
        case .provide(let key):
            announce(key, to: closest, emit: &emit)
            result = .provided(toldCount: closest.count)
        case .findProviders(_, let countMax): result = .providers(query.providers(countMax: max(1, countMax)))
        case .putValue:
            if case .storing(_, let confirmed) = query.phase { result = .stored(count: confirmed) } else { result = .stored(count: 0) }
        case .getValue(let key, _):
            correct(key, query.values, emit: &emit)
            result = .value(query.values.first?.bytes, holders: query.values.first?.holders.count ?? 0)
        }
        if case .parent(let id) = query.owner { emit.append(.finished(id, result)) }
    }

    /// Tells the closest peers that we provide. Their answers are not waited for: some never answer.
    private mutating func announce(_ key: [UInt8], to contacts: [Contact], emit: inout [Effect]) {
        let own = Contact(id: localID, addresses: localAddresses)
        let message = KademliaMessage(kind: .addProvider, key: key, providerPeers: [own]).encode()
        for contact in contacts { send(message, to: contact, emit: &emit) }
    }

    /// Gives the best value to those that had a worse one (specification: entry correction).
    private mutating func correct(_ key: [UInt8], _ values: [ActiveQuery.Value], emit: inout [Effect]) {
        guard let best = values.first else { return }
        let message = KademliaMessage(kind: .putValue, key: key, record: Record(key: key, value: best.bytes)).encode()
        for value in values.dropFirst() {
            for holder in value.holders where holder != localID {
                send(message, to: table.entry(holder)?.contact ?? Contact(id: holder, addresses: .empty), emit: &emit)
            }
        }
    }

    /// A request whose end nobody waits for.
    private mutating func send(_ message: [UInt8], to contact: Contact, emit: inout [Effect]) {
        emit.append(
            .request(
                nextRequestID(), to: contact.id, at: contact.addresses.multiaddrs, message, timeout: parameters.requestTimeout))
    }

    /// Forgets a query and what it asked; the answers will find nobody.
    mutating func drop(queryAt index: Int) {
        let number = queries[index].number
        queries.remove(at: index)
        open.removeAll {
            switch $0.purpose {
            case .search(let query), .store(let query): query == number
            case .liveness, .check: false
            }
        }
        // A leaf asks at times and is silent for hours between: a query's room is four times its table's bucket.
        if queries.isEmpty { queries = [] }
        if open.isEmpty { open = [] }
    }
}
