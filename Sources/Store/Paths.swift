internal import Glibc

/// Where a node keeps its files.
///
/// A directory that is named, by `--data` or `INFERIX_HOME`, holds everything. Otherwise the XDG base directories do, each in
/// its folder `inferix` (XDG Base Directory Specification 0.8; paths there that are not absolute are ignored).
public struct Paths: Equatable, Sendable {
    /// What a person edits.
    public var config: String
    /// What must not be lost: keys, database, blocks.
    public var data: String
    /// What can be fetched or computed again.
    public var cache: String
    /// What ends with the process.
    public var run: String

    public init(config: String, data: String, cache: String, run: String) {
        self.config = config
        self.data = data
        self.cache = cache
        self.run = run
    }

    /// - Parameters:
    ///   - named: the directory of `--data`; goes before `INFERIX_HOME`.
    ///   - environment: looks up a variable.
    public init(named: String? = nil, environment: (String) -> String? = Paths.variable) {
        func given(_ path: String?) -> String? { path.flatMap { $0.isEmpty ? nil : $0 } }
        if let home = given(named) ?? given(environment("INFERIX_HOME")) {
            let root = Paths.absolute(home)
            self.init(config: root, data: root, cache: root + "/cache", run: root + "/run")
            return
        }
        func base(_ variable: String, _ usual: String) -> String {
            if let path = environment(variable), path.hasPrefix("/") { return Paths.trimmed(path) + "/inferix" }
            return Paths.trimmed(given(environment("HOME")) ?? Paths.homeOfUser()) + usual
        }
        let data = base("XDG_DATA_HOME", "/.local/share/inferix")
        let runtime = environment("XDG_RUNTIME_DIR").flatMap { $0.hasPrefix("/") ? Paths.trimmed($0) + "/inferix" : nil }
        self.init(
            config: base("XDG_CONFIG_HOME", "/.config/inferix"), data: data,
            cache: base("XDG_CACHE_HOME", "/.cache/inferix"), run: runtime ?? data + "/run")
    }

    public var configFile: String { config + "/node.toml" }
    public var keys: String { data + "/keys" }
    public var database: String { data + "/node.db" }
    public var blocks: String { data + "/blocks" }
    /// What an HTTP client has to present; mode 0600.
    public var apiToken: String { run + "/api.token" }

    /// Makes the directories, for this user alone.
    public func create() throws(StoreError) {
        for path in [config, data, keys, cache, run] { try Directory.create(path) }
    }

    /// A variable of this process's environment.
    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return trimmed(path) }
        guard let current = getcwd(nil, 0) else { return trimmed(path) }
        defer { free(current) }
        return trimmed(String(cString: current) + "/" + path)
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// As the system's list of users has it, for services that run without `HOME`.
    private static func homeOfUser() -> String {
        guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return "/" }
        return String(cString: home)
    }
}
