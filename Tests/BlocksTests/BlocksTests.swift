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

    @Test func corruptedBlocksAreNotKept() {
        var network = BlockNetwork(3)
        network.isCorrupting[1] = true
        let cids = network.fill([1, 2], count: 20, hash: .blake2b256)
        network.want(0, cids, from: [1, 2])
        network.run(.seconds(100))
        #expect(network.received(0) == 20)
        for cid in cids { #expect(network.stores[0][cid] == network.stores[2][cid]) }
        #expect(network.penalties.contains { $0.peer == 1 && $0.what == .unrequestedBlock })
        #expect(!network.penalties.contains { $0.peer == 2 })
    }

    @Test func whatNobodyHasCallsForOthersAndFailsInTime() {
        var network = BlockNetwork(3)
        let cid = network.fill([], count: 1)[0]
        network.want(0, [cid], from: [1])
        network.run(.seconds(119))
        #expect(network.hungry.contains { $0.node == 0 && $0.cid == cid })
        #expect(network.hungry.count >= 8 && network.hungry.count <= 13)
        #expect(network.results.isEmpty)
        network.run(.seconds(2))
        #expect(network.results.map(\.result) == [.failed(.timedOut)])
        #expect(network.nodes[0].wants.isEmpty && network.nodes[0].nextDeadline == nil)
        #expect(network.nodes[1].peers[0].wantlist.isEmpty)
    }

    @Test func newCandidatesAreAsked() {
        var network = BlockNetwork(4)
        let cids = network.fill([3], count: 5)
        network.candidates = { _, _ in [3] }
        network.want(0, cids, from: [])
        network.run(.seconds(1))
        #expect(network.received(0) == 5)
        network.want(1, cids, from: [2], firstID: 10)
        network.run(.seconds(1))
        #expect(network.received(1) == 5)
    }

    @Test func aBlockThatComesLaterIsSentToWhoWaits() {
        var network = BlockNetwork(2)
        let cids = network.fill([], count: 3)
        network.want(0, cids, from: [1])
        network.run(.seconds(1))
        #expect(network.received(0) == 0)
        _ = network.fill([1], count: 3)
        for cid in cids { network.give(1, .added(cid)) }
        network.run(.seconds(1))
        #expect(network.received(0) == 3)
    }

    @Test func oneWantOfManyAndCancelling() {
        var network = BlockNetwork(2)
        let cids = network.fill([1], count: 2)
        network.want(0, [cids[0]], from: [1], firstID: 1)
        network.want(0, [cids[0]], from: [1], firstID: 2)
        network.want(0, [cids[1]], from: [1], firstID: 3)
        network.give(0, .cancel(WantID(3)))
        network.give(0, .cancel(WantID(99)))
        network.run(.seconds(1))
        #expect(network.results.map(\.id) == [WantID(1), WantID(2)])
        // What was cancelled may still have come; it was neither kept nor held against its sender.
        #expect(network.stores[0][cids[1]] == nil)
        #expect(network.penalties.isEmpty)
    }

    @Test func wantsAreBounded() {
        var parameters = BlockExchange.Parameters()
        parameters.wantsMax = 10
        var network = BlockNetwork(2, parameters: parameters)
        let cids = network.fill([1], count: 20)
        network.want(0, cids, from: [1])
        #expect(network.results.count == 10)
        #expect(network.results.allSatisfy { $0.result == .failed(.tooMany) })
        #expect(network.nodes[0].peers[0].inFlight == 8)
        network.run(.seconds(2))
        #expect(network.received(0) == 10)
    }

    @Test func whoMayNotFetchSeesNothing() {
        var network = BlockNetwork(3)
        let cids = network.fill([2], count: 2)
        network.give(2, .access(.rule { peer, cid in peer == BlockNetwork.id(1) && cid == cids[0] }))
        network.want(0, cids, from: [2])
        network.want(1, cids, from: [2])
        network.run(.seconds(5))
        #expect(network.received(0) == 0)
        #expect(network.results.filter { $0.node == 1 }.map(\.id) == [WantID(0)])
        network.give(2, .access(.everybody))
        network.run(.seconds(30))
        #expect(network.received(0) == 2)
    }
}
