import NodeRuntime
import SceneIO
import Testing

extension SystemTests {
    /// A Worker that delivers less than it is paid for is caught, whatever it does: its tile is rendered by another, the picture is the
    /// honest one, and anybody can see from the records alone why it was penalised.
    @Suite struct Cheating {
        /// Four tiles of four buckets a pixel, two for each of two Workers.
        private static let picture = ["--size", "160x160", "--samples", "64"]
        private static let scene = "cornell_ggx.glb"

        @Test(arguments: ["quarter-of-the-samples", "half-from-a-neighbour", "altered-picture", "altered-sample"])
        func isCaught(_ cheat: String) async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 1, verifiers: 3)
                try network.startCheat("cheat", cheat)
                let penalties = try Cheating.expectCaught(network, namesSample: cheat == "altered-sample")
                // One tile is altered, so one is rejected.
                if cheat == "altered-picture" { #expect(penalties == 1) }
            }
        }

        @Test func anothersGenuineResultIsCaught() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 0, verifiers: 3)
                let folder = site.path("loans")
                try TextFile.makeDirectory(folder)
                try network.startCheat("lender", "lender", folder: folder)
                try network.waitUntilReady()
                // An honest job, all of it by one Worker whose results can be had.
                let first = try Order(network, Cheating.scene, Cheating.picture, name: "first")
                let honest = try first.delivered()
                #expect(honest.workers == [try network.member("lender").peer])
                #expect(try network.penalties().isEmpty)
                // The same picture again: the cheat has a genuine result of each tile.
                try network.startCheat("cheat", "anothers-result", folder: folder)
                #expect(try Cheating.expectCaught(network) > 0)
            }
        }

        /// Two of six Workers and two of nine Verifiers, each in its own way, and a job at level high whose tiles carry marks.
        @Test func twoOfSixWorkersAndTwoOfNineVerifiers() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 4, verifiers: 7, markedFrom: 64)
                try network.startCheat("cheat-quarter", "quarter-of-the-samples")
                try network.startCheat("cheat-picture", "altered-picture")
                try network.startFalseVerifier("lazy", "lazy")
                try network.startFalseVerifier("colluding", "colluding", accomplice: "cheat-quarter")
                try network.waitUntilReady()
                try network.waitUntilDrawable()
                let order = try Order(
                    network, Cheating.scene, ["--size", "384x256", "--samples", "64", "--depth", "3"], name: "high",
                    ordering: ["--security", "high"])
                let job = try order.id()
                let delivered = try order.delivered()
                try delivered.expectRight()
                let names = try ["cheat-quarter", "cheat-picture", "lazy", "colluding"].map { (try network.member($0).peer, $0) }
                let cheats = Dictionary(uniqueKeysWithValues: names)
                #expect(delivered.tasks.count >= 6 && delivered.tasks.allSatisfy { min($0.width, $0.height) >= 64 })
                try network.site.poll("the lazy Verifier is penalised") {
                    try network.penalties().contains { cheats[$0["offender"]?.string ?? ""] == "lazy" }
                }
                let penalties = try network.penalties()
                var found: [String: JSON] = [:]
                for penalty in penalties {
                    let name = try #require(cheats[penalty["offender"]?.string ?? ""], "somebody honest was penalised: \(penalty)")
                    #expect(penalty["rule"]?.string == (name.hasPrefix("cheat") ? "rejectedResult" : "wrongVerdict"), "\(name): \(penalty)")
                    found[name] = penalty
                }
                // Who was drawn is chance, but for the Verifier that lies in most committees, and for six tasks among six Workers.
                #expect(found["lazy"] != nil && (found["cheat-quarter"] != nil || found["cheat-picture"] != nil), "\(found.keys)")

                for (name, penalty) in found {
                    let place = "\(job)/\(try #require(penalty["task"]?.int))/\(try #require(penalty["attempt"]?.int))"
                    let fetched = try site.node(
                        [
                            "proof", "fetch", place, "-o", site.path(name + ".proof"), "--with-scene", "--data",
                            try network.manager.places.data,
                        ])
                    try #require(fetched.status == 0, "\(fetched.error)")
                }
                for name in network.members.keys where try network.member(name).process.isRunning { try network.kill(name) }
                for name in found.keys {
                    let verified = try site.node(["proof", "verify", site.path(name + ".proof"), "--json"])
                    let report = try JSON(parsing: Array(verified.output.utf8), sizeMax: 1 << 20)
                    if name.hasPrefix("cheat") { #expect(report["conclusion"]?.string == "rejected", "\(name): \(verified.output)") }
                    // The false verdict is among what does not hold.
                    if !name.hasPrefix("cheat") { #expect(verified.output.contains("values"), "\(name): \(verified.output)") }
                }
            }
        }

        /// False results that the Manager asked for cost nobody anything, and their proofs say what they are.
        @Test func decoysAreSeenThroughAndForgiven() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 2, verifiers: 3, decoys: 1_000)
                try network.waitUntilDrawable()
                let order = try Order(network, Cheating.scene, Cheating.picture)
                let job = try order.id()
                let delivered = try order.delivered()
                try delivered.expectRight()
                #expect(try network.penalties().isEmpty)
                for task in delivered.tasks {
                    let fetched = try site.node(
                        [
                            "proof", "fetch", "\(job)/\(task.index)/0", "-o", site.path("decoy"), "--with-scene", "--data",
                            try network.manager.places.data,
                        ])
                    try #require(fetched.status == 0, "\(fetched.error)")
                    let verified = try site.node(["proof", "verify", site.path("decoy")])
                    #expect(verified.output.contains("pass  decoy") && !verified.output.contains("FAIL"), "\(verified.output)")
                    // Of one altered pixel in a hundred some committee may meet none.
                    #expect([0, 4].contains(verified.status), "\(verified.output)\(verified.error)")
                }
            }
        }

        /// - Returns: how many results were rejected.
        private static func expectCaught(_ network: LocalNetwork, namesSample: Bool = false) throws -> Int {
            let site = network.site
            try network.waitUntilReady()
            try network.waitUntilDrawable()
            let cheat = try network.member("cheat").peer
            let order = try Order(network, scene, picture)
            let job = try order.id()
            let delivered = try order.delivered()
            try delivered.expectRight()

            let listed = try site.node(["penalties", "--json", "--data", try network.manager.places.data])
            let penalties = try JSON(parsing: Array(listed.output.utf8), sizeMax: 1 << 20)["penalties"]?.elements ?? []
            #expect(!penalties.isEmpty, "the cheat was never drawn, or never found")
            for penalty in penalties {
                #expect(penalty["offender"]?.string == cheat)
                #expect(penalty["rule"]?.string == "rejectedResult")
                #expect(penalty["job"]?.string == job)
                let task = try #require(delivered.tasks.first { $0.index == penalty["task"]?.int })
                #expect(task.worker != cheat, "rendered by another")
            }

            // The evidence outlives the network.
            let task = try #require(penalties.first?["task"]?.int)
            let attempt = try #require(penalties.first?["attempt"]?.int)
            for (name, place) in [("rejected", "\(job)/\(task)/\(attempt)"), ("accepted", "\(job)/\(task)")] {
                let fetched = try site.node(
                    ["proof", "fetch", place, "-o", site.path(name), "--with-scene", "--data", try network.manager.places.data])
                try #require(fetched.status == 0, "\(fetched.error)")
            }
            for name in network.members.keys where try network.member(name).process.isRunning { try network.kill(name) }
            for (name, status) in [("rejected", Int32(4)), ("accepted", 0)] {
                let verified = try site.node(["proof", "verify", site.path(name), "--json"])
                #expect(verified.status == status, "\(verified.output)\n\(verified.error)")
                let report = try JSON(parsing: Array(verified.output.utf8), sizeMax: 1 << 20)
                #expect(report["conclusion"]?.string == name, "\(verified.output)")
                let samples = report["steps"]?.elements.filter { $0["step"]?.string?.contains("rendered alone") == true } ?? []
                if namesSample, name == "rejected" {
                    #expect(!samples.isEmpty && samples.allSatisfy { $0["result"]?.string == "passed" }, "\(verified.output)")
                } else {
                    #expect(samples.isEmpty)
                }
                try expectExplained(site, name, status)
            }
            return penalties.count
        }

        /// In words, with a picture of the place where one pixel decided; and the whole task, rendered again, says the same.
        private static func expectExplained(_ site: Site, _ name: String, _ status: Int32) throws {
            let picture = site.path("\(name).png")
            let explained = try site.node(["proof", "explain", site.path(name), "-o", picture, "--json"])
            #expect(explained.status == status, "\(explained.output)\n\(explained.error)")
            let report = try JSON(parsing: Array(explained.output.utf8), sizeMax: 1 << 20)
            #expect(report["conclusion"]?.string == name)
            let text = try #require(report["text"]?.string)
            #expect(text.contains("says that it traced") && text.contains("Verifier 1, "), "\(text)")
            #expect(text.contains(status == 0 ? "the acceptance holds" : "The rejection holds"), "\(text)")
            if report["pixel"] != nil {
                let shown = try StoredPicture(path: picture)
                #expect(shown.width > 2 * 8 * 16 && shown.height >= 8 * 17)
            }
            let committed = try site.node(["proof", "commit", site.path(name), "--json"])
            #expect(committed.status == status, "\(committed.output)\n\(committed.error)")
            let commitment = try JSON(parsing: Array(committed.output.utf8), sizeMax: 1 << 20)
            #expect(commitment["accepted"]?.bool == (status == 0), "\(committed.output)")
        }
    }
}
