internal import Crypto
internal import EventLoop
internal import Identity
internal import NodeRuntime
internal import Wire

/// A development network of node processes below one folder. Its Managers' keys come first, since the definition names them.
struct BenchNetwork {
    /// Relayed by the target, published and taken by peers of ours.
    static let topic = "bench"

    let prefix = "inferix-bench"
    private let node: String
    private let directory: String

    init(node: String, directory: String, managers: Int) throws {
        self.node = node
        self.directory = directory
        var definition = NetworkDefinition()
        definition.name = "bench"
        definition.protocolPrefix = prefix
        for name in ["target"] + (0..<managers).map({ "manager-\($0 + 1)" }) {
            try TextFile.makeDirectory(places(name).data, mode: 0o700)
            definition.managers.append(PeerID(ed25519: try PlainKey.obtain(places(name).key).publicKey))
        }
        try TextFile.write(Array(definition.text.utf8), to: networkFile)
    }

    private var networkFile: String { directory + "/network.toml" }

    func places(_ name: String) -> Places { Places(directory: directory + "/" + name) }

    func start(_ name: String, role: NodeRole, _ loop: EventLoop, _ arguments: [String] = []) throws -> TargetProcess {
        try TargetProcess(
            name, loop: loop, program: node,
            arguments: [
                "--role", role.rawValue, "--data", places(name).data, "--network", networkFile, "--listen", "/ip4/127.0.0.1/tcp/0",
                "--log-level", "error",
            ] + arguments)
    }
}
