import Crypto
import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Kademlia

@Suite struct KademliaNetworkTests {
    var quiet: Kademlia.Parameters {
        var parameters = Kademlia.Parameters()
        parameters.refreshInterval = nil
        return parameters
    }

    /// Servers that each know a few random others, then find themselves.
    func bootstrapped(_ count: Int, seed: UInt64 = 1) -> MemoryNetwork {
        var network = MemoryNetwork(seed: seed)
        for _ in 0..<count { network.add(parameters: quiet) }
        for index in 1..<count { for _ in 0..<3 { network.introduce(index, Int(network.generator.next() % UInt64(index))) } }
        for index in 0..<count { network.start(index, .bootstrap, id: 100) }
        network.run()
        for index in 0..<count { #expect(network.result(index, id: 100) != nil) }
        return network
    }

    /// Servers that know their neighbours in the order of keys and some random others.
    func seeded(_ count: Int, seed: UInt64 = 1) -> MemoryNetwork {
        var network = MemoryNetwork(seed: seed)
        for _ in 0..<count { network.add(parameters: quiet) }
        let byKey = (0..<count).map { ($0, network.ids[$0].dhtKey) }.sorted { $0.1 < $1.1 }.map(\.0)
        for (place, index) in byKey.enumerated() {
            for step in 1...20 { network.introduce(index, byKey[(place + step) % count]) }
            for _ in 0..<15 { network.introduce(index, Int(network.generator.next() % UInt64(count))) }
        }
        return network
    }

    /// Asks random nodes for random keys and compares with brute force.
    func checkLookups(_ network: inout MemoryNetwork, trials: Int) {
        for trial in 0..<trials {
            var asker = Int(network.generator.next() % UInt64(network.nodes.count))
            while network.isSilent[asker] { asker = Int(network.generator.next() % UInt64(network.nodes.count)) }
            let key: [UInt8] = [1, UInt8(trial)]
            let before = network.requestCount
            network.start(asker, .findClosest(key), id: UInt32(trial))
            network.run()
            guard case .closest(let found) = network.result(asker, id: UInt32(trial)) else {
                Issue.record("no result")
                continue
            }
            #expect(found.map(\.id) == network.trueClosest(to: Hash.sha256(key), count: 20, excluding: asker))
            #expect(network.requestCount - before < 100)
        }
    }

    @Test func lookupsFindTheTrueClosestAmongAThousand() {
        var network = seeded(1000)
        checkLookups(&network, trials: 20)
    }

    @Test func bootstrapFillsTheTables() {
        var network = bootstrapped(150)
        checkLookups(&network, trials: 10)
        for node in network.nodes { #expect(node.table.count >= 40) }
    }
}

@Suite struct KademliaBehaviourTests {
    func fullyMeshed(_ count: Int, seed: UInt64 = 4) -> MemoryNetwork {
        var network = MemoryNetwork(seed: seed)
        var parameters = Kademlia.Parameters()
        parameters.refreshInterval = nil
        for _ in 0..<count { network.add(parameters: parameters) }
        for a in 0..<count { for b in 0..<a { network.introduce(a, b) } }
        return network
    }

    @Test func silentPeersDoNotHideTheLiving() {
        var network = fullyMeshed(60)
        for index in 1..<60 where index % 3 == 0 { network.isSilent[index] = true }
        network.start(0, .findClosest([5]))
        network.run()
        guard case .closest(let found) = network.result(0) else {
            Issue.record("no result")
            return
        }
        // Answers name the 20 closest, living or not: the living among them are all found, and others make up the number.
        let target = Hash.sha256([5])
        let named = network.ids.dropFirst().sorted { ($0.dhtKey ^ target) < ($1.dhtKey ^ target) }.prefix(20)
        let living = named.filter { id in !network.isSilent[network.indexOf[id] ?? 0] }
        #expect(living.count < 20 && found.map(\.id).starts(with: living))
        #expect(found.count >= 18)
    }

    @Test func peersAreFoundByThoseWhoDoNotKnowThem() {
        var network = fullyMeshed(40)
        let client = network.add(mode: .client, parameters: .leaf)
        network.introduce(client, 7)
        network.start(client, .findPeer(network.ids[31]))
        network.run()
        #expect(network.result(client) == .peer(Contact(id: network.ids[31], addresses: AddressList([MemoryNetwork.address(31)]))))
        network.start(client, .findPeer(MemoryNetwork.id(5_000)), id: 2)
        network.run()
        #expect(network.result(client, id: 2) == .peer(nil))
        // A client is told to nobody.
        #expect(network.nodes.allSatisfy { $0.table.entry(network.ids[client]) == nil })
    }

    @Test func clientsRefuseAndAnEmptyTableFails() {
        var machine = Kademlia(localID: MemoryNetwork.id(1), mode: .client, requestNamespace: 1, generator: Generator(seed: 1))
        var effects: [Kademlia.Effect] = []
        let question = KademliaMessage(kind: .findNode, key: [1]).encode()
        machine.handle(.request(from: MemoryNetwork.id(2), InboundID(4), question), now: .origin, emit: &effects)
        machine.handle(.start(QueryID(1), .bootstrap), now: .origin, emit: &effects)
        #expect(effects.count == 2)
        guard case .refuse(InboundID(4)) = effects[0], case .finished(QueryID(1), .failed(.noPeers)) = effects[1] else {
            Issue.record("\(effects)")
            return
        }
        #expect(machine.nextDeadline == nil)
    }

    @Test func requestsCarryTheirNamespaceAndQueriesAreBounded() {
        var parameters = Kademlia.Parameters()
        parameters.queriesMax = 3
        parameters.checkDelay = nil
        var machine = Kademlia(
            localID: MemoryNetwork.id(1), mode: .server, parameters: parameters, requestNamespace: 0xab, generator: Generator(seed: 1))
        var effects: [Kademlia.Effect] = []
        machine.handle(.identified(MemoryNetwork.id(2), servesKademlia: true, addresses: []), now: .origin, emit: &effects)
        for number in 0..<5 { machine.handle(.start(QueryID(UInt32(number)), .findClosest([1])), now: .origin, emit: &effects) }
        let ids = effects.compactMap { effect -> UInt64? in
            if case .request(let id, _, _, _, _) = effect { id.value } else { nil }
        }
        #expect(ids.count == 3 && Set(ids).count == 3 && ids.allSatisfy { $0 >> 56 == 0xab })
        let failures = effects.count { if case .finished(_, .failed(.tooMany)) = $0 { true } else { false } }
        #expect(failures == 2)
        machine.handle(.cancel(QueryID(0)), now: .origin, emit: &effects)
        #expect(machine.queries.count == 2 && machine.violations.isEmpty)
    }

    /// A server that believes what identify says.
    func believing() -> Kademlia {
        var parameters = Kademlia.Parameters()
        parameters.checkDelay = nil
        return Kademlia(
            localID: MemoryNetwork.id(1), mode: .server, parameters: parameters, requestNamespace: 0, generator: Generator(seed: 1))
    }

    @Test func queriesEndInTime() {
        var machine = believing()
        var effects: [Kademlia.Effect] = []
        machine.handle(.identified(MemoryNetwork.id(2), servesKademlia: true, addresses: []), now: .origin, emit: &effects)
        machine.handle(.start(QueryID(1), .findClosest([1])), now: .origin, emit: &effects)
        var now = Instant.origin
        effects = []
        while let deadline = machine.nextDeadline, effects.isEmpty {
            #expect(deadline >= now)
            now = deadline
            machine.handleDeadline(now: now, emit: &effects)
        }
        guard case .finished(QueryID(1), .closest([])) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(now <= .origin + .seconds(60))
    }

    @Test func theSilentMakeRoomForTheLiving() {
        var parameters = Kademlia.Parameters()
        parameters.bucketSize = 1
        parameters.checkDelay = nil
        var machine = Kademlia(
            localID: MemoryNetwork.id(1), mode: .server, parameters: parameters, requestNamespace: 0, generator: Generator(seed: 1))
        let local = MemoryNetwork.id(1).dhtKey
        let far = (2..<60 as Range<UInt64>).map(MemoryNetwork.id).filter { ($0.dhtKey ^ local).leadingZeroBits == 0 }
        let late = Instant.origin + .seconds(3600)
        func questions(_ effects: [Kademlia.Effect]) -> [RequestID] {
            effects.compactMap { if case .request(let id, far[0], _, _, _) = $0 { id } else { nil } }
        }
        for isAlive in [true, false] {
            var effects: [Kademlia.Effect] = []
            machine.handle(.identified(far[0], servesKademlia: true, addresses: []), now: .origin, emit: &effects)
            machine.handle(.disconnected(far[0]), now: .origin, emit: &effects)
            machine.handle(.identified(far[1], servesKademlia: true, addresses: []), now: late, emit: &effects)
            machine.handle(.identified(far[2], servesKademlia: true, addresses: []), now: late, emit: &effects)
            let asked = questions(effects)
            #expect(asked.count == 1)
            if isAlive {
                machine.handle(.response(asked[0], KademliaMessage(kind: .findNode, key: [1]).encode()), now: .origin, emit: &effects)
            } else {
                machine.handle(.requestFailed(asked[0]), now: late, emit: &effects)
            }
            #expect((machine.table.entry(far[0]) != nil) == isAlive)
            #expect((machine.table.entry(far[1]) != nil) == !isAlive)
            #expect(machine.violations.isEmpty)
        }
    }

    @Test func whoStopsServingLeavesTheTable() {
        var machine = believing()
        var effects: [Kademlia.Effect] = []
        for serves in [false, true, false] {
            machine.handle(.identified(MemoryNetwork.id(2), servesKademlia: serves, addresses: []), now: .origin, emit: &effects)
            #expect((machine.table.count == 1) == serves)
        }
        machine.handle(.identified(MemoryNetwork.id(1), servesKademlia: true, addresses: []), now: .origin, emit: &effects)
        #expect(machine.table.count == 0)
    }

    @Test func hostileBytesChangeNothing() {
        var network = fullyMeshed(30)
        var generator = Generator(seed: 99)
        let good = KademliaMessage(kind: .getProviders, key: [1, 2, 3]).encode()
        for round in 0..<2000 {
            var bytes = good
            for _ in 0...Int(generator.next() % 3) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            network.give(0, .request(from: network.ids[1], InboundID(1 << 40 + UInt64(round)), bytes))
            network.give(0, .response(RequestID(generator.next()), bytes))
        }
        network.give(0, .request(from: network.ids[1], InboundID(1), []))
        network.give(0, .requestFailed(RequestID(7)))
        #expect(network.penalties.contains { $0.1 == .malformedRequest })
        #expect(network.nodes[0].violations.isEmpty)
        #expect(network.nodes[0].table.count > 20)
    }

    @Test func aMalformedAnswerIsPaidForAndTheSearchGoesOn() {
        var machine = believing()
        var effects: [Kademlia.Effect] = []
        for number in 2...3 as ClosedRange<UInt64> {
            machine.handle(.identified(MemoryNetwork.id(number), servesKademlia: true, addresses: []), now: .origin, emit: &effects)
        }
        machine.handle(.start(QueryID(1), .findClosest([1])), now: .origin, emit: &effects)
        let asked = effects.compactMap { effect -> (RequestID, PeerID)? in
            if case .request(let id, let peer, _, _, _) = effect { (id, peer) } else { nil }
        }
        #expect(asked.count == 2)
        effects = []
        machine.handle(.response(asked[0].0, [0xff, 0xff]), now: .origin, emit: &effects)
        guard case .penalise(asked[0].1, .malformedResponse) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        effects = []
        machine.handle(.response(asked[1].0, KademliaMessage(kind: .findNode, key: [1]).encode()), now: .origin, emit: &effects)
        guard case .finished(QueryID(1), .closest(let found)) = effects.last else {
            Issue.record("\(effects)")
            return
        }
        #expect(found.map(\.id) == [asked[1].1])
    }

    @Test func aSeedGivesOneRun() {
        func run() -> (Int, [QueryResult?]) {
            var network = MemoryNetwork(seed: 21)
            for _ in 0..<40 { network.add() }
            for index in 1..<40 { network.introduce(index, index - 1) }
            for index in 0..<40 { network.start(index, .bootstrap) }
            network.run(horizon: .seconds(900))
            return (network.requestCount, (0..<40).map { network.result($0) })
        }
        let (first, second) = (run(), run())
        #expect(first.0 == second.0 && first.0 > 1000)
        #expect(first.1 == second.1)
    }
}
