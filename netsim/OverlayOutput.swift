import Console
import Determinism
import NodeRuntime
import SimulationEngine
import Store

/// An overlay scenario's report as text and as JSON.
struct OverlayOutput {
    let file: ScenarioFile
    let report: OverlayScenario.Report
    /// Real seconds of the run, and those spent in the engine.
    let seconds: Double
    let busySeconds: Double
    let bytesPerNode: Double

    private var eventsPerSecond: Double { Double(report.events) / max(busySeconds, 1e-9) }
    private var outcomes: [(row: OverlayTargets.Row, limit: Int, holds: Bool)] { OverlayTargets(report).outcomes(file.targets) }
    var allTargetsHold: Bool { outcomes.allSatisfy(\.holds) }

    var text: String {
        var lines = [
            "\(file.name), seed \(file.seed): \(report.nodes) nodes, \(report.coreNodes) in the core, \(Int(report.simulated.inSeconds)) s simulated",
            line("events", "\(report.events) in \(OverlayOutput.rounded(seconds)) s: \(Int(eventsPerSecond)) per second"),
            line("resident memory per node", "\(Int(bytesPerNode)) bytes"),
            line("messages published", "\(report.messages), expected \(report.deliveriesExpected) deliveries, got \(report.deliveries)"),
            line("lookups", "\(report.lookups)"),
        ]
        for row in OverlayTargets(report).rows { lines.append(line(row.title, "\(OverlayOutput.rounded(row.value)) \(row.unit)")) }
        lines.append(line("traffic of a core node", "\(OverlayOutput.rounded(report.coreBytesPerSecond)) B/s"))
        lines.append(line("digest", hexadecimal(report.digest)))
        for outcome in outcomes {
            let bound = outcome.row.wantsMore ? "at least" : "at most"
            lines.append("  \(outcome.holds ? "pass" : "FAIL")  \(outcome.row.title): \(bound) \(outcome.limit) \(outcome.row.unit)")
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ title: String, _ value: String) -> String { "  \(title.padded(to: 40)) \(value)" }

    private func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    func write(to path: String) throws {
        let rows = OverlayTargets(report).rows.map {
            JSON.object(["name": .text($0.title), "value": .number($0.value), "unit": .text($0.unit)])
        }
        let targets = outcomes.map { outcome in
            JSON.object([
                "key": .text(outcome.row.key), "limit": .integer(outcome.limit), "value": .number(outcome.row.value),
                "holds": .boolean(outcome.holds),
            ])
        }
        let object = JSON.object([
            "scenario": .text(file.name), "seed": .integer(file.seed), "nodes": .integer(report.nodes),
            "core_nodes": .integer(report.coreNodes), "digest": .text(hexadecimal(report.digest)), "passed": .boolean(allTargetsHold),
            "events": .integer(Int(report.events)), "seconds": .number(seconds), "events_per_second": .number(eventsPerSecond),
            "bytes_per_node": .number(bytesPerNode), "messages": .integer(report.messages),
            "deliveries": .integer(Int(report.deliveries)), "core_bytes_per_second": .number(report.coreBytesPerSecond),
            "measures": .array(rows), "targets": .array(targets),
        ])
        do {
            try AtomicFile.write(path, Array((object.text + "\n").utf8), mode: 0o644)
        } catch {
            throw CommandFailure(.failed, "\(path): \(error)", advice: "give --json a file in a folder that can be written to")
        }
    }
}
