internal import ArgumentParser
internal import Console
internal import Glibc
internal import NodeRuntime
internal import RenderModel
internal import Roles
internal import Wire

struct SubmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Order pictures of a scene from the network.",
        discussion: "Without --wait it ends as soon as the Manager has the scene and a plan. Ctrl-C leaves the job running.")

    @OptionGroup var data: DataOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var picture: PictureOptions
    @OptionGroup var terms: OrderOptions
    @OptionGroup var output: JSONOption
    @Option(name: .long, help: ArgumentHelp("Where the pictures go.", valueName: "dir")) var out: String?
    @Flag(name: .long, help: "Check the scene and the order, send nothing.") var dryRun = false
    @Flag(name: .long, help: "Stay until the pictures are here.") var wait = false
    @Argument(help: "A glTF 2.0 file.") var scene: String

    func validate() throws {
        if wait, out == nil { throw ValidationError("--wait needs --out DIR, where the pictures go") }
    }

    func run() throws {
        // Everything that can be wrong without a network is found before anything is sent.
        let settings = try picture.settings()
        let view = try picture.viewTransform()
        if let out { try OutputFolder(out).check(isMade: true) }
        guard access(scene, R_OK) == 0 else {
            throw CommandFailure(
                .failed, "\(scene): cannot be read (\(String(cString: strerror(errno))))", advice: "Check the path and its permissions.")
        }
        let session = try network.session(data, isOffline: dryRun) { try ClientDirectory.open(below: try data.places()) }
        defer { session.end() }
        let display = LiveDisplay()
        defer { display.finish() }

        let imported = try session.importScene(NodeBinary.path, ["read-scene"] + (picture.sky.map { ["--sky", $0] } ?? []) + [scene]) {
            display.show("reading the scene", Figures.bytes(Int(clamping: $0)))
        }
        display.finish()
        for remark in (imported.information["notices"]?.elements ?? []) + (imported.information["warnings"]?.elements ?? []) {
            Terminal.error.line("node: \(remark.string ?? "")")
        }
        guard settings.camera < imported.cameras else {
            throw CommandFailure(
                .failed, "the scene has \(imported.cameras) cameras, so there is no camera \(settings.camera)", advice: "They count from 0."
            )
        }
        let order = try terms.order(root: imported.root, sceneBytes: imported.bytes, settings: settings)
        if dryRun { return report(imported, order) }

        display.show("joining the network", "")
        try session.join()
        let name = String(scene.split(separator: "/").last ?? "scene")
        let job = try session.submit(order, RememberedOrder(name: stem(name), order: order).json)
        display.finish()
        if !output.json { Terminal.output.line("job \(job)") }
        let progress: (JobStatus) -> Void = { status in
            let (stage, detail) = JobText.progress(JSON(status))
            display.show(stage, detail)
        }
        let files = FrameFiles(folder: out ?? ".", name: stem(name), order: order, exposure: picture.exposure, view: view)
        let outcome =
            wait
            ? try session.fetch(
                job, tile: { (frame, tile, bytes) throws(DaemonError) in try files.insert(frame, tile, bytes) }, progress: progress)
            : try session.serve(job, progress: progress)
        display.finish()
        for warning in files.warnings { Terminal.error.line("node: warning: \(warning)") }
        try finish(job, outcome, files, session)
    }

    private func report(_ scene: ImportedScene, _ order: JobOrder) {
        let frames = order.frameCount ?? 0
        output.print(
            .object([
                "scene": .text(scene.root.description), "scene_bytes": .whole(scene.bytes), "blocks": .whole(scene.blocks),
                "cameras": .whole(scene.cameras), "frames": .whole(frames), "width": .whole(order.settings.width),
                "height": .whole(order.settings.height), "samples": .whole(order.settings.samples), "depth": .whole(order.settings.depth),
            ]),
            text: """
                scene\t\(scene.root)
                size\t\(Figures.bytes(Int(clamping: scene.bytes))) in \(scene.blocks) blocks
                order\t\(frames) frames of \(order.settings.width)x\(order.settings.height), \(order.settings.samples) samples, depth \(order.settings.depth)
                nothing was sent
                """)
    }

    private func finish(_ job: Bytes32, _ outcome: JobOutcome, _ files: FrameFiles, _ session: ClientSession) throws {
        switch outcome {
        case .planned(let status):
            output.print(JSON(status), text: "\(status.tasksTotal) tasks are planned; watch them with: \(verb("watch", job))")
        case .complete(let status):
            let whole = JSON((try? session.status(of: job)) ?? status)
            let result = whole.adding("files", .array(files.written.map { .text($0) }))
            output.print(result, text: JobText.summary(whole) + "\n" + files.written.map { "wrote \($0)" }.joined(separator: "\n"))
        case .ended(let status):
            for path in files.written { Terminal.error.line("node: wrote \(path)") }
            if output.json { Terminal.output.line(JSON(status).text) }
            throw CommandFailure(
                .jobFailed,
                "the job is \(status.phase): \(status.tasksVerified) of \(status.tasksTotal) tasks are verified; \(JobText.why(JSON(status)))",
                advice: "Try what is missing again: \(verb("retry", job))")
        case .interrupted:
            switch session.lastStatus?.phase {
            case nil, .requested, .fetching:
                Terminal.error.line("the Manager did not have the whole scene yet, so this job will fail: submit it again")
            default:
                Terminal.error.line("the job goes on; watch it with: \(verb("watch", job))")
                Terminal.error.line("get its pictures with: \(verb("fetch", job)) --out \(out ?? "DIR")")
            }
            session.end()
            Glibc.exit(128 + (session.interruption ?? 0))
        }
    }

    private func verb(_ name: String, _ job: Bytes32) -> String {
        var words = ["node", "job", name, job.description]
        if let directory = data.data { words += ["--data", directory] }
        if let file = network.network { words += ["--network", file] }
        if let manager = network.manager { words += ["--manager", manager] }
        return words.joined(separator: " ")
    }

    private func stem(_ name: String) -> String { name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name }
}

/// The live line on standard error.
final class LiveDisplay {
    private var display = ProgressDisplay(isInteractive: Terminal.error.isInteractive)
    private let started = ContinuousClock.now

    func show(_ stage: String, _ detail: String) {
        let (seconds, attoseconds) = (ContinuousClock.now - started).components
        let now = Double(seconds) + Double(attoseconds) * 1e-18
        Terminal.error.write(display.update(stage: stage, detail: detail, now: now, width: Terminal.error.width))
    }

    /// So that what follows starts on a clean line.
    func finish() { Terminal.error.write(display.finish()) }
}
