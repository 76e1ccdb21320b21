internal import Wire

/// Two targets under the same load in turn, one run each, so that whatever else the machine does meets both; and how they compare.
struct SideBySide {
    let runs: Int
    let rates: MachineRates

    static let section = "node against py-libp2p, above 1 is better"

    /// Figures of which less is better.
    private static let costs: Set<String> = ["ping"]

    func measure(
        _ ours: (load: NetLoad, blocks: [CID]), _ theirs: (load: NetLoad, blocks: [CID]), into report: inout BenchmarkReport
    ) throws {
        var rounds: [[BenchmarkReport]] = [[], []]
        for run in 0..<runs {
            // Who goes first changes from run to run.
            for side in run % 2 == 0 ? [0, 1] : [1, 0] {
                var (load, blocks) = side == 0 ? ours : theirs
                load.plan.runs = 1
                var part = BenchmarkReport(report.benchmark, machine: report.machine)
                try load.measure(into: &part, blocks: blocks, rates: rates)
                rounds[side].append(part)
            }
        }
        for side in rounds { SideBySide.join(side, into: &report) }
        SideBySide.compare(rounds[0], rounds[1], into: &report)
    }

    /// The runs of one target as the runs of each of its figures; what could not be measured is named once.
    static func join(_ runs: [BenchmarkReport], into report: inout BenchmarkReport) {
        guard let first = runs.first else { return }
        for section in first.sections {
            for measurement in section.measurements {
                let values = runs.flatMap { $0[section.name, measurement.name]?.values ?? [] }
                report.add(section.name, measurement.name, measurement.title, measurement.unit, values)
            }
        }
        for missing in first.notRun { report.skip(missing.name, because: missing.reason) }
    }

    /// One ratio for each run of both.
    static func compare(_ ours: [BenchmarkReport], _ theirs: [BenchmarkReport], into report: inout BenchmarkReport) {
        guard let our = ours.first?.sections.first, let their = theirs.first?.sections.first else { return }
        for measurement in our.measurements where !measurement.name.contains("_of_") {
            let name = measurement.name
            let isCost = SideBySide.costs.contains(name) || name.hasSuffix("_cpu")
            let ratios = zip(ours, theirs).compactMap { ours, theirs -> Double? in
                guard let a = ours[our.name, name]?.median, let b = theirs[their.name, name]?.median else { return nil }
                return isCost ? b / a : a / b
            }
            report.add(SideBySide.section, name, measurement.title, "times", ratios)
        }
    }
}
