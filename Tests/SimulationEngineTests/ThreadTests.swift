import Determinism
import Synchronization
import Testing

@testable import SimulationEngine

@Suite struct ThreadTeamTests {
    @Test(arguments: [1, 2, 5])
    func everyShareOfEveryWorkIsDoneOnce(count: Int) {
        let team = ThreadTeam(count: count)
        let sums = Mutex([Int](repeating: 0, count: 7))
        for round in 1...300 {
            team.perform(shares: 7) { share in sums.withLock { $0[share] += round } }
            // All of it, before `perform` returns.
            #expect(sums.withLock { $0.allSatisfy { $0 == round * (round + 1) / 2 } })
        }
    }
}

/// One digest for a seed, over any number of threads: with nodes that die, lie and keep silent, and over a whole job.
@Suite struct ParallelRunTests {
    private static let regions = "near 2 5 40\nfar 1 40 8\n"

    @Test func theOverlayIsTheSameOnAnyNumberOfThreads() throws {
        func run(_ threads: Int) throws -> OverlayScenario.Report {
            var parameters = OverlayScenario.Parameters()
            parameters.nodes = 60
            parameters.coreShare = 0.5
            parameters.joining = .seconds(5)
            parameters.settling = .seconds(10)
            parameters.measuring = .seconds(10)
            parameters.messagesPerSecond = 2
            parameters.lookupsPerSecond = 4
            parameters.churnPerHour = 40
            parameters.downtime = .seconds(4)
            (parameters.silentShare, parameters.liarShare, parameters.contents) = (0.1, 0.1, 4)
            parameters.links.loss = 0.01
            var scenario = OverlayScenario(parameters, regions: try RegionMatrix(parsing: Self.regions), seed: 5, threads: threads)
            while scenario.step(eventsMax: 5_000) {}
            return scenario.currentReport()
        }
        let alone = try run(1)
        #expect(alone.crashes > 2 && alone.deliveries > 100 && alone.lookups > 10 && alone.contentLookups > 10)
        for threads in [2, 3, 7] {
            let shared = try run(threads)
            #expect(shared.digest == alone.digest && shared.events == alone.events)
            #expect(shared.deliveries == alone.deliveries && shared.steadyMissing == alone.steadyMissing)
            #expect(shared.lookupsSucceeded == alone.lookupsSucceeded && shared.contentLookupsSucceeded == alone.contentLookupsSucceeded)
            #expect(shared.delivery == alone.delivery && shared.lookup == alone.lookup)
            #expect(shared.coreBytesPerSecond == alone.coreBytesPerSecond)
        }
    }

    @Test func jobsAreTheSameOnAnyNumberOfThreads() throws {
        func run(_ threads: Int) throws -> JobScenario.Report {
            var parameters = JobScenarioTests.parameters(cheats: 2)
            parameters.churnPerHour = 30
            parameters.downtime = .seconds(10)
            var scenario = JobScenario(parameters, regions: try RegionMatrix(parsing: Self.regions), seed: 6, threads: threads)
            while scenario.step(eventsMax: 5_000) {}
            return scenario.currentReport()
        }
        let alone = try run(1)
        #expect(alone.violations == [] && alone.jobsVerified == 3)
        for threads in [2, 4] {
            let shared = try run(threads)
            #expect(shared.digest == alone.digest && shared.events == alone.events && shared.violations == [])
            #expect(shared.completion == alone.completion && shared.attemptsLost == alone.attemptsLost)
        }
    }
}
