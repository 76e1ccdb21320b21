internal import ArgumentParser
internal import Console
internal import NodeRuntime

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a node in the foreground; `run` itself may be left out.",
        discussion: "Prints one line \"listening MULTIADDR/p2p/PEERID\" per address when it is ready. The first SIGTERM or SIGINT drains.")

    @Option(name: .long, help: ArgumentHelp("What the node does: worker, verifier, manager, joined by commas.", valueName: "roles"))
    var role: String?
    @Option(name: .long, help: ArgumentHelp("Where a Worker renders: native, opencl, opencl:N, a list, or all.", valueName: "device"))
    var device: String?
    @Option(name: .long, help: "Threads of the native device; 0: one per processor.") var threads: Int?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "What a Verifier loads: standard, any scene; mobile, small ones, and of others it looks at the marks.", valueName: "class"))
    var verifierClass: String?
    @OptionGroup var daemon: DaemonOptions

    func run() throws {
        if role == nil, CommandLine.arguments.count == 1, try daemon.data.configuration().configuration.roles.isEmpty {
            // The bare program: whoever types it wants to know what there is.
            throw CleanExit.helpRequest(NodeCommand.self)
        }
        var settings = try daemon.settings(
            roles: role,
            [
                .init(key: "render.device", name: "--device", values: device.map { [$0] } ?? []),
                .init(key: "render.threads", name: "--threads", values: threads.map { ["\($0)"] } ?? []),
                .init(key: "verifier.class", name: "--verifier-class", values: verifierClass.map { [$0] } ?? []),
            ])
        guard !settings.roles.isEmpty else {
            throw CommandFailure(.usage, "no role is named", advice: "Give one, such as: node --role worker; all commands: node --help")
        }
        // A Verifier and a Manager recompute and inspect on the processor; only a Worker opens a device.
        let device = settings.configuration.roles.contains(.worker) ? settings.configuration.device.name : "native"
        settings.engine = EngineProcess(path: NodeBinary.path, device: device, threads: settings.configuration.threads)
        try daemon.run(settings)
    }
}
