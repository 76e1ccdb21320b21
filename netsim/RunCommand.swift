import ArgumentParser
import Console
import Determinism
import EventLoop
import Glibc
import SimulationEngine

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a scenario and hold its report against the scenario's targets.",
        discussion: "Exits 0 when every target holds, 1 when one does not. The same seed gives the same digest.")

    enum Progress: String, ExpressibleByArgument, CaseIterable {
        case plain
        case none
    }

    @Argument(help: "A scenario's name (`netsim list`), or a file.")
    var scenario: String
    @Option(help: "Seed of all that is random.")
    var seed: Int?
    @Option(help: "Number of nodes, instead of the scenario's.")
    var nodes: Int?
    @Option(help: "Number of threads; the result is the same for any. Default: as many as the machine has processors.")
    var threads: Int?
    @Option(help: ArgumentHelp("Write the report as JSON.", valueName: "file"))
    var json: String?
    @Option(help: "How progress is shown.")
    var progress = Progress.plain

    func validate() throws {
        guard (1...256).contains(threads ?? 1) else { throw ValidationError("--threads takes 1 to 256") }
    }

    func run() throws {
        HugePages.request()
        var file = try ScenarioFile(named: scenario)
        file.override(seed: seed, nodes: nodes)
        let regions = try file.regionMatrix()
        let (seed, threads) = (UInt64(file.seed), threads ?? ProcessorTime.processors)
        switch file.kind {
        case .overlay: try run(OverlayScenario(file.overlay, regions: regions, seed: seed, threads: threads), of: file)
        case .jobs: try run(JobScenario(file.jobs, regions: regions, seed: seed, threads: threads), of: file)
        }
    }

    /// - Parameter prepared: taken over, not copied: a second set of nodes would stand beside the first for the whole run.
    private func run(_ prepared: consuming some Scenario, of file: ScenarioFile) throws {
        var running = consume prepared
        let outcome = try drive(&running)
        let simulated = running.simulation.now - .origin
        let summary = running.summary()
        let output = ReportOutput(
            file: file, summary: summary, events: running.simulation.events, digest: running.simulation.digest.value,
            simulated: simulated, seconds: outcome.seconds, processorSeconds: outcome.processorSeconds,
            bytesPerNode: Double(ResidentMemory.bytes) / Double(summary.nodes))
        Terminal.output.line(output.text)
        if let json { try output.write(to: json) }
        if outcome.wasInterrupted { throw CommandFailure(.failed, "interrupted at \(simulated.inSeconds) simulated seconds") }
        if !output.passed {
            throw CommandFailure(
                .failed, "the run missed a target", advice: "to see the same run again: netsim run \(scenario) --seed \(file.seed)")
        }
    }

    /// Steps the engine in slices on a libuv loop, so that signals and progress come between.
    private func drive(_ running: inout some Scenario) throws -> (seconds: Double, processorSeconds: Double, wasInterrupted: Bool) {
        let loop = try EventLoop()
        let interruption = Interruption()
        let watcher = try SignalWatcher(loop: loop, signal: SIGINT) { interruption.isRequested = true }
        var display = ProgressDisplay(isInteractive: Terminal.error.isInteractive)
        let began = loop.now
        let spentBefore = ProcessorTime.seconds
        var goesOn = true
        while goesOn, !interruption.isRequested {
            goesOn = running.step(eventsMax: 50_000)
            loop.poll()
            if progress == .plain { show(running, &display, seconds: Double(loop.now &- began) / 1e9) }
        }
        if progress == .plain { Terminal.error.write(display.finish()) }
        watcher.close()
        let seconds = Double(loop.now &- began) / 1e9
        try loop.shutdown()
        return (seconds, ProcessorTime.seconds - spentBefore, interruption.isRequested)
    }

    private func show(_ running: some Scenario, _ display: inout ProgressDisplay, seconds: Double) {
        let simulated = (running.simulation.now - .origin).inSeconds
        let total = (running.end - .origin).inSeconds
        let rate = Double(running.simulation.events) / max(seconds, 1e-3)
        let left = simulated > 0 ? seconds * (total - simulated) / simulated : 0
        Terminal.error.write(
            display.update(
                stage: "simulating",
                detail: "\(Int(simulated)) of \(Int(total)) s · \(Int(rate / 1000)) k events/s · \(Int(left)) s left", now: seconds,
                width: Terminal.error.width))
    }
}

/// Set by the signal's callback, read between slices; both on the loop's thread.
final class Interruption {
    var isRequested = false
}

enum ProcessorTime {
    /// Those that this process may use.
    static var processors: Int { max(1, min(256, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

    /// What this process has used so far.
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

enum ResidentMemory {
    /// Resident bytes of this process that something still uses; 0 where the kernel does not tell. What the allocator merely keeps from
    /// an earlier peak goes back to the kernel first.
    static var bytes: Int {
        releaseFreePages()
        guard let text = try? Folder.text(of: "/proc/self/statm") else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }

    /// `malloc_trim` of the GNU C library, which Swift's overlay of it does not show; nothing where there is none.
    private static func releaseFreePages() {
        typealias Trim = @convention(c) (Int) -> Int32
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }
}
