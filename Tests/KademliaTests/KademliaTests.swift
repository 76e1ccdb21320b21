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
