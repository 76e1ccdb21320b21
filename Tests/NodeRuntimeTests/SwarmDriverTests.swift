import Crypto
import Determinism
import EventLoop
import Identity
import LibP2P
import Testing
import Wire

@testable import NodeRuntime

/// Swarms over real sockets on the loopback address.
@Suite struct SwarmDriverTests {
    private final class Party {
        let driver: SwarmDriver
        var events: [NetworkEvent] = []
        var roundTrips = 0
        let address: SocketAddress

        init(_ loop: EventLoop, seed: UInt8, caps: BandwidthCaps = .init()) throws {
            var parameters = SwarmParameters(networkPrefix: "test")
            parameters.addresses = .development
            let swarm = Swarm(
                parameters: parameters, signing: .ed25519(KeyPair(seed: Hash.sha256([seed]))), entropy: .shell { Entropy.bytes($0) },
                seed: UInt64(seed))
            driver = try SwarmDriver(loop: loop, swarm: swarm, caps: caps)
            address = try driver.listen(on: SocketAddress(.loopback4, port: 0))
            driver.announce([Multiaddr(address)])
            driver.perform(.serve([.bitswap, .job]))
            driver.onRoundTrip = { [unowned self] _, _ in roundTrips += 1 }
            driver.onEvent = { [unowned self] event in
                events.append(event)
                // From inside an event: it must wait for its turn.
                if case .request(_, _, let id, let message) = event { driver.perform(.respond(id, message + [0])) }
            }
        }

        var peer: PeerID { driver.swarm.peer }
        var isIdentified: Bool { events.contains { if case .identified = $0 { true } else { false } } }
        var isDisconnected: Bool { events.contains { if case .disconnected = $0 { true } else { false } } }
        var received: Int {
            events.reduce(0) { if case .message(_, _, let message) = $1 { $0 + message.count } else { $0 } }
        }
        var responses: Int { events.count { if case .response = $0 { true } else { false } } }
        var dialFailures: [NetworkFailure] { events.compactMap { if case .dialFailed(_, let failure) = $0 { failure } else { nil } } }
    }

    private func withPair(
        caps: BandwidthCaps = .init(), of other: BandwidthCaps = .init(), _ body: (EventLoop, Party, Party) throws -> Void
    ) throws {
        let loop = try EventLoop()
        let a = try Party(loop, seed: 1, caps: caps)
        let b = try Party(loop, seed: 2, caps: other)
        try body(loop, a, b)
        a.driver.close()
        b.driver.close()
        // Nothing may be left that keeps the loop alive.
        #expect(try loop.run(for: .seconds(10)) { loop.handleCount <= 1 })
        try loop.shutdown()
    }

    @Test func connectsAnswersAndSaysGoodbye() throws {
        try withPair { loop, a, b in
            a.driver.perform(.dial(b.peer, [Multiaddr(b.address)]))
            #expect(try loop.run(for: .seconds(10)) { a.isIdentified && b.isIdentified })
            for number in UInt64(0)..<50 {
                a.driver.perform(.request(RequestID(number), to: b.peer, at: [], .job, [1, 2], timeout: .seconds(10)))
            }
            a.driver.ping(try #require(a.driver.swarm.handle(of: b.peer)))
            #expect(try loop.run(for: .seconds(10)) { a.responses == 50 && a.roundTrips == 1 })
            a.driver.stop()
            #expect(try loop.run(for: .seconds(10)) { b.isDisconnected })
        }
    }

    @Test func carriesMoreThanAnyBufferHolds() throws {
        try withPair { loop, a, b in
            a.driver.perform(.dial(b.peer, [Multiaddr(b.address)]))
            #expect(try loop.run(for: .seconds(10)) { a.isIdentified && b.isIdentified })
            let handle = try #require(a.driver.swarm.handle(of: b.peer))
            let block = [UInt8](repeating: 5, count: 1 << 20)
            var sent = 0
            for round in 1...4 {
                for _ in 0..<7 { a.driver.perform(.send(to: handle, .bitswap, block, .normal)) }
                sent += 7 * block.count
                #expect(try loop.run(for: .seconds(20)) { b.received == sent }, "round \(round)")
            }
        }
    }

    /// What is capped takes at least its time; nothing is lost, and a ping still comes through.
    @Test(arguments: [true, false]) func capsHoldBack(isUp: Bool) throws {
        let rate = 4 << 20
        try withPair(caps: BandwidthCaps(up: isUp ? rate : nil), of: BandwidthCaps(down: isUp ? nil : rate)) { loop, a, b in
            a.driver.perform(.dial(b.peer, [Multiaddr(b.address)]))
            #expect(try loop.run(for: .seconds(10)) { a.isIdentified && b.isIdentified })
            let handle = try #require(a.driver.swarm.handle(of: b.peer))
            let block = [UInt8](repeating: 5, count: 1 << 20)
            let began = loop.now
            for _ in 0..<4 { a.driver.perform(.send(to: handle, .bitswap, block, .normal)) }
            a.driver.ping(handle)
            #expect(try loop.run(for: .seconds(30)) { b.received == 4 << 20 && a.roundTrips == 1 })
            // A quarter of a second's worth is free, and what the kernel holds is on its way.
            #expect(Double(loop.now - began) * 1e-9 >= (isUp ? 0.5 : 0.4))
            let held = isUp ? a.driver.sending.heldCount : b.driver.receiving.heldCount
            #expect(held > 0)
            #expect(a.driver.wireBytes.sent >= 4 << 20 && b.driver.wireBytes.received >= 4 << 20)
        }
    }

    @Test func resolvesNamesAndReportsDeadAddresses() throws {
        try withPair { loop, a, b in
            let name = try #require(Multiaddr("/dns4/localhost/tcp/\(b.address.port)"))
            a.driver.perform(.dial(b.peer, [name]))
            #expect(try loop.run(for: .seconds(10)) { a.isIdentified })
            let closed = try TCPListener(loop: loop, address: SocketAddress(.loopback4, port: 0)) { _ in }
            let dead = Multiaddr(closed.address)
            closed.close()
            let nobody = PeerID(ed25519: Hash.sha256([9]))
            let noName = try #require(Multiaddr("/dnsaddr/localhost/tcp/1"))
            a.driver.perform(.dial(nobody, [dead, noName]))
            #expect(try loop.run(for: .seconds(10)) { a.dialFailures == [.unreachable] })
        }
    }
}
