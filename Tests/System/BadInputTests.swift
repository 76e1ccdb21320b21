import Foundation
import NodeRuntime
import Testing

extension SystemTests {
    /// What goes wrong around a node: said in a sentence with what to do, with the documented status, and nothing is harmed.
    @Suite struct BadInput {
        private static let stranger = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWEyopopk1XDxLJ9Sz4mPwxYyEuyZBvGHzDyLPhVKcTFvZ"

        private static func expect(
            _ result: CommandResult, _ status: Int32, _ message: String..., location: SourceLocation = #_sourceLocation
        ) {
            #expect(result.status == status, "\(result.error)", sourceLocation: location)
            #expect(result.output == "", sourceLocation: location)
            for part in message {
                #expect(result.error.contains(part), "\(result.error)", sourceLocation: location)
            }
        }

        @Test func aPortOrADirectoryInUse() async throws {
            try await Site.run { site in
                let first = try site.start("first", Binaries.bootstrap, ["--data", site.path("first"), "--listen", "/ip4/127.0.0.1/tcp/0"])
                try site.wait("it listens") { !first.output.isEmpty || !first.isRunning }
                let address = try #require(first.output.first?.split(separator: " ").last?.split(separator: "/p2p/").first).description
                let port = try #require(address.split(separator: "/").last)

                let verifier = ["--role", "verifier", "--listen"]
                let second = try site.node(verifier + [address, "--data", site.path("second")])
                BadInput.expect(second, 1, "127.0.0.1:\(port) is in use by another process", "port 0 for a free one")
                let sharing = try site.node(verifier + ["/ip4/127.0.0.1/tcp/0", "--data", site.path("first")])
                BadInput.expect(sharing, 1, "in use by another process (pid \(first.processID))", "another --data directory")

                #expect(first.isRunning)
                first.signal(15)
                try site.wait("it ends") { !first.isRunning }
                #expect(first.status == 0)
                // Whoever was refused can have both now.
                let next = try site.start("second", Binaries.node, verifier + [address, "--data", site.path("second")])
                try site.wait("it listens") { !next.output.isEmpty || !next.isRunning }
                #expect(next.isRunning, "\(next.errorText)")
            }
        }

        @Test func aWrongPassword() async throws {
            try await Site.run { site in
                for name in ["right", "wrong"] { try TextFile.write(Array(name.utf8), to: site.path(name), mode: 0o600) }
                let made = try site.node(["init", "--data", site.path("node"), "--password-file", site.path("right")])
                try #require(made.status == 0, "\(made.error)")
                let before = try TextFile.read(site.path("node/node.key"), sizeMax: 1 << 16)
                let started = try site.node(["--role", "verifier", "--data", site.path("node"), "--password-file", site.path("wrong")])
                BadInput.expect(started, 1, "node/node.key: the password is wrong", "--password-file")
                #expect(try TextFile.read(site.path("node/node.key"), sizeMax: 1 << 16) == before)
            }
        }

        @Test func aConfigurationThatIsMisspelt() async throws {
            try await Site.run { site in
                try TextFile.makeDirectory(site.path("node"))
                try TextFile.write(Array("rolse = [\"worker\"]\n".utf8), to: site.path("node/config.toml"))
                let misspelt = try site.node(["--data", site.path("node")])
                BadInput.expect(misspelt, 78, "node/config.toml: there is no key rolse; did you mean roles?")
                let flag = try site.node(["--role", "wrker", "--data", site.path("node-2")])
                BadInput.expect(flag, 2, "--role", "did you mean worker?")
                let device = try site.node(["--role", "worker", "--device", "cuda", "--data", site.path("node-2")])
                BadInput.expect(device, 2, "--device", "takes opencl, opencl:N, native, a list of them or all, not \"cuda\"")
                #expect(try FileManager.default.contentsOfDirectory(atPath: site.path("node")) == ["config.toml"])
                #expect(try FileManager.default.contentsOfDirectory(atPath: site.directory).sorted() == ["node"])
            }
        }

        @Test func aBootstrapPeerThatCannotBeReached() async throws {
            try await Site.run { site in
                // A node goes on trying: the peer may come. Somebody who waits for an answer gets one.
                let node = try site.start(
                    "node", Binaries.node,
                    [
                        "--role", "verifier", "--data", site.path("node"), "--listen", "/ip4/127.0.0.1/tcp/0", "--bootstrap",
                        BadInput.stranger,
                    ])
                let order = ["submit", Binaries.scene("cornell.glb"), "--manager", BadInput.stranger, "--data", site.path("client")]
                let submitted = try site.node(order + ["--out", site.path("pictures"), "--size", "16x16", "--samples", "1"])
                BadInput.expect(submitted, 6, "no peer of network development answers", "Check the addresses in the network file")
                #expect(!(try FileManager.default.contentsOfDirectory(atPath: site.directory).contains("pictures")))
                #expect(node.isRunning && node.errors.contains { $0.contains("bootstrap peer not reached: check its address") })
                let asked = try site.node(["status", "--data", site.path("nowhere")])
                BadInput.expect(asked, 6, "no node is running on", "node --role")
            }
        }
    }
}
