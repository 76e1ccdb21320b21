import Foundation
import NodeRuntime
import Testing

extension SystemTests {
    /// One command's network renders a glossy scene in tiles: `node devnet`, `node submit`, `node render`.
    @Suite struct Demo {
        /// `SYSTEM_DEMO=WxHxSAMPLES` and `SYSTEM_DEMO_SCENE` run it at another size, with another scene.
        private static let variables = ProcessInfo.processInfo.environment
        private static let scene = variables["SYSTEM_DEMO_SCENE"] ?? Binaries.scene("cornell_ggx.glb")
        private static let size = (variables["SYSTEM_DEMO"] ?? "320x240x64").split(separator: "x").map(String.init)
        private static let device = variables["SYSTEM_DEMO_DEVICE"] ?? "native"
        private static let sky = variables["SYSTEM_DEMO_SKY"].map { ["--sky", $0] } ?? []

        @Test func aNetworkOfProcessesRendersAndProvesAPicture() async throws {
            try #require(Demo.size.count == 3)
            let picture = ["--size", "\(Demo.size[0])x\(Demo.size[1])", "--samples", Demo.size[2]] + Demo.sky
            try await Site.run { site in
                let devnet = try site.start(
                    "devnet", Binaries.node, ["devnet", "--dir", site.path("net"), "--device", Demo.device, "--threads", "1"],
                    isHeld: false, isDetached: true)
                try site.wait("the network is ready") { !devnet.output.isEmpty || !devnet.isRunning }
                let ready = try #require(devnet.output.first, "\(devnet.errorText)").split(separator: " ").map(String.init)
                try #require(ready.count == 5 && ready[0] == "ready" && ready[1] == "network" && ready[3] == "api")

                // Separate processes: a bootstrap peer, a Manager, three Workers, three Verifiers.
                let family = ProcessTable.entries.filter { $0.parent == devnet.processID }
                #expect(family.count == 8, "\(family.map(\.command))")
                for (role, count) in [("manager", 1), ("worker", 3), ("verifier", 3)] {
                    #expect(family.count { $0.command.contains(role) } == count)
                }

                let ordered = try site.node(
                    ["submit", Demo.scene, "--network", ready[2], "--data", site.path("client"), "--out", site.path("out"), "--wait"]
                        + ["--split", "tiles", "--format", "png,exr"] + picture)
                try #require(ordered.status == 0, "\(ordered.error)")
                let job = try #require(ordered.output.split(separator: "\n").first?.split(separator: " ").last.map(String.init))
                // Without a terminal progress comes in plain lines.
                #expect(ordered.error.contains("tasks verified"))
                #expect(ordered.output.contains("WORKER") && ordered.output.contains("VERDICTS"), "\(ordered.output)")

                let shown = try site.node(["job", "show", job, "--json", "--data", site.path("net/manager-1")])
                let status = try JSON(parsing: Array(shown.output.utf8), sizeMax: 1 << 20)
                let stem = Demo.scene.split(separator: "/").last?.split(separator: ".").first ?? ""
                let delivered = try DeliveredPicture(
                    site: site, scene: Demo.scene, flags: picture, status: status, path: site.path("out/\(stem).exr"))
                #expect(FileManager.default.fileExists(atPath: site.path("out/\(stem).png")))
                #expect(delivered.tasks.count >= 12)
                #expect(delivered.workers.count == 3, "spread over \(delivered.workers.count) Workers")

                // Everybody drains; nobody is left, engines included.
                devnet.signal(15)
                try site.wait("the network ends") { !devnet.isRunning }
                #expect(devnet.status == 0)
                #expect(ProcessTable.entries.filter { $0.session == devnet.processID }.map(\.command) == [])

                let seams = try #require(Seams(try delivered.expectRight()))
                // Chance alone moves the figure of a small picture; a border that can be seen moves it by tens of percent.
                #expect(abs(seams.ratio - 1) <= max(0.02, 4 * seams.ratioError), "\(seams)")
                if ProcessInfo.processInfo.environment["SYSTEM_DEMO"] != nil {
                    print(
                        "demo: \(delivered.tasks.count) tiles of \(delivered.workers.count) Workers, step across borders \(seams.across),",
                        "inside \(seams.inside), ratio \(seams.ratio) ± \(seams.ratioError)")
                }
            }
        }
    }
}
