import Foundation
import Testing

@Suite("Keys and set-up")
struct KeyTests {
    private let node: NodeBinary

    init() throws { node = try NodeBinary() }

    private func secret(_ text: String, _ directory: String, mode: Int = 0o600) throws -> String {
        let path = "\(directory)/\(UUID()).password"
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }
    private func peer(_ result: NodeBinary.Result) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return try #require(object?["peer"] as? String, "\(result.error)")
    }
    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func aKeyIsMadeOnceAndShownWithoutItsPassword() throws {
        try withDirectory { directory in
            let data = directory + "/deep/data"
            let password = try secret("one\nignored", directory)
            let made = try peer(try node.run(["key", "new", "--data", data, "--password-file", password, "--json"]))
            #expect(made.hasPrefix("12D3KooW"))
            #expect(try mode(data + "/node.key") == 0o600)
            #expect(try mode(data) == 0o700)
            let shown = try node.run(["key", "show", "--data", data])
            #expect(shown.output.contains("peer\t\(made)\n"))
            #expect(shown.output.contains("encrypted\tyes"))

            let before = try Data(contentsOf: URL(filePath: data + "/node.key"))
            let again = try node.run(["key", "new", "--data", data, "--password-file", password])
            #expect(again.status == 1)
            #expect(again.error.contains("exists already"))
            #expect(try Data(contentsOf: URL(filePath: data + "/node.key")) == before)
        }
    }

    @Test func exportImportAndPasswdKeepTheKey() throws {
        try withDirectory { directory in
            let (one, two) = (try secret("one", directory), try secret("two\r\n", directory))
            let (a, b, copy) = (directory + "/a", directory + "/b", directory + "/copy.key")
            let made = try peer(try node.run(["key", "new", "--data", a, "--password-file", one, "--json"]))
            let exported = try node.run(["key", "export", copy, "--data", a, "--password-file", one, "--new-password-file", two])
            #expect(exported.status == 0, "\(exported.error)")
            #expect(try mode(copy) == 0o600)

            let wrong = try node.run(["key", "import", copy, "--data", b, "--password-file", one])
            #expect(wrong.status == 1)
            #expect(wrong.error.contains("the password is wrong"))
            #expect(!FileManager.default.fileExists(atPath: b + "/node.key"))
            #expect(try peer(try node.run(["key", "import", copy, "--data", b, "--password-file", two, "--json"])) == made)

            #expect(try node.run(["key", "passwd", "--data", b, "--password-file", one, "--new-password-file", two]).status == 1)
            let open = try node.run(["key", "passwd", "--data", b, "--password-file", two, "--no-password"])
            #expect(open.status == 0, "\(open.error)")
            #expect(try node.run(["key", "show", "--data", b]).output.contains("encrypted\tno"))
            #expect(try peer(try node.run(["key", "show", "--data", b, "--json"])) == made)
        }
    }

    @Test func whatOthersCanReadIsRefused() throws {
        try withDirectory { directory in
            let open = try secret("one", directory, mode: 0o644)
            let refused = try node.run(["key", "new", "--data", directory, "--password-file", open])
            #expect(refused.status == 1)
            #expect(refused.error.contains("chmod 600 \(open)"))
            #expect(!FileManager.default.fileExists(atPath: directory + "/node.key"))

            #expect(try node.run(["key", "new", "--data", directory, "--no-password"]).status == 0)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: directory + "/node.key")
            let shown = try node.run(["key", "show", "--data", directory])
            #expect(shown.status == 1)
            #expect(shown.error.contains("mode 640"))
        }
    }

    @Test func damagedMissingAndForeignFilesSayWhatTheyAre() throws {
        try withDirectory { directory in
            #expect(try node.run(["key", "show", "--data", directory]).error.contains("node key new"))
            #expect(try node.run(["key", "new", "--data", directory, "--no-password"]).status == 0)
            let url = URL(filePath: directory + "/node.key")
            var bytes = try Data(contentsOf: url)
            bytes[20] ^= 1
            try bytes.write(to: url)
            #expect(try node.run(["key", "show", "--data", directory]).error.contains("is damaged"))
            try Data("-----BEGIN PRIVATE KEY-----\n".utf8).write(to: url)
            #expect(try node.run(["key", "show", "--data", directory]).error.contains("no key file"))
        }
    }

    @Test func withoutATerminalAPasswordMustComeFromAFile() throws {
        try withDirectory { directory in
            // A session of its own has no controlling terminal, even where the tests have one.
            let result = try NodeBinary(path: "/usr/bin/setsid").run(["--wait", node.path, "key", "new", "--data", directory])
            #expect(result.status == 1)
            #expect(result.error.contains("--password-file"))
            #expect(!FileManager.default.fileExists(atPath: directory + "/node.key"))
            #expect(try node.run(["key", "new", "--data", directory, "--password-file", "x", "--no-password"]).status == 2)
            let empty = try secret("\nsecond", directory)
            #expect(try node.run(["key", "new", "--data", directory, "--password-file", empty]).error.contains("empty"))
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "util-linux's script gives the terminal"))
    func aTerminalIsAskedTwiceWithoutEcho() throws {
        try withDirectory { directory in
            let command = "key new --data \(directory)"
            let differ = try node.converse(command, [("new key: ", "secret-1"), ("again: ", "secret-2")])
            #expect(differ.output.contains("the two passwords differ"))
            let made = try node.converse(command, [("new key: ", "secret-1"), ("again: ", "secret-1")])
            #expect(made.status == 0, "\(made.output)")
            #expect(!made.output.contains("secret"), "the terminal shows no password")
            let password = try secret("secret-1", directory)
            let opened = try node.run(["key", "passwd", "--data", directory, "--password-file", password, "--no-password"])
            #expect(opened.status == 0, "\(opened.error)")
        }
    }

    @Test func initMakesWhatIsMissingAndKeepsTheRest() throws {
        try withDirectory { directory in
            let password = try secret("one", directory)
            let data = directory + "/node"
            let arguments = ["init", "--data", data, "--role", "worker,verifier", "--listen", "/ip4/127.0.0.1/tcp/0"]
            let first = try node.run(arguments + ["--password-file", password])
            #expect(first.status == 0, "\(first.error)")
            #expect(first.output.contains("next\tnode --role worker,verifier --data \(data)\n"))
            let check = try node.run(["config", "show", "--data", data])
            #expect(check.output.contains("roles = [\"worker\", \"verifier\"]"))
            #expect(check.output.contains("password_file = \"\(password)\""))
            #expect(check.output.contains("listen = [\"/ip4/127.0.0.1/tcp/0\"]"))

            let second = try node.run(["init", "--data", data])
            #expect(second.status == 0, "\(second.error)")
            #expect(second.output.contains("node.key (kept)"))
            #expect(try peer(try node.run(["key", "show", "--data", data, "--json"])).hasPrefix("12D3KooW"))
            let changed = try node.run(["init", "--data", data, "--role", "manager"])
            #expect(changed.status == 1)
            #expect(changed.error.contains("Change roles"))
        }
    }

    @Test(arguments: [("--role", "wroker", 2), ("--network", "nowhere", 78), ("--listen", "here", 2)])
    func initLeavesNothingBehindAfterATypingError(flag: String, value: String, status: Int32) throws {
        try withDirectory { directory in
            let data = directory + "/node"
            let result = try node.run(["init", "--data", data, "--no-password", flag, value])
            #expect(result.status == status)
            #expect(!FileManager.default.fileExists(atPath: data))
        }
    }

    @Test func initMakesPathsAbsolute() throws {
        try withDirectory { directory in
            let text = try String(contentsOfFile: Self.developmentFile, encoding: .utf8)
            try text.write(toFile: directory + "/net.toml", atomically: true, encoding: .utf8)
            let made = try node.run(
                ["init", "--data", "n", "--network", "net.toml", "--no-password"], workingDirectory: directory)
            #expect(made.status == 0, "\(made.error)")
            let shown = try node.run(["config", "show", "--data", directory + "/n"])
            #expect(shown.output.contains("/net.toml\"\n"))
            #expect(try node.run(["config", "check", "--data", directory + "/n"]).status == 0)
        }
    }

    private static let developmentFile = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "bootstrap/networks/development.toml").path
}
