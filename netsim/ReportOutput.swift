import Console
import NodeRuntime
import Determinism
import SimulationEngine
import Store

/// A scenario's report as text and as JSON, held against its targets.
struct ReportOutput {
    struct Outcome {
        let target: ScenarioFile.Target
        let measure: Measure
        let holds: Bool
    }

    let file: ScenarioFile
    let summary: ScenarioSummary
    let events: UInt64
    let digest: UInt64
    let simulated: Duration
    /// Real seconds of the run, and seconds that its threads had of processors: on a machine that others use as well these say more.
    let seconds: Double
    let processorSeconds: Double
    let bytesPerNode: Double

    private var eventsPerSecond: Double { Double(events) / max(seconds, 1e-9) }
    private var eventsPerProcessorSecond: Double { Double(events) / max(processorSeconds, 1e-9) }

    private var outcomes: [Outcome] {
        file.targets.compactMap { target in
            summary.measures.first { $0.key == target.key }.map { measure in
                let limit = Double(target.limit)
                return Outcome(target: target, measure: measure, holds: target.isMinimum ? measure.value >= limit : measure.value <= limit)
            }
        }
    }

    var passed: Bool { summary.violations.isEmpty && outcomes.allSatisfy(\.holds) }

    var text: String {
        var lines = [
            "\(file.name), seed \(file.seed): \(summary.nodes) nodes, \(Int(simulated.inSeconds)) s simulated",
            line("events", "\(events) in \(rounded(seconds)) s, \(rounded(processorSeconds)) s of the processor"),
            line("events per second", "\(Int(eventsPerSecond)), of the processor \(Int(eventsPerProcessorSecond))"),
            line("resident memory per node", "\(Int(bytesPerNode)) bytes"),
        ]
        for measure in summary.measures { lines.append(line(measure.title, "\(rounded(measure.value)) \(measure.unit)")) }
        lines.append(line("digest", hexadecimal(digest)))
        for outcome in outcomes {
            let bound = outcome.target.isMinimum ? "at least" : "at most"
            lines.append(
                "  \(outcome.holds ? "pass" : "FAIL")  \(outcome.measure.title): \(bound) \(outcome.target.limit) \(outcome.measure.unit)")
        }
        for violation in summary.violations { lines.append("  FAIL  \(violation)") }
        return lines.joined(separator: "\n")
    }

    private func line(_ title: String, _ value: String) -> String { "  \(title.padded(to: 42)) \(value)" }
    private func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    func write(to path: String) throws {
        let measures = summary.measures.map {
            JSON.object(["key": .text($0.key), "title": .text($0.title), "value": .number($0.value), "unit": .text($0.unit)])
        }
        let targets = outcomes.map {
            JSON.object([
                "key": .text($0.target.key), "limit": .integer($0.target.limit), "is_minimum": .boolean($0.target.isMinimum),
                "value": .number($0.measure.value), "holds": .boolean($0.holds),
            ])
        }
        let object = JSON.object([
            "scenario": .text(file.name), "seed": .integer(file.seed), "nodes": .integer(summary.nodes),
            "digest": .text(hexadecimal(digest)), "passed": .boolean(passed), "events": .integer(Int(events)),
            "simulated_seconds": .number(simulated.inSeconds), "seconds": .number(seconds),
            "processor_seconds": .number(processorSeconds), "events_per_second": .number(eventsPerSecond),
            "events_per_processor_second": .number(eventsPerProcessorSecond),
            "bytes_per_node": .number(bytesPerNode), "measures": .array(measures),
            "targets": .array(targets), "violations": .array(summary.violations.map { .text($0) }),
        ])
        do {
            try AtomicFile.write(path, Array((object.text + "\n").utf8), mode: 0o644)
        } catch {
            throw CommandFailure(.failed, "\(path): \(error)", advice: "give --json a file in a folder that can be written to")
        }
    }
}
