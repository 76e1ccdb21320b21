import Determinism
import Node
import Testing

@testable import SimulationEngine

/// Two regions, so that latencies differ; the file that ships is read by `netsim`.
private let regions = "near 2 5 40\nfar 1 40 8\n"

@Suite struct JobScenarioTests {
    static func parameters(cheats: Int = 0) -> JobScenario.Parameters {
        var parameters = JobScenario.Parameters()
        parameters.workers = 6
        parameters.verifiers = 6
        parameters.clients = 2
        parameters.jobs = 3
        parameters.submitting = .seconds(5)
        parameters.joining = .seconds(5)
        parameters.limit = .seconds(600)
        parameters.width = 64
        parameters.height = 48
        parameters.samples = 16
        parameters.sceneBlocks = 3
        parameters.sceneBlockBytes = 2000
        parameters.raysPerChallenge = 40
        parameters.cheats = cheats
        return parameters
    }

    static func run(_ parameters: JobScenario.Parameters, seed: UInt64) throws -> JobScenario.Report {
        var scenario = JobScenario(parameters, regions: try RegionMatrix(parsing: regions), seed: seed)
        while scenario.step(eventsMax: 10_000) {}
        return scenario.currentReport()
    }

    @Test func everyJobEndsAndEveryInvariantHolds() throws {
        let report = try Self.run(Self.parameters(), seed: 1)
        #expect(report.violations == [])
        #expect(report.jobsVerified == 3)
        #expect(report.attemptsRejected == 0)
        #expect(report.tilesDelivered == report.tasksAccepted)
        #expect(report.tilesWrong == 0)
    }

    @Test func theSameSeedGivesTheSameDigestAndAnotherSeedAnother() throws {
        let first = try Self.run(Self.parameters(), seed: 7)
        let again = try Self.run(Self.parameters(), seed: 7)
        let other = try Self.run(Self.parameters(), seed: 8)
        #expect(first.digest == again.digest)
        #expect(first.events == again.events)
        #expect(first.digest != other.digest)
    }

    /// All Workers but two alter one record in twenty: their results must be rejected, and the jobs still end right.
    @Test func alteredResultsAreRejectedAndRenderedByOthers() throws {
        let report = try Self.run(Self.parameters(cheats: 4), seed: 3)
        #expect(report.violations == [])
        #expect(report.jobsVerified == 3)
        #expect(report.attemptsRejected > 0)
        #expect(report.penalties >= report.attemptsRejected)
    }

    /// Leaves go from Manager to Manager all the time, and every job ends right.
    @Test func drawingManagersAnewLosesNoJob() throws {
        func run(_ interval: Duration) throws -> JobScenario.Report {
            var parameters = Self.parameters()
            (parameters.managers, parameters.workers, parameters.verifiers) = (6, 9, 8)
            parameters.jobs = 8
            parameters.submitting = .seconds(30)
            parameters.adjust = { $0.discovery.drawInterval = interval }
            return try Self.run(parameters, seed: 4)
        }
        let (restless, still) = (try run(.seconds(5)), try run(.seconds(3_600)))
        for report in [restless, still] { #expect(report.violations == [] && report.jobsVerified == 8) }
        #expect(restless.digest != still.digest)
    }

    /// A lost packet is sent again: it costs time, never a message.
    @Test func lossyLinksDelayAndLoseNothing() throws {
        var parameters = Self.parameters()
        parameters.links.loss = 0.05
        let report = try Self.run(parameters, seed: 5)
        #expect(report.violations == [])
        #expect(report.jobsVerified == 3)
    }
}

@Suite struct OverlayScenarioTests {
    static func run(nodes: Int, seed: UInt64, settling: Int = 20) throws -> OverlayScenario.Report {
        try scenario(nodes: nodes, seed: seed, settling: settling).currentReport()
    }

    static func scenario(nodes: Int, seed: UInt64, settling: Int = 20) throws -> OverlayScenario {
        var parameters = OverlayScenario.Parameters()
        parameters.nodes = nodes
        parameters.coreShare = 0.5
        parameters.joining = .seconds(5)
        parameters.settling = .seconds(settling)
        parameters.measuring = .seconds(10)
        parameters.messagesPerSecond = 1
        parameters.lookupsPerSecond = 2
        var scenario = OverlayScenario(parameters, regions: try RegionMatrix(parsing: regions), seed: seed)
        while scenario.step(eventsMax: 10_000) {}
        return scenario
    }

    @Test func messagesReachTheWholeCoreAndLookupsSucceed() throws {
        let report = try Self.run(nodes: 40, seed: 1)
        #expect(report.messages > 3)
        #expect(report.deliveries == report.deliveriesExpected)
        #expect(report.lookups > 5)
        #expect(report.lookupsSucceeded == report.lookups)
        let median = try #require(report.delivery.quantile(0.5))
        #expect(median >= 5_000_000, "no message is faster than light")
        #expect(try Self.run(nodes: 40, seed: 1).digest == report.digest)
    }

    /// A mesh that is not trimmed stays near `dHigh`, and brings every message about ten times.
    @Test func aMessageComesFewTimesMoreThanOnce() throws {
        let report = try Self.run(nodes: 120, seed: 2)
        #expect(report.deliveries == report.deliveriesExpected)
        #expect(report.duplicatesPerMessage < 8)
    }

    /// What a search opened is closed again: a leaf is left with its three Managers, whatever the size of the network.
    @Test func leavesKeepTheConnectionsOfTheirManagersAlone() throws {
        let report = try Self.run(nodes: 120, seed: 2, settling: 60)
        #expect(report.leafConnections < 5)
    }

    /// A deadline moves with nearly every event: one event in the queue follows it, and does not leave its past places behind.
    @Test func deadlinesThatMovedDoNotFillTheQueue() throws {
        let scenario = try Self.scenario(nodes: 40, seed: 3, settling: 60)
        #expect(scenario.simulation.pendingCount < 2 * 40)
    }
}
