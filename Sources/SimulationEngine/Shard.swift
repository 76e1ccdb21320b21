import CHints
import Determinism
import Kademlia
import LibP2P
import Node
import Roles
import Wire

/// A part of the nodes of a simulation, which one thread at a time runs through a window.
///
/// Node `n` is in shard `n % count`. Within a window a shard looks at its own nodes alone; what they do to others lies in `outbox`
/// until the window is over.
struct Shard {
    struct Member {
        var node: Node
        var host: Host
        var disk = SimulatedDisk()
        var incarnation: UInt32 = 0
        /// When the node wants to be woken.
        var deadline: Instant?
        /// The event in the queue that looks after it, at or before it; others are stale. A deadline moves with nearly every event, and
        /// mostly to later: the one event follows it when its time comes, so that a node has few in the queue, and not thousands.
        var wakeUp: Instant?
        /// Of everything that was delivered to the node.
        var digest = TraceDigest()
    }

    let number: Int
    let count: Int
    var world: World
    var members: [Member] = []
    var queue: CalendarQueue
    /// Events for the nodes of each shard, from this window and before the next.
    var outbox: [[Event]]
    /// Events from the nodes of each shard, to be taken in.
    var inbox: [[Event]]
    /// Time of the earliest event in `outbox`.
    var outboxEarliest: UInt64?
    /// The time of the event that is being handled.
    var now = Instant.origin
    private(set) var events: UInt64 = 0
    /// In no order between nodes.
    var reports: [Simulation.Report] = []
    private var effects: [NodeEffect] = []
    var deliveries: [NetworkEvent] = []
    /// Takes turns with `deliveries`, so that neither is allocated anew.
    private var batch: [NetworkEvent] = []

    init(number: Int, count: Int, world: World) {
        self.number = number
        self.count = count
        self.world = world
        queue = CalendarQueue(stride: UInt32(count))
        outbox = Array(repeating: [], count: count)
        inbox = Array(repeating: [], count: count)
    }

    func place(of node: UInt32) -> Int { Int(node) / count }
    func node(at place: Int) -> UInt32 { UInt32(place * count + number) }

    // MARK: Windows

    /// Everything that happens to the shard's nodes before `end`.
    mutating func run(before end: UInt64) {
        for sender in inbox.indices where !inbox[sender].isEmpty {
            for event in inbox[sender] { queue.push(event) }
            inbox[sender].removeAll(keepingCapacity: true)
        }
        queue.open(before: end)
        let agenda = queue.agenda
        for index in agenda.indices {
            if index + 2 < agenda.count { fetchAhead(Int(agenda[index + 2])) }
            if index + 1 < agenda.count { fetchLinkAhead(Int(agenda[index + 1])) }
            while let event = queue.pop(agenda[index]) {
                now = Instant(nanoseconds: event.time)
                process(event, at: Int(agenda[index]))
            }
        }
        queue.close()
    }

    /// The memory of the next nodes comes while this one's events are handled: a run of thousands waits for memory half of its time.
    private func fetchAhead(_ place: Int) {
        members.withUnsafeBufferPointer { prefetch($0.baseAddress! + place, MemoryLayout<Member>.size) }
    }

    /// The same of the link by which a node's first event comes, once the node itself is there.
    private func fetchLinkAhead(_ place: Int) {
        if let cause = queue.nextCause(UInt32(place)) { members[place].host.links.fetchAhead(cause) }
    }

    /// - Parameter time: not before now, and for another node not before the end of the window, which is as long as the shortest way.
    mutating func schedule(_ kind: Event.Kind, for node: UInt32, at time: UInt64, by place: Int) {
        guard time < Event.never else { return }
        let event = Event(
            time: max(time, now.nanoseconds), node: node, cause: self.node(at: place), serial: members[place].host.eventCount, kind: kind)
        members[place].host.eventCount &+= 1
        let shard = Int(node) % count
        guard shard != number else { return queue.push(event) }
        outbox[shard].append(event)
        outboxEarliest = min(outboxEarliest ?? .max, event.time)
    }

    private mutating func process(_ event: Event, at place: Int) {
        switch event.kind {
        case .deadline:
            guard members[place].wakeUp == now else { return }
            members[place].wakeUp = nil
            guard let deadline = members[place].deadline else { return }
            guard deadline <= now else { return wake(place, at: deadline) }
            events += 1
            members[place].deadline = nil
            effects.removeAll(keepingCapacity: true)
            members[place].node.handleDeadline(now: now, emit: &effects)
            carryOut(of: place)
        case .input(let incarnation, let input):
            guard members[place].host.isUp, members[place].incarnation == incarnation else { return }
            events += 1
            give(input, to: place)
        case .start:
            start(place)
            report(.started, of: place)
        case .none: break
        default:
            // What was overtaken is no event: the timeout of a request that was answered.
            guard matters(event, at: place), hasRoom(for: event, at: place) else { return }
            events += 1
            event.combine(into: &members[place].digest)
            arrive(event, at: place)
            deliver(to: place)
        }
    }

    /// A delivery may cause others at the same node; they are new events with their own time, never recursion.
    private mutating func deliver(to place: Int) {
        guard !deliveries.isEmpty else { return }
        swap(&batch, &deliveries)
        for index in batch.indices where members[place].host.isUp {
            if !world.adversaries.isEmpty, misbehaves(place, batch[index]) { continue }
            give(.network(batch[index]), to: place)
        }
        batch.removeAll(keepingCapacity: true)
    }

