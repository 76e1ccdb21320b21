import Crypto
import Determinism
import Identity
import Testing
import Wire

@testable import LibP2P

/// Peers that do not read, and more peers than there is room for.
@Suite struct SwarmPressureTests {
    @Test func aPeerThatDoesNotReadIsDroppedAfterItsQueueIsFull() throws {
        var harness = try SwarmTests.pair(serving: [.gossip])
        let handle = try #require(harness.handle(0, of: 1))
        harness.deaf = [1]
        let before = harness.written.values.reduce(0, +)
        for number in 0..<200 { harness.command(0, .send(to: handle, .gossip, [UInt8](repeating: UInt8(number), count: 100_000), .normal)) }
        let congestions = harness.events[0].count { if case .congested = $0 { true } else { false } }
        #expect(congestions == 1)
        harness.run(for: .seconds(5))
        // What was written stays within the backlog and one frame.
        #expect(harness.written.values.reduce(0, +) - before < 512 * 1024)
        #expect(harness.disconnected(0).isEmpty)
        harness.run(for: .seconds(60))
        #expect(harness.disconnected(0) == [.timedOut])
        #expect(harness.swarms[0].connectionCount == 0)
    }

    @Test func priorityDecidesWhatIsDroppedAndWhatGoesFirst() throws {
        var harness = try SwarmTests.pair(serving: [.gossip])
        let handle = try #require(harness.handle(0, of: 1))
        // Nothing is delivered before the network runs. Fills the transport, then the queue (8 MiB) with low messages, which control messages push out.
        for _ in 0..<90 { harness.command(0, .send(to: handle, .gossip, [UInt8](repeating: 1, count: 100_000), .low)) }
        for number in 0..<20 {
            harness.command(0, .send(to: handle, .gossip, [2, UInt8(number)] + [UInt8](repeating: 0, count: 100_000), .control))
        }
        #expect(harness.disconnected(0).isEmpty)
        harness.run(for: .seconds(3))
        let firsts = harness.messages(1).map { $0[0] }
        #expect(firsts.count { $0 == 2 } == 20)
        let tail = firsts.drop { $0 == 1 }
        #expect(tail.prefix(20).allSatisfy { $0 == 2 })
        #expect(firsts.count { $0 == 1 } < 90)
    }

    @Test func aQueueFullOfControlMessagesClosesThePeer() throws {
        var harness = try SwarmTests.pair(serving: [.gossip])
        let handle = try #require(harness.handle(0, of: 1))
        harness.deaf = [1]
        for _ in 0..<120 { harness.command(0, .send(to: handle, .gossip, [UInt8](repeating: 1, count: 100_000), .control)) }
        #expect(harness.disconnected(0) == [.limit])
    }

    @Test func oldMessagesExpireInTheQueue() throws {
        var queue = SendQueue(parameters: .init())
        let now = Instant(nanoseconds: 1_000_000_000)
        for (number, priority) in [SendPriority.low, .normal, .high, .control].enumerated() {
            #expect(queue.push([UInt8(number)], priority, now: now) == .accepted)
        }
        #expect(queue.push([9], .low, now: now + .seconds(9)) == .accepted)
        let kept = [queue.pop(now: now + .seconds(11)), queue.pop(now: now + .seconds(11)), queue.pop(now: now + .seconds(11))]
        #expect(kept.map { $0?.message } == [[3], [9], nil])
        #expect(queue.bytes == 0)
    }

    @Test func queueDropRules() {
        var parameters = SendQueue.Parameters()
        parameters.bytesMax = 100
        var queue = SendQueue(parameters: parameters)
        let now = Instant.origin
        let message = [UInt8](repeating: 0, count: 40)
        #expect(queue.push(message, .low, now: now) == .accepted)
        #expect(queue.push(message, .normal, now: now) == .accepted)
        // Equal or lower priority never pushes out.
        #expect(queue.push(message, .low, now: now) == .dropped)
        #expect(queue.push(message, .high, now: now) == .dropped)
        #expect(queue.bytes == 80)
        #expect(queue.push(message, .control, now: now) == .dropped)
        #expect(queue.push(message, .normal, now: now) == .dropped)
        #expect(queue.push(message, .control, now: now) == .dropped)
        #expect(queue.push(message, .control, now: now) == .overflow)
        let left = [queue.pop(now: now), queue.pop(now: now), queue.pop(now: now)]
        #expect(left.map { $0?.priority } == [.control, .control, nil])
    }

