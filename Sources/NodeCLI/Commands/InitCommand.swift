internal import ArgumentParser
internal import Console
internal import Crypto
internal import Identity
internal import NodeRuntime

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a key and a configuration, then print the next command.",
        discussion: "What exists already is kept, so running it again is safe.")

    @OptionGroup var data: DataOptions
    @OptionGroup var password: NewPasswordOptions
    @OptionGroup var output: JSONOption
    @Option(name: .long, help: ArgumentHelp("What the node will do: worker, verifier, manager, joined by commas.", valueName: "roles"))
    var role: String?
    @Option(name: .long, help: ArgumentHelp("The network to join: a definition file, or a name.", valueName: "file"))
    var network: String?
    @Option(name: .long, help: ArgumentHelp("An address to accept connections at.", valueName: "multiaddr"))
    var listen: [String] = []

    private var flags: [ResolvedConfiguration.Flag] {
        [
            .init(key: "roles", name: "--role", values: role.map { [$0] } ?? []),
            .init(key: "network", name: "--network", values: network.map { [absolute($0)] } ?? []),
            .init(key: "listen", name: "--listen", values: listen),
            .init(key: "key.password_file", name: "--password-file", values: password.passwordFile.map { [absolute($0)] } ?? []),
        ]
    }

    func run() throws {
        let places = try data.places()
        let hasConfiguration = TextFile.exists(places.configuration)
        // Checked before anything is written: a typing error leaves nothing behind.
        let configuration = try data.configuration(flags).configuration
        let network = try NetworkDefinition.load(configuration.network, places: places)
        if hasConfiguration, let given = flags.first(where: { !$0.values.isEmpty && $0.key != "key.password_file" }) {
            throw CommandFailure(
                .failed, "\(places.configuration) exists already, so \(given.name) would have no effect",
                advice: "Change \(given.key) in that file, or move it away.")
        }

        try TextFile.makeDirectory(places.data, mode: 0o700)
        let hasKey = TextFile.exists(places.key)
        if !hasKey {
            let password = try password.obtain(purpose: "password for the new key")
            try NodeKey.write(KeyPair.generate(), to: places.key, password: password, replacing: false)
        }
        if !hasConfiguration {
            try TextFile.makeDirectory(directory(of: places.configuration))
            try TextFile.write(Array(configuration.fileText.utf8), to: places.configuration, replacing: false)
        }
        try report(places, configuration, network, hasKey: hasKey, hasConfiguration: hasConfiguration)
    }

    private func report(
        _ places: Places, _ configuration: Configuration, _ network: NetworkDefinition, hasKey: Bool, hasConfiguration: Bool
    ) throws {
        let key = try NodeKey(reading: places.key)
        let roles = configuration.roles.isEmpty ? "worker" : configuration.roles.map(\.rawValue).joined(separator: ",")
        let next = "node --role \(roles)" + (data.data.map { " --data \($0)" } ?? "")
        output.print(
            .object([
                "peer": .text(key.peer.description), "network": .text(network.name), "key": .text(places.key),
                "configuration": .text(places.configuration), "made_key": .boolean(!hasKey),
                "made_configuration": .boolean(!hasConfiguration),
                "next": .text(next),
            ]),
            text: """
                peer\t\(key.peer)
                network\t\(network.name)
                key\t\(places.key)\(hasKey ? " (kept)" : "")
                configuration\t\(places.configuration)\(hasConfiguration ? " (kept)" : "")
                next\t\(next)
                """)
    }

    /// The configuration outlives the directory that the command was given in; names of networks stay as they are.
    private func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), path.contains("/") || path.hasSuffix(".toml") || path == password.passwordFile else { return path }
        return ProcessEnvironment.workingDirectory + "/" + path
    }

    private func directory(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
}