    /// Whether a hostile node deals with an event itself, past its state machines.
    private mutating func misbehaves(_ place: Int, _ event: NetworkEvent) -> Bool {
        guard let misconduct = world.adversaries.conduct(of: node(at: place)), case .request(_, .kademlia, let id, let question) = event
        else { return false }
        switch misconduct {
        case .silent: return false
        case .lying:
            guard let answer = world.adversaries.lie(to: question) else { return false }
            carryOut(.respond(id, answer), of: place)
        case .mute: forget(id, at: place)
        }
        return true
    }

    private mutating func report(_ fact: Simulation.Report.Fact, of place: Int) {
        reports.append(Simulation.Report(time: now, node: node(at: place), fact: fact))
    }

    // MARK: Nodes

    mutating func start(_ place: Int) {
        guard !members[place].host.isUp else { return }
        members[place].host.isUp = true
        members[place].incarnation += 1
        let node = node(at: place)
        var random = Generator(seed: world.seed).fork(UInt64(node) << 32 | UInt64(members[place].incarnation))
        let entropy = Bytes32(words: random.next(), random.next(), random.next(), random.next())
        let restored = members[place].disk.restored(for: members[place].node.parameters.roles)
        give(.started(entropy: entropy, restored: restored), to: place)
        give(.listening([World.address(of: node)]), to: place)
    }

    /// The process dies without a word: its peers notice after the silence timeout. What it persisted stays unless `losingDisk`.
    mutating func crash(_ place: Int, losingDisk: Bool) {
        guard members[place].host.isUp else { return }
        severLinks(of: place)
        members[place].deadline = nil
        let parameters = members[place].node.parameters
        members[place].node = Node(parameters, firstSequenceNumber: now.nanoseconds + 1)
        if losingDisk { members[place].disk = SimulatedDisk() }
    }

    /// Gives a node an input now.
    mutating func give(_ input: NodeInput, to place: Int) {
        effects.removeAll(keepingCapacity: true)
        members[place].node.handle(input, now: now, emit: &effects)
        carryOut(of: place)
    }

    private mutating func carryOut(of place: Int) {
        for index in effects.indices { carryOut(effects[index], of: place) }
        effects.removeAll(keepingCapacity: true)
        let deadline = members[place].node.nextDeadline.map { max($0, now) }
        members[place].deadline = deadline
        guard let deadline else { return }
        if let wakeUp = members[place].wakeUp, wakeUp <= deadline { return }
        wake(place, at: deadline)
    }

    private mutating func wake(_ place: Int, at time: Instant) {
        members[place].wakeUp = time
        schedule(.deadline, for: node(at: place), at: time.nanoseconds, by: place)
    }

    private mutating func carryOut(_ effect: NodeEffect, of place: Int) {
        switch effect {
        case .network(let command):
            if !world.adversaries.isEmpty, world.adversaries.suppresses(command, of: node(at: place)) { return }
            carryOut(command, of: place)
        case .readBlock(let token, let cid):
            later(.blockRead(token, members[place].disk.block(cid)), for: place, after: SimulatedDisk.readTime)
        case .probeBlock(let token, let cid):
            later(.blockProbed(token, size: members[place].disk.block(cid)?.count), for: place, after: SimulatedDisk.readTime)
        case .storeBlock(let role, let cid, let bytes, let scope):
            members[place].disk.store(cid, bytes, scope: scope)
            later(.stored(role, cid, true), for: place, after: SimulatedDisk.writeTime)
        case .releaseBlocks(_, let scope): members[place].disk.release(scope: scope)
        case .persist(let role, let changes): members[place].disk.apply(changes, of: role)
        case .load(let role, let id, let prefix, let start, let countMax):
            let entries = members[place].disk.entries(of: role, prefix: prefix, from: start, countMax: countMax)
            later(.loaded(role, id, entries), for: place, after: SimulatedDisk.readTime)
        case .surveyScene(let id, let root, let scope):
            let survey = world.engine.survey(root, scope: scope, disk: &members[place].disk)
            later(.sceneSurveyed(id, survey), for: place, after: SimulatedDisk.readTime)
        case .inspectScene(let id, let root):
            let inspection = world.engine.inspect(root, disk: members[place].disk)
            later(.sceneInspected(id, inspection), for: place, after: world.engine.inspectionTime)
        case .render(let id, _, let request, _):
            let (records, duration) = world.engine.render(request, on: node(at: place))
            later(.rendered(id, records), for: place, after: duration)
        case .prove(let id, let order): later(.proved(id, order.made()), for: place, after: world.engine.provingTime)
        case .recompute(let id, _, _, let frame, let key, let records):
            let (values, duration) = world.engine.recompute(records, frame: frame, rngKey: key)
            later(.recomputed(id, values), for: place, after: duration)
        // Scenes are numbers here: nothing in them could carry a mark.
        case .markScene(let id, _, _): later(.sceneMarked(id, nil), for: place, after: world.engine.inspectionTime)
        case .compareScenes(let id, _, _): later(.scenesCompared(id, false), for: place, after: SimulatedDisk.readTime)
        case .cancelWork: break
        case .deliverTile(let job, let frame, let tile, let bytes): report(.tile(job: job, frame: frame, tile, bytes), of: place)
        case .answer(let role, let id, let answer): report(.answer(role, id, answer), of: place)
        case .lookedUp(let number, let result): report(.lookedUp(number, result), of: place)
        case .adminRequest(let id, _, _): later(.adminResponse(id, nil), for: place, after: .zero)
        case .event(let event): if world.hears(event) { report(.event(event), of: place) }
        }
    }

    private mutating func later(_ input: NodeInput, for place: Int, after duration: Duration) {
        let time = (now + duration).nanoseconds
        schedule(.input(incarnation: members[place].incarnation, input), for: node(at: place), at: time, by: place)
    }
}
