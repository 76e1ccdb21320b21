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
/// A run is a function of its parameters and its seed; `digest` is one number for all that was delivered.
public struct Simulation {
    enum Event {
        case network(SimulatedNetwork.Event)
        case deadline(UInt32)
        /// Indirect, as it is rare and large: every event in the queue is as large as the largest.
        indirect case input(UInt32, incarnation: UInt32, NodeInput)
        /// The scenario's own; the number means what it wants.
        case scenario(UInt64)
    }

    struct Member {
        var node: Node
        var disk = SimulatedDisk()
        var incarnation: UInt32 = 0
        var isUp = false
        /// When the node wants to be woken.
        var deadline: Instant?
        /// The event in the queue that looks after it, at or before it; others are stale. A deadline moves with nearly every event, and
        /// mostly to later: the one event follows it when its time comes, so that a node has few in the queue, and not thousands.
        var wakeUp: Instant?
    }

    public let seed: UInt64
    public private(set) var now = Instant.origin
    public private(set) var events: UInt64 = 0
    public private(set) var digest = TraceDigest()
    public var engine = SimulatedEngine()
    private(set) var adversaries = Adversaries()
    /// What the scenario hears, in the order in which it happened; it drains them.
    public var reports: [Report] = []
    var network: SimulatedNetwork
    private var queue = CalendarQueue<Event>()
    private var members: [Member] = []
    private var effects: [NodeEffect] = []
    private var deliveries: [(node: UInt32, event: NetworkEvent)] = []
    /// Takes turns with `deliveries`, so that neither is allocated anew.
    private var batch: [(node: UInt32, event: NetworkEvent)] = []
    private let signingSecret: Bytes32

    /// What happened at a node that a scenario may measure.
    public enum Report: Sendable {
        case event(UInt32, NodeEvent)
        case answer(UInt32, RoleName, Roles.QueryID, RoleAnswer)
        case lookedUp(UInt32, UInt32, QueryResult)
        case tile(UInt32, job: Bytes32, frame: UInt32, Tile, [UInt8])
        case scenario(UInt64)
    }

    public init(seed: UInt64, regions: RegionMatrix, links: LinkParameters) {
        self.seed = seed
        let random = Generator(seed: seed)
        network = SimulatedNetwork(regions: regions, parameters: links, random: random.fork("network"))
        var keys = random.fork("signing")
        signingSecret = Bytes32(words: keys.next(), keys.next(), keys.next(), keys.next())
    }

    // MARK: Population

    /// The signing capability of the next node that is added.
    public func signing(of node: UInt32) -> Signing {
        .simulated(identity: SimulatedNetwork.identity(of: node, seed: seed), secret: signingSecret)
    }

    public func peer(of node: UInt32) -> PeerID { PeerID(ed25519: SimulatedNetwork.identity(of: node, seed: seed)) }
    public static func address(of node: UInt32) -> Multiaddr { SimulatedNetwork.address(of: node) }
    public var count: Int { members.count }
    public func isUp(_ node: UInt32) -> Bool { members[Int(node)].isUp }
    /// Events in the queue, those that nobody waits for any more included.
    var pendingCount: Int { queue.count }
    func member(_ node: UInt32) -> Node { members[Int(node)].node }

    /// Room for so many nodes, so that no array of them is twice as large as what it holds.
    public mutating func reserveCapacity(_ nodes: Int) {
        members.reserveCapacity(nodes)
        network.hosts.reserveCapacity(nodes)
    }

    /// Adds a node that is down; `parameters.signing` must be `signing(of:)` of the number that comes back.
    public mutating func add(_ parameters: NodeParameters, megabitsUp: Double, megabitsDown: Double) -> UInt32 {
        let number = network.addHost(up: megabitsUp, down: megabitsDown)
        members.append(Member(node: Node(parameters, firstSequenceNumber: 1)))
        network.hosts[Int(number)].isUp = false
        return number
    }

    public mutating func start(_ node: UInt32) {
        guard !members[Int(node)].isUp else { return }
        members[Int(node)].isUp = true
        members[Int(node)].incarnation += 1
        network.restart(node)
        var random = Generator(seed: seed).fork(UInt64(node) << 32 | UInt64(members[Int(node)].incarnation))
        let entropy = Bytes32(words: random.next(), random.next(), random.next(), random.next())
        let restored = members[Int(node)].disk.restored(for: members[Int(node)].node.parameters.roles)
        give(.started(entropy: entropy, restored: restored), to: node)
        give(.listening([SimulatedNetwork.address(of: node)]), to: node)
    }

