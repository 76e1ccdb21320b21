public import Determinism

/// A run that is stepped from outside and measured.
public protocol Scenario {
    /// Runs at most `eventsMax` events; true while there is more to do.
    mutating func step(eventsMax: UInt64) -> Bool
    var simulation: Simulation { get }
    /// Simulated time at which it is over at the latest.
    var end: Instant { get }
    /// What was measured so far.
    func summary() -> ScenarioSummary
}

/// One figure of a report, and the key by which a scenario sets a target for it.
public struct Measure: Sendable {
    public var key: String
    public var title: String
    public var value: Double
    public var unit: String

    public init(_ key: String, _ title: String, _ value: Double, _ unit: String = "") {
        self.key = key
        self.title = title
        self.value = value
        self.unit = unit
    }
}

/// What every kind of scenario reports.
public struct ScenarioSummary: Sendable {
    public var nodes: Int
    public var measures: [Measure]
    /// Invariants that did not hold, in words.
    public var violations: [String]

    /// Keys that targets may name, for both kinds of scenario.
    public static let keys: [String] = OverlayScenario.Report().measures.map(\.key) + JobScenario.Report().measures.map(\.key)
}

extension Histogram {
    /// A quantile in milliseconds; 0 where nothing was recorded.
    func milliseconds(_ q: Double) -> Double { Double(quantile(q) ?? 0) / 1e6 }
}

extension OverlayScenario: Scenario {
    public func summary() -> ScenarioSummary {
        let report = currentReport()
        return ScenarioSummary(nodes: report.nodes, measures: report.measures, violations: [])
    }
}

extension OverlayScenario.Report {
    var measures: [Measure] {
        let permille = { (part: Double, whole: Double) in whole > 0 ? part / whole * 1000 : 0 }
        return [
            Measure("core_nodes", "nodes in the core", Double(coreNodes)),
            Measure("hostile_nodes", "hostile nodes", Double(hostileNodes)),
            Measure("crashes", "core nodes that died and came back", Double(crashes)),
            Measure("messages", "messages published", Double(messages)),
            Measure("delivered_permille", "deliveries", permille(Double(deliveries), Double(deliveriesExpected)), "‰"),
            Measure(
                "steady_missing_ppm", "deliveries missing to nodes up for 10 s before and behind",
                permille(Double(steadyMissing), Double(steadyExpected)) * 1000, "ppm"),
            Measure("late_permille", "deliveries after more than a second", permille(Double(deliveriesLate), Double(deliveries)), "‰"),
            Measure("delivery_max_ms", "delivery, slowest", Double(delivery.maximum) / 1e6, "ms"),
            Measure("delivery_p50_ms", "delivery, median", delivery.milliseconds(0.5), "ms"),
            Measure("delivery_p99_ms", "delivery, p99", delivery.milliseconds(0.99), "ms"),
            Measure("duplicates_centi", "duplicates per delivery, in hundredths", duplicatesPerMessage * 100),
            Measure(
                "mesh_hostile_permille", "places in honest meshes that hostile nodes hold",
                permille(Double(meshPlacesHostile), Double(meshPlaces)),
                "‰"),
            Measure("lookups", "lookups", Double(lookups)),
            Measure("lookups_permille", "lookups that found the peer", permille(Double(lookupsSucceeded), Double(lookups)), "‰"),
            Measure("lookup_p50_ms", "lookup, median", lookup.milliseconds(0.5), "ms"),
            Measure("lookup_p99_ms", "lookup, p99", lookup.milliseconds(0.99), "ms"),
            Measure(
                "content_lookups_permille", "lookups that found the provider of a content",
                permille(Double(contentLookupsSucceeded), Double(contentLookups)), "‰"),
            Measure("content_lookup_p50_ms", "lookup of a provider, median", contentLookup.milliseconds(0.5), "ms"),
            Measure("content_lookup_p99_ms", "lookup of a provider, p99", contentLookup.milliseconds(0.99), "ms"),
            Measure("leaf_bytes_per_second", "traffic of a leaf", leafBytesPerSecond, "B/s"),
            Measure("core_bytes_per_second", "traffic of a core node", coreBytesPerSecond, "B/s"),
            Measure("leaf_connections", "connections of a leaf", leafConnections),
            Measure("core_connections", "connections of a core node", coreConnections),
        ]
    }
}

extension JobScenario: Scenario {
    public func summary() -> ScenarioSummary {
        let report = currentReport()
        return ScenarioSummary(nodes: report.nodes, measures: report.measures, violations: report.violations)
    }
}

extension JobScenario.Report {
    var measures: [Measure] {
        [
            Measure("jobs", "jobs submitted", Double(jobsSubmitted)),
            Measure("jobs_verified", "jobs verified and delivered", Double(jobsVerified)),
            Measure("jobs_failed", "jobs failed", Double(jobsFailed)),
            Measure("tasks_accepted", "tasks accepted", Double(tasksAccepted)),
            Measure("attempts_rejected", "attempts rejected", Double(attemptsRejected)),
            Measure("attempts_lost", "attempts lost to silence or departure", Double(attemptsLost)),
            Measure("penalties", "penalties", Double(penalties)),
            Measure("tiles_delivered", "tiles delivered", Double(tilesDelivered)),
            Measure("tiles_wrong", "tiles of the wrong size", Double(tilesWrong)),
            Measure("completion_p50_ms", "from submission to the last tile, median", completion.milliseconds(0.5), "ms"),
            Measure("completion_p99_ms", "from submission to the last tile, p99", completion.milliseconds(0.99), "ms"),
            Measure("manager_bytes_per_second", "traffic of a Manager, bulk included", managerBytesPerSecond, "B/s"),
            Measure("leaf_bytes_per_second", "traffic of a leaf, bulk included", leafBytesPerSecond, "B/s"),
        ]
    }
}
