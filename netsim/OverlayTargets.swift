import SimulationEngine

/// The measures of an overlay scenario: for the report, and for a scenario's own targets.
struct OverlayTargets {
    struct Row {
        let key: String
        let title: String
        let value: Double
        let unit: String
        /// A larger value is better.
        let wantsMore: Bool
    }

    static let keys = [
        "delivery_p50_ms_max", "delivery_p99_ms_max", "delivered_permille_min", "duplicates_centi_max", "lookup_p50_ms_max",
        "lookups_permille_min", "leaf_bytes_per_second_max",
    ]

    let rows: [Row]

    init(_ report: OverlayScenario.Report) {
        let milliseconds = { (value: UInt64?) in Double(value ?? 0) / 1e6 }
        let share = { (part: Double, whole: Double) in whole > 0 ? part / whole * 1000 : 0 }
        rows = [
            Row(
                key: "delivered_permille_min", title: "messages delivered",
                value: share(Double(report.deliveries), Double(report.deliveriesExpected)),
                unit: "‰", wantsMore: true),
            Row(
                key: "delivery_p50_ms_max", title: "delivery, median", value: milliseconds(report.delivery.quantile(0.5)), unit: "ms",
                wantsMore: false),
            Row(
                key: "delivery_p99_ms_max", title: "delivery, p99", value: milliseconds(report.delivery.quantile(0.99)), unit: "ms",
                wantsMore: false),
            Row(
                key: "duplicates_centi_max", title: "duplicates per delivery, in hundredths", value: report.duplicatesPerMessage * 100,
                unit: "",
                wantsMore: false),
            Row(
                key: "lookups_permille_min", title: "lookups that found the peer",
                value: share(Double(report.lookupsSucceeded), Double(report.lookups)),
                unit: "‰", wantsMore: true),
            Row(
                key: "lookup_p50_ms_max", title: "lookup, median", value: milliseconds(report.lookup.quantile(0.5)), unit: "ms",
                wantsMore: false),
            Row(
                key: "leaf_bytes_per_second_max", title: "traffic of a leaf", value: report.leafBytesPerSecond, unit: "B/s",
                wantsMore: false),
        ]
    }

    /// Whether each target holds, in the order of the scenario.
    func outcomes(_ targets: [(key: String, limit: Int)]) -> [(row: Row, limit: Int, holds: Bool)] {
        targets.compactMap { target in
            rows.first { $0.key == target.key }.map { row in
                (row, target.limit, row.wantsMore ? row.value >= Double(target.limit) : row.value <= Double(target.limit))
            }
        }
    }
}
