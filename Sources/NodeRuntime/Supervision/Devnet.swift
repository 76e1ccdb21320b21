internal import Crypto
public import EventLoop
internal import Identity
internal import Node
internal import Store
internal import Wire

/// A whole network of real processes on this machine: one bootstrap peer, Managers, Workers, Verifiers, all on loopback.
///
/// Everybody gets a key first, since the definition names the Managers; then the bootstrap peer starts, and its address goes into the
/// network file; then the others start and find each other through it alone. All data lies under one directory.
public final class Devnet {
    public struct Plan: Sendable {
        public var managers = 1
        public var workers = 3
        public var verifiers = 3
        public var directory: String
        /// Programs to start.
        public var node: String
        public var bootstrap: String
        public var logLevel = LogLevel.info
        /// Where the Workers render; nil leaves it to the default.
        public var device: String?
        /// Threads of each Worker's native device; 0 for one per processor.
        public var threads = 0
        /// Attempts of a thousand that are decoys.
        public var decoys = 0

        /// Processes of one kind at most: a machine has only so many ports and so much memory.
        public static let countMax = 100

        public init(directory: String, node: String, bootstrap: String) {
            self.directory = directory
            self.node = node
            self.bootstrap = bootstrap
        }
    }

    public struct Parameters: Sendable {
        /// From the start to everybody's registration.
        public var readyMax: Duration = .seconds(60)
        public var pollInterval: Duration = .milliseconds(200)
        /// From the first signal until processes are killed: a little more than they take to drain by themselves.
        public var stopMax: Duration = .seconds(160)

        public init() {}
    }

    private enum Phase { case starting, joining, ready, stopping, stopped }

    private let loop: EventLoop
    private let plan: Plan
    private let parameters: Parameters
    private var phase = Phase.starting
    private let bootstrapPeer: SupervisedNode
    private var leaves: [(node: SupervisedNode, role: NodeRole)] = []
    private var definition = NetworkDefinition()
    private var alarm: Timer?
    private var pollTimer: Timer?
    private var call: AdminCall?
    private var failure: DaemonError?
    private var lock: DirectoryLock?

    public var networkFile: String { plan.directory + "/network.toml" }
    /// A line of a process's log, with its name before it, or a word about one.
    public var onLine: ((String) -> Void)?
    /// Everybody is registered; the address is where the first Manager takes commands.
    public var onReady: ((_ networkFile: String, _ api: String) -> Void)?
    /// No process is left. The last call.
    public var onStopped: ((DaemonError?) -> Void)?

