import Crypto
import Determinism
import Identity
import Testing
import Wire

@testable import LibP2P

/// The limits that keep one peer, or many, from harming a node.
@Suite struct SwarmLimitTests {
    private func harness(
        serving: Set<ProtocolName> = [.gossip, .job, .bitswap, .echo, .perf], _ change: (inout SwarmParameters) -> Void = { _ in }
    ) -> SwarmHarness {
        var harness = SwarmHarness()
        var parameters = SwarmHarness.parameters()
        change(&parameters)
        harness.add(parameters, serving: serving)
        return harness
    }

    // MARK: Addresses

    @Test func connectionsPerAddressAndSubnetAreLimited() {
        var harness = harness {
            $0.addresses = AddressPolicy()
            $0.addresses.perSubnet4Max = 12
        }
        let host: UInt32 = 0x0102_0304
        var ends = (0..<9).map { harness.connectOutside(to: 0, remote: .tcp4(host, port: UInt16($0))) }
        #expect(ends.map { harness.isClosed($0) } == [Bool](repeating: false, count: 8) + [true])
        ends = (0..<5).map { harness.connectOutside(to: 0, remote: .tcp4(host + 1, port: UInt16($0))) }
        #expect(ends.map { harness.isClosed($0) } == [false, false, false, false, true])
        ends = [harness.connectOutside(to: 0, remote: .tcp4(host + 0x1_0000, port: 1))]
        #expect(ends.map { harness.isClosed($0) } == [false])
        // Closed connections make room, and nothing stays counted.
        harness.run(for: .seconds(30))
        #expect(harness.swarms[0].connectionCount == 0)
        #expect(harness.swarms[0].admission.count == 0)
        #expect(harness.swarms[0].handshakes == 0)
    }

    /// Development networks: loopback addresses stand for different hosts.
    @Test func loopbackHostsCountAsHostsWhereTheyAreNotExempt() {
        var harness = harness { $0.addresses.exemptsPrivate = false }
        let ends = (0..<20).map { harness.connectOutside(to: 0, remote: .tcp4(0x7f00_0001 + UInt32($0 % 2) << 16, port: UInt16($0))) }
        #expect(ends.count { harness.isClosed($0) } == 4)
        var exempt = self.harness()
        let others = (0..<20).map { exempt.connectOutside(to: 0, remote: .tcp4(0x7f00_0001, port: UInt16($0))) }
        #expect(others.count { exempt.isClosed($0) } == 0)
    }

    @Test(arguments: [
        ("/ip4/127.0.0.1/tcp/1", false), ("/ip4/10.1.2.3/tcp/1", false), ("/ip4/192.168.0.1/tcp/1", false),
        ("/ip4/172.31.0.1/tcp/1", false),
        ("/ip4/172.32.0.1/tcp/1", true), ("/ip4/169.254.0.1/tcp/1", false), ("/ip4/100.64.0.1/tcp/1", false), ("/ip4/8.8.8.8/tcp/1", true),
        ("/ip6/::1/tcp/1", false), ("/ip6/fe80::1/tcp/1", false), ("/ip6/fd00::1/tcp/1", false), ("/ip6/::ffff:127.0.0.1/tcp/1", false),
        ("/ip6/::ffff:8.8.8.8/tcp/1", true), ("/ip6/64:ff9b::7f00:1/tcp/1", false), ("/ip6/2002:7f00:1::/tcp/1", false),
        ("/ip6/2a00::1/tcp/1", true), ("/ip6/ff02::1/tcp/1", false), ("/ip4/0.0.0.0/tcp/1", false), ("/ip4/224.0.0.1/tcp/1", false),
        ("/ip4/8.8.8.8/tcp/0", false), ("/ip4/8.8.8.8/udp/1", false), ("/dns4/example.org/tcp/1", true),
    ])
    func privateAddressesAreNotDialledOnAPublicNetwork(text: String, isDialable: Bool) throws {
        let address = try #require(Multiaddr(text))
        #expect(AddressPolicy().isDialable(address) == isDialable)
        var harness = SwarmHarness()
        var parameters = SwarmHarness.parameters()
        parameters.addresses = AddressPolicy()
        harness.add(parameters)
        harness.command(0, .dial(PeerID(ed25519: Hash.sha256([1])), [address]))
        #expect(harness.swarms[0].connectionCount == (isDialable ? 1 : 0))
        #expect(harness.dialFailures(0) == (isDialable ? [] : [.unreachable]))
    }

    // MARK: Dialling

