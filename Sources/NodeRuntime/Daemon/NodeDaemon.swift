internal import Crypto
internal import Determinism
public import EventLoop
public import Identity
internal import Kademlia
internal import LibP2P
public import Logging
public import Node
public import RenderModel
internal import Roles
internal import Store
public import Wire

/// A node in the world: gives the machine its inputs, carries out its effects, and arms one timer. Confined to its loop.
///
/// One input, then all of its effects in order, then the next input; what comes meanwhile waits. Each side does one part of the
/// work: `NetworkSide` the connections, `StorageSide` the disk, `WorkSide` the render engine, `AdminSide` commands.
public final class NodeDaemon {
    public struct Parameters: Sendable {
        /// How long roles may take to finish what they have begun, after the first signal.
        public var drainMax: Duration = .seconds(150)
        /// How long peers may take to be told goodbye, and the disk to take what is left.
        public var goodbyeMax: Duration = .seconds(3)
        /// Effects that may wait for the disk; with more it must have failed.
        public var effectsMax = 1 << 17
        /// Events that `status` shows.
        public var eventsMax = 64
        /// From the start until what only starting needed is let go.
        public var startMax: Duration = .seconds(5)
        /// Between two times of letting go of memory that is not in use.
        public var releaseInterval: Duration = .seconds(600)
        /// Questions to roles that wait for their answers.
        public var questionsMax = 256

        public init() {}
    }

    public enum Phase: Equatable, Sendable {
        case starting, running, draining, stopping, stopped
    }

    public let loop: EventLoop
    public let settings: DaemonSettings
    let parameters: Parameters
    let log: Logger
    public private(set) var phase = Phase.starting
    public internal(set) var node: Node
    let storage: StorageSide
    let network: NetworkSide
    let work: WorkSide
    let admin: AdminSide
    /// Nil where the configuration asks for none.
    private(set) var http: HTTPSide?
    var questions = Questions()
    var events: EventRing
    /// Managers that we are connected to.
    public internal(set) var managers: [PeerID] = []
    public let startedAt: UInt64

    private var inputs: [NodeInput] = []
    private var effects = EffectQueue()
    private var buffer: [NodeEffect] = []
    private var isSettling = false
    private let timer: Timer
    private let alarm: Timer
    private let memoryTimer: Timer
    private var draining: Set<RoleName> = []
    /// The row of what others put into the DHT here is not empty.
    private var keepsRecords = false

    /// Every event, before it is logged.
    public var onEvent: ((NodeEvent) -> Void)?
    /// A tile of a job of ours.
    public var onTile: ((_ job: Bytes32, _ frame: UInt32, Tile, [UInt8]) -> Void)?
    /// The last call: nil after a drain, else what ended the node.
    public var onStopped: ((DaemonError?) -> Void)?

