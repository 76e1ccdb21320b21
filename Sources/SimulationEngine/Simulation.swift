public import Crypto
public import Determinism
public import Identity
public import Kademlia
import LibP2P
public import Node
public import RenderModel
public import Roles
public import Wire

/// Many nodes in simulated time: the shipping `Node` values, with only links, disks, engines and time replaced.
///
/// A run is a function of its parameters and its seed; `digest` is one number for all that was delivered. It goes in windows: nothing
/// that a node does reaches another before the shortest latency is over, so within so much time every node can be run by itself
/// (conservative parallel simulation with a lookahead; Fujimoto 1990), on any number of threads, node by node.
public struct Simulation {
    /// What happened at a node that a scenario may measure, or that it has scheduled.
    public struct Report: Sendable {
        public let time: Instant
        public let node: UInt32
        public let fact: Fact

        public enum Fact: Sendable {
            /// One of those that the scenario hears.
            case event(NodeEvent)
            case answer(RoleName, Roles.QueryID, RoleAnswer)
            case lookedUp(UInt32, QueryResult)
            case tile(job: Bytes32, frame: UInt32, Tile, [UInt8])
            case started
            /// The scenario's own; the number means what it wants.
            case scenario(UInt64)
        }
    }

    public let seed: UInt64
    /// No event lies before it, and none of those to come changes what was reported.
    public private(set) var now = Instant.origin
    /// What the scenario hears, in the order of time; it drains them.
    public var reports: [Report] = []
    private(set) var world: World
    private var shards: [Shard]
    private let team: ThreadTeam
    private var nodeCount = 0
    private var actions = ActionQueue()
    private var random: Generator
    private let signingSecret: Bytes32
    /// Events of the last window: few are not worth waking other threads for.
    private var windowEvents: UInt64 = 0
    private static let windowEventsMin: UInt64 = 64
    private static let shardsPerThread = 4

    /// - Parameters:
    ///   - threads: how many run the nodes; the result is the same for any number.
    ///   - hears: which of the things that nodes tell their owners are reported.
    public init(
        seed: UInt64, regions: RegionMatrix, links: LinkParameters, threads: Int = 1,
        hears: @escaping @Sendable (NodeEvent) -> Bool = { _ in true }
    ) {
        self.seed = seed
        let generator = Generator(seed: seed)
        random = generator.fork("network")
        world = World(seed: seed, regions: regions, links: links, hears: hears)
        // Several shards for each thread, so that one that is done early finds another.
        let count = threads > 1 ? threads * Simulation.shardsPerThread : 1
        shards = (0..<count).map { [world] in Shard(number: $0, count: count, world: world) }
        team = ThreadTeam(count: threads)
        var keys = generator.fork("signing")
        signingSecret = Bytes32(words: keys.next(), keys.next(), keys.next(), keys.next())
    }

    // MARK: Population

    /// The signing capability of the next node that is added.
    public func signing(of node: UInt32) -> Signing {
        .simulated(identity: World.identity(of: node, seed: seed), secret: signingSecret)
    }

    public func peer(of node: UInt32) -> PeerID { world.peer(node) }
    public static func address(of node: UInt32) -> Multiaddr { World.address(of: node) }
    public var count: Int { nodeCount }
    public var engine: SimulatedEngine {
        get { world.engine }
        set { world.engine = newValue }
    }
    public var events: UInt64 { shards.reduce(0) { $0 + $1.events } }

    /// Nodes whose numbers leave the same rest are run by one thread at a time. What they are made from is best not shared with
    /// others: two threads that count references to one thing wait for each other.
    public var shardCount: Int { shards.count }

    public func isUp(_ node: UInt32) -> Bool { member(node).host.isUp }
    /// Events in the queues, those that nobody waits for any more included.
    var pendingCount: Int { shards.reduce(0) { $0 + $1.queue.count + $1.inbox.reduce(0) { $0 + $1.count } } }

    func member(_ node: UInt32) -> Shard.Member { shards[Int(node) % shards.count].members[Int(node) / shards.count] }

    /// Over all nodes, in their order: time, source, kind and bytes of every delivery.
    public var digest: TraceDigest {
        var digest = TraceDigest()
        for node in 0..<UInt32(nodeCount) { digest.combine(member(node).digest.value) }
        return digest
    }

    /// Room for so many nodes, so that no array of them is twice as large as what it holds.
    public mutating func reserveCapacity(_ nodes: Int) {
        world.places.reserveCapacity(nodes)
        for shard in shards.indices { shards[shard].members.reserveCapacity(nodes / shards.count + 1) }
    }

    /// Adds a node that is down; `parameters.signing` must be `signing(of:)` of the number that comes back.
    public mutating func add(_ parameters: NodeParameters, megabitsUp: Double, megabitsDown: Double) -> UInt32 {
        let node = UInt32(nodeCount)
        let region = world.regions.region(at: random.unit())
        world.places.append(World.Place(region: region, upCost: UInt64(8000 / megabitsUp), downCost: UInt64(8000 / megabitsDown)))
        shards[nodeCount % shards.count].members.append(
            Shard.Member(node: Node(parameters, firstSequenceNumber: 1), host: Host(random: random.fork(UInt64(node)))))
        nodeCount += 1
        return node
    }

