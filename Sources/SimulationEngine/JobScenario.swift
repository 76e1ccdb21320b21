public import Determinism
import Identity
import Kademlia
import LibP2P
import Node
import ProofOfRender
import RenderModel
import Roles
import Wire

/// The whole job flow: clients submit, a Manager splits and draws, Workers render by cost, Verifiers check, pictures come back.
public struct JobScenario {
    public struct Parameters: Sendable {
        public var managers = 1
        public var workers = 120
        public var verifiers = 60
        public var clients = 18
        /// Jobs in all, submitted at random times over `submitting`.
        public var jobs = 40
        public var submitting: Duration = .seconds(120)
        public var joining: Duration = .seconds(30)
        /// The run fails where a job has not ended by then.
        public var limit: Duration = .seconds(1800)
        public var round: Duration = .seconds(2)
        public var width: UInt32 = 256
        public var height: UInt32 = 192
        public var samples: UInt32 = 32
        public var sceneBlocks = 8
        public var sceneBlockBytes = 65_536
        public var raysPerChallenge: UInt32 = 133
        /// Workers that alter one record in twenty.
        public var cheats = 0
        /// Leaves that die per hour, as a share, and come back after `downtime`.
        public var churnPerHour = 0.0
        public var downtime: Duration = .seconds(60)
        public var links = LinkParameters()
        /// The last word about what a node is made from.
        var adjust: (@Sendable (inout NodeParameters) -> Void)?

        public init() {}

        public var nodes: Int { 1 + managers + workers + verifiers + clients }
    }

    public struct Report: Sendable {
        public var nodes = 0
        public var simulated: Duration = .zero
        public var events: UInt64 = 0
        public var digest: UInt64 = 0
        public var jobsSubmitted = 0
        public var jobsVerified = 0
        public var jobsFailed = 0
        public var tasksAccepted = 0
        public var attemptsRejected = 0
        public var attemptsLost = 0
        public var penalties = 0
        public var tilesDelivered = 0
        /// Tiles that do not have as many bytes as their size asks for.
        public var tilesWrong = 0
        /// From submission to the last tile.
        public var completion = Histogram()
        public var managerBytesPerSecond = 0.0
        public var leafBytesPerSecond = 0.0
        /// Invariants that did not hold, in words.
        public var violations: [String] = []
    }

    private enum Action: UInt64 {
        case submit
        case crash
    }

    private struct Job {
        var client: UInt32
        var began: Instant
        var id: Bytes32?
        var isOver = false
    }

    public let parameters: Parameters
    public private(set) var simulation: Simulation
    private var random: Generator
    private var report = Report()
    private var jobs: [Job] = []
    /// Accepted ends by job and task: at most one each.
    private var accepted: Set<TaskPlace> = []
    private let scene: (root: CID, blocks: [(CID, [UInt8])])
    private let sceneScope = Bytes32(words: 5, 5, 5, 5)

    private struct TaskPlace: Hashable {
        var job: Bytes32
        var task: UInt32
    }

    public init(_ parameters: Parameters, regions: RegionMatrix, seed: UInt64, threads: Int = 1) {
        self.parameters = parameters
        simulation = Simulation(seed: seed, regions: regions, links: parameters.links, threads: threads) { event in
            if case .role(.manager, _) = event { true } else { false }
        }
        random = Generator(seed: seed).fork("jobs")
        scene = SimulatedEngine.scene(blocks: parameters.sceneBlocks, bytes: parameters.sceneBlockBytes, seed: seed)
        populate()
    }

    private var firstWorker: Int { 1 + parameters.managers }
    private var firstVerifier: Int { firstWorker + parameters.workers }
    private var firstClient: Int { firstVerifier + parameters.verifiers }

    private mutating func populate() {
        let network = NetworkParameters(
            id: Bytes32(words: 1, 2, 3, 4), prefix: "simulated", bootstrap: [(simulation.peer(of: 0), [Simulation.address(of: 0)])],
            round: parameters.round, shards: 1)
        for number in 0..<parameters.nodes {
            let node = UInt32(number)
            var place = Discovery.Place.leaf
            var roles: [RoleName] = []
            switch number {
            case 0: place = .bootstrap
            case ..<firstWorker: (place, roles) = (.manager, [.manager])
            case ..<firstVerifier: roles = [.worker]
            case ..<firstClient: roles = [.verifier]
            default: roles = [.client]
            }
            var member = NodeParameters(
                signing: simulation.signing(of: node), network: network, place: place, roles: roles, profile: .zero,
                generator: Generator(seed: simulation.seed).fork(UInt64(number)))
            member.kademlia.diversity = nil
            member.manager.rayChallenges = parameters.raysPerChallenge
            member.manager.areaChallenges = parameters.raysPerChallenge
            parameters.adjust?(&member)
            let speed = place == .leaf ? 100.0 : 1000
            _ = simulation.add(member, megabitsUp: speed, megabitsDown: speed)
            let share = number == 0 ? 0 : number < firstWorker ? 0.1 : 0.2 + 0.8 * random.unit()
            simulation.scheduleStart(of: node, at: .origin + parameters.joining * share)
        }
        for cheat in 0..<min(parameters.cheats, parameters.workers) { simulation.engine.cheats[UInt32(firstWorker + cheat)] = 0.05 }
        for _ in 0..<parameters.jobs {
            schedule(.submit, at: .origin + parameters.joining + .seconds(5) + parameters.submitting * random.unit())
        }
        scheduleCrash(from: .origin + parameters.joining)
    }

    private mutating func schedule(_ action: Action, at time: Instant) { simulation.schedule(action.rawValue, at: time) }

