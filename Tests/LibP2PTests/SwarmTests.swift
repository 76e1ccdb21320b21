import Determinism
import Identity
import Testing
import Wire

@testable import LibP2P

@Suite struct SwarmTests {
    /// Two swarms, connected and identified.
    static func pair(seed: UInt64 = 1, options: SwarmHarness.Options = .init(), serving: Set<ProtocolName>) throws -> SwarmHarness {
        var harness = SwarmHarness(seed: seed, options: options)
        harness.add(serving: serving)
        harness.add(serving: serving)
        harness.dial(0, 1)
        let done = harness.run(atMost: .seconds(5)) { $0.identified(0).count == 1 && $0.identified(1).count == 1 }
        try #require(done)
        return harness
    }

    @Test(arguments: [1, 2, 3, 65536])
    func connectsAndIdentifiesHoweverBytesAreCut(pieceMax: Int) throws {
        let harness = try SwarmTests.pair(options: .init(pieceMax: pieceMax), serving: [.kademlia, .gossip])
        #expect(harness.connected(0) == 1)
        #expect(harness.connected(1) == 1)
        let information = try #require(harness.identified(0).first)
        #expect(information.protocols == [.identify, .identifyPush, .ping, .kademlia, .gossip])
        #expect(information.listenAddresses == [harness.listen(1)])
        #expect(information.isCertified)
        #expect(information.agent == "inferix/0.1")
        #expect(information.observedAddress?.tcpTarget?.port == 4001 || information.observedAddress != nil)
    }

    @Test func carriesMessagesBothWaysInOrder() throws {
        var harness = try SwarmTests.pair(serving: [.gossip, .bitswap])
        let a = try #require(harness.handle(0, of: 1))
        let b = try #require(harness.handle(1, of: 0))
        for number in 0..<200 {
            harness.command(0, .send(to: a, .gossip, [UInt8(number)], .high))
            harness.command(1, .send(to: b, .bitswap, [UInt8](repeating: UInt8(number), count: 5000), .normal))
        }
        harness.run(for: .seconds(2))
        #expect(harness.messages(1) == (0..<200).map { [UInt8($0)] })
        #expect(harness.messages(0) == (0..<200).map { [UInt8](repeating: UInt8($0), count: 5000) })
    }

    @Test func carriesTheLargestMessages() throws {
        var harness = try SwarmTests.pair(options: .init(cutsAtRandom: false), serving: [.bitswap, .admin])
        let handle = try #require(harness.handle(0, of: 1))
        let block = (0..<ProtocolName.bitswap.messageMax).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        harness.command(0, .send(to: handle, .bitswap, block, .normal))
        harness.command(
            0, .request(RequestID(1), to: harness.peer(1), at: [], .admin, Array(block.prefix(4 * 1024 * 1024 - 1)), timeout: .seconds(20)))
        harness.run(for: .seconds(10))
        #expect(harness.messages(1) == [block])
        #expect(harness.responses(0).first?.1.count == 4 * 1024 * 1024)
    }

    @Test func answersRequests() throws {
        var harness = try SwarmTests.pair(serving: [.job])
        for number in 0..<100 {
            harness.command(
                0, .request(RequestID(UInt64(number)), to: harness.peer(1), at: [], .job, [UInt8(number)], timeout: .seconds(5)))
        }
        harness.run(for: .seconds(2))
        let responses = harness.responses(0).sorted { $0.0.value < $1.0.value }
        #expect(responses.map(\.1) == (0..<100).map { [0xaa, UInt8($0)] })
        #expect(harness.swarms[0].requests.isEmpty)
        #expect(harness.swarms[1].inbound.isEmpty)
    }

    @Test func requestDialsFirst() throws {
        var harness = SwarmHarness()
        harness.add()
        harness.add(serving: [.kademlia])
        harness.command(
            0, .request(RequestID(7), to: harness.peer(1), at: [harness.listen(1)], .kademlia, [1, 2], timeout: .seconds(5)))
        harness.run(for: .seconds(1))
        #expect(harness.responses(0).map(\.1) == [[0xaa, 1, 2]])
        #expect(harness.connected(0) == 1)
    }