    public init(loop: EventLoop, plan: Plan, parameters: Parameters = Parameters()) throws(DaemonError) {
        self.loop = loop
        self.plan = plan
        self.parameters = parameters
        bootstrapPeer = SupervisedNode("bootstrap", loop: loop)
        do throws(UVError) {
            alarm = try Timer(loop: loop) { [weak self] in self?.alarmPassed() }
            pollTimer = try Timer(loop: loop) { [weak self] in self?.askManagers() }
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    private func places(_ name: String) -> Places { Places(directory: plan.directory + "/" + name) }

    /// Writes keys and definition, and starts the bootstrap peer.
    public func start() throws(DaemonError) {
        definition.name = "devnet"
        definition.decoys = plan.decoys
        definition.protocolPrefix = "inferix-devnet"
        do {
            try Directory.create(plan.directory)
            // Before anything is written: the network file of one that runs stays as it is.
            lock = try DirectoryLock(plan.directory)
            for (role, count) in [(NodeRole.manager, plan.managers), (.worker, plan.workers), (.verifier, plan.verifiers)] {
                for number in 0..<count {
                    let name = "\(role.rawValue)-\(number + 1)"
                    try Directory.create(places(name).data)
                    let key = try PlainKey.obtain(places(name).key)
                    if role == .manager { definition.managers.append(PeerID(ed25519: key.publicKey)) }
                    leaves.append((SupervisedNode(name, loop: loop), role))
                }
            }
            try Directory.create(places("bootstrap").data)
            _ = try PlainKey.obtain(places("bootstrap").key)
            try writeDefinition()
        } catch let error as DaemonError {
            throw error
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        alarm?.arm(at: loop.deadline(after: parameters.readyMax))
        watch(bootstrapPeer)
        bootstrapPeer.onListening = { [weak self] in self?.bootstrapListens() }
        try begin(bootstrapPeer, plan.bootstrap, ["--data", places("bootstrap").data])
    }

    private func writeDefinition() throws(DaemonError) {
        do throws(FileError) {
            try TextFile.write(Array(definition.text.utf8), to: networkFile)
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    private func begin(_ node: SupervisedNode, _ path: String, _ arguments: [String]) throws(DaemonError) {
        do throws(UVError) {
            try node.start(
                path,
                arguments + ["--network", networkFile, "--listen", "/ip4/127.0.0.1/tcp/0", "--log-level", plan.logLevel.rawValue])
        } catch {
            throw DaemonError(.failed, "\(error)", advice: "The programs node and bootstrap are expected beside each other.")
        }
    }

    private func watch(_ node: SupervisedNode) {
        node.onLine = { [weak self] in self?.onLine?("\(node.name): \($0)") }
        node.onExit = { [weak self, weak node] status in
            guard let self, let node else { return }
            if phase != .stopping { onLine?("\(node.name): \(status)") }
            switch phase {
            case .starting, .joining: fail(DaemonError(.failed, "\(node.name) \(status) before the network was ready"))
            case .ready: break
            case .stopping: continueStopping()
            case .stopped: break
            }
        }
    }

    private func bootstrapListens() {
        guard phase == .starting else { return }
        phase = .joining
        definition.bootstrap = bootstrapPeer.addresses.compactMap { Multiaddr($0) }
        do throws(DaemonError) {
            try writeDefinition()
            for (node, role) in leaves {
                watch(node)
                var arguments = ["--role", role.rawValue, "--data", places(node.name).data]
                if role == .worker {
                    if let device = plan.device { arguments += ["--device", device] }
                    if plan.threads > 0 { arguments += ["--threads", "\(plan.threads)"] }
                }
                try begin(node, plan.node, arguments)
            }
        } catch {
            return fail(error)
        }
        pollTimer?.arm(at: loop.deadline(after: parameters.pollInterval))
    }

    // MARK: Ready

    private var managers: [SupervisedNode] { leaves.filter { $0.role == .manager }.map(\.node) }

    /// Managers know who has registered: all are asked in turn.
    private func askManagers() { ask(0, registered: Registered()) }

    private func ask(_ number: Int, registered: Registered) {
        guard phase == .joining, number < managers.count else { return }
        guard !managers[number].addresses.isEmpty else { return pollAgain() }
        do throws(DaemonError) {
            call = try AdminCall(.status, of: places(managers[number].name), loop: loop, timeout: .seconds(5)) { [weak self] in
                self?.told($0, by: number, registered)
            }
        } catch {
            pollAgain()
        }
    }

    private func pollAgain() { pollTimer?.arm(at: loop.deadline(after: parameters.pollInterval)) }

    private func told(_ result: Result<JSON, DaemonError>, by number: Int, _ before: Registered) {
        call = nil
        guard phase == .joining else { return }
        guard case .success(let status) = result, let role = status["roles"]?.elements.first(where: { $0["role"] == "manager" }) else {
            return pollAgain()
        }
        var registered = before
        registered.workers += role["workers"]?.int ?? 0
        registered.verifiers += role["verifiers"]?.int ?? 0
        if number == 0 { registered.api = status["api"]?.string ?? "" }
        if number + 1 < managers.count { return ask(number + 1, registered: registered) }
        // A leaf registers with as many as it keeps.
        let kept = min(managers.count, Discovery.Parameters().managersWanted)
        guard registered.workers >= plan.workers * kept, registered.verifiers >= plan.verifiers * kept else { return pollAgain() }
        phase = .ready
        alarm?.disarm()
        onReady?(networkFile, registered.api)
    }

    /// What the Managers say, added up.
    private struct Registered {
        var workers = 0
        var verifiers = 0
        /// Of the first Manager.
        var api = ""
    }

    // MARK: Stopping

    private func fail(_ error: DaemonError) {
        failure = failure ?? error
        stop()
    }

    private func alarmPassed() {
        switch phase {
        case .starting, .joining:
            fail(
                DaemonError(
                    .failed, "the network was not ready within \(parameters.readyMax.components.seconds) s", advice: "Its log says why."))
        case .stopping:
            onLine?("devnet: processes that did not stop in time are killed")
            for node in everybody { node.kill() }
        case .ready, .stopped: break
        }
    }

    private var everybody: [SupervisedNode] { leaves.map(\.node) + [bootstrapPeer] }

    /// Drains everybody, the bootstrap peer last. A second call stops them at once.
    public func stop() {
        if phase == .stopping {
            for node in everybody { node.kill() }
            return
        }
        guard phase != .stopped else { return }
        phase = .stopping
        call?.cancel()
        pollTimer?.disarm()
        alarm?.arm(at: loop.deadline(after: parameters.stopMax))
        for (node, _) in leaves { node.terminate() }
        continueStopping()
    }

    private func continueStopping() {
        guard !leaves.contains(where: { $0.node.isRunning }) else { return }
        if bootstrapPeer.isRunning { return bootstrapPeer.terminate() }
        phase = .stopped
        alarm?.close()
        pollTimer?.close()
        onStopped?(failure)
    }
}