    /// Makes a node hostile from now on.
    public mutating func corrupt(_ node: UInt32, _ misconduct: Misconduct) { world.adversaries.add(node, peer(of: node), misconduct) }

    /// Puts blocks on a node's disk, as an artist's file is there before it is submitted.
    public mutating func provision(_ node: UInt32, _ blocks: [(CID, [UInt8])], scope: Bytes32) {
        let shard = Int(node) % shards.count
        let place = shards[shard].place(of: node)
        for (cid, bytes) in blocks { shards[shard].members[place].disk.store(cid, bytes, scope: scope) }
    }

    // MARK: What a scenario does

    /// Reports the number at that time.
    public mutating func schedule(_ number: UInt64, at time: Instant) { actions.push(number, at: max(time, now)) }

    /// Starts a node at that time, and reports it.
    public mutating func scheduleStart(of node: UInt32, at time: Instant) {
        onShard(of: node) { $0.schedule(.start, for: node, at: time.nanoseconds, by: $1) }
    }

    public mutating func start(_ node: UInt32) { onShard(of: node) { $0.start($1) } }

    /// The process dies without a word. What it persisted stays unless `losingDisk`.
    public mutating func crash(_ node: UInt32, losingDisk: Bool = false) {
        onShard(of: node) { $0.crash($1, losingDisk: losingDisk) }
    }

    /// Gives a node an input now.
    public mutating func give(_ input: NodeInput, to node: UInt32) { onShard(of: node) { $0.give(input, to: $1) } }

    /// Now, outside any window.
    mutating func onShard(of node: UInt32, _ body: (inout Shard, Int) -> Void) {
        let shard = Int(node) % shards.count
        shards[shard].world = world
        shards[shard].now = now
        body(&shards[shard], shards[shard].place(of: node))
        gather(from: shard)
    }

    // MARK: Running

    /// Runs until something is reported, simulated time reaches `end`, nothing is left to do, or some more than `eventsMax` events
    /// went by, whichever is first. A scenario's own number is reported exactly at its time, everything else when its window is over.
    /// False where nothing is left to do before `end`.
    public mutating func run(until end: Instant, eventsMax: UInt64) -> Bool {
        for shard in shards.indices { shards[shard].world = world }
        let last = events + eventsMax
        while events < last {
            let earliest = earliestTime()
            let action = actions.earliest
            guard let next = [earliest, action?.nanoseconds].compactMap({ $0 }).min(), next <= end.nanoseconds else {
                now = max(now, end)
                return false
            }
            if let action, action.nanoseconds == next {
                now = max(now, action)
                guard let number = actions.pop() else { continue }
                reports.append(Report(time: now, node: 0, fact: .scenario(number)))
                return true
            }
            let horizon = min(next + world.regions.shortest, action?.nanoseconds ?? .max)
            // The last window takes what happens at the very end.
            runWindow(before: horizon > end.nanoseconds ? end.nanoseconds + 1 : horizon)
            now = max(now, min(Instant(nanoseconds: horizon), end))
            if !reports.isEmpty { return true }
        }
        return true
    }

    private mutating func earliestTime() -> UInt64? {
        var earliest: UInt64?
        for shard in shards.indices {
            for time in [shards[shard].queue.earliestTime(), shards[shard].outboxEarliest] {
                if let time { earliest = min(earliest ?? .max, time) }
            }
        }
        return earliest
    }

    private mutating func runWindow(before horizon: UInt64) {
        let before = events
        exchange()
        shards.withUnsafeMutableBufferPointer { shards in
            if windowEvents < Simulation.windowEventsMin {
                for shard in shards.indices { shards[shard].run(before: horizon) }
            } else {
                // No shard is run by two threads, and the array stays until all are done.
                nonisolated(unsafe) let shards = shards
                team.perform(shares: shards.count) { shards[$0].run(before: horizon) }
            }
        }
        windowEvents = events - before
        for shard in shards.indices { gather(from: shard) }
        if reports.count > 1 { sortReports() }
    }

    /// Hands each shard what the others have for it.
    private mutating func exchange() {
        for sender in shards.indices {
            shards[sender].outboxEarliest = nil
            for receiver in shards.indices where !shards[sender].outbox[receiver].isEmpty {
                let emptied = shards[receiver].inbox[sender]
                shards[receiver].inbox[sender] = shards[sender].outbox[receiver]
                shards[sender].outbox[receiver] = emptied
            }
        }
    }

    private mutating func gather(from shard: Int) {
        reports += shards[shard].reports
        shards[shard].reports.removeAll(keepingCapacity: true)
    }

    /// By time, then by node, then as they came: each node's are in order.
    private mutating func sortReports() {
        let order = reports.indices.sorted {
            (reports[$0].time, reports[$0].node, $0) < (reports[$1].time, reports[$1].node, $1)
        }
        reports = order.map { reports[$0] }
    }
}
