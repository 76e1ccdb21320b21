internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import Wire

/// How a command reaches a network without a running node.
struct NetworkOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The network: a definition file, or a name.", valueName: "file")) var network: String?
    @Option(name: .long, help: ArgumentHelp("A Manager to reach directly.", valueName: "multiaddr")) var manager: String?
    @Option(name: .long, help: ArgumentHelp("The least severe message that is logged.", valueName: "level")) var logLevel = LogLevel.warning
        .rawValue

    /// Whether a network was named at all.
    var isGiven: Bool { network != nil || manager != nil }

    func definition(_ data: DataOptions) throws -> NetworkDefinition {
        let name = try network ?? data.configuration().configuration.network
        return try NetworkDefinition.load(name, places: try data.places())
    }

    func managers() throws -> [Multiaddr] {
        guard let manager else { return [] }
        guard let address = Multiaddr(manager), address.tcpTarget != nil, address.peerMultihash != nil else {
            throw ValidationError(
                "--manager takes an address that ends in the peer's id, such as /ip4/10.0.0.1/tcp/4001/p2p/12D3KooW…, not '\(manager)'")
        }
        return [address]
    }

    /// - Parameters:
    ///   - directory: opened last: what cannot work leaves nothing behind.
    ///   - isOffline: no peer will be asked for anything.
    func session(_ data: DataOptions, isOffline: Bool = false, in directory: () throws -> ClientDirectory) throws -> ClientSession {
        guard let level = LogLevel(rawValue: logLevel) else {
            throw ValidationError("--log-level takes \(LogLevel.typeName), not '\(logLevel)'")
        }
        let (definition, managers) = (try definition(data), try managers())
        guard isOffline || !definition.bootstrap.isEmpty || !managers.isEmpty else {
            throw CommandFailure(
                .configuration, "network \(definition.name) names no peer to join through",
                advice: "Give a definition that does with --network FILE, or a Manager with --manager MULTIADDR.")
        }
        let log = StandardErrorLog.logger(level: level, format: .text)
        return try ClientSession(try directory(), definition: definition, managers: managers, log: log)
    }
}
