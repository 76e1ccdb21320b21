internal import ArgumentParser
internal import Console
internal import EventLoop
internal import Glibc
internal import NodeRuntime

struct DevnetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devnet", abstract: "Run a whole network of real processes on this machine, until interrupted.",
        discussion: "Prints one line \"ready network FILE api ADDRESS\" when everybody has registered. All data lies under DIR.")

    @OptionGroup var data: DataOptions
    @Option(name: .long, help: "Managers.") var managers = 1
    @Option(name: .long, help: "Workers.") var workers = 3
    @Option(name: .long, help: "Verifiers.") var verifiers = 3
    @Option(name: .long, help: ArgumentHelp("Where all data goes (default: devnet in the data directory).", valueName: "dir")) var dir:
        String?
    @Option(name: .long, help: ArgumentHelp("Where Workers render: native, opencl, opencl:N, a list, or all.", valueName: "device"))
    var device: String?
    @Option(name: .long, help: "Threads of each Worker's native device; 0: one per processor.") var threads = 0
    @Option(name: .long, help: "Attempts of a thousand whose result is false on purpose, 0 to 1000.") var decoys = 0
    @Option(name: .long, help: ArgumentHelp("The least severe message that is logged.", valueName: "level")) var logLevel = LogLevel.info
        .rawValue

    func validate() throws {
        for (name, count, least) in [("--managers", managers, 1), ("--workers", workers, 0), ("--verifiers", verifiers, 0)]
        where !(least...Devnet.Plan.countMax).contains(count) {
            throw ValidationError("\(name) takes \(least) to \(Devnet.Plan.countMax), not \(count)")
        }
        guard 0...1000 ~= decoys else { throw ValidationError("--decoys takes 0 to 1000, not \(decoys)") }
        if let device, RenderDevice(device) == nil { throw ValidationError("--device takes \(RenderDevice.typeName), not '\(device)'") }
        guard LogLevel(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level takes \(LogLevel.typeName), not '\(logLevel)'")
        }
    }

    func run() throws {
        let folder = NodeBinary.path.lastIndex(of: "/").map { String(NodeBinary.path[..<$0]) } ?? "."
        let directory = try dir ?? data.places().data + "/devnet"
        var plan = Devnet.Plan(directory: absolute(directory), node: NodeBinary.path, bootstrap: folder + "/bootstrap")
        (plan.managers, plan.workers, plan.verifiers, plan.device, plan.threads) = (managers, workers, verifiers, device, threads)
        plan.decoys = decoys
        plan.logLevel = LogLevel(rawValue: logLevel) ?? .info

        let loop = try EventLoop()
        let devnet = try Devnet(loop: loop, plan: plan)
        var outcome: Result<Void, DaemonError>?
        devnet.onLine = { Terminal.error.line($0) }
        devnet.onReady = { Terminal.output.line("ready network \($0) api \($1)") }
        devnet.onStopped = { outcome = $0.map(Result.failure) ?? .success(()) }
        for signal in [SIGINT, SIGTERM] { _ = try SignalWatcher(loop: loop, signal: signal) { devnet.stop() } }
        try devnet.start()
        while outcome == nil { loop.runOnce() }
        try loop.shutdown()
        try outcome?.get()
    }

    private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : ProcessEnvironment.workingDirectory + "/" + path }
}
