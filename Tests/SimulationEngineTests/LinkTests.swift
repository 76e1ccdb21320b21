import Determinism
import Identity
import LibP2P
import Node
import Testing
import Wire

@testable import SimulationEngine

/// The simulated network by itself: connections, order, downlinks, faults. The nodes are leaves that know nobody.
@Suite struct LinkTests {
    /// One region: 20 ms from everywhere to everywhere; or two.
    private static let near = "here 1 20\n"

    private static func network(
        _ count: Int, regions: String = near, megabits: Double = 100, threads: Int = 1, _ set: (inout LinkParameters) -> Void = { _ in }
    ) throws -> Simulation {
        var links = LinkParameters()
        set(&links)
        var simulation = Simulation(seed: 1, regions: try RegionMatrix(parsing: regions), links: links, threads: threads)
        let network = NetworkParameters(id: .zero, prefix: "simulated", bootstrap: [], round: .seconds(30), shards: 1)
        for node in 0..<UInt32(count) {
            let parameters = NodeParameters(
                signing: simulation.signing(of: node), network: network, place: .leaf, roles: [], profile: .zero,
                generator: Generator(seed: UInt64(node)))
            #expect(simulation.add(parameters, megabitsUp: megabits, megabitsDown: megabits) == node)
            simulation.start(node)
        }
        return simulation
    }

    private static func run(_ simulation: inout Simulation, until milliseconds: Int) {
        while simulation.run(until: .origin + .milliseconds(milliseconds), eventsMax: 1_000) {}
    }

    private static func dial(_ simulation: inout Simulation, _ from: UInt32, _ to: UInt32) {
        let peer = simulation.peer(of: to)
        simulation.onShard(of: from) { $0.carryOut(.dial(peer, []), of: $1) }
    }

    private static func send(_ simulation: inout Simulation, _ from: UInt32, _ to: UInt32, bytes: Int) {
        let message = [UInt8](repeating: 0, count: bytes)
        simulation.onShard(of: from) { $0.carryOut(.send(to: PeerHandle(index: to), .gossip, message, .normal), of: $1) }
    }

    /// What a node has told: "connected", "closed" or "unreachable", with the millisecond.
    private static func told(_ simulation: Simulation, _ node: UInt32) -> [(what: String, at: Int)] {
        simulation.reports.filter { $0.node == node }.compactMap { report in
            let at = Int(report.time.nanoseconds / 1_000_000)
            switch report.fact {
            case .event(.connected): return ("connected", at)
            case .event(.disconnected): return ("closed", at)
            case .event(.dialFailed): return ("unreachable", at)
            default: return nil
            }
        }
    }

    @Test func aConnectionTakesThreeRoundTrips() throws {
        var simulation = try Self.network(2)
        Self.dial(&simulation, 0, 1)
        Self.run(&simulation, until: 500)
        #expect(Self.told(simulation, 0).map(\.what) == ["connected"] && Self.told(simulation, 0).first?.at == 120)
        #expect(Self.told(simulation, 1).map(\.what) == ["connected"] && Self.told(simulation, 1).first?.at == 100)
        #expect(simulation.member(0).host.links.epoch(of: 1) == simulation.member(1).host.links.epoch(of: 0))
    }

    /// The second dials at any time before, while and after the first one's dial is under way.
    @Test(arguments: [(0, 1), (1, 0)] as [(UInt32, UInt32)], [0, 10, 30, 50, 79, 99, 100, 101, 119, 120, 121])
    func twoThatDialEachOtherHaveOneConnection(nodes: (UInt32, UInt32), delay: Int) throws {
        var simulation = try Self.network(2, threads: 2)
        let (first, second) = nodes
        Self.dial(&simulation, first, second)
        Self.run(&simulation, until: delay)
        Self.dial(&simulation, second, first)
        Self.run(&simulation, until: 7_000)
        for (node, peer) in [nodes, (second, first)] {
            #expect(Self.told(simulation, node).map(\.what) == ["connected"])
            #expect(simulation.member(node).host.dials.isEmpty)
            #expect(simulation.member(node).host.links.epoch(of: peer) != nil)
        }
        #expect(simulation.member(0).host.links.epoch(of: 1) == simulation.member(1).host.links.epoch(of: 0))
    }

    @Test func nobodyAnswersForADeadHost() throws {
        var simulation = try Self.network(2)
        simulation.crash(1)
        Self.dial(&simulation, 0, 1)
        Self.run(&simulation, until: 6_000)
        #expect(Self.told(simulation, 0).map(\.what) == ["unreachable"] && Self.told(simulation, 0).first?.at == 5_000)
        #expect(simulation.member(0).host.dials.isEmpty)
    }

    /// It dies after the other side has taken its dial, and before it hears so.
    @Test(arguments: [true, false])
    func whoDiesWhileDiallingLeavesNoConnection(comesBack: Bool) throws {
        var simulation = try Self.network(2)
        Self.dial(&simulation, 0, 1)
        Self.run(&simulation, until: 105)
        simulation.crash(0)
        if comesBack { simulation.start(0) }
        Self.run(&simulation, until: 12_000)
        #expect(Self.told(simulation, 1).map(\.what) == ["connected", "closed"])
        #expect(Self.told(simulation, 1).last?.at == (comesBack ? 140 : 10_120))
        #expect(simulation.member(1).host.links.count == 0 && simulation.member(0).host.links.count == 0)
    }

