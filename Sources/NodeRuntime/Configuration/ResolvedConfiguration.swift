internal import Identity
internal import Wire

/// A configuration with the place that each of its values came from.
public struct ResolvedConfiguration: Equatable, Sendable {
    public enum Origin: Equatable, Sendable, CustomStringConvertible {
        case standard
        case file(String)
        case variable(String)
        case flag(String)

        public var description: String {
            switch self {
            case .standard: "default"
            case .file(let path): path
            case .variable(let name): name
            case .flag(let name): name
            }
        }
    }

    /// A value given on the command line.
    public struct Flag: Equatable, Sendable {
        public let key: String
        /// As the user wrote it: `--log-format`.
        public let name: String
        /// One for each time that the flag was given; lists join them.
        public let values: [String]

        public init(key: String, name: String, values: [String]) {
            self.key = key
            self.name = name
            self.values = values
        }
    }

    public private(set) var configuration = Configuration()
    /// Keys that something other than the default decided.
    public private(set) var origins: [String: Origin] = [:]
    /// Variables that look like settings and are none.
    public private(set) var warnings: [String] = []

    /// Flags win over variables, these over the file, and the file over the defaults.
    /// - Parameter file: path and text of the configuration file; nil where there is none.
    public init(flags: [Flag], environment: [String: String], file: (path: String, text: String)?) throws(ConfigurationError) {
        let settings = Configuration.settings
        if let file {
            for entry in try TOMLDocument(file.text, place: file.path).entries {
                try settings.set(entry.key, to: entry.item, in: &configuration, place: file.path)
                origins[entry.key] = .file(file.path)
            }
        }
        for field in settings.fields {
            let name = Configuration.variable(of: field.key)
            guard let text = environment[name] else { continue }
            try settings.set(field.key, to: field.parse(text), in: &configuration, place: name)
            origins[field.key] = .variable(name)
        }
        for flag in flags where !flag.values.isEmpty {
            guard let field = settings[flag.key] else { throw settings.unknown(flag.key, place: flag.name) }
            try settings.set(flag.key, to: field.parse(flag.values.joined(separator: ",")), in: &configuration, place: flag.name)
            origins[flag.key] = .flag(flag.name)
        }
        warnings = ResolvedConfiguration.strangers(environment)
        try configuration.validate(origins)
    }

    public func origin(of key: String) -> Origin { origins[key] ?? .standard }

    private static func strangers(_ environment: [String: String]) -> [String] {
        let known = Configuration.settings.fields.map { Configuration.variable(of: $0.key) } + Configuration.otherVariables
        return environment.keys.filter { $0.hasPrefix("INFERIX_") && !known.contains($0) }.sorted().map { name in
            "\(name) is no setting" + (NearestName.of(name, among: known).map { "; did you mean \($0)?" } ?? "")
        }
    }
}

extension Configuration {
    /// Relations that no single key can state.
    func validate(_ origins: [String: ResolvedConfiguration.Origin]) throws(ConfigurationError) {
        func fail(_ key: String, _ problem: String) -> ConfigurationError {
            ConfigurationError(place: (origins[key] ?? .standard).description, problem: "\(key) \(problem)")
        }
        if Set(roles).count != roles.count { throw fail("roles", "names a role twice") }
        for address in listen where address.tcpTarget == nil || address.peerMultihash != nil {
            throw fail("listen", "takes addresses such as /ip4/0.0.0.0/tcp/4001, not \(address)")
        }
        for address in bootstrap where address.tcpTarget == nil || address.peer == nil {
            throw fail(
                "bootstrap", "takes addresses that end in the peer's id, such as /ip4/10.0.0.1/tcp/4001/p2p/12D3KooW…, not \(address)")
        }
        for topic in subscribe where topic.isEmpty || topic.utf8.count > 256 {
            throw fail("subscribe", "takes topics of 1 to 256 bytes")
        }
    }
}

extension ResolvedConfiguration {
    /// `config show`: a file that gives this configuration, with the origin of each value that is not a default.
    public var text: String {
        Configuration.settings.text(of: configuration) { field in
            origins[field.key].map { ["from \($0)"] } ?? []
        }
    }
}

extension Configuration {
    /// A file that gives this configuration: every key with its meaning, type and variable.
    public var fileText: String {
        "# Configuration of a node. Flags win over variables, these over this file.\n\n"
            + Configuration.settings.text(of: self) { field in
                [field.meaning, "\(field.typeName); \(Configuration.variable(of: field.key))"]
            }
    }

    /// `config default`.
    public static var defaultText: String { Configuration().fileText }
}
