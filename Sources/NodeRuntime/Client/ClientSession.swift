internal import Crypto
internal import EventLoop
internal import Glibc
internal import Identity
public import Logging
internal import Node
internal import RenderModel
public import Roles
internal import Store
public import Wire

/// A client in this process: joins the network, does what a command asks, says goodbye. Blocks its caller, with a loop of its own.
public final class ClientSession {
    public struct Parameters: Sendable {
        /// From the start to the first Manager.
        public var joinMax: Duration = .seconds(20)
        /// For answers that a Manager gives.
        public var answerMax: Duration = .seconds(60)

        public init() {}
    }

    let loop: EventLoop
    let daemon: NodeDaemon
    public let directory: ClientDirectory
    let parameters: Parameters
    private let definition: NetworkDefinition
    private var failure: DaemonError?
    private var isOver = false
    private var isEnded = false
    /// What was last heard of the job in hand.
    public private(set) var lastStatus: JobStatus?
    /// The signal that asked to end.
    public private(set) var interruption: Int32?
    var onProgress: ((JobStatus) -> Void)?

    /// - Parameter managers: Managers to reach directly, besides the definition's bootstrap peers.
    public init(
        _ directory: ClientDirectory, definition: NetworkDefinition, managers: [Multiaddr], log: Logger,
        parameters: Parameters = Parameters()
    ) throws(DaemonError) {
        self.directory = directory
        self.definition = definition
        self.parameters = parameters
        var configuration = Configuration()
        configuration.listen = []
        configuration.bootstrap = managers
        var settings = DaemonSettings(
            keyPair: try PlainKey.obtain(directory.places.key), places: directory.places, definition: definition,
            configuration: configuration)
        settings.roles = [.client]
        do throws(UVError) {
            loop = try EventLoop()
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        daemon = try NodeDaemon(loop: loop, settings: settings, log: log)
        daemon.onStopped = { [weak self] error in
            self?.failure = error
            self?.isOver = true
        }
        daemon.onEvent = { [weak self] event in
            guard case .role(.client, .jobProgress(let status)) = event else { return }
            self?.lastStatus = status
            self?.onProgress?(status)
        }
        do throws(StoreError) {
            // What a crashed process left.
            try daemon.storage.releaseAll(.client)
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        do throws(UVError) {
            for number in [SIGINT, SIGTERM] {
                _ = try SignalWatcher(loop: loop, signal: number) { [weak self] in self?.interruption = number }
            }
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }

    /// Finds a Manager.
    public func join() throws(DaemonError) {
        try daemon.start()
        try RunFile(
            processID: Int(getpid()), peer: daemon.node.identity, address: daemon.network.adminAddress, prefix: definition.protocolPrefix
        ).write(directory.places)
        guard try wait(parameters.joinMax, until: { [daemon] in !daemon.managers.isEmpty }) else {
            let reached = daemon.node.peers.count > 0
            throw DaemonError(
                .unreachable,
                reached ? "no Manager of network \(definition.name) was found" : "no peer of network \(definition.name) answers",
                advice: reached
                    ? "Its Managers may be down: try again later." : "Check the addresses in the network file, and that they are up.")
        }
    }

    /// Runs the loop until the condition holds, the time is over, or somebody interrupts.
    /// - Returns: whether the condition holds.
    func wait(_ duration: Duration, until condition: () -> Bool) throws(DaemonError) -> Bool {
        do throws(UVError) {
            _ = try loop.run(for: duration) { condition() || interruption != nil || isOver }
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        if let failure { throw failure }
        return condition()
    }

    public func ask(_ query: RoleQuery) throws(DaemonError) -> RoleAnswer {
        try answer { daemon.ask(.client, query, deliver: $0) }
    }

    public func command(_ command: RoleCommand) throws(DaemonError) -> RoleAnswer {
        try answer { daemon.command(.client, command, deliver: $0) }
    }

    private final class Box { var answer: RoleAnswer? }

    private func answer(_ ask: (@escaping (RoleAnswer) -> Void) -> Void) throws(DaemonError) -> RoleAnswer {
        let box = Box()
        ask { box.answer = $0 }
        _ = try wait(parameters.answerMax) { box.answer != nil }
        return box.answer ?? .failed(.noManager)
    }

    /// Lets the network go on for a while.
    public func pause(_ duration: Duration) throws(DaemonError) { _ = try wait(duration) { false } }

    /// Says goodbye and closes everything.
    public func end() {
        guard !isEnded else { return }
        isEnded = true
        RunFile.remove(directory.places)
        daemon.drain()
        _ = try? loop.run(for: .seconds(5)) { isOver }
        daemon.stopNow()
        // A scene that was not needed to the end is read again by the next `submit`.
        try? daemon.storage.releaseAll(.client)
        try? loop.shutdown()
    }
}