    @Test func dialsTryOneAddressAfterTheOther() {
        var harness = SwarmHarness()
        harness.add()
        harness.add()
        let dead = (1...3).map { Multiaddr.tcp4(0x7f00_0009, port: $0) }
        harness.command(0, .dial(harness.peer(1), dead + [harness.listen(1)]))
        harness.run(for: .seconds(1))
        #expect(harness.connected(0) == 1)
        #expect(harness.swarms[0].connectionCount == 1)
        harness.command(0, .dial(PeerID(ed25519: Hash.sha256([1])), dead))
        harness.run(for: .seconds(1))
        #expect(harness.dialFailures(0) == [.unreachable])
        #expect(harness.swarms[0].dials.isEmpty)
    }

    @Test func whoAnswersMustBeWhoWasAsked() {
        var harness = SwarmHarness()
        for _ in 0..<3 { harness.add() }
        harness.command(0, .dial(harness.peer(2), [harness.listen(1)]))
        harness.run(for: .seconds(1))
        #expect(harness.dialFailures(0) == [.wrongPeer])
        #expect(harness.connected(0) == 0)
        harness.command(0, .dial(harness.peer(0), [harness.listen(0)]))
        #expect(harness.dialFailures(0) == [.wrongPeer, .unreachable])
        // An address that names somebody else is not even tried.
        harness.command(0, .dial(harness.peer(2), [harness.listen(2).appending(harness.peer(1))]))
        #expect(harness.dialFailures(0) == [.wrongPeer, .unreachable, .unreachable])
        harness.run(for: .seconds(30))
        #expect(harness.swarms.allSatisfy { $0.connectionCount == 0 })
    }

    @Test func silentAddressesTimeOut() {
        var harness = SwarmHarness()
        harness.add()
        harness.add()
        harness.deaf = [1]
        harness.dial(0, 1)
        harness.run(for: .seconds(9))
        #expect(harness.dialFailures(0).isEmpty)
        harness.run(for: .seconds(2))
        #expect(harness.dialFailures(0) == [.timedOut])
        #expect(harness.swarms[0].connectionCount == 0)
    }

    // MARK: Handshakes

    @Test func unfinishedHandshakesAreLimitedAndEnd() {
        var harness = harness { $0.handshakesMax = 5 }
        let ends = (0..<6).map { _ in harness.connectOutside(to: 0) }
        #expect(ends.map { harness.isClosed($0) } == [false, false, false, false, false, true])
        for end in ends.prefix(3) { harness.inject([0x13], from: end) }
        harness.run(for: .seconds(11))
        #expect(ends.allSatisfy { harness.isClosed($0) })
        #expect(harness.swarms[0].handshakes == 0)
    }

