import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Blocks

@Suite struct BlockExchangeTests {
    @Test func fetchesFromTwoAndSharesTheWork() {
        var network = BlockNetwork(3)
        let cids = network.fill([1, 2], count: 100)
        network.want(0, cids, from: [1, 2])
        network.run(.seconds(5))
        #expect(network.received(0) == 100)
        for cid in cids { #expect(network.stores[0][cid] == network.stores[1][cid]) }
        #expect(network.blocksSent[1] + network.blocksSent[2] == 100)
        #expect(network.blocksSent[1] >= 30 && network.blocksSent[2] >= 30)
        #expect(network.penalties.isEmpty)
        #expect(network.nodes[0].wants.isEmpty && network.nodes[0].nextDeadline == nil)
        for peer in network.nodes[1].peers + network.nodes[2].peers { #expect(peer.wantlist.isEmpty) }
    }

    @Test func survivesTheDeathOfAPeer() {
        var network = BlockNetwork(3)
        let cids = network.fill([1, 2], count: 100)
        network.want(0, cids, from: [1, 2])
        network.run(.milliseconds(70))
        #expect(network.received(0) > 0 && network.received(0) < 100)
        network.takeDown(1)
        network.run(.seconds(20))
        #expect(network.received(0) == 100)
        #expect(network.penalties.isEmpty)
    }

    @Test func survivesAPeerThatFallsSilent() {
        var network = BlockNetwork(3)
        let cids = network.fill([1, 2], count: 40)
        network.want(0, cids, from: [1, 2])
        network.run(.milliseconds(70))
        network.isUp[1] = false
        network.run(.seconds(60))
        #expect(network.received(0) == 40)
    }
}
