import Crypto
public import Determinism
import Identity
import Kademlia
import LibP2P
import Node
import Roles
import Wire

/// DHT and gossip alone: nodes join, core nodes publish, anybody looks things up, some come and go, some are hostile.
public struct OverlayScenario {
    enum Action: UInt64 {
        case publish
        case lookUp
        case crash
        case provide
        case rehearse
    }

    public let parameters: Parameters
    public internal(set) var simulation: Simulation
    var random: Generator
    let core: Int
    let topic: String
    /// By node.
    var isHostile: [Bool] = []
    var ledger: DeliveryLedger
    var lookups: [Lookup] = []
    var report = Report()
    private var gossipBefore = GossipCount()
    /// Of nodes that crashed.
    private var gossipGone = GossipCount()
    private var trafficBefore: (leaf: UInt64, core: UInt64) = (0, 0)

    struct Lookup {
        let began: Instant
        let node: UInt32
        /// Whose address is wanted, or who provides what is wanted.
        let target: UInt32
        let isContent: Bool
    }

    public init(_ parameters: Parameters, regions: RegionMatrix, seed: UInt64, threads: Int = 1) {
        self.parameters = parameters
        simulation = Simulation(seed: seed, regions: regions, links: parameters.links, threads: threads) { event in
            if case .gossip = event { true } else { false }
        }
        random = Generator(seed: seed).fork("overlay")
        core = min(parameters.nodes, max(2, Int(Double(parameters.nodes) * parameters.coreShare)))
        topic = Topic.shard(0).name(prefix: "simulated")
        ledger = DeliveryLedger(nodes: core)
        populate()
    }

    public var measuringBegins: Instant { .origin + parameters.joining + parameters.settling }
    public var end: Instant { measuringBegins + parameters.measuring + DeliveryLedger.margin }

    mutating func schedule(_ action: Action, _ node: UInt32, at time: Instant) {
        simulation.schedule(action.rawValue << 32 | UInt64(node), at: time)
    }

    /// Exponential gaps: a Poisson process. The logarithm is that of the series below, the same on every machine.
    mutating func scheduleNext(_ action: Action, from time: Instant, rate: Double) {
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

    private mutating func handle(_ told: Simulation.Report) {
        switch told.fact {
        case .scenario(let number):
            guard let action = Action(rawValue: number >> 32) else { return }
            carryOut(action, UInt32(truncatingIfNeeded: number))
        case .event(.gossip(let name, _, let bytes)):
            guard name == topic, let number = message(bytes) else { return }
            ledger.heard(number, by: Int(told.node), at: told.time)
        case .lookedUp(let number, let result):
            guard number < lookups.count, lookups[Int(number)].node == told.node else { return }
            judge(lookups[Int(number)], result, at: told.time)
        case .started: ledger.started(Int(told.node), at: told.time)
        case .event, .answer, .tile: break
        }
    }

    private func message(_ bytes: [UInt8]) -> Int? {
        var reader = ByteReader(bytes)
        guard let number: UInt32 = try? reader.readBigEndian(), number != UInt32.max else { return nil }
        return Int(number)
    }

    private mutating func carryOut(_ action: Action, _ node: UInt32) {
        let now = simulation.now
        let isOver = now >= measuringBegins + parameters.measuring
        switch action {
        case .rehearse where now < measuringBegins:
            publish(isRehearsal: true)
            scheduleNext(.rehearse, from: now, rate: parameters.rehearsalPerSecond)
        case .publish where !isOver:
            if ledger.count == 0 { beginMeasuring() }
            publish(isRehearsal: false)
            scheduleNext(.publish, from: now, rate: parameters.messagesPerSecond)
        case .lookUp where !isOver:
            lookUp()
            scheduleNext(.lookUp, from: now, rate: parameters.lookupsPerSecond)
        case .publish, .lookUp, .rehearse: break
        case .crash:
            let victim = UInt32(4 + random.next() % UInt64(max(1, core - 4)))
            if simulation.isUp(victim), Int(victim) < core {
                if !isHostile[Int(victim)] { gossipGone.add(simulation.gossip(of: victim)) }
                report.crashes += 1
                simulation.crash(victim)
                ledger.crashed(Int(victim), at: now)
                simulation.scheduleStart(of: victim, at: now + parameters.downtime)
            }
            scheduleNext(.crash, from: now, rate: parameters.churnPerHour * Double(core) / 3600)
        case .provide: provide(node)
        }
    }

    private mutating func beginMeasuring() {
        gossipBefore = gossip
        trafficBefore = traffic
    }

    /// Of all topics: those of the registry are gossip like any other.
    private struct GossipCount {
        var messages: UInt64 = 0
        var duplicates: UInt64 = 0

        mutating func add(_ other: (messages: UInt64, duplicates: UInt64)) {
            messages += other.messages
            duplicates += other.duplicates
        }
    }

    private var gossip: GossipCount {
        (0..<UInt32(core)).reduce(into: gossipGone) { if !isHostile[Int($1)] { $0.add(simulation.gossip(of: $1)) } }
    }

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
        report.nodes = simulation.count
        report.coreNodes = core
        report.hostileNodes = isHostile.count { $0 }
        report.simulated = simulation.now - .origin
        report.events = simulation.events
        report.digest = simulation.digest.value
        report.messages = ledger.count
        (report.deliveriesExpected, report.deliveries, report.deliveriesLate) = (ledger.expected, ledger.deliveries, ledger.lateCount)
        report.delivery = ledger.histogram
        (report.steadyExpected, report.steadyMissing) = ledger.steady
        let gossip = gossip
        if gossip.messages > gossipBefore.messages {
            report.duplicatesPerMessage =
                Double(gossip.duplicates - gossipBefore.duplicates) / Double(gossip.messages - gossipBefore.messages)
        }
        for node in 0..<UInt32(core) where !isHostile[Int(node)] && simulation.isUp(node) {
            let mesh = simulation.gossipMesh(of: node, topic: topic)
            report.meshPlaces += mesh.count
            report.meshPlacesHostile += mesh.count { isHostile[Int($0)] }
        }
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
