import Crypto
public import Determinism
import GossipSub
import Identity
import Kademlia
import LibP2P
import Node
import Roles
import Wire

/// DHT and gossip alone: nodes join, core nodes publish, anybody looks things up, some come and go.
public struct OverlayScenario {
    public struct Parameters: Sendable {
        public var nodes = 10_000
        /// Share of the nodes that are in the core: DHT servers and members of the gossip mesh.
        public var coreShare = 0.2
        /// Simulated time over which the nodes join.
        public var joining: Duration = .seconds(60)
        /// Simulated time before measuring begins.
        public var settling: Duration = .seconds(60)
        /// Simulated time of measuring.
        public var measuring: Duration = .seconds(60)
        /// Messages published per second, in the whole network, each of `messageBytes`.
        public var messagesPerSecond = 2.0
        public var messageBytes = 1024
        /// Lookups per second, in the whole network, of the address of a random core node.
        public var lookupsPerSecond = 20.0
        /// Share of the core that is replaced per hour of simulated time: a node dies and comes back after `downtime`.
        public var churnPerHour = 0.0
        public var downtime: Duration = .seconds(60)
        public var links = LinkParameters()

        public init() {}
    }

    /// What was measured. Durations in nanoseconds.
    public struct Report: Sendable {
        public var nodes = 0
        public var coreNodes = 0
        public var simulated: Duration = .zero
        public var events: UInt64 = 0
        public var digest: UInt64 = 0
        public var joined = 0
        public var messages = 0
        public var deliveriesExpected: UInt64 = 0
        public var deliveries: UInt64 = 0
        public var delivery = Histogram()
        public var duplicatesPerMessage = 0.0
        public var lookups = 0
        public var lookupsSucceeded = 0
        public var lookup = Histogram()
        /// Bytes per second while measuring, mean over the nodes of the kind, sent and received.
        public var leafBytesPerSecond = 0.0
        public var coreBytesPerSecond = 0.0
        /// Connections at the end, mean over the nodes of the kind.
        public var leafConnections = 0.0
        public var coreConnections = 0.0
    }

    private enum Action: UInt64 {
        case join
        case publish
        case lookUp
        case crash
        case restart
    }

    public let parameters: Parameters
    public private(set) var simulation: Simulation
    private var random: Generator
    private let core: Int
    private var published: [Instant] = []
    private var audience: [UInt64] = []
    private var lookups: [(began: Instant, node: UInt32)] = []
    private var report = Report()
    private let topic: String
    private var duplicatesBefore: UInt64 = 0
    private var trafficBefore: (leaf: UInt64, core: UInt64) = (0, 0)

    public init(_ parameters: Parameters, regions: RegionMatrix, seed: UInt64) {
        self.parameters = parameters
        simulation = Simulation(seed: seed, regions: regions, links: parameters.links)
        random = Generator(seed: seed).fork("overlay")
        core = min(parameters.nodes, max(2, Int(Double(parameters.nodes) * parameters.coreShare)))
        topic = Topic.shard(0).name(prefix: "simulated")
        populate()
    }

    public var measuringBegins: Instant { .origin + parameters.joining + parameters.settling }
    public var end: Instant { measuringBegins + parameters.measuring + .seconds(10) }

    /// Core nodes first; the first few are everybody's bootstrap peers.
    private mutating func populate() {
        simulation.reserveCapacity(parameters.nodes)
        let seeds = (0..<UInt32(min(4, core))).map { (simulation.peer(of: $0), [Simulation.address(of: $0)]) }
        let network = NetworkParameters(
            id: Bytes32(words: 1, 2, 3, 4), prefix: "simulated", bootstrap: seeds, round: .seconds(30), shards: 1)
        for number in 0..<parameters.nodes {
            let node = UInt32(number)
            let place: Discovery.Place = number < seeds.count ? .bootstrap : number < core ? .manager : .leaf
            var member = NodeParameters(
                signing: simulation.signing(of: node), network: network, place: place, roles: [], profile: .zero,
                generator: Generator(seed: simulation.seed).fork(UInt64(number)))
            member.discovery.managersWanted = 3
            // Cores of thousands do not hold a connection to each other one: the mesh and the DHT are enough.
            if place == .manager { member.discovery.candidatesMax = 24 }
            member.kademlia.diversity = nil
            member.gossip.cacheCountMax = 256
            member.gossip.seenPerWindowMax = 4096
            _ = simulation.add(member, megabitsUp: place == .leaf ? 10 : 100, megabitsDown: place == .leaf ? 10 : 100)
            let share = number < seeds.count ? 0 : number < core ? random.unit() * 0.5 : 0.5 + random.unit() * 0.5
            schedule(.join, node, at: .origin + parameters.joining * share)
        }
        scheduleNext(.publish, from: measuringBegins, rate: parameters.messagesPerSecond)
        scheduleNext(.lookUp, from: measuringBegins, rate: parameters.lookupsPerSecond)
        scheduleNext(.crash, from: .origin + parameters.joining, rate: parameters.churnPerHour * Double(core) / 3600)
    }

    private mutating func schedule(_ action: Action, _ node: UInt32, at time: Instant) {
        simulation.schedule(action.rawValue << 32 | UInt64(node), at: time)
    }

    /// Exponential gaps: a Poisson process. The logarithm is that of the series below, the same on every machine.
    private mutating func scheduleNext(_ action: Action, from time: Instant, rate: Double) {
        guard rate > 0 else { return }
        let gap = -Simulation.logarithm(1 - random.unit()) / rate
        schedule(action, 0, at: time + .seconds(gap))
    }

