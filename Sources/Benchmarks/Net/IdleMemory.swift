internal import EventLoop
internal import Identity
internal import NodeRuntime

/// What nodes hold that have nothing to do: a Verifier with its connections to Managers, and those Managers.
struct IdleMemory {
    let plan: NetBenchmark.Plan
    let network: BenchNetwork
    let loop: EventLoop

    func measure(into report: inout BenchmarkReport, _ progress: (String) -> Void) throws {
        progress("idle nodes")
        var managers: [TargetProcess] = []
        // The first is the others' way in.
        var bootstrap: [String] = []
        for number in 1...max(1, plan.managers) {
            let manager = try network.start("manager-\(number)", role: .manager, loop, bootstrap)
            if number == 1 { bootstrap = ["--bootstrap", "\(manager.address.appending(manager.peer))"] }
            managers.append(manager)
        }
        let verifier = try network.start("verifier", role: .verifier, loop, bootstrap)
        let deadline = loop.deadline(after: .seconds(90))
        while try managersFound() < plan.managers {
            guard loop.now < deadline else { throw BenchmarkFailure("the Verifier did not find its Managers within 90 s") }
            _ = try loop.run(for: .milliseconds(200)) { false }
        }
        _ = try loop.run(for: plan.settling) { false }
        let section = "idle Verifier"
        report.add(section, "connections", "connections to Managers", "", [Double(try managersFound())])
        add(try verifier.memory(), section, &report)
        let before = try verifier.processorTime()
        _ = try loop.run(for: plan.settling) { false }
        let (seconds, _) = plan.settling.components
        let spent = try verifier.processorTime() - before
        report.add(section, "processor_time", "processor time", "ms/s", [spent / max(Double(seconds), 0.2) * 1e3])
        add(try managers[0].memory(), "idle Manager", &report)
        for process in managers + [verifier] { try process.stop() }
    }

    private func add(_ memory: (now: Int, peak: Int), _ section: String, _ report: inout BenchmarkReport) {
        report.add(section, "resident", "resident memory", "MiB", [Double(memory.now) / Double(1 << 20)])
        report.add(section, "resident_peak", "resident memory at its peak", "MiB", [Double(memory.peak) / Double(1 << 20)])
    }

    private func managersFound() throws -> Int {
        try AdminClient.ask(.status, of: network.places("verifier"))["managers"]?.elements.count ?? 0
    }
}
