import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Kademlia

/// Searches along several paths that share nobody, and what liars can do to them.
@Suite struct DisjointTests {
    let target = MemoryNetwork.id(1_000).dhtKey

    func contact(_ number: UInt64) -> Contact { Contact(id: MemoryNetwork.id(number), addresses: AddressList([.tcp4(1, port: 1)])) }

    func sorted(_ count: UInt64) -> [Contact] {
        (0..<count).map { contact($0) }.sorted { ($0.id.dhtKey ^ target) < ($1.id.dhtKey ^ target) }
    }

    func search(paths: Int, required: Int = 3) -> DisjointSearch {
        DisjointSearch(target: target, required: required, paths: paths, parameters: .init())
    }

    func drain(_ search: inout DisjointSearch) -> (asked: [Contact], last: Lookup.Step) {
        var asked: [Contact] = []
        while true {
            let step = search.next(now: .origin)
            guard case .ask(let contact) = step else { return (asked, step) }
            asked.append(contact)
        }
    }

    @Test func beginningsAreDealtOutNearestFirst() {
        var search = search(paths: 4)
        let order = sorted(12)
        for contact in order { search.begin(with: contact, key: contact.id.dhtKey) }
        let (asked, last) = drain(&search)
        // Ten questions at once, rounded up to as many on each path.
        #expect(asked == order)
        #expect(last != .finished)
        let paths = order.map { search.answered($0.id) }
        #expect(paths == order.indices.map { $0 % 4 })
        #expect(drain(&search).last == .finished)
        #expect(search.closest(countMax: 20) == order)
    }

    @Test func pathsShareNobody() throws {
        var search = search(paths: 3)
        let order = sorted(40)
        for contact in order[20..<23] { search.begin(with: contact, key: contact.id.dhtKey) }
        var asked = drain(&search).asked
        #expect(asked.count == 3)
        // Each names the same nearest peers.
        var next = 0
        while next < asked.count {
            let answered = search.answered(asked[next].id)
            let path = try #require(answered)
            for contact in order[..<10] { search.add(contact, to: path) }
            asked += drain(&search).asked
            next += 1
        }
        #expect(Set(asked.map(\.id)).count == asked.count, "somebody was asked twice")
        #expect(search.next(now: .origin) == .finished)
        let shares = search.paths.map { path in order[..<10].count { path.hasAnswered($0.id) } }
        #expect(shares.reduce(0, +) == 10 && shares.allSatisfy { $0 > 0 })
    }

    @Test func whatLiarsNameStaysOnTheirPath() throws {
        var search = search(paths: 2, required: 2)
        let order = sorted(30)
        let (liar, honest) = (order[10], order[11])
        for contact in [liar, honest] { search.begin(with: contact, key: contact.id.dhtKey) }
        _ = drain(&search)
        let first = search.answered(liar.id)
        let lying = try #require(first)
        for contact in order[..<5] { search.add(contact, to: lying) }
        let second = search.answered(honest.id)
        let truthful = try #require(second)
        for contact in order[20..<25] { search.add(contact, to: truthful) }
        #expect(truthful != lying)
        _ = drain(&search)
        #expect(order[20..<25].contains { search.paths[truthful].hasAsked($0.id) })
        #expect(!order[..<5].contains { search.paths[truthful].hasAsked($0.id) })
    }

    /// A network of servers that know each other, a fifth of which name only each other, and themselves as providers.
    private func withLiars(_ count: Int, paths: Int) -> MemoryNetwork {
        var parameters = Kademlia.Parameters()
        parameters.refreshInterval = nil
        parameters.paths = paths
        var network = MemoryNetwork(seed: 11)
        for _ in 0..<count { network.add(parameters: parameters) }
        let byKey = (0..<count).map { ($0, network.ids[$0].dhtKey) }.sorted { $0.1 < $1.1 }.map(\.0)
        for (place, index) in byKey.enumerated() {
            for step in 1...10 { network.introduce(index, byKey[(place + step) % count]) }
            for _ in 0..<10 { network.introduce(index, Int(network.generator.next() % UInt64(count))) }
        }
        let liars = stride(from: 3, to: count, by: 5).map {
            Contact(id: network.ids[$0], addresses: AddressList([MemoryNetwork.address($0)]))
        }
        for index in stride(from: 3, to: count, by: 5) {
            network.lies[index] = { truth in
                var lie = truth
                let nearest = liars.sorted { ($0.id.dhtKey ^ Hash.sha256(truth.key)) < ($1.id.dhtKey ^ Hash.sha256(truth.key)) }
                lie.closerPeers = Array(nearest.prefix(20))
                if truth.kind == .getProviders { lie.providerPeers = Array(nearest.prefix(20)) }
                return lie
            }
        }
        return network
    }

    /// How many of the searches for a provider found the true one.
    private func found(paths: Int, trials: Int) -> Int {
        var network = withLiars(200, paths: paths)
        for trial in 0..<trials {
            network.start(trial * 5, .provide([UInt8(trial)]), id: UInt32(trial))
        }
        network.run()
        for trial in 0..<trials {
            network.start(100 + trial * 5, .findProviders([UInt8(trial)], countMax: 8), id: UInt32(100 + trial))
        }
        network.run()
        return (0..<trials).count { trial in
            guard case .providers(let found) = network.result(100 + trial * 5, id: UInt32(100 + trial)) else { return false }
            #expect(found.count <= 8)
            return found.contains { $0.id == network.ids[trial * 5] }
        }
    }

    /// A fifth of the network lies. One path believes whoever is fastest; of four at least one hears the truth nearly always.
    @Test func aFifthOfLiarsHidesNoProvider() {
        let trials = 20
        let (one, four) = (found(paths: 1, trials: trials), found(paths: 4, trials: trials))
        #expect(four == trials, "\(four) of \(trials) along four paths, \(one) along one")
        #expect(one < four, "the liars were no match for one path: \(one) of \(trials)")
    }

    @Test func aPathThatGivesItsFillEndsNothing() {
        let lookups = search(paths: 2)
        var query = ActiveQuery(
            number: 1, owner: .upkeep, query: .findProviders([1], countMax: 4), question: [1], search: lookups, deadline: .distantFuture)
        let machine = Kademlia(localID: MemoryNetwork.id(1), mode: .client, requestNamespace: 0, generator: Generator(seed: 1))
        let (near, far) = (Bytes32(words: 0, 0, 0, 1), Bytes32(words: 1, 0, 0, 0))
        for number in 0..<4 as Range<UInt64> { query.found.append(.init(contact: contact(number), distance: far)) }
        for number in 4..<6 as Range<UInt64> { query.found.append(.init(contact: contact(number), distance: near)) }
        #expect(!machine.isSatisfied(query))
        #expect(query.providers(countMax: 4) == [contact(4), contact(0), contact(5), contact(1)])
        for number in 6..<10 as Range<UInt64> { query.found.append(.init(contact: contact(number))) }
        #expect(machine.isSatisfied(query), "what is known here needs nobody's word")
        #expect(query.providers(countMax: 5) == (6..<10).map { contact($0) } + [contact(4)])
    }
}