    /// Runs at most `eventsMax` events; true while there is more to do.
    public mutating func step(eventsMax: UInt64) -> Bool {
        let last = simulation.events + eventsMax
        while simulation.events < last {
            let goesOn = simulation.run(until: end, eventsMax: last - simulation.events)
            var index = 0
            while index < simulation.reports.count {
                handle(simulation.reports[index])
                index += 1
            }
            simulation.reports.removeAll(keepingCapacity: true)
            if !goesOn { return false }
        }
        return true
    }

    private mutating func handle(_ event: Simulation.Report) {
        switch event {
        case .scenario(let number):
            guard let action = Action(rawValue: number >> 32) else { return }
            carryOut(action, UInt32(truncatingIfNeeded: number))
        case .event(_, .gossip(let name, _, let bytes)):
            guard name == topic, let number = message(bytes), number < published.count else { return }
            report.deliveries += 1
            report.delivery.record(nanoseconds: simulation.now.nanoseconds - published[number].nanoseconds)
        case .lookedUp(let node, let number, let result):
            guard number < lookups.count, lookups[Int(number)].node == node else { return }
            if case .peer(.some) = result {
                report.lookupsSucceeded += 1
                report.lookup.record(nanoseconds: (simulation.now - lookups[Int(number)].began).nanosecondsClamped)
            }
        case .event, .answer, .tile: break
        }
    }

    private mutating func carryOut(_ action: Action, _ node: UInt32) {
        let now = simulation.now
        switch action {
        case .join:
            simulation.start(node)
            report.joined += 1
        case .publish:
            if now < measuringBegins + parameters.measuring {
                if published.isEmpty { beginMeasuring() }
                publish()
                scheduleNext(.publish, from: now, rate: parameters.messagesPerSecond)
            }
        case .lookUp:
            if now < measuringBegins + parameters.measuring {
                lookUp()
                scheduleNext(.lookUp, from: now, rate: parameters.lookupsPerSecond)
            }
        case .crash:
            let victim = UInt32(4 + random.next() % UInt64(max(1, core - 4)))
            if simulation.isUp(victim), Int(victim) < core {
                simulation.crash(victim)
                schedule(.restart, victim, at: now + parameters.downtime)
            }
            scheduleNext(.crash, from: now, rate: parameters.churnPerHour * Double(core) / 3600)
        case .restart: simulation.start(node)
        }
    }

    private mutating func publish() {
        let author = UInt32(random.next() % UInt64(core))
        guard simulation.isUp(author) else { return }
        var writer = ByteWriter(reserving: parameters.messageBytes)
        writer.writeBigEndian(UInt32(published.count))
        while writer.bytes.count < max(4, parameters.messageBytes) { writer.write(UInt8(truncatingIfNeeded: writer.bytes.count)) }
        published.append(simulation.now)
        report.deliveriesExpected += UInt64((0..<UInt32(core)).count { $0 != author && simulation.isUp($0) })
        simulation.give(.publish(topic, writer.bytes), to: author)
    }

    private func message(_ bytes: [UInt8]) -> Int? {
        var reader = ByteReader(bytes)
        guard let number: UInt32 = try? reader.readBigEndian() else { return nil }
        return Int(number)
    }

    private mutating func lookUp() {
        let node = UInt32(random.next() % UInt64(parameters.nodes))
        let target = UInt32(random.next() % UInt64(core))
        guard simulation.isUp(node), simulation.isUp(target), node != target else { return }
        lookups.append((simulation.now, node))
        report.lookups += 1
        simulation.give(.lookUp(UInt32(lookups.count - 1), .findPeer(simulation.peer(of: target))), to: node)
    }

    private mutating func beginMeasuring() {
        duplicatesBefore = duplicates
        trafficBefore = traffic
    }

    private var duplicates: UInt64 { (0..<UInt32(core)).reduce(0) { $0 + simulation.gossipDuplicates(of: $1) } }

    private var traffic: (leaf: UInt64, core: UInt64) {
        var sums: (leaf: UInt64, core: UInt64) = (0, 0)
        for node in 0..<UInt32(parameters.nodes) {
            if Int(node) < core { sums.core += simulation.traffic(of: node) } else { sums.leaf += simulation.traffic(of: node) }
        }
        return sums
    }

    /// What was measured so far.
    public func currentReport() -> Report {
        var report = report
        report.nodes = parameters.nodes
        report.coreNodes = core
        report.simulated = simulation.now - .origin
        report.events = simulation.events
        report.digest = simulation.digest.value
        report.messages = published.count
        if report.deliveries > 0 { report.duplicatesPerMessage = Double(duplicates - duplicatesBefore) / Double(report.deliveries) }
        let seconds = max(1, (simulation.now - measuringBegins).inSeconds)
        report.coreBytesPerSecond = Double(traffic.core - trafficBefore.core) / seconds / Double(core)
        if parameters.nodes > core {
            report.leafBytesPerSecond = Double(traffic.leaf - trafficBefore.leaf) / seconds / Double(parameters.nodes - core)
        }
        let connections = { (nodes: Range<Int>) in
            nodes.isEmpty ? 0 : Double(nodes.reduce(0) { $0 + simulation.connectionCount(of: UInt32($1)) }) / Double(nodes.count)
        }
        report.coreConnections = connections(0..<core)
        report.leafConnections = connections(core..<parameters.nodes)
        return report
    }
}
