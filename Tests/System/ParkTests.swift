import NodeRuntime
import Testing

extension SystemTests {
    /// Leaves keep three Managers, and none while they are parked.
    @Suite struct Parking {
        @Test func aParkedVerifierLeavesAndComesBack() async throws {
            try await Site.run { site in
                let devnet = try site.start(
                    "devnet", Binaries.node,
                    ["devnet", "--dir", site.path("net"), "--managers", "3", "--workers", "1", "--verifiers", "1", "--threads", "1"],
                    isHeld: false, isDetached: true)
                try site.wait("the network is ready") { !devnet.output.isEmpty || !devnet.isRunning }
                try #require(devnet.output.first?.hasPrefix("ready network") == true, "\(devnet.errorText)")

                func status(_ name: String) throws -> JSON {
                    let shown = try site.node(["status", "--json", "--data", site.path("net/\(name)")])
                    try #require(shown.status == 0, "\(shown.error)")
                    return try JSON(parsing: Array(shown.output.utf8), sizeMax: 1 << 20)
                }
                func managers(_ name: String) throws -> Int? { try status(name)["managers"]?.elements.count }
                func verifiers(_ name: String) throws -> Int? { try status(name)["roles"]?.elements.first?["verifiers"]?.int }
                #expect(try managers("verifier-1") == 3 && managers("worker-1") == 3)

                // Managers know each other, and leaves had them from those.
                for name in ["manager-1", "manager-2", "manager-3"] {
                    try site.poll("\(name) knows all Managers") { try status(name)["managers_known"]?.int == 3 }
                }
                let parked = try site.node(["park", "--data", site.path("net/verifier-1")])
                #expect(parked.status == 0 && parked.output.contains("node resume"), "\(parked.error)")
                try site.poll("its connections end") { try status("verifier-1")["connections"]?.int == 1 }  // That of the question itself.
                #expect(try status("verifier-1")["phase"] == "parked" && managers("verifier-1") == 0)
                for name in ["manager-1", "manager-2", "manager-3"] { #expect(try verifiers(name) == 0) }

                let refused = try site.node(["park", "--data", site.path("net/manager-1")])
                #expect(refused.status != 0 && refused.error.contains("only Workers and Verifiers can be parked"), "\(refused.error)")

                #expect(try site.node(["resume", "--data", site.path("net/verifier-1")]).status == 0)
                try site.poll("it is back") {
                    try ["manager-1", "manager-2", "manager-3"].allSatisfy { try verifiers($0) == 1 } && managers("verifier-1") == 3
                }
                devnet.signal(15)
                try site.wait("the network ends") { !devnet.isRunning }
                #expect(devnet.status == 0)
            }
        }
    }
}