    /// The process dies without a word. What it persisted stays unless `losingDisk`.
    public mutating func crash(_ node: UInt32, losingDisk: Bool = false) {
        guard members[Int(node)].isUp else { return }
        network.crash(node, now: now) { [now] in queue.push(.network($0), at: max($1, now)) }
        members[Int(node)].isUp = false
        members[Int(node)].deadline = nil
        let parameters = members[Int(node)].node.parameters
        members[Int(node)].node = Node(parameters, firstSequenceNumber: now.nanoseconds + 1)
        if losingDisk { members[Int(node)].disk = SimulatedDisk() }
    }

    public mutating func schedule(_ number: UInt64, at time: Instant) { queue.push(.scenario(number), at: max(time, now)) }

    /// Puts blocks on a node's disk, as an artist's file is there before it is submitted.
    public mutating func provision(_ node: UInt32, _ blocks: [(CID, [UInt8])], scope: Bytes32) {
        for (cid, bytes) in blocks { members[Int(node)].disk.store(cid, bytes, scope: scope) }
    }

    /// Makes a node hostile from now on.
    public mutating func corrupt(_ node: UInt32, _ misconduct: Misconduct) { adversaries.add(node, peer(of: node), misconduct) }

    // MARK: Running

    /// Runs until something is reported, simulated time reaches `end`, nothing is left to do, or `eventsMax` events went by,
    /// whichever is first: what a scenario does about a report happens at the time of the report.
    /// False where nothing is left to do before `end`.
    public mutating func run(until end: Instant, eventsMax: UInt64) -> Bool {
        var left = eventsMax
        while left > 0 {
            guard let next = queue.nextTime(), next <= end else {
                now = max(now, end)
                return false
            }
            guard let (time, event) = queue.pop() else { return false }
            now = time
            left -= 1
            process(event)
            if !reports.isEmpty { return true }
        }
        return true
    }

    private mutating func process(_ event: Event) {
        switch event {
        case .network(let event):
            // The timeout of a request that was answered is no event.
            guard network.matters(event) else { return }
            events += 1
            note(event)
            network.handle(event, now: now, seed: seed) { [now] in
                queue.push(.network($0), at: max($1, now))
            } deliver: {
                deliveries.append(($0, $1))
            }
            // A delivery may cause others at the same node; they are new events with their own time, never recursion.
            swap(&batch, &deliveries)
            for index in batch.indices where members[Int(batch[index].node)].isUp {
                if !adversaries.isEmpty, misbehaves(batch[index].node, batch[index].event) { continue }
                give(.network(batch[index].event), to: batch[index].node)
            }
            batch.removeAll(keepingCapacity: true)
        case .deadline(let node):
            guard members[Int(node)].wakeUp == now else { return }
            members[Int(node)].wakeUp = nil
            guard let deadline = members[Int(node)].deadline else { return }
            guard deadline <= now else { return wake(node, at: deadline) }
            events += 1
            members[Int(node)].deadline = nil
            effects.removeAll(keepingCapacity: true)
            members[Int(node)].node.handleDeadline(now: now, emit: &effects)
            carryOut(of: node)
        case .input(let node, let incarnation, let input):
            guard members[Int(node)].isUp, members[Int(node)].incarnation == incarnation else { return }
            events += 1
            give(input, to: node)
        case .scenario(let number): reports.append(.scenario(number))
        }
    }

    /// Whether a hostile node deals with an event itself, past its state machines.
    private mutating func misbehaves(_ node: UInt32, _ event: NetworkEvent) -> Bool {
        guard let misconduct = adversaries.conduct(of: node), case .request(_, .kademlia, let id, let question) = event else {
            return false
        }
        switch misconduct {
        case .silent: return false
        case .lying:
            guard let answer = adversaries.lie(to: question) else { return false }
            network.carryOut(.respond(id, answer), of: node, now: now, seed: seed) { [now] in queue.push(.network($0), at: max($1, now)) }
        case .mute: network.forget(id)
        }
        return true
    }

    /// Gives a node an input now.
    public mutating func give(_ input: NodeInput, to node: UInt32) {
        effects.removeAll(keepingCapacity: true)
        members[Int(node)].node.handle(input, now: now, emit: &effects)
        carryOut(of: node)
    }

    private mutating func carryOut(of node: UInt32) {
        for effect in effects { carryOut(effect, of: node) }
        effects.removeAll(keepingCapacity: true)
        let deadline = members[Int(node)].node.nextDeadline.map { max($0, now) }
        members[Int(node)].deadline = deadline
        guard let deadline else { return }
        if let wakeUp = members[Int(node)].wakeUp, wakeUp <= deadline { return }
        wake(node, at: deadline)
    }