    @Test func requestsToUnsupportedProtocolsFail() throws {
        var harness = try SwarmTests.pair(serving: [.job])
        harness.command(0, .request(RequestID(1), to: harness.peer(1), at: [], .kademlia, [1], timeout: .seconds(5)))
        harness.run(for: .seconds(1))
        #expect(harness.failures(0).map(\.1) == [.unsupported])
    }

    @Test func unansweredRequestsTimeOutOnBothSides() throws {
        var harness = try SwarmTests.pair(serving: [.job])
        harness.answers = false
        harness.command(0, .request(RequestID(1), to: harness.peer(1), at: [], .job, [1], timeout: .seconds(5)))
        harness.run(for: .seconds(4))
        #expect(harness.failures(0).isEmpty)
        #expect(harness.swarms[1].inbound.count == 1)
        harness.run(for: .seconds(2))
        #expect(harness.failures(0).map(\.1) == [.timedOut])
        #expect(harness.swarms[1].inbound.isEmpty)
        #expect(harness.swarms[0].requests.isEmpty)
    }

    @Test func refusedRequestsFail() throws {
        var harness = try SwarmTests.pair(serving: [.job])
        harness.answers = false
        harness.command(0, .request(RequestID(1), to: harness.peer(1), at: [], .job, [1], timeout: .seconds(5)))
        harness.run(for: .seconds(1))
        let inbound = try #require(harness.swarms[1].inbound.keys.first)
        harness.command(1, .refuse(inbound))
        harness.run(for: .seconds(1))
        #expect(harness.failures(0).map(\.1) == [.closed])
    }

    @Test func pushesWhatChanges() throws {
        var harness = try SwarmTests.pair(serving: [.gossip])
        harness.command(1, .serve([.gossip, .kademlia]))
        harness.run(for: .seconds(1))
        #expect(harness.identified(0).last?.protocols.contains(.kademlia) == true)
        harness.give(1, .listening([.tcp4(0x7f00_0002, port: 9)]))
        harness.run(for: .seconds(1))
        #expect(harness.identified(0).last?.listenAddresses == [.tcp4(0x7f00_0002, port: 9)])
    }

    @Test func measuresRoundTrips() throws {
        var harness = try SwarmTests.pair(serving: [])
        let handle = try #require(harness.handle(0, of: 1))
        harness.run(for: .seconds(1))
        #expect(harness.swarms[0].roundTrip(of: handle) != nil)
        for _ in 0..<3 {
            harness.give(0, .ping(handle))
            harness.run(for: .seconds(1))
        }
        #expect(harness.roundTrips[0].count == 3)
        #expect(harness.roundTrips[0].allSatisfy { $0 >= .microseconds(100) && $0 <= .milliseconds(5) })
    }

    @Test func pingsFollowEachOtherOnOneStream() throws {
        var harness = try SwarmTests.pair(serving: [])
        let handle = try #require(harness.handle(0, of: 1))
        harness.run(for: .seconds(60))
        let idle = harness.streamCounts
        for _ in 0..<5 {
            harness.give(0, .ping(handle))
            harness.give(0, .ping(handle))
            harness.run(for: .milliseconds(500))
            #expect(harness.streamCounts == idle.map { $0 + 1 })
        }
        #expect(harness.roundTrips[0].count == 5, "one at a time")
        // Not needed any longer, it is closed by both.
        harness.run(for: .seconds(30))
        #expect(harness.streamCounts == idle)
        harness.give(0, .ping(handle))
        harness.run(for: .milliseconds(500))
        #expect(harness.roundTrips[0].count == 6)
    }

