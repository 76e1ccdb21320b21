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

    /// Deliveries missing of 60 nodes where half of all messages and hints is lost on every link.
    private func missing(seed: UInt64, _ parameters: GossipSub.Parameters) -> Int {
        var network = GossipNetwork(seed: seed)
        for _ in 0..<60 { network.add(parameters: parameters) }
        network.connectAll(degree: 8)
        network.run(.seconds(5))
        network.loss = 0.5
        let authors = publish(&network, count: 15, every: .milliseconds(500))
        network.run(.seconds(10))
        let distinct = Set(network.deliveries.map { [UInt8(truncatingIfNeeded: $0.node)] + $0.data })
        #expect(distinct.count == network.deliveries.count)
        #expect(authors.allSatisfy { data, author in !network.deliveries.contains { $0.node == author && $0.data == data } })
        return 15 * 59 - distinct.count
    }

    @Test func lossIsRepairedByGossip() {
        var silent = GossipSub.Parameters()
        (silent.dLazy, silent.gossipFactor) = (0, 0)
        let seeds = 1...6 as ClosedRange<UInt64>
        let with = seeds.map { missing(seed: $0, .init()) }.reduce(0, +)
        let without = seeds.map { missing(seed: $0, silent) }.reduce(0, +)
        #expect(with <= 25 && 2 * with <= without, "\(with) of \(6 * 15 * 59), \(without) without hints")
    }

    @Test func churnLosesNothingAmongThoseWhoStay() {
        var network = GossipNetwork(seed: 5)
        for _ in 0..<100 { network.add() }
        network.connectAll(degree: 8)
        network.run(.seconds(5))
        network.loss = 0.1
        var authors: [[UInt8]: Int] = [:]
        // One after another, a third of the nodes goes down while messages are under way.
        for round in 0..<33 {
            let leaver = 3 * round + 1
            network.takeDown(leaver)
            for (data, author) in publish(&network, count: 1, every: .milliseconds(400)) {
                authors[data + [UInt8(round)]] = author
            }
        }
        network.run(.seconds(15))
        let stayed = network.nodes.indices.filter { network.isUp[$0] }
        #expect(stayed.count == 67)
        for node in stayed {
            let others = authors.values.count { $0 != node }
            #expect(network.deliveries.count { $0.node == node } == others)
            #expect(network.nodes[node].peerCount == network.links[node].count)
        }
        // Connections are made anew, and messages flow to the newcomers.
        for index in network.nodes.indices where !network.isUp[index] {
            network.isUp[index] = true
            for _ in 0..<8 { network.connect(index, stayed[Int(network.generator.next() % UInt64(stayed.count))]) }
        }
        network.run(.seconds(70))
        network.deliveries = []
        network.loss = 0
        network.give(0, .publish(network.topic, [255]))
        network.run(.seconds(5))
        #expect(Set(network.deliveries.map(\.node)).count == 99)
    }

    @Test func whatTheApplicationRejectsGoesNoFurther() {
        var network = GossipNetwork(seed: 6)
        network.verdict = { _, data in data[0] == 1 ? .reject : .accept }
        for _ in 0..<30 { network.add(validation: .application) }
        for index in 1..<30 { network.connect(index, index - 1) }
        network.run(.seconds(5))
        network.give(0, .publish(network.topic, [1]))
        network.give(0, .publish(network.topic, [2]))
        network.run(.seconds(10))
        #expect(network.deliveries.filter { $0.data == [1] }.map(\.node) == [1])
        #expect(network.deliveries.filter { $0.data == [2] }.count == 29)
        #expect(network.penalties.count == 1)
    }

    @Test func duplicatesAreBoundedByTheMesh() {
        var network = GossipNetwork(seed: 7)
        for _ in 0..<100 { network.add(parameters: .sparse) }
        network.connectAll(degree: 8)
        network.run(.seconds(90))
        network.messagesArrived = 0
        let authors = publish(&network, count: 20, every: .milliseconds(300))
        network.run(.seconds(10))
        #expect(network.deliveries.count == 99 * authors.count)
        // Flooding by the author, then at most 6 in each mesh.
        #expect(network.messagesArrived <= network.deliveries.count * 6)
    }

    @Test func aSeedGivesOneRun() {
        func run() -> [GossipNetwork.Delivery] {
            var network = GossipNetwork(seed: 9)
            for _ in 0..<40 { network.add() }
            network.connectAll(degree: 6)
            network.loss = 0.2
            network.run(.seconds(3))
            _ = publish(&network, count: 5, every: .milliseconds(100))
            network.run(.seconds(5))
            return network.deliveries
        }
        let (first, second) = (run(), run())
        #expect(first.count == second.count && first.count > 100)
        for (a, b) in zip(first, second) { #expect(a.node == b.node && a.at == b.at && a.data == b.data) }
    }
}
