internal import Console
public import NodeRuntime

/// What a benchmark found: figures in sections, each about one thing, and what could not be measured, with the reason.
public struct BenchmarkReport: Equatable, Sendable {
    public struct Section: Equatable, Sendable {
        /// What the figures are of: a scene on a device, a process, a protocol.
        public let name: String
        public fileprivate(set) var measurements: [Measurement]
    }

    public struct NotRun: Equatable, Sendable {
        public let name: String
        public let reason: String
    }

    public let benchmark: String
    public var machine: Machine
    public private(set) var sections: [Section] = []
    public private(set) var notRun: [NotRun] = []

    public init(_ benchmark: String, machine: Machine = .current) {
        self.benchmark = benchmark
        self.machine = machine
    }

    public mutating func add(_ section: String, _ measurement: Measurement?) {
        guard let measurement else { return }
        if let index = sections.firstIndex(where: { $0.name == section }) {
            sections[index].measurements.append(measurement)
        } else {
            sections.append(Section(name: section, measurements: [measurement]))
        }
    }

    public mutating func add(_ section: String, _ name: String, _ title: String, _ unit: String, _ values: [Double]) {
        add(section, Measurement(name, title, unit, values))
    }

    public mutating func skip(_ name: String, because reason: String) { notRun.append(NotRun(name: name, reason: reason)) }

    public subscript(section: String, name: String) -> Measurement? {
        sections.first { $0.name == section }?.measurements.first { $0.name == name }
    }
}

extension BenchmarkReport {
    /// The members are a stable schema; numbers are as measured, not rounded.
    public var json: JSON {
        .object([
            "benchmark": .text(benchmark), "version": .text(Release.version), "build": .text(machine.build),
            "processor": .text(machine.processor), "processors": .integer(machine.processors),
            "sections": .array(
                sections.map { section in
                    .object(["name": .text(section.name), "measurements": .array(section.measurements.map(\.json))])
                }),
            "not_run": .array(notRun.map { .object(["name": .text($0.name), "reason": .text($0.reason)]) }),
        ])
    }

    /// A table per section.
    public var text: String {
        var parts = ["\(benchmark): \(machine.processor), \(machine.processors) processors, \(machine.build) build"]
        for section in sections {
            let rows = section.measurements.map { measurement in
                [measurement.title] + [measurement.median, measurement.min, measurement.max].map(Self.figure)
                    + [measurement.unit, "\(measurement.values.count)"]
            }
            let table = TextTable(header: [section.name, "median", "min", "max", "unit", "runs"], rows: rows, rightAligned: [1, 2, 3, 5])
            parts.append(table.text)
        }
        if !notRun.isEmpty { parts.append(notRun.map { "not run: \($0.name): \($0.reason)" }.joined(separator: "\n")) }
        return parts.joined(separator: "\n\n")
    }

    /// Four digits that count, at least; whole numbers are not cut.
    static func figure(_ value: Double) -> String {
        let size = abs(value)
        let places =
            size >= 1000 || size == 0 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : size >= 0.1 ? 4 : size >= 0.01 ? 5 : 6
        return Figures.decimal(value, places: places)
    }
}

extension Measurement {
    var json: JSON {
        .object([
            "name": .text(name), "title": .text(title), "unit": .text(unit), "median": .number(median), "min": .number(min),
            "max": .number(max), "runs": .integer(values.count), "values": .array(values.map { .number($0) }),
        ])
    }
}