    private mutating func wake(_ node: UInt32, at time: Instant) {
        members[Int(node)].wakeUp = time
        queue.push(.deadline(node), at: time)
    }

    private mutating func carryOut(_ effect: NodeEffect, of node: UInt32) {
        switch effect {
        case .network(let command):
            if !adversaries.isEmpty, adversaries.suppresses(command, of: node) { return }
            network.carryOut(command, of: node, now: now, seed: seed) { [now] in queue.push(.network($0), at: max($1, now)) }
        case .readBlock(let token, let cid):
            later(.blockRead(token, members[Int(node)].disk.block(cid)), for: node, after: SimulatedDisk.readTime)
        case .probeBlock(let token, let cid):
            later(.blockProbed(token, size: members[Int(node)].disk.block(cid)?.count), for: node, after: SimulatedDisk.readTime)
        case .storeBlock(let role, let cid, let bytes, let scope):
            members[Int(node)].disk.store(cid, bytes, scope: scope)
            later(.stored(role, cid, true), for: node, after: SimulatedDisk.writeTime)
        case .releaseBlocks(_, let scope): members[Int(node)].disk.release(scope: scope)
        case .persist(let role, let changes): members[Int(node)].disk.apply(changes, of: role)
        case .load(let role, let id, let prefix, let start, let countMax):
            let entries = members[Int(node)].disk.entries(of: role, prefix: prefix, from: start, countMax: countMax)
            later(.loaded(role, id, entries), for: node, after: SimulatedDisk.readTime)
        case .surveyScene(let id, let root, let scope):
            later(
                .sceneSurveyed(id, engine.survey(root, scope: scope, disk: &members[Int(node)].disk)), for: node,
                after: SimulatedDisk.readTime)
        case .inspectScene(let id, let root):
            later(.sceneInspected(id, engine.inspect(root, disk: members[Int(node)].disk)), for: node, after: engine.inspectionTime)
        case .render(let id, _, let request, _):
            let (records, duration) = engine.render(request, on: node)
            later(.rendered(id, records), for: node, after: duration)
        case .prove(let id, let order): later(.proved(id, order.made()), for: node, after: engine.provingTime)
        case .recompute(let id, _, _, let frame, let key, let places):
            let (values, duration) = engine.recompute(places, frame: frame, rngKey: key)
            later(.recomputed(id, values), for: node, after: duration)
        // Scenes are numbers here: nothing in them could carry a mark.
        case .markScene(let id, _, _): later(.sceneMarked(id, nil), for: node, after: engine.inspectionTime)
        case .compareScenes(let id, _, _): later(.scenesCompared(id, false), for: node, after: SimulatedDisk.readTime)
        case .cancelWork: break
        case .deliverTile(let job, let frame, let tile, let bytes): reports.append(.tile(node, job: job, frame: frame, tile, bytes))
        case .answer(let role, let id, let answer): reports.append(.answer(node, role, id, answer))
        case .lookedUp(let number, let result): reports.append(.lookedUp(node, number, result))
        case .adminRequest(let id, _, _): later(.adminResponse(id, nil), for: node, after: .zero)
        case .event(let event): reports.append(.event(node, event))
        }
    }

    private mutating func later(_ input: NodeInput, for node: UInt32, after duration: Duration) {
        queue.push(.input(node, incarnation: members[Int(node)].incarnation, input), at: now + duration)
    }

    /// Time, source, destination, kind and bytes of every delivery go into the digest.
    private mutating func note(_ event: SimulatedNetwork.Event) {
        digest.combine(now.nanoseconds)
        switch event {
        case .handshake(let from, let to): note(1, from, to)
        case .dialTimeout(let from, let to): note(2, from, to)
        case .identified(let node, let peer, _): note(3, node, peer)
        case .closed(let node, let peer, _): note(4, node, peer)
        case .message(let from, let to, _, let name, let bytes):
            note(5 + UInt64(name.rawValue) << 8, from, to)
            digest.combine(bytes: bytes)
        case .request(let from, let to, _, let id, let name, let bytes):
            note(6 + UInt64(name.rawValue) << 8, from, to)
            digest.combine(id.value)
            digest.combine(bytes: bytes)
        case .response(let to, let from, _, let id, let bytes):
            note(bytes == nil ? 8 : 7, from, to)
            digest.combine(id.value)
            digest.combine(bytes: bytes ?? [])
        case .requestTimeout(let node, let id):
            note(9, node, node)
            digest.combine(id.value)
        }
    }

    private mutating func note(_ kind: UInt64, _ from: UInt32, _ to: UInt32) {
        digest.combine(kind)
        digest.combine(UInt64(from) << 32 | UInt64(to))
    }
}