    @Test(arguments: [(0, 0), (1, 0), (0, 1), (5_000_000, 0), (0, 5_000_000), (3_000_000, 70_000)] as [(UInt64, UInt64)])
    func transfersBothWays(upload: UInt64, download: UInt64) throws {
        var harness = try SwarmTests.pair(serving: [.perf])
        let handle = try #require(harness.handle(0, of: 1))
        harness.run(for: .seconds(60))
        let idle = harness.streamCounts
        harness.give(0, .perf(handle, upload: upload, download: download, timeout: .seconds(50)))
        harness.run(for: .seconds(50))
        #expect(harness.transfers[0].count == 1)
        #expect(harness.transfers[0].first.flatMap { $0 } != nil)
        #expect(harness.streamCounts == idle)
        #expect(harness.swarms.allSatisfy { $0.connections.allSatisfy { $0?.pendingOutput ?? 0 == 0 } })
    }

    @Test func transfersThatCannotBeEndInNothing() throws {
        var harness = try SwarmTests.pair(serving: [])
        let handle = try #require(harness.handle(0, of: 1))
        harness.give(0, .perf(handle, upload: 1 << 30, download: 0, timeout: .seconds(5)))
        harness.give(0, .perf(PeerHandle(index: 99), upload: 1, download: 0, timeout: .seconds(5)))
        harness.run(for: .seconds(10))
        #expect(harness.transfers[0] == [nil, nil])
        #expect(harness.disconnected(0).isEmpty)
    }

    @Test func simultaneousDialsShowOneConnection() throws {
        for seed in 0..<10 {
            var harness = SwarmHarness(seed: UInt64(seed))
            harness.add(serving: [.gossip, .job])
            harness.add(serving: [.gossip, .job])
            harness.dial(0, 1)
            harness.dial(1, 0)
            harness.run(for: .milliseconds(200))
            #expect(harness.connected(0) == 1)
            #expect(harness.connected(1) == 1)
            let handle = try #require(harness.handle(0, of: 1))
            for number in 0..<50 { harness.command(0, .send(to: handle, .gossip, [UInt8(number)], .high)) }
            harness.command(0, .request(RequestID(1), to: harness.peer(1), at: [], .job, [5], timeout: .seconds(5)))
            harness.run(for: .seconds(30))
            #expect(harness.messages(1) == (0..<50).map { [UInt8($0)] })
            #expect(harness.responses(0).count == 1)
            #expect(harness.swarms[0].connectionCount == 1)
            #expect(harness.swarms[1].connectionCount == 1)
            #expect(harness.disconnected(0).isEmpty)
            #expect(harness.disconnected(1).isEmpty)
        }
    }

    @Test func silentConnectionsLiveOnPings() throws {
        var harness = try SwarmTests.pair(serving: [])
        harness.run(for: .seconds(600))
        #expect(harness.disconnected(0).isEmpty)
        #expect(harness.swarms[0].connectionCount == 1)
        harness.deaf = [0, 1]
        harness.run(for: .seconds(120))
        #expect(harness.disconnected(0) == [.timedOut])
        #expect(harness.disconnected(1) == [.timedOut])
        #expect(harness.swarms[0].connectionCount == 0)
        #expect(harness.swarms[0].peerCount == 0)
    }

    @Test func stopSaysGoodbye() throws {
        var harness = try SwarmTests.pair(serving: [.job])
        harness.answers = false
        harness.command(0, .request(RequestID(1), to: harness.peer(1), at: [], .job, [1], timeout: .seconds(5)))
        harness.run(for: .milliseconds(100))
        harness.give(0, .stop)
        harness.run(for: .seconds(1))
        #expect(harness.disconnected(0) == [.stopping])
        #expect(harness.failures(0).map(\.1) == [.stopping])
        #expect(harness.disconnected(1) == [.closed])
        harness.dial(0, 1)
        #expect(harness.dialFailures(0) == [.stopping])
        #expect(harness.swarms[0].connectionCount == 0)
        #expect(harness.swarms[1].connectionCount == 0)
    }
}
