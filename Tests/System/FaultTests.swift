import Glibc
import NodeRuntime
import Testing

extension SystemTests {
    /// Processes die in the middle of a job, and the job does not.
    @Suite struct Faults {
        private static let picture = ["--size", "240x160", "--samples", "64"]
        /// Of which a part is verified and a part is not for long enough to look.
        private static let longPicture = ["--size", "240x160", "--samples", "256"]

        @Test func aWorkerIsKilled() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 3, verifiers: 3)
                let order = try Order(network, "cornell_ggx.glb", Faults.picture)
                let (task, victim) = try order.rendering()
                let peer = try network.member(victim).peer
                try network.kill(victim)
                let delivered = try order.delivered()
                #expect(delivered.tasks.count > 2)
                let lost = try #require(delivered.tasks.first { $0.index == task })
                #expect(lost.worker != peer, "the dead Worker's task was rendered by another")
                #expect(lost.attempts > 1)
                #expect(try network.penalties().isEmpty, "to die is no fraud")
                try delivered.expectRight()
            }
        }

        @Test func aVerifierIsKilled() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 3, verifiers: 3)
                let order = try Order(network, "cornell_ggx.glb", Faults.picture)
                try network.kill(try network.verifierOnDuty())
                let delivered = try order.delivered()
                #expect(try network.penalties().isEmpty)
                #expect(try network.managerRole()?["tasks_rejected"]?.int == 0)
                try delivered.expectRight()
            }
        }

        @Test func anEngineIsKilled() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 1, verifiers: 2)
                let order = try Order(network, "cornell_ggx.glb", Faults.picture)
                let (task, worker) = try order.rendering()
                let node = try network.member(worker).process
                try site.wait("the engine has greeted") { node.errors.contains { $0.contains("engine started") } }
                let engine = try #require(ProcessTable.engine(of: node.processID), "a Worker that renders has an engine")
                #expect(kill(engine, SIGKILL) == 0)
                let delivered = try order.delivered()
                #expect(node.isRunning)
                let next = try #require(ProcessTable.engine(of: node.processID))
                #expect(next != engine, "the engine was started again")
                // The node gave the work to the next engine: nobody else noticed.
                #expect(delivered.tasks.first { $0.index == task }?.attempts == 1)
                try delivered.expectRight()
            }
        }

        @Test func theManagerIsKilledAndStartedAgain() async throws {
            try await Site.run { site in
                let network = try LocalNetwork(site, workers: 3, verifiers: 3)
                let order = try Order(network, "cornell_ggx.glb", Faults.longPicture)
                let job = try order.id()
                _ = try order.task("a task is verified") { $0["phase"] == "verified" }
                let before = try #require(try network.job(job))
                #expect(before["phase"] == "running", "the job is not over when its Manager dies")
                try network.kill("manager")
                try network.restart("manager")

                let delivered = try order.delivered()
                try delivered.expectRight()
                // What was verified is the same still: nobody rendered it again.
                let verified = (before["tasks"]?.elements ?? []).filter { $0["phase"] == "verified" }
                #expect(!verified.isEmpty)
                for task in verified {
                    let now = try #require(delivered.tasks.first { $0.index == task["task"]?.int })
                    #expect(task["attempts"]?.int == now.attempts)
                    #expect(task["worker"]?.string == now.worker)
                    #expect(task["rng_key"]?.string == now.key)
                    #expect(task["picture"]?.string == now.picture)
                }
                // Workers went on with what they had: no attempt was lost either.
                #expect(delivered.tasks.allSatisfy { $0.attempts == 1 }, "\(delivered.tasks.map(\.attempts))")
                #expect(try network.penalties().isEmpty)
            }
        }
    }
}