    @Test func fallsBackToMultistreamForTheMultiplexer() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0, earlyMuxer: false))
        #expect(peer.peer == harness.peer(0))
        peer.send(OutsidePeer.opening(1, "/interop/echo/1.0.0", Array("hello".utf8)), &harness)
        harness.run(for: .milliseconds(50))
        peer.pump(&harness)
        #expect(peer.data(1).suffix(5) == Array("hello".utf8)[...])
    }

    /// Random bytes instead of a handshake, and good handshakes with one byte changed.
    @Test func hostileHandshakesOnlyCloseTheirConnection() throws {
        var harness = harness { $0.handshakesMax = 1000 }
        var generator = Generator(seed: 5)
        var opening: [UInt8] = []
        MultistreamDialer([ConnectionUpgrade.security]).start(&opening)
        for _ in 0..<300 {
            let end = harness.connectOutside(to: 0)
            var bytes = opening + [0, 32] + (0..<32).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            for _ in 0..<(generator.next() % 3) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            bytes += (0..<Int(generator.next() % 200)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            harness.inject(bytes, from: end)
            harness.inject((0..<100).map { _ in UInt8(truncatingIfNeeded: generator.next()) }, from: end)
        }
        harness.run(for: .seconds(15))
        #expect(harness.swarms[0].connectionCount == 0)
        #expect(harness.connected(0) == 0)
    }

    // MARK: Streams

    @Test func hostileFramesCloseTheConnection() throws {
        for frame in [
            OutsidePeer.frame(.data, .syn, 1, [], length: 0x7fff_ffff), OutsidePeer.frame(.windowUpdate, .syn, 1, [], length: 0xffff_ffff),
            OutsidePeer.frame(.data, [], 77, [1]),
        ] {
            var harness = harness()
            var peer = try #require(OutsidePeer(&harness, to: 0))
            peer.send(frame, &harness)
            #expect(harness.isClosed(peer.endpoint))
            #expect(harness.disconnected(0) == [.misbehaviour])
        }
    }

    @Test func halfMessagesEnd() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0))
        peer.send(OutsidePeer.opening(1, "/meshsub/1.1.0", MessageFramer.prefix(1_000_000) + [1, 2, 3]), &harness)
        peer.send(OutsidePeer.opening(3, "/test/job/1", [5, 1]), &harness)
        peer.send(OutsidePeer.frame(.windowUpdate, .syn, 5), &harness)
        #expect(harness.swarms[0].bufferedBytes == 4)
        harness.run(for: .seconds(35))
        peer.pump(&harness)
        #expect(peer.wasReset(1) && peer.wasReset(3) && peer.wasReset(5))
        #expect(harness.swarms[0].bufferedBytes == 0)
        #expect(!harness.isClosed(peer.endpoint))
    }

    @Test func oversizedMessagesAreRefusedByTheirLength() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0))
        peer.send(OutsidePeer.opening(1, "/meshsub/1.1.0", MessageFramer.prefix(ProtocolName.gossip.messageMax + 1)), &harness)
        peer.send(OutsidePeer.opening(3, "/ipfs/bitswap/1.2.0", [0xff, 0xff, 0xff, 0xff, 0xff]), &harness)
        peer.send(OutsidePeer.opening(5, "/test/job/1", [0x80, 0x80, 0x00]), &harness)
        harness.run(for: .milliseconds(10))
        peer.pump(&harness)
        #expect(peer.wasReset(1) && peer.wasReset(3) && peer.wasReset(5))
        #expect(harness.messages(0).isEmpty)
    }

    @Test func memoryOfHalfReadMessagesIsLimited() throws {
        var harness = harness {
            $0.connectionMemoryMax = 5 * 1024 * 1024
            $0.memoryMax = 6 * 1024 * 1024
        }
        // Announced by one connection.
        var peer = try #require(OutsidePeer(&harness, to: 0))
        for stream in 0..<2 {
            peer.send(OutsidePeer.opening(UInt32(1 + 2 * stream), "/ipfs/bitswap/1.2.0", MessageFramer.prefix(4_000_000) + [1]), &harness)
        }
        #expect(harness.disconnected(0) == [.limit])
        // Really held by all.
        var peers = try (0..<30).map { try #require(OutsidePeer(&harness, to: 0, identity: 700 + $0)) }
        for index in peers.indices {
            let body = MessageFramer.prefix(4_000_000) + [UInt8](repeating: 1, count: 250_000)
            peers[index].send(OutsidePeer.opening(1, "/ipfs/bitswap/1.2.0", body), &harness)
        }
        #expect(harness.swarms[0].bufferedBytes <= 6 * 1024 * 1024)
        #expect(harness.disconnected(0).count == 6)
    }

    @Test func streamFloodsAreBounded() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0))
        for number in 0..<1000 { peer.send(OutsidePeer.frame(.windowUpdate, .syn, UInt32(2 * number + 1)), &harness) }
        let slot = try #require(harness.swarms[0].connections.firstIndex { $0 != nil })
        #expect(harness.swarms[0].connections[slot]?.session?.yamux.inboundCount == 256)
        for number in 1000..<3000 { peer.send(OutsidePeer.frame(.windowUpdate, .syn, UInt32(2 * number + 1)), &harness) }
        #expect(harness.disconnected(0) == [.misbehaviour])
    }

    @Test func pingStreamsAreLimited() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0))
        for stream in [1, 3, 5] as [UInt32] { peer.send(OutsidePeer.opening(stream, "/ipfs/ping/1.0.0"), &harness) }
        peer.send(OutsidePeer.frame(.data, [], 1, (0..<40).map { UInt8($0) }), &harness)
        harness.run(for: .milliseconds(10))
        peer.pump(&harness)
        #expect(!peer.wasReset(1) && !peer.wasReset(3) && peer.wasReset(5))
        #expect(peer.data(1).suffix(32) == (0..<32).map { UInt8($0) }[...])
    }

    @Test func pongsForAPeerThatTakesNoneAreBounded() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0))
        peer.send(OutsidePeer.opening(1, "/ipfs/ping/1.0.0"), &harness)
        // It never gives credit: what its window of 256 KiB does not hold has to wait.
        let pings = [UInt8](repeating: 7, count: 16 * 1024)
        for _ in 0..<16 where !harness.isClosed(peer.endpoint) { peer.send(OutsidePeer.frame(.data, [], 1, pings), &harness) }
        #expect(!harness.isClosed(peer.endpoint))
        for _ in 0..<3 where !harness.isClosed(peer.endpoint) {
            peer.send(OutsidePeer.frame(.data, [], 1, pings), &harness)
            harness.run(for: .milliseconds(1))
        }
        peer.pump(&harness)
        #expect(harness.isClosed(peer.endpoint) || peer.wasReset(1))
    }

    @Test func identifiesHoldABoundedNumberOfNames() throws {
        var message = IdentifyMessage()
        message.listenAddresses = (0..<IdentifyMessage.addressesMax).map { .tcp4(0x0808_0808, port: UInt16($0)) }
        message.protocols = (0..<IdentifyMessage.protocolsMax).map { Array("/p/\($0)".utf8) }
        #expect(try IdentifyMessage(message.bytes).protocols.count == IdentifyMessage.protocolsMax)
        var tooMany = message
        tooMany.listenAddresses.append(.tcp4(0x0808_0808, port: 9))
        #expect(throws: WireError.outOfBounds) { try IdentifyMessage(tooMany.bytes) }
        tooMany = message
        tooMany.protocols.append([1])
        #expect(throws: WireError.outOfBounds) { try IdentifyMessage(tooMany.bytes) }
    }

    @Test func falseIdentifiesCloseTheConnection() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0))
        var message = IdentifyMessage()
        message.publicKey = PublicKeyMessage(ed25519: SwarmHarness.keyPair(1).publicKey).bytes
        let bytes = message.bytes
        peer.send(OutsidePeer.opening(1, "/ipfs/id/push/1.0.0", MessageFramer.prefix(bytes.count) + bytes), &harness)
        #expect(harness.disconnected(0) == [.misbehaviour])
    }

    @Test func pipelinedRequestsWaitForTheirTurn() throws {
        var harness = harness()
        harness.answers = false
        var peer = try #require(OutsidePeer(&harness, to: 0))
        peer.send(OutsidePeer.opening(1, "/test/job/1", [1, 10, 1, 20, 1]), &harness)
        peer.send(OutsidePeer.frame(.data, .fin, 1, [30]), &harness)
        for answer in 0..<3 {
            #expect(harness.events[0].count { if case .request = $0 { true } else { false } } == answer + 1)
            let inbound = try #require(harness.swarms[0].inbound.keys.first)
            harness.command(0, .respond(inbound, [UInt8(answer)]))
            // A second answer to the same request goes nowhere.
            harness.command(0, .respond(inbound, [99]))
        }
        harness.run(for: .milliseconds(20))
        peer.pump(&harness)
        #expect(peer.data(1).suffix(6) == [1, 0, 1, 1, 1, 2])
        #expect(peer.frames.contains { $0.header.stream == 1 && $0.header.flags.contains(.fin) })
        #expect(harness.swarms[0].inbound.isEmpty)
    }

    @Test func perfAndEchoServe() throws {
        var harness = harness()
        var peer = try #require(OutsidePeer(&harness, to: 0))
        peer.send(OutsidePeer.opening(1, "/perf/1.0.0", [0, 0, 0, 0, 0, 0, 0x20, 0] + [UInt8](repeating: 9, count: 500)), &harness)
        peer.send(OutsidePeer.frame(.data, .fin, 1), &harness)
        peer.send(OutsidePeer.opening(3, "/interop/echo/1.0.0", [1, 2, 3]), &harness)
        peer.send(OutsidePeer.frame(.data, .fin, 3, [4]), &harness)
        harness.run(for: .milliseconds(20))
        peer.pump(&harness)
        let lines = 20 + "/perf/1.0.0\n".utf8.count + 1
        #expect(peer.data(1).count == lines + 0x2000)
        #expect(peer.data(3).suffix(4) == [1, 2, 3, 4])
        for stream in [1, 3] as [UInt32] { #expect(peer.frames.contains { $0.header.stream == stream && $0.header.flags.contains(.fin) }) }
    }

    /// Random frames with plausible headers inside a good session.
    @Test func hostileSessionsNeverTrap() throws {
        var generator = Generator(seed: 17)
        let names = [
            "/meshsub/1.1.0", "/test/job/1", "/ipfs/ping/1.0.0", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/perf/1.0.0",
            "/interop/echo/1.0.0", "/x",
        ]
        for round in 0..<40 {
            var harness = harness()
            var peer = try #require(OutsidePeer(&harness, to: 0, identity: 800 + round))
            for number in 0..<30 {
                let stream = UInt32(2 * (generator.next() % 8) + 1)
                let junk = (0..<Int(generator.next() % 60)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                switch generator.next() % 4 {
                case 0: peer.send(OutsidePeer.opening(UInt32(2 * number + 1), names[Int(generator.next() % 8)], junk), &harness)
                case 1: peer.send(OutsidePeer.frame(.data, generator.chance(0.2) ? .fin : [], stream, junk), &harness)
                case 2: peer.send(OutsidePeer.frame(.windowUpdate, .init(rawValue: UInt16(generator.next() % 16)), stream), &harness)
                default: harness.run(for: .seconds(Int64(generator.next() % 5)))
                }
            }
            harness.run(for: .seconds(120))
            #expect(harness.swarms[0].connectionCount == 0)
            #expect(harness.swarms[0].bufferedBytes == 0)
            #expect(harness.swarms[0].inbound.isEmpty)
            #expect(harness.swarms[0].peerCount == 0)
        }
    }
}
