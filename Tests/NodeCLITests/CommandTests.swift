import Foundation
import NodeRuntime
import Testing

@Suite("Commands without a daemon")
struct CommandTests {
    private let node: NodeBinary

    init() throws { node = try NodeBinary() }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func versionIsTold() throws {
        let text = try node.run(["version"])
        #expect(text.status == 0)
        #expect(text.output.hasPrefix("node \(Release.version) ("))
        #expect(try object(try node.run(["version", "--json"]).output)["version"] as? String == Release.version)
        #expect(try node.run(["--version"]).output == Release.version + "\n")
    }

    @Test func pathsFollowTheDirectory() throws {
        let own = try object(try node.run(["paths", "--json", "--data", "/d"], environment: ["INFERIX_HOME": "/i"]).output)
        #expect(own["key"] as? String == "/d/node.key")
        #expect(try node.run(["paths"], environment: ["INFERIX_HOME": "/i"]).output.contains("configuration\t/i/config.toml\n"))
        let nowhere = try node.run(["paths"], environment: ["HOME": ""])
        #expect(nowhere.status == 78)
        #expect(nowhere.error.contains("--data DIR"))
    }

    @Test func configurationIsShownWithItsOrigins() throws {
        try withDirectory { directory in
            try "[log]\nlevel = \"error\"\n".write(toFile: directory + "/config.toml", atomically: true, encoding: .utf8)
            let environment = ["INFERIX_HOME": directory, "INFERIX_API": "127.0.0.1:9", "INFERIX_RLOES": "x"]
            let shown = try node.run(["config", "show"], environment: environment)
            #expect(shown.status == 0)
            #expect(shown.output.contains("# from \(directory)/config.toml\nlevel = \"error\""))
            #expect(shown.output.contains("# from INFERIX_API\napi = \"127.0.0.1:9\""))
            #expect(shown.error.contains("did you mean INFERIX_ROLES?"))
            let settings = try object(try node.run(["config", "show", "--json"], environment: environment).output)["settings"]
            let rows = try #require(settings as? [[String: Any]])
            #expect(rows.count == Configuration.settings.fields.count)
            #expect(rows.first { $0["key"] as? String == "api" }?["origin"] as? String == "INFERIX_API")
        }
    }

    @Test func defaultConfigurationIsAFile() throws {
        try withDirectory { directory in
            let text = try node.run(["config", "default"]).output
            #expect(text == Configuration.defaultText)
            try text.write(toFile: directory + "/config.toml", atomically: true, encoding: .utf8)
            let check = try node.run(["config", "check", "--data", directory])
            #expect(check.status == 0, "\(check.error)")
            #expect(check.output.contains("\(NetworkDefinition.development.identifier)"))
        }
    }

    @Test(arguments: [
        ("[log]\nlevle = \"info\"\n", "did you mean log.level?"), ("roles = \"worker\"\n", "roles takes a list"),
        ("roles = [\n", "no valid TOML"),
        ("network = \"nowhere\"\n", "no such definition"), ("network = \"./none.toml\"\n", "check the path"),
    ])
    func badConfigurationExits78(text: String, message: String) throws {
        try withDirectory { directory in
            try text.write(toFile: directory + "/config.toml", atomically: true, encoding: .utf8)
            let check = try node.run(["config", "check", "--data", directory])
            #expect(check.status == 78)
            #expect(check.output.isEmpty)
            #expect(check.error.contains(message), "\(check.error)")
        }
    }

    @Test(arguments: [["frobnicate"], ["paths", "--dta", "x"], ["completion", "tcsh"], ["completion"], ["config", "show", "extra"]])
    func wrongUseExits2(arguments: [String]) throws {
        let result = try node.run(arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(!result.error.isEmpty)
    }

    @Test func misspeltCommandsNameTheNearest() throws {
        #expect(try node.run(["confg"]).error.contains("Did you mean config?"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionIsPrinted(shell: String) throws {
        let result = try node.run(["completion", shell])
        #expect(result.status == 0)
        #expect(result.output.contains("paths"))
    }

    /// Also where a benchmark starts processes that would print something themselves.
    @Test(arguments: ["render", "store"])
    func benchmarksPrintOneObject(part: String) throws {
        try withDirectory { directory in
            let scene = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "scenes/cornell.glb").path
            let flags = part == "render" ? ["--scene", scene, "--native-only"] : []
            let result = try node.run(["bench", part, "--tiny", "--json", "--dir", directory] + flags)
            #expect(result.status == 0, "\(result.error)")
            #expect(try object(result.output)["benchmark"] as? String == part)
        }
    }

    @Test func helpSucceeds() throws {
        for arguments in [["--help"], ["help"], ["help", "config"], []] {
            let result = try node.run(arguments)
            #expect(result.status == 0)
            #expect(result.output.contains("USAGE: node"))
        }
    }
}