    private mutating func scheduleCrash(from time: Instant) {
        let rate = parameters.churnPerHour * Double(parameters.workers + parameters.verifiers) / 3600
        guard rate > 0 else { return }
        schedule(.crash, at: time + .seconds(-Simulation.logarithm(1 - random.unit()) / rate))
    }

    public var end: Instant { .origin + parameters.limit }
    public var isFinished: Bool { report.jobsSubmitted == parameters.jobs && jobs.allSatisfy(\.isOver) }

    /// Runs at most `eventsMax` events; true while there is more to do.
    public mutating func step(eventsMax: UInt64) -> Bool {
        let last = simulation.events + eventsMax
        while simulation.events < last, !isFinished {
            let goesOn = simulation.run(until: end, eventsMax: last - simulation.events)
            var index = 0
            while index < simulation.reports.count {
                handle(simulation.reports[index])
                index += 1
            }
            simulation.reports.removeAll(keepingCapacity: true)
            if !goesOn { return false }
        }
        return !isFinished
    }

    private mutating func handle(_ told: Simulation.Report) {
        switch told.fact {
        case .scenario(let number): Action(rawValue: number).map { carryOut($0) }
        case .event(.role(.manager, let event)): note(event)
        case .answer(.client, let query, let answer): note(answer, of: told.node, query, at: told.time)
        case .tile(let job, _, let tile, let bytes):
            report.tilesDelivered += 1
            if !accepted.contains(where: { $0.job == job }) { violate("a tile of a job without an accepted task was delivered") }
            if bytes.count != Int(tile.width) * Int(tile.height) * 12 { report.tilesWrong += 1 }
        case .event, .answer, .lookedUp, .started: break
        }
    }

    private mutating func carryOut(_ action: Action) {
        switch action {
        case .submit: submit()
        case .crash:
            let victim = UInt32(firstWorker) + UInt32(random.next() % UInt64(parameters.workers + parameters.verifiers))
            if simulation.isUp(victim) {
                simulation.crash(victim)
                simulation.scheduleStart(of: victim, at: simulation.now + parameters.downtime)
            }
            scheduleCrash(from: simulation.now)
        }
    }

    private mutating func submit() {
        let client = UInt32(firstClient) + UInt32(random.next() % UInt64(parameters.clients))
        var settings = RenderSettings()
        settings.width = parameters.width
        settings.height = parameters.height
        settings.samples = parameters.samples
        let bytes = scene.blocks.reduce(0) { $0 + $1.1.count }
        let order = JobOrder(
            sceneRoot: scene.root, sceneBytes: UInt64(bytes), frames: [FrameRange(first: 1, last: 1)], settings: settings)
        simulation.provision(client, scene.blocks, scope: sceneScope)
        let number = UInt64(jobs.count)
        jobs.append(Job(client: client, began: simulation.now))
        report.jobsSubmitted += 1
        simulation.give(.command(.client, Roles.QueryID(number), .submit(order)), to: client)
    }

    /// Queries below 2^32 are submissions; those above fetch the pictures of the same job.
    private mutating func note(_ answer: RoleAnswer, of node: UInt32, _ query: Roles.QueryID, at time: Instant) {
        let number = Int(truncatingIfNeeded: query.value & 0xffff_ffff)
        guard number < jobs.count, jobs[number].client == node else { return }
        switch answer {
        case .submitted(let id):
            jobs[number].id = id
            simulation.give(.command(.client, Roles.QueryID(UInt64(number) | 1 << 32), .fetch(job: id)), to: node)
        case .delivered:
            jobs[number].isOver = true
            report.jobsVerified += 1
            report.completion.record(nanoseconds: (time - jobs[number].began).nanosecondsClamped)
        case .failed(let failure):
            jobs[number].isOver = true
            report.jobsFailed += 1
            violate("job \(number) failed: \(failure)")
        default: break
        }
    }

    private mutating func note(_ event: RoleEvent) {
        switch event {
        case .attemptEnded(let job, let task, _, let worker, let outcome):
            switch outcome {
            case .accepted:
                report.tasksAccepted += 1
                if !accepted.insert(TaskPlace(job: job, task: task)).inserted { violate("task \(task) of a job was accepted twice") }
                if let node = World.node(of: PeerID(ed25519: worker)), simulation.engine.cheats[node] != nil {
                    violate("an altered result of Worker \(node) was accepted")
                }
            case .rejected: report.attemptsRejected += 1
            case .expired, .handedBack, .declined, .cancelled, .decoy: report.attemptsLost += 1
            }
        case .penalised: report.penalties += 1
        default: break
        }
    }

    private mutating func violate(_ what: String) {
        if report.violations.count < 20 { report.violations.append(what) }
    }

    /// What was measured so far; at the end also whether all finished.
    public func currentReport() -> Report {
        var report = report
        report.nodes = parameters.nodes
        report.simulated = simulation.now - .origin
        report.events = simulation.events
        report.digest = simulation.digest.value
        if !isFinished { report.violations.append("\(jobs.count { !$0.isOver }) jobs had not ended at \(report.simulated.inSeconds) s") }
        let seconds = max(1, report.simulated.inSeconds)
        let traffic = { (range: Range<Int>) in
            range.isEmpty ? 0 : Double(range.reduce(0) { $0 + simulation.traffic(of: UInt32($1)) }) / seconds / Double(range.count)
        }
        report.managerBytesPerSecond = traffic(1..<firstWorker)
        report.leafBytesPerSecond = traffic(firstWorker..<firstClient)
        return report
    }
}