    @Test func peersThatAskAndDoNotReadAreNotReadEither() throws {
        var harness = SwarmHarness()
        harness.add(serving: [.echo])
        var peer = try #require(OutsidePeer(&harness, to: 0))
        harness.stallOutside = true
        // Every SYN is answered with an ACK and every ping stream with lines: our output grows, theirs is not taken.
        for number in 0..<256 {
            peer.send(OutsidePeer.opening(UInt32(2 * number + 1), "/interop/echo/1.0.0", [UInt8](repeating: 1, count: 4000)), &harness)
        }
        let slot = try #require(harness.swarms[0].connections.firstIndex { $0 != nil })
        let connection = try #require(harness.swarms[0].connections[slot])
        #expect(connection.inFlight <= 512 * 1024)
        #expect(connection.pendingOutput <= 256 * 5000)
        harness.run(for: .seconds(60))
        #expect(harness.swarms[0].connectionCount == 0)
    }

    @Test func whenFullTheUnprotectedGoFirst() throws {
        var harness = SwarmHarness()
        var parameters = SwarmHarness.parameters()
        parameters.connectionsMax = 16
        parameters.handshakesMax = 16
        harness.add(parameters)
        for _ in 0..<14 { harness.add() }
        harness.dial(1, 0)
        harness.run(for: .milliseconds(100))
        harness.command(0, .protect(try #require(harness.handle(0, of: 1)), 9))
        harness.dial(0, 2)
        harness.run(for: .milliseconds(100))
        for other in 3..<15 {
            harness.dial(other, 0)
            harness.run(for: .milliseconds(100))
        }
        for _ in 0..<10 { _ = OutsidePeer(&harness, to: 0, identity: Int(900 + harness.events[0].count)) }
        #expect(harness.swarms[0].connectionCount <= 15)
        #expect(harness.handle(0, of: 1) != nil)
        // Dialled by us: goes after those that came by themselves.
        #expect(harness.handle(0, of: 2) != nil)
        #expect(harness.disconnected(0).contains(.limit))
        #expect(harness.swarms[0].peerCount == harness.swarms[0].connectionCount)
    }

    /// A second connection of the same peer is hidden, and takes over with a visible change when the first is gone.
    @Test func aHiddenConnectionTakesOver() throws {
        var harness = SwarmHarness()
        harness.add(serving: [.echo])
        var first = try #require(OutsidePeer(&harness, to: 0))
        var second = try #require(OutsidePeer(&harness, to: 0))
        #expect(harness.connected(0) == 1)
        #expect(harness.swarms[0].connectionCount == 2)
        // Keeps the older one busy, so that it is not closed as an idle duplicate.
        first.send(OutsidePeer.opening(1, "/interop/echo/1.0.0"), &harness)
        harness.run(for: .seconds(8))
        #expect(harness.swarms[0].connectionCount == 2)
        second.send(OutsidePeer.frame(.goAway, [], 0), &harness)
        #expect(harness.disconnected(0) == [.closed])
        #expect(harness.connected(0) == 2)
        #expect(harness.swarms[0].connectionCount == 1)
        first.send(OutsidePeer.frame(.data, [], 1, [42]), &harness)
        harness.run(for: .milliseconds(20))
        first.pump(&harness)
        #expect(first.data(1).last == 42)
        second.pump(&harness)
    }

    @Test func duplicatesOfOnePeerAreLimited() throws {
        var harness = SwarmHarness()
        harness.add()
        for _ in 0..<12 { _ = OutsidePeer(&harness, to: 0) }
        #expect(harness.swarms[0].connectionCount == 8)
        #expect(harness.connected(0) == 1)
        #expect(harness.disconnected(0).isEmpty)
    }

    /// Bitswap answers may come back on the stream of the question.
    @Test func answersOnAOneWayStreamAreMessages() throws {
        var harness = SwarmHarness()
        harness.add(serving: [.bitswap])
        var peer = try #require(OutsidePeer(&harness, to: 0))
        let handle = try #require(harness.swarms[0].handle(of: PeerID(ed25519: SwarmHarness.keyPair(900).publicKey)))
        harness.command(0, .send(to: handle, .bitswap, [1, 2, 3], .normal))
        harness.run(for: .milliseconds(20))
        peer.pump(&harness)
        // Even ids are the swarm's: identify first, then bitswap.
        #expect(peer.data(4).suffix(4) == [3, 1, 2, 3])
        var answer: [UInt8] = []
        Multistream.append(Multistream.header, to: &answer)
        Multistream.append(Array("/ipfs/bitswap/1.2.0".utf8), to: &answer)
        peer.send(OutsidePeer.frame(.windowUpdate, .ack, 4) + OutsidePeer.frame(.data, [], 4, answer + [2, 8, 9]), &harness)
        #expect(harness.messages(0) == [[8, 9]])
        // A refusal ends all sending of that protocol to that peer.
        harness.command(0, .send(to: handle, .gossip, [1], .normal))
        harness.run(for: .milliseconds(20))
        var refusal: [UInt8] = []
        Multistream.append(Multistream.header, to: &refusal)
        Multistream.append(Multistream.refusal, to: &refusal)
        peer.send(OutsidePeer.frame(.data, [], 6, refusal), &harness)
        harness.command(0, .send(to: handle, .gossip, [1], .normal))
        harness.run(for: .seconds(1))
        peer.pump(&harness)
        #expect(!peer.frames.contains { $0.header.stream == 8 })
        #expect(harness.disconnected(0).isEmpty)
    }

    /// Buffers belong to the swarm and are used again; a connection that has nothing to say holds next to nothing.
    @Test func buffersAreSharedAndReused() throws {
        var harness = try SwarmTests.pair(options: .init(cutsAtRandom: false), serving: [.bitswap])
        let handle = try #require(harness.handle(0, of: 1))
        let block = [UInt8](repeating: 1, count: 500_000)
        func send() {
            harness.command(0, .send(to: handle, .bitswap, block, .normal))
            harness.run(for: .seconds(1))
        }
        // Windows grow at first, and the buffers with them.
        for _ in 0..<5 { send() }
        let scratch = harness.swarms[1].scratch.withUnsafeBytes { $0.baseAddress }
        let assembly = harness.swarms[0].workspace.assembly.withUnsafeBytes { $0.baseAddress }
        for _ in 0..<10 { send() }
        #expect(harness.messages(1).count == 15)
        #expect(harness.swarms[1].scratch.withUnsafeBytes { $0.baseAddress } == scratch)
        #expect(harness.swarms[0].workspace.assembly.withUnsafeBytes { $0.baseAddress } == assembly)
        for swarm in harness.swarms {
            for case let connection? in swarm.connections {
                #expect(connection.frames.capacity <= 256)
                #expect(connection.raw.isEmpty && connection.scheduled.count <= 64)
                #expect(connection.buffered == 0 && connection.announced == 0 && connection.pendingOutput == 0)
            }
            #expect(swarm.heap.count < 32)
        }
    }

    @Test func handlesAreReused() throws {
        var harness = SwarmHarness()
        harness.add()
        harness.add()
        for _ in 0..<5 {
            harness.dial(0, 1)
            harness.run(for: .milliseconds(100))
            let handle = try #require(harness.handle(0, of: 1))
            #expect(handle.index == 0)
            harness.command(0, .disconnect(handle, .closed))
            harness.run(for: .milliseconds(100))
        }
        #expect(harness.swarms[0].connections.count == 1)
        #expect(harness.swarms[0].owners.isEmpty)
        #expect(harness.disconnected(1).count == 5)
    }

    /// Many swarms dial and drop each other at random; afterwards nothing is left over.
    @Test func nothingLeaksUnderChurn() throws {
        var harness = SwarmHarness(seed: 3)
        var generator = Generator(seed: 4)
        for _ in 0..<6 { harness.add(serving: [.job, .gossip]) }
        var request: UInt64 = 0
        for _ in 0..<300 {
            let a = Int(generator.next() % 6)
            let b = Int(generator.next() % 6)
            switch generator.next() % 4 {
            case 0: harness.dial(a, b)
            case 1:
                request += 1
                harness.command(
                    a, .request(RequestID(request), to: harness.peer(b), at: [harness.listen(b)], .job, [1], timeout: .seconds(3)))
            case 2: if let handle = harness.handle(a, of: b) { harness.command(a, .disconnect(handle, .closed)) }
            default: if let handle = harness.handle(a, of: b) { harness.command(a, .send(to: handle, .gossip, [7], .normal)) }
            }
            harness.run(for: .milliseconds(Int64(generator.next() % 5)))
        }
        harness.run(for: .seconds(20))
        let ended = (0..<6).reduce(0) { $0 + harness.responses($1).count + harness.failures($1).count }
        #expect(ended == Int(request))
        for index in 0..<6 {
            harness.give(index, .stop)
            harness.run(for: .seconds(1))
        }
        for index in 0..<6 {
            let swarm = harness.swarms[index]
            #expect(swarm.connectionCount == 0 && swarm.peerCount == 0 && swarm.dials.isEmpty && swarm.requests.isEmpty)
            #expect(swarm.owners.isEmpty && swarm.inbound.isEmpty && swarm.bufferedBytes == 0 && swarm.handshakes == 0)
            #expect(harness.connected(index) == harness.disconnected(index).count)
        }
    }
}
