internal import EventLoop
internal import NodeRuntime

/// A Manager under peers that come and go, for as long as is asked: what it holds must come back when the peers that it began with are all
/// that is left.
public struct SoakBenchmark {
    public struct Plan: Sendable {
        public var duration: Duration = .seconds(1200)
        /// Peers that stay from beginning to end.
        public var staying = 8
        /// Peers that come and go.
        public var churning = 32
        /// Churn before the first measurement, so that tables have the size that churn gives them: what counts against peers is kept for
        /// ten minutes after they have gone, for 256 of them, and one life in seven leaves something behind.
        public var warming: Duration = .seconds(240)
        /// Quiet before a measurement: more than the two minutes for which seen messages are remembered.
        public var settling: Duration = .seconds(200)
        /// By how much the live bytes of the heap may differ.
        public var tolerance = 0.01

        public init() {}

        /// As small as it goes: shows that it works.
        public static var tiny: Plan {
            var plan = Plan()
            (plan.duration, plan.staying, plan.churning) = (.seconds(2), 1, 4)
            (plan.warming, plan.settling, plan.tolerance) = (.seconds(1), .milliseconds(200), 1)
            return plan
        }
    }

    /// What a process says of itself.
    struct Sample {
        var heap = 0
        var resident = 0
        var handles = 0
        var descriptors = 0
        var connections = 0
        var peers = 0
    }

    private let plan: Plan
    private let node: String
    private let directory: String

    public init(_ plan: Plan = Plan(), node: String, directory: String) {
        self.plan = plan
        self.node = node
        self.directory = directory
    }

    /// - Throws: `BenchmarkFailure` where something has not come back.
    public func run(progress: @escaping (String) -> Void = { _ in }) throws -> BenchmarkReport {
        let scratch = try ScratchDirectory(in: directory)
        let loop = try EventLoop()
        defer { try? loop.shutdown() }
        let network = try BenchNetwork(node: node, directory: scratch.path, managers: 0)
        let target = try network.start(
            "target", role: .manager, loop, ["--serve", "perf,echo", "--subscribe", BenchNetwork.topic])
        let staying = try (0..<plan.staying).map { _ in try LoadPeer(loop: loop, prefix: network.prefix) }
        defer { for peer in staying { peer.close() } }
        for peer in staying { _ = try peer.connect(to: target, on: loop) }
        let churn = try (0..<plan.churning).map {
            try SoakPeer(loop: loop, prefix: network.prefix, target: target, number: UInt64($0))
        }
        defer { for peer in churn { peer.close() } }
        func sample() throws -> Sample { try SoakBenchmark.sample(network.places("target")) }

        progress("warming up")
        try turn(churn, for: plan.warming, loop)
        _ = try loop.run(for: plan.settling) { false }
        let before = try sample()
        var peak = before
        let livesBefore = churn.reduce(0) { $0 + $1.lives }
        try turn(churn, for: plan.duration, loop) { left in
            progress("churning, \(left) s left")
            let now = try sample()
            peak.heap = max(peak.heap, now.heap)
            peak.resident = max(peak.resident, now.resident)
            peak.connections = max(peak.connections, now.connections)
        }
        progress("settling")
        _ = try loop.run(for: plan.settling) { false }
        let after = try sample()
        let report = report(before, peak, after, lives: churn.reduce(0) { $0 + $1.lives } - livesBefore)
        try target.stop()
        try judge(before, after, report)
        return report
    }

    /// Lets them come and go, and then all of them go.
    private func turn(_ churn: [SoakPeer], for duration: Duration, _ loop: EventLoop, each: (Int) throws -> Void = { _ in }) throws {
        for peer in churn { peer.begin() }
        let end = loop.deadline(after: duration)
        while loop.now < end {
            let left = Int((end - loop.now) / 1_000_000_000)
            _ = try loop.run(for: min(.seconds(10), .nanoseconds(Int64(end - loop.now)))) { false }
            try each(left)
        }
        for peer in churn { peer.end() }
    }

    private static func sample(_ places: Places) throws -> Sample {
        let process = try AdminClient.ask(.status, of: places)["process"]
        func value(_ key: String) throws -> Int {
            guard case .integer(let value) = process?[key] else { throw BenchmarkFailure("the target does not tell its \(key)") }
            return value
        }
        return Sample(
            heap: try value("heap_bytes"), resident: try value("resident_bytes"), handles: try value("handles"),
            descriptors: try value("descriptors"), connections: try value("connections"), peers: try value("peer_states"))
    }

    private func report(_ before: Sample, _ peak: Sample, _ after: Sample, lives: UInt64) -> BenchmarkReport {
        var report = BenchmarkReport("soak")
        func mebibytes(_ bytes: Int) -> [Double] { [Double(bytes) / Double(1 << 20)] }
        report.add("churn", "lives", "peers that came and went", "", [Double(lives)])
        report.add("churn", "connections_peak", "connections at most", "", [Double(peak.connections)])
        for (name, sample) in [("before", before), ("at its peak", peak), ("after", after)] {
            report.add(name, "heap", "live bytes of the heap", "MiB", mebibytes(sample.heap))
            report.add(name, "resident", "resident memory", "MiB", mebibytes(sample.resident))
            if name == "at its peak" { continue }
            report.add(name, "handles", "handles of the loop", "", [Double(sample.handles)])
            report.add(name, "descriptors", "open descriptors", "", [Double(sample.descriptors)])
            report.add(name, "connections", "connections", "", [Double(sample.connections)])
            report.add(name, "peer_states", "peer states", "", [Double(sample.peers)])
        }
        report.add("after", "heap_ratio", "live bytes against before", "", [Double(after.heap) / Double(max(1, before.heap))])
        return report
    }

    private func judge(_ before: Sample, _ after: Sample, _ report: BenchmarkReport) throws {
        var complaints: [String] = []
        let ratio = Double(after.heap) / Double(max(1, before.heap))
        if ratio > 1 + plan.tolerance { complaints.append("the heap grew from \(before.heap) to \(after.heap) bytes") }
        for (name, was, now) in [
            ("handles", before.handles, after.handles), ("descriptors", before.descriptors, after.descriptors),
            ("connections", before.connections, after.connections), ("peer states", before.peers, after.peers),
        ] where was != now {
            complaints.append("\(name) went from \(was) to \(now)")
        }
        guard complaints.isEmpty else {
            throw BenchmarkFailure(complaints.joined(separator: "; ") + "\n" + report.text)
        }
    }
}
