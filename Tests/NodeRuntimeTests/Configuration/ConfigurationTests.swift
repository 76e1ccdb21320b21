import NodeRuntime
import Testing
import Wire

@Suite("Configuration")
struct ConfigurationTests {
    private func resolve(
        flags: [ResolvedConfiguration.Flag] = [], environment: [String: String] = [:], file: String? = nil
    ) throws -> ResolvedConfiguration {
        try ResolvedConfiguration(flags: flags, environment: environment, file: file.map { (path: "c.toml", text: $0) })
    }
    private func problem(
        flags: [ResolvedConfiguration.Flag] = [], environment: [String: String] = [:], file: String? = nil
    ) -> ConfigurationError? {
        do {
            _ = try resolve(flags: flags, environment: environment, file: file)
            return nil
        } catch {
            return error as? ConfigurationError
        }
    }

    @Test func nothingGivenIsTheDefault() throws {
        let resolved = try resolve()
        #expect(resolved.configuration == Configuration())
        #expect(resolved.origins.isEmpty)
        #expect(resolved.origin(of: "log.level") == .standard)
    }

    @Test(arguments: ["native", "opencl", "opencl:2", "opencl:0,opencl:1", "native,opencl:1", "all"])
    func devicesAreNamedAsTheyWereWritten(text: String) throws {
        #expect(try resolve(file: "[render]\ndevice = \"\(text)\"").configuration.device.name == text)
    }

    @Test func flagsWinOverVariablesOverTheFile() throws {
        let file = "[log]\nlevel = \"error\"\nformat = \"json\"\n[limits]\nconnections = 7\n"
        let environment = ["INFERIX_LOG_LEVEL": "debug", "INFERIX_LIMITS_CONNECTIONS": "8", "HOME": "/x"]
        let flags = [ResolvedConfiguration.Flag(key: "log.level", name: "--log-level", values: ["trace"])]
        let resolved = try resolve(flags: flags, environment: environment, file: file)
        #expect(resolved.configuration.logLevel == .trace)
        #expect(resolved.origin(of: "log.level") == .flag("--log-level"))
        #expect(resolved.configuration.connectionsMax == 8)
        #expect(resolved.origin(of: "limits.connections") == .variable("INFERIX_LIMITS_CONNECTIONS"))
        #expect(resolved.configuration.logFormat == .json)
        #expect(resolved.origin(of: "log.format") == .file("c.toml"))
    }

    @Test func everyKeyCanBeSetEverywhere() throws {
        let samples = [
            "roles": "worker,verifier", "network": "net.toml", "listen": "/ip4/127.0.0.1/tcp/1,/ip6/::1/tcp/2",
            "bootstrap": "/ip4/127.0.0.1/tcp/1/p2p/\(Sample.peers[0])", "api": "[::1]:80", "http": "127.0.0.1:9464", "subscribe": "a,b",
            "serve": "perf,echo",
            "key.password_file": "pw", "log.level": "error", "log.format": "json", "limits.connections": "9",
            "limits.upload": "100", "limits.download": "200", "render.device": "opencl:1",
            "render.threads": "3", "verifier.class": "mobile", "store.blocks": "77", "admins": "\(Sample.peers[0]),\(Sample.peers[1])",
        ]
        #expect(Set(samples.keys) == Set(Configuration.settings.fields.map(\.key)))
        for (key, text) in samples {
            let byVariable = try resolve(environment: [Configuration.variable(of: key): text]).configuration
            let byFlag = try resolve(flags: [.init(key: key, name: "--x", values: [text])]).configuration
            #expect(byVariable != Configuration(), "\(key)")
            #expect(byFlag == byVariable, "\(key)")
            // What `config show` prints gives the same again.
            #expect(try resolve(file: Configuration.settings.text(of: byVariable)).configuration == byVariable, "\(key)")
        }
    }

    @Test func repeatedFlagsMakeAList() throws {
        let flag = ResolvedConfiguration.Flag(key: "subscribe", name: "--subscribe", values: ["a", "b,c"])
        #expect(try resolve(flags: [flag]).configuration.subscribe == ["a", "b", "c"])
    }

    @Test func defaultFileNamesEveryKeyAndIsTheDefault() throws {
        let text = Configuration.defaultText
        #expect(try resolve(file: text).configuration == Configuration())
        for field in Configuration.settings.fields {
            #expect(text.contains(Configuration.variable(of: field.key)))
            #expect(text.contains(field.meaning))
        }
        #expect(Configuration.variable(of: "key.password_file") == "INFERIX_KEY_PASSWORD_FILE")
    }

    @Test func shownConfigurationNamesOrigins() throws {
        let resolved = try resolve(environment: ["INFERIX_LOG_LEVEL": "debug"])
        #expect(resolved.text.contains("# from INFERIX_LOG_LEVEL\nlevel = \"debug\""))
        #expect(try resolve(file: resolved.text).configuration == resolved.configuration)
    }

    @Test(arguments: [
        ("[log]\nlevle = \"info\"", "did you mean log.level?"),
        ("rolse = []", "did you mean roles?"), ("connections = 1", "the keys are roles"), ("\"log.level\" = \"info\"", "did you mean"),
    ])
    func unknownKeysNameTheNearest(text: String, advice: String) throws {
        let error = try #require(problem(file: text))
        #expect(error.place == "c.toml")
        #expect(error.problem.hasPrefix("there is no key"))
        #expect(error.advice.contains(advice), "\(error)")
    }