    /// The answer to its first dial comes to its second life, which has dialled again.
    @Test func anAnswerToAnEarlierLifeIsNotTaken() throws {
        var simulation = try Self.network(2)
        Self.dial(&simulation, 0, 1)
        Self.run(&simulation, until: 105)
        simulation.crash(0)
        simulation.start(0)
        Self.dial(&simulation, 0, 1)
        Self.run(&simulation, until: 2_000)
        #expect(Self.told(simulation, 0).map(\.at) == [225])
        #expect(Self.told(simulation, 1).map(\.at) == [100, 140, 205])
        #expect(simulation.member(0).host.links.epoch(of: 1) == simulation.member(1).host.links.epoch(of: 0))
    }

    @Test func reportsComeInTheOrderOfTimeWhateverTheThread() throws {
        var simulation = try Self.network(9, threads: 3)
        // Within one window, and the last shard's node first.
        for (peer, millisecond) in zip((1..<9 as Range<UInt32>).reversed(), 1...) {
            Self.dial(&simulation, peer, peer / 2)
            Self.run(&simulation, until: millisecond)
        }
        Self.run(&simulation, until: 2_000)
        #expect(simulation.reports.count == 16)
        let order = simulation.reports.map { ($0.time, $0.node) }
        #expect(zip(order, order.dropFirst()).allSatisfy { $0 < $1 })
    }

    /// Silence is noticed late; where the dead comes back and dials before that, the new connection stays.
    @Test(arguments: [false, true])
    func aDeadPeerIsNoticed(comesBack: Bool) throws {
        var simulation = try Self.network(2)
        Self.dial(&simulation, 0, 1)
        Self.run(&simulation, until: 200)
        simulation.crash(0)
        if comesBack {
            Self.run(&simulation, until: 1_000)
            simulation.start(0)
            Self.dial(&simulation, 0, 1)
        }
        Self.run(&simulation, until: 11_000)
        #expect(Self.told(simulation, 1).map(\.what) == (comesBack ? ["connected", "closed", "connected"] : ["connected", "closed"]))
        #expect(Self.told(simulation, 1)[1].at == (comesBack ? 1_100 : 10_200))
        #expect(simulation.member(1).host.links.count == (comesBack ? 1 : 0))
    }

    @Test func theEndOfTimeNeverComes() throws {
        var simulation = try Self.network(1)
        simulation.crash(0)
        simulation.scheduleStart(of: 0, at: .distantFuture)
        while simulation.run(until: .distantFuture, eventsMax: 1_000) { simulation.reports = [] }
        #expect(!simulation.isUp(0) && simulation.pendingCount == 0)
    }

    /// Small behind large, with jitter and loss.
    @Test func whatOneConnectionCarriesStaysInOrder() throws {
        var simulation = try Self.network(2, megabits: 1000, threads: 2) {
            $0.jitter = 1
            $0.loss = 0.2
        }
        Self.dial(&simulation, 0, 1)
        Self.run(&simulation, until: 300)
        for size in 0..<60 { Self.send(&simulation, 0, 1, bytes: size % 7 == 0 ? 20_000 : 10) }
        simulation.onShard(of: 0) { shard, _ in
            let times = shard.outbox[1].map(\.time)
            #expect(times.count >= 60 && zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    /// Two megabytes from two peers at once, at 8 Mbit/s: two seconds, and not one.
    @Test func aDownlinkTakesOneMessageAfterTheOther() throws {
        var simulation = try Self.network(3, megabits: 8) { $0.jitter = 0 }
        for peer in [1, 2] as [UInt32] { Self.dial(&simulation, peer, 0) }
        Self.run(&simulation, until: 500)
        for peer in [1, 2] as [UInt32] { Self.send(&simulation, peer, 0, bytes: 1_000_000 - 110) }
        // Up, over, down, and the other one down.
        Self.run(&simulation, until: 500 + 1_000 + 20 + 1_000 + 990)
        let free = simulation.member(0).host.downFree
        Self.run(&simulation, until: 500 + 1_000 + 20 + 1_000 + 1_100)
        #expect(free >= 3_519_000_000 && free < 3_560_000_000, "\(free)")
        #expect(simulation.member(0).host.bytesDown >= 2_000_000)
    }

    /// What is on a long way does not keep what comes from nearby waiting.
    @Test func aMessageFromNearbyOvertakesOneFromAfar() throws {
        var simulation = try Self.network(12, regions: "near 1 5 150\nfar 1 150 5\n") { $0.jitter = 0 }
        let places = (0..<12 as Range<UInt32>).map { simulation.region(of: $0) }
        let far = try #require(places.indices.first { places[$0] != places[0] })
        let near = try #require(places.indices.dropFirst().first { places[$0] == places[0] })
        for peer in [far, near] { Self.dial(&simulation, UInt32(peer), 0) }
        Self.run(&simulation, until: 2_000)
        let before = simulation.member(0).host.bytesDown
        Self.send(&simulation, UInt32(far), 0, bytes: 1_000)
        Self.run(&simulation, until: 2_050)
        Self.send(&simulation, UInt32(near), 0, bytes: 500)
        Self.run(&simulation, until: 2_060)
        #expect(simulation.member(0).host.bytesDown - before == 610)
        #expect(simulation.member(0).host.downFree < 2_056_000_000)
        Self.run(&simulation, until: 2_200)
        #expect(simulation.member(0).host.bytesDown - before == 610 + 1_110)
    }
}
