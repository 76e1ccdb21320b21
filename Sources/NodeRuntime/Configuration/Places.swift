/// Where a node keeps its files (XDG base directory specification), or under one directory of its own.
public struct Places: Equatable, Sendable {
    /// The configuration file.
    public let configuration: String
    /// Keys, database, blocks, the lock: what must not be lost.
    public let data: String
    /// What can be made again: compiled kernels.
    public let cache: String

    /// The data directory's own key file.
    public var key: String { data + "/node.key" }

    /// - Parameters:
    ///   - directory: `--data`; wins over `INFERIX_HOME`, which wins over the XDG variables.
    ///   - environment: the process's variables.
    /// - Throws: where neither names a place: no `HOME`.
    public init(directory: String?, environment: [String: String]) throws(ConfigurationError) {
        if let own = directory ?? Places.nonEmpty(environment["INFERIX_HOME"]) {
            let base = own.count > 1 && own.hasSuffix("/") ? String(own.dropLast()) : own
            guard !base.isEmpty else {
                throw ConfigurationError(place: "--data", problem: "the directory is empty", advice: "name one, such as --data ./node1")
            }
            configuration = base + "/config.toml"
            data = base
            cache = base + "/cache"
            return
        }
        func base(_ variable: String, _ fallback: String) throws(ConfigurationError) -> String {
            // The specification has relative paths ignored.
            if let set = Places.nonEmpty(environment[variable]), set.hasPrefix("/") { return set + "/inferix" }
            guard let home = Places.nonEmpty(environment["HOME"]) else {
                throw ConfigurationError(
                    place: "environment", problem: "neither INFERIX_HOME nor HOME says where to keep files",
                    advice: "set one, or give --data DIR")
            }
            return "\(home)/\(fallback)/inferix"
        }
        configuration = try base("XDG_CONFIG_HOME", ".config") + "/config.toml"
        data = try base("XDG_DATA_HOME", ".local/share")
        cache = try base("XDG_CACHE_HOME", ".cache")
    }

    private static func nonEmpty(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
}