    /// Opens the data directory and the sockets; nothing is dialled before `start()`. The caller holds the directory's lock.
    public init(loop: EventLoop, settings: DaemonSettings, log: Logger, parameters: Parameters = Parameters()) throws(DaemonError) {
        self.loop = loop
        self.settings = settings
        self.parameters = parameters
        self.log = log
        startedAt = loop.now
        events = EventRing(countMax: parameters.eventsMax)
        let seed = Entropy.seed()
        let profile = settings.profile
        let storage: StorageSide
        do throws(StoreError) {
            storage = try StorageSide(loop: loop, places: settings.places, blocksMax: settings.configuration.blocksMax)
            node = Node(settings.nodeParameters(seed: seed, profile: profile), firstSequenceNumber: try storage.nextSequenceNumber())
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        self.storage = storage
        let relay = Relay()
        do throws(UVError) {
            timer = try Timer(loop: loop) { relay.daemon?.deadlinePassed() }
            alarm = try Timer(loop: loop) { relay.daemon?.alarmPassed() }
            memoryTimer = try Timer(loop: loop) { relay.daemon?.releaseMemory() }
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        network = try NetworkSide(loop: loop, settings: settings, seed: seed)
        work = WorkSide(loop: loop, engine: settings.engine, profile: profile, storage: storage, log: log)
        admin = try AdminSide(places: settings.places, others: settings.configuration.admins)
        if let wanted = settings.configuration.http.value {
            http = try HTTPSide(loop: loop, places: settings.places, listening: wanted) { relay.daemon }
        }
        relay.daemon = self
        network.onEvent = { relay.daemon?.tell(.network($0)) }
        work.onResult = { relay.daemon?.tell($0) }
        storage.onDamage = { path in relay.daemon?.log.error("a damaged block was removed", metadata: ["path": "\(path)"]) }
    }

    /// Breaks the cycle between the daemon and what calls it back; emptied when it has stopped.
    private final class Relay {
        weak var daemon: NodeDaemon?
    }

    var now: Instant { Instant(nanoseconds: loop.now) }

    // MARK: Running

    /// Restores the roles and joins the network.
    public func start() throws(DaemonError) {
        var restored: [RestoredRole] = []
        let known: Acquaintances
        let held: HeldRecords
        do throws(StoreError) {
            known = try storage.acquaintances()
            held = try storage.heldRecords()
            for role in settings.roles { restored.append(RestoredRole(role: role, entries: try storage.restore(role))) }
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        phase = .running
        tell(.remembered(known))
        tell(.held(held))
        keepsRecords = !held.isEmpty
        memoryTimer.arm(at: loop.deadline(after: parameters.startMax))
        tell(.started(entropy: Entropy.bytes32(), restored: restored))
        tell(.listening(network.addresses))
        for topic in settings.configuration.subscribe { tell(.subscribe(topic)) }
    }

    private func releaseMemory() {
        ProcessMemory.release()
        rememberPeers()
        memoryTimer.arm(at: loop.deadline(after: parameters.releaseInterval))
    }

    /// Whom a restart finds again although no bootstrap peer is up. Nothing is forgotten for having met nobody.
    private func rememberPeers() {
        let known = node.acquaintances
        if known != Acquaintances() { storage.remember(known) }
        let held = node.heldRecords(now: now)
        // An empty row is written once, over one that was not.
        if !held.isEmpty || keepsRecords { storage.keep(held) }
        keepsRecords = !held.isEmpty
    }

    public func tell(_ input: NodeInput) {
        guard phase != .stopped else { return }
        inputs.append(input)
        settle()
    }

    private func deadlinePassed() {
        guard phase != .stopped, !isSettling else { return }
        isSettling = true
        node.handleDeadline(now: now, emit: &buffer)
        takeEffects()
        isSettling = false
        settle()
    }

    private func settle() {
        guard !isSettling else { return }
        isSettling = true
        var index = 0
        carryOutAll()
        while index < inputs.count {
            node.handle(inputs[index], now: now, emit: &buffer)
            index += 1
            takeEffects()
        }
        inputs.removeAll(keepingCapacity: inputs.count <= 256)
        isSettling = false
        if let deadline = node.nextDeadline { timer.arm(at: deadline.nanoseconds) } else { timer.disarm() }
        if effects.count > parameters.effectsMax {
            fail(
                DaemonError(
                    .failed, "the disk of \(settings.places.data) no longer takes writes", advice: "Check it, then start the node again."))
        }
    }

    private func takeEffects() {
        effects.append(contentsOf: buffer)
        buffer.removeAll(keepingCapacity: buffer.count <= 1024)
        carryOutAll()
    }

    private func carryOutAll() {
        while phase != .stopped {
            switch effects.next() {
            case .idle: return
            case .carryOut(let effect): carryOut(effect)
            case .persist(let changes):
                storage.persist(changes) { [weak self] error in
                    guard let self else { return }
                    // What was promised after this cannot be promised: better no node than one that forgets.
                    if let error { return fail(DaemonError(.failed, "\(error)")) }
                    effects.persisted()
                    settle()
                }
            }
        }
    }

    // MARK: Stopping

    /// Takes nothing new, lets the roles finish or hand back, says goodbye, and stops.
    public func drain() {
        guard phase == .running else { return }
        rememberPeers()
        phase = .draining
        log.info("draining", metadata: ["seconds_max": "\(parameters.drainMax.components.seconds)"])
        draining = Set(settings.roles)
        alarm.arm(at: loop.deadline(after: parameters.drainMax))
        tell(.drain)
        drainedIfDone()
    }

    func drained(_ role: RoleName) {
        draining.remove(role)
        drainedIfDone()
    }

    private func drainedIfDone() {
        guard phase == .draining, draining.isEmpty else { return }
        phase = .stopping
        alarm.arm(at: loop.deadline(after: parameters.goodbyeMax))
        work.stop()
        network.stop { [weak self] in self?.stoppedIfQuiet() }
    }

    /// Goodbyes are said; the disk has what it was given, or the time is over.
    private func stoppedIfQuiet() {
        guard phase == .stopping, network.isStopped else { return }
        if storage.isIdle, effects.count == 0 { return finish(nil) }
        storage.whenIdle { [weak self] in self?.stoppedIfQuiet() }
    }

    private func alarmPassed() {
        switch phase {
        case .draining:
            let names = draining.map { "\($0)" }.sorted().joined(separator: ", ")
            log.warning("not everything was finished in time", metadata: ["roles": "\(names)"])
            draining = []
            drainedIfDone()
        case .stopping: finish(nil)
        case .starting, .running, .stopped: break
        }
    }

    /// Stops at once.
    public func fail(_ error: DaemonError) {
        guard phase != .stopped else { return }
        log.critical("\(error.problem)")
        finish(error)
    }

    /// Stops at once, without a goodbye.
    public func stopNow() { finish(nil) }

    private func finish(_ error: DaemonError?) {
        guard phase != .stopped else { return }
        phase = .stopped
        timer.close()
        alarm.close()
        memoryTimer.close()
        work.stop()
        http?.close()
        network.close()
        let report = onStopped
        onStopped = nil
        onEvent = nil
        onTile = nil
        report?(error)
    }
}
