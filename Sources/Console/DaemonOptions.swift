public import ArgumentParser
internal import Crypto
internal import Glibc
public import NodeRuntime

/// Options of the binaries that run a node in the foreground.
public struct DaemonOptions: ParsableArguments {
    @OptionGroup public var data: DataOptions
    @OptionGroup public var password: PasswordOptions

    @Option(name: .long, help: ArgumentHelp("The network to join: a definition file, or a name.", valueName: "file"))
    public var network: String?
    @Option(name: .long, help: ArgumentHelp("An address to accept connections at; port 0 lets the system choose.", valueName: "multiaddr"))
    public var listen: [String] = []
    @Option(name: .long, help: ArgumentHelp("A peer to join through, besides those of the network definition.", valueName: "multiaddr"))
    public var bootstrap: [String] = []
    @Option(name: .long, help: ArgumentHelp("Where the node's own commands reach it.", valueName: "host:port"))
    public var api: String?
    @Option(name: .long, help: ArgumentHelp("Where to serve metrics and health over HTTP.", valueName: "host:port"))
    public var http: String?
    @Option(name: .long, help: ArgumentHelp("The least severe message that is logged.", valueName: "level"))
    public var logLevel: String?
    @Option(name: .long, help: ArgumentHelp("How messages are written on standard error: text or json.", valueName: "format"))
    public var logFormat: String?
    @Option(name: .long, help: ArgumentHelp("A gossip topic to join and relay besides the node's own.", valueName: "topic"))
    public var subscribe: [String] = []
    @Option(name: .long, help: ArgumentHelp("Diagnostic protocols to answer: perf, echo.", valueName: "protocols"))
    public var serve: String?
    @Option(name: .long, help: ArgumentHelp("KiB a second sent at most (default 0: no limit).", valueName: "kib"))
    public var upload: String?
    @Option(name: .long, help: ArgumentHelp("KiB a second received at most (default 0: no limit).", valueName: "kib"))
    public var download: String?
    @Flag(name: .long, help: .hidden)
    public var supervised = false

    public init() {}

    private var flags: [ResolvedConfiguration.Flag] {
        func one(_ value: String?) -> [String] { value.map { [$0] } ?? [] }
        return [
            .init(key: "network", name: "--network", values: one(network)),
            .init(key: "listen", name: "--listen", values: listen),
            .init(key: "bootstrap", name: "--bootstrap", values: bootstrap),
            .init(key: "api", name: "--api", values: one(api)),
            .init(key: "http", name: "--http", values: one(http)),
            .init(key: "log.level", name: "--log-level", values: one(logLevel)),
            .init(key: "log.format", name: "--log-format", values: one(logFormat)),
            .init(key: "subscribe", name: "--subscribe", values: subscribe),
            .init(key: "serve", name: "--serve", values: one(serve)),
            .init(key: "limits.upload", name: "--upload", values: one(upload)),
            .init(key: "limits.download", name: "--download", values: one(download)),
        ]
    }

    /// What the flags, the environment and the files make of a node. A data directory without a key gets one.
    ///
    /// - Parameter more: flags of one binary alone.
    public func settings(roles: String?, _ more: [ResolvedConfiguration.Flag] = []) throws -> DaemonSettings {
        let places = try data.places()
        let role = ResolvedConfiguration.Flag(key: "roles", name: "--role", values: roles.map { [$0] } ?? [])
        let configuration = try data.configuration(flags + [role] + more).configuration
        let definition = try NetworkDefinition.load(configuration.network, places: places)
        return DaemonSettings(keyPair: try keyPair(places), places: places, definition: definition, configuration: configuration)
    }

    private func keyPair(_ places: Places) throws -> KeyPair {
        guard TextFile.exists(places.key) else {
            try TextFile.makeDirectory(places.data, mode: 0o700)
            Terminal.error.line("node: made the key \(places.key), without a password; protect it with: node key passwd")
            return try PlainKey.obtain(places.key)
        }
        let key = try NodeKey(reading: places.key)
        return try key.open(password: try key.password(file: try password.file(data)))
    }

    /// Runs the node until it has been drained, and ends the process.
    public func run(_ settings: DaemonSettings) throws -> Never {
        let log = StandardErrorLog.logger(level: settings.configuration.logLevel, format: settings.configuration.logFormat)
        Glibc.exit(try DaemonProcess.run(settings, log: log, isSupervised: supervised))
    }
}