    @Test(arguments: [
        ("roles = \"worker\"", "roles takes a list"), ("roles = [\"wroker\"]", "roles takes one of worker, verifier, manager"),
        ("roles = [\"worker\", \"worker\"]", "twice"), ("listen = [\"/ip4/1.2.3/tcp/1\"]", "takes a multiaddr"),
        ("listen = [\"/ip4/1.2.3.4/udp/1\"]", "listen takes addresses"), ("bootstrap = [\"/ip4/1.2.3.4/tcp/1\"]", "end in the peer's id"),
        ("[limits]\nconnections = -1", "from 0 to 100000, not -1"), ("[limits]\nconnections = \"many\"", "an integer, not \"many\""),
        ("[limits]\nconnections = 1.5", "not a number with a fraction"), ("[log]\nlevel = 1979-05-27", "not a date"),
        ("[log]\nlevel = true", "not true or false"), ("[render]\ndevice = \"gpu\"", "takes opencl, opencl:N, native, a list"),
        ("[render]\ndevice = \"native,all\"", "takes opencl, opencl:N, native, a list"),
        ("api = \"4080\"", "takes HOST:PORT"), ("api = \"::1:80\"", "takes HOST:PORT"), ("subscribe = [\"\"]", "1 to 256 bytes"),
        ("log = 1", "there is no key log"), ("[[roles]]\na = 1", "not a table"),
    ])
    func wrongValuesSayWhatIsWanted(text: String, problem expected: String) throws {
        let error = try #require(problem(file: text))
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test(arguments: ["roles = [", "a = 1\na = 2", "[a\n", "\u{0}", "x", "= 1", "k = \"\u{1}\""])
    func whatIsNoTOMLSaysWhere(text: String) throws {
        let error = try #require(problem(file: text))
        #expect(error.place.hasPrefix("c.toml"))
        #expect(error.problem.contains("no valid TOML") || error.problem.contains("zero byte"))
    }

    @Test func deepAndLargeFilesAreRefused() throws {
        let deep = (0..<9).map { "a\($0)" }.joined(separator: ".") + " = 1"
        #expect(try #require(problem(file: deep)).problem.contains("deeper"))
        #expect(try #require(problem(file: String(repeating: "#", count: TOMLDocument.sizeMax + 1))).problem.contains("larger"))
        let many = "subscribe = [" + String(repeating: "\"a\",", count: 257) + "]"
        #expect(try #require(problem(file: many)).problem.contains("257 elements"))
        #expect(problem(file: "subscribe = " + String(repeating: "[", count: 5000)) != nil)
    }

    @Test func wrongVariablesAndFlagsAreNamed() throws {
        #expect(try #require(problem(environment: ["INFERIX_LOG_LEVEL": "loud"])).place == "INFERIX_LOG_LEVEL")
        let flag = ResolvedConfiguration.Flag(key: "log.level", name: "--log-level", values: ["loud"])
        #expect(try #require(problem(flags: [flag])).place == "--log-level")
    }

    @Test func strangeVariablesWarn() throws {
        let resolved = try resolve(environment: ["INFERIX_LOG_LEVLE": "x", "INFERIX_HOME": "/h", "PATH": "/"])
        #expect(resolved.warnings == ["INFERIX_LOG_LEVLE is no setting; did you mean INFERIX_LOG_LEVEL?"])
    }

    @Test(arguments: ["", ":1", "a:", "a:65536", "a b:1", "[::1]", "a/b:1"])
    func hostPortRefuses(text: String) { #expect(HostPort(text) == nil) }

    @Test func textIsEscapedInFiles() throws {
        var configuration = Configuration()
        configuration.network = "a\"b\\c\n\t\u{1}é"
        #expect(try resolve(file: Configuration.settings.text(of: configuration)).configuration == configuration)
    }
}

@Suite("Nearest name")
struct NearestNameTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3), ("levle", "level", 1), ("ab", "ba", 1),
    ])
    func distances(a: String, b: String, distance: Int) {
        #expect(NearestName.editDistance(Array(a.utf8), Array(b.utf8)) == distance)
        #expect(NearestName.editDistance(Array(b.utf8), Array(a.utf8)) == distance)
    }

    @Test func nothingNearIsNothing() {
        #expect(NearestName.of("colour", among: ["log.level", "roles"]) == nil)
        #expect(NearestName.of("role", among: ["api", "roles"]) == "roles")
    }
}

@Suite("Places")
struct PlacesTests {
    @Test func followXDG() throws {
        let home = try Places(directory: nil, environment: ["HOME": "/h"])
        #expect(home.configuration == "/h/.config/inferix/config.toml")
        #expect(home.data == "/h/.local/share/inferix")
        #expect(home.cache == "/h/.cache/inferix")
        let set = try Places(
            directory: nil, environment: ["HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "relative"])
        #expect(set.configuration == "/c/inferix/config.toml")
        #expect(set.data == "/d/inferix")
        #expect(set.cache == "/h/.cache/inferix")
    }

    @Test func oneDirectoryOverrides() throws {
        let environment = ["HOME": "/h", "INFERIX_HOME": "/i"]
        #expect(try Places(directory: nil, environment: environment).data == "/i")
        let own = try Places(directory: "n1/", environment: environment)
        #expect([own.data, own.configuration, own.cache, own.key] == ["n1", "n1/config.toml", "n1/cache", "n1/node.key"])
        #expect(throws: ConfigurationError.self) { try Places(directory: nil, environment: [:]) }
        #expect(throws: ConfigurationError.self) { try Places(directory: "", environment: environment) }
    }
}
