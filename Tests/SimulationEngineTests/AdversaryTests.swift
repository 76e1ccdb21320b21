import Determinism
import GossipSub
import Kademlia
import Node
import Testing

@testable import SimulationEngine

/// Hostile nodes among tens, with each defence there and taken away. `netsim` runs the same among thousands.
@Suite struct AdversaryTests {
    /// Two regions, so that latencies differ.
    private static let regions = "near 2 5 40\nfar 1 40 8\n"

    private static func run(
        nodes: Int, coreShare: Double = 1, seed: UInt64 = 1, _ set: (inout OverlayScenario.Parameters) -> Void
    ) throws -> OverlayScenario.Report {
        var parameters = OverlayScenario.Parameters()
        parameters.nodes = nodes
        parameters.coreShare = coreShare
        parameters.joining = .seconds(5)
        parameters.settling = .seconds(12)
        parameters.measuring = .seconds(10)
        parameters.messagesPerSecond = 2
        parameters.lookupsPerSecond = 0
        set(&parameters)
        var scenario = OverlayScenario(parameters, regions: try RegionMatrix(parsing: regions), seed: seed)
        while scenario.step(eventsMax: 10_000) {}
        return scenario.currentReport()
    }

    /// A third of the core sends nothing on: the mesh's other peers and IHAVE bring every message all the same.
    @Test func silentNodesKeepNoMessageFromAnybody() throws {
        let silence = { (parameters: inout OverlayScenario.Parameters) in parameters.silentShare = 1.0 / 3 }
        let report = try Self.run(nodes: 45, silence)
        #expect(report.hostileNodes == 15)
        #expect(report.meshPlacesHostile > 0, "they are in the mesh")
        #expect(report.steadyMissing == 0 && report.steadyExpected > 200)
        let weakened = try Self.run(nodes: 45) { parameters in
            silence(&parameters)
            parameters.weaken = Self.thin
        }
        #expect(weakened.steadyMissing > 0)
    }

    /// Three Sybils to every honest node, there from the first second.
    @Test func aColdBootAmongSybilsLosesNothing() throws {
        let boot = { (parameters: inout OverlayScenario.Parameters) in
            parameters.sybils = 45
            parameters.rehearsalPerSecond = 2
        }
        let report = try Self.run(nodes: 15, boot)
        #expect(report.nodes == 60 && report.hostileNodes == 45)
        #expect(report.steadyMissing == 0 && report.steadyExpected > 100)
        let weakened = try Self.run(nodes: 15) { parameters in
            boot(&parameters)
            parameters.weaken = Self.thin
        }
        #expect(weakened.steadyMissing > 0)
    }

    /// A thin mesh, and nothing beside it: no flooding of own messages, no IHAVE.
    private static let thin: @Sendable (inout NodeParameters) -> Void = { node in
        node.gossip = .sparse
        (node.gossip.d, node.gossip.dLow, node.gossip.dHigh, node.gossip.dScore, node.gossip.dOut) = (2, 1, 2, 1, 0)
        node.gossip.floodPublish = false
        (node.gossip.gossipFactor, node.gossip.dLazy) = (0, 0)
    }

    /// A third goes and comes back within a minute. Who was there all the time hears everything, by IHAVE where a mesh peer died.
    @Test func churnLosesNothingForThoseWhoStay() throws {
        let churn = { (parameters: inout OverlayScenario.Parameters) in
            parameters.churnPerHour = 30
            parameters.downtime = .seconds(15)
            parameters.measuring = .seconds(20)
        }
        let report = try Self.run(nodes: 45, churn)
        #expect(report.crashes > 5)
        #expect(report.steadyMissing == 0 && report.steadyExpected > 500)
        let again = try Self.run(nodes: 45, churn)
        #expect(again.digest == report.digest && again.events == report.events)
    }

    /// A quarter of the servers lie or are mute: along the paths that a search has nearly every content is found, along one fewer.
    @Test func liarsSpoilTheirOwnPaths() throws {
        let lies = { (parameters: inout OverlayScenario.Parameters) in
            parameters.liarShare = 0.25
            parameters.contents = 12
            parameters.lookupsPerSecond = 12
            parameters.messagesPerSecond = 0
        }
        let report = try Self.run(nodes: 70, lies)
        #expect(report.contentLookups > 20 && report.lookups > 20)
        #expect(report.lookupsSucceeded * 100 >= report.lookups * 99, "\(report.lookupsSucceeded) of \(report.lookups) peers")
        #expect(report.contentLookupsSucceeded * 100 >= report.contentLookups * 95)
        let weakened = try Self.run(nodes: 70) { parameters in
            lies(&parameters)
            parameters.weaken = { $0.kademlia.paths = 1 }
        }
        #expect(weakened.contentLookupsSucceeded < report.contentLookupsSucceeded)
    }
}
