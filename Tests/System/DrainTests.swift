import EventLoop
import Glibc
import NodeRuntime
import Testing

extension SystemTests {
    /// A first SIGTERM lets a node finish or hand back, and take its leave; a second one ends it at once.
    @Suite struct Draining {
        /// Members that fall silent are forgotten after 25 s at the earliest; one that takes its leave is forgotten at once.
        private static let silence: UInt64 = 20_000_000_000

        private static func expectLeave(
            _ network: LocalNetwork, _ kind: String, left: Int, _ location: SourceLocation = #_sourceLocation
        ) throws {
            let since = network.site.loop.now
            try network.site.poll("the Manager forgets a \(kind)", location) { try network.managerRole()?[kind]?.int == left }
            #expect(network.site.loop.now - since < silence, "forgotten for its silence, not by its leave", sourceLocation: location)
        }

        @Test func nodesFinishAndTakeTheirLeave() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 2, verifiers: 3)
                let order = try Order(network, "cornell_ggx.glb", ["--size", "240x160", "--samples", "64"])
                let (_, worker) = try order.rendering()
                let (peer, process) = (try network.member(worker).peer, try network.member(worker).process)
                try site.wait("it renders") { process.errors.contains { $0.contains("engine started") } }
                #expect(try network.stop(worker) == 0)
                try Draining.expectLeave(network, "workers", left: 1)
                let verifier = try network.verifierOnDuty()
                #expect(try network.stop(verifier) == 0)
                try Draining.expectLeave(network, "verifiers", left: 2)

                let delivered = try order.delivered()
                // What it was at was finished, and what it had not begun was given to the other at once.
                #expect(delivered.tasks.contains { $0.worker == peer && $0.attempts == 1 })
                #expect(delivered.tasks.allSatisfy { $0.attempts <= 2 })
                #expect(try network.penalties().isEmpty)
                try delivered.expectRight()

                let drained = try site.node(["drain", "--data", try network.manager.places.data])
                #expect(drained.status == 0, "\(drained.error)")
                let manager = try network.manager.process
                try site.wait("the Manager ends") { !manager.isRunning }
                #expect(manager.status == 0)
                network.bootstrap.signal(SIGTERM)
                try site.wait("the bootstrap peer ends") { !network.bootstrap.isRunning }
                #expect(network.bootstrap.status == 0)
            }
        }

        @Test func aSecondSignalStopsAtOnce() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 1, verifiers: 2)
                // More than can be rendered while anybody waits.
                let order = try Order(network, "cornell_ggx.glb", ["--size", "240x160", "--samples", "2048"])
                let (_, worker) = try order.rendering()
                let process = try network.member(worker).process
                try site.wait("it renders") { process.errors.contains { $0.contains("engine started") } }
                let engine = ProcessTable.families(of: [process.processID]).filter { $0.id != process.processID }
                #expect(engine.count == 1)
                process.signal(SIGTERM)
                try site.wait("it drains") { process.errors.contains { $0.contains("draining") } }
                #expect(process.isRunning)
                process.signal(SIGTERM)
                try site.wait("it has stopped") { !process.isRunning }
                #expect(process.status == 128 + SIGTERM)
                try site.poll("its engine is gone") { !ProcessTable.entries.contains { engine.contains($0) } }
                // The directory is free, and the node starts again as if nothing had been.
                try network.restart(worker)
                try network.waitUntilReady()
            }
        }
    }
}
