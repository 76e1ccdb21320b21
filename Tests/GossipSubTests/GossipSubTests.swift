import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import GossipSub

@Suite struct GossipNetworkTests {
    /// Publishes from random nodes that are up and counts whom each message reached.
    func publish(_ network: inout GossipNetwork, count: Int, every: Duration) -> [[UInt8]: Int] {
        var authors: [[UInt8]: Int] = [:]
        for number in 0..<count {
            var author = Int(network.generator.next() % UInt64(network.nodes.count))
            while !network.isUp[author] { author = Int(network.generator.next() % UInt64(network.nodes.count)) }
            let data = [UInt8](repeating: UInt8(number), count: 100) + [UInt8(author)]
            authors[data] = author
            network.give(author, .publish(network.topic, data))
            network.run(every)
        }
        return authors
    }

    @Test func everybodyGetsEverything() {
        var network = GossipNetwork(seed: 1)
        for _ in 0..<100 { network.add() }
        network.connectAll(degree: 8)
        network.run(.seconds(10))
        for node in network.nodes { #expect(node.mesh(of: network.topic).count >= node.parameters.dLow) }
        network.messagesArrived = 0
        let authors = publish(&network, count: 20, every: .milliseconds(300))
        network.run(.seconds(10))
        #expect(network.deliveries.count == 20 * 99)
        for data in authors.keys { #expect(Set(network.deliveries.filter { $0.data == data }.map(\.node)).count == 99) }
        #expect(network.penalties.isEmpty)
        // Each delivery costs at most the size of the mesh in copies.
        #expect(network.messagesArrived < 12 * network.deliveries.count)
    }

    @Test func lossIsRepairedByGossip() {
        var network = GossipNetwork(seed: 2)
        for _ in 0..<60 { network.add() }
        network.connectAll(degree: 8)
        network.run(.seconds(5))
        network.loss = 0.4
        let authors = publish(&network, count: 15, every: .milliseconds(500))
        network.run(.seconds(10))
        for (data, author) in authors {
            let reached = Set(network.deliveries.filter { $0.data == data }.map(\.node))
            #expect(reached.count == 59 && !reached.contains(author))
        }
        let distinct = Set(network.deliveries.map { [UInt8(truncatingIfNeeded: $0.node)] + $0.data })
        #expect(distinct.count == network.deliveries.count)
    }
}
