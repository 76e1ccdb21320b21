internal import ArgumentParser
internal import Benchmarks
internal import Console
internal import Glibc
internal import RenderEngine

/// `node bench`: what this machine gives, with real processes, real scenes and a real disk.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the network, the renderer, the proofs and the store.",
        discussion: "Figures of two machines or builds are not to be compared; neither are those of a loaded machine.",
        subcommands: [NetBenchCommand.self, SoakBenchCommand.self, RenderBenchCommand.self, ProofBenchCommand.self, StoreBenchCommand.self])
}

struct BenchOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Runs of each measurement (default: as many as the benchmark takes).", valueName: "n"))
    var runs: Int?
    @Flag(name: .long, help: "Measure everything once and as small as it goes: shows that it works, and no figure worth keeping.")
    var tiny = false
    @Option(name: .long, help: ArgumentHelp("Folder for files of the benchmark, which are removed.", valueName: "dir"))
    var dir = "."
    @OptionGroup var output: JSONOption

    func validate() throws {
        if let runs, !(1...100).contains(runs) { throw ValidationError("--runs is 1 to 100") }
    }

    func print(_ report: BenchmarkReport) { output.print(report.json, text: report.text) }

    /// Runs a benchmark with a line of progress on standard error.
    func run(_ body: (_ progress: @escaping (String) -> Void) throws -> BenchmarkReport) throws {
        let line = BenchProgressLine()
        do {
            let report = try body { line.show($0) }
            line.finish()
            print(report)
        } catch let failure as BenchmarkFailure {
            line.finish()
            throw CommandFailure(.failed, failure.problem, advice: failure.advice)
        } catch {
            line.finish()
            throw error
        }
    }

    /// The scenes of the working tree, or those named.
    static func scenes(_ named: [String]) throws -> [String] {
        if !named.isEmpty { return named }
        guard let folder = opendir("scenes") else {
            throw CommandFailure(.usage, "there is no folder scenes here", advice: "Run it in the source tree, or name files with --scene.")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".glb") || name.hasSuffix(".gltf") { names.append("scenes/" + name) }
        }
        return names.sorted()
    }
}

struct NetBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "net", abstract: "Connections, pings, streams, gossip, blocks and idle memory of real processes on loopback.")
    @Option(
        name: .long, help: ArgumentHelp("Measure py-libp2p side by side; INTEROP_PYTHON names its Python.", valueName: "py"),
        transform: NetBenchCommand.peer)
    var peer: NetBenchmark.Peer?
    @OptionGroup var options: BenchOptions

    private static func peer(_ text: String) throws -> NetBenchmark.Peer {
        guard let peer = NetBenchmark.Peer(rawValue: text) else {
            throw ValidationError("--peer takes \(NetBenchmark.Peer.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return peer
    }

    func run() throws {
        var plan = options.tiny ? NetBenchmark.Plan.tiny : NetBenchmark.Plan()
        plan.runs = options.runs ?? plan.runs
        let benchmark = NetBenchmark(plan, node: NodeBinary.path, directory: options.dir)
        try options.run { progress in
            try benchmark.run(peer: peer, python: ProcessEnvironment.variables["INTEROP_PYTHON"], progress: progress)
        }
    }
}

struct SoakBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak", abstract: "A Manager under peers that come and go: its heap, handles and peer states must come back.")
    @Option(name: .long, help: ArgumentHelp("How long peers come and go.", valueName: "n"))
    var minutes = 20
    @Flag(name: .long, help: "Seconds instead of minutes: shows that it works, and nothing else.")
    var tiny = false
    @Option(name: .long, help: ArgumentHelp("Folder for files of the soak, which are removed.", valueName: "dir"))
    var dir = "."
    @OptionGroup var output: JSONOption

    func validate() throws {
        if !(1...10_000).contains(minutes) { throw ValidationError("--minutes is 1 to 10000") }
    }

    func run() throws {
        var plan = tiny ? SoakBenchmark.Plan.tiny : SoakBenchmark.Plan()
        if !tiny { plan.duration = .seconds(60 * minutes) }
        let soak = SoakBenchmark(plan, node: NodeBinary.path, directory: dir)
        let line = BenchProgressLine()
        do {
            let report = try soak.run { line.show($0) }
            line.finish()
            output.print(report.json, text: report.text)
        } catch let failure as BenchmarkFailure {
            line.finish()
            throw CommandFailure(.failed, failure.problem, advice: failure.advice)
        } catch {
            line.finish()
            throw error
        }
    }
}

struct RenderBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Loading, building and rendering of scenes, on the processor and on OpenCL.")
    @Option(name: .long, help: ArgumentHelp("A scene (default: all of the folder scenes); may be given several times.", valueName: "file"))
    var scene: [String] = []
    @Flag(name: .long, help: "Leave OpenCL out.")
    var nativeOnly = false
    @Option(name: .long, help: ArgumentHelp("Threads of the native device (default: one per processor).", valueName: "n"))
    var threads: Int?
    @OptionGroup var options: BenchOptions

    func run() throws {
        var plan = options.tiny ? RenderBenchmark.Plan.tiny : RenderBenchmark.Plan()
        plan.runs = options.runs ?? plan.runs
        plan.threads = threads
        if nativeOnly { plan.devices = [.native] }
        let benchmark = RenderBenchmark(plan, node: NodeBinary.path, directory: options.dir)
        let scenes = try BenchOptions.scenes(scene)
        try options.run { try benchmark.run(scenes: scenes, progress: $0) }
    }
}

struct ProofBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "What a proof costs the Worker, the Verifiers and the wire.")
    @Option(name: .long, help: ArgumentHelp("The scene whose render is proven.", valueName: "file"))
    var scene = "scenes/flighthelmet.glb"
    @Flag(name: .long, help: "Render 1920x1080 with 64 samples instead of extrapolating to it: takes minutes.")
    var full = false
    @Option(name: .long, help: ArgumentHelp("Threads that render (default: one per processor).", valueName: "n"))
    var threads: Int?
    @OptionGroup var options: BenchOptions

    func run() throws {
        var plan = options.tiny ? ProofBenchmark.Plan.tiny : full ? .full : ProofBenchmark.Plan()
        plan.runs = options.runs ?? plan.runs
        plan.threads = threads
        let benchmark = ProofBenchmark(plan, node: NodeBinary.path, directory: options.dir)
        try options.run { try benchmark.run(scene: scene, progress: $0) }
    }
}

struct StoreBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Durable records and blocks on the disk of a folder.")
    @OptionGroup var options: BenchOptions

    func run() throws {
        var plan = options.tiny ? StoreBenchmark.Plan.tiny : StoreBenchmark.Plan()
        plan.runs = options.runs ?? plan.runs
        let benchmark = StoreBenchmark(plan, directory: options.dir)
        try options.run { try benchmark.run(progress: $0) }
    }
}

/// What is being measured, on standard error.
private final class BenchProgressLine {
    private var display = ProgressDisplay(isInteractive: Terminal.error.isInteractive)

    func show(_ what: String) {
        let text = display.update(stage: what, detail: "", now: Stopwatch.now(), width: Terminal.error.width)
        if !text.isEmpty { Terminal.error.write(text) }
    }

    func finish() {
        let text = display.finish()
        if !text.isEmpty { Terminal.error.write(text) }
    }
}
