internal import Console
internal import Glibc
internal import NodeRuntime
internal import RenderModel
internal import Roles
internal import SceneIO
internal import Wire

/// `job fetch`: pictures of a job that was submitted earlier.
struct FetchRun {
    let target: JobTarget
    let output: JSONOption
    let out: String
    let exposure: Double
    let job: String

    func run() throws {
        try OutputFolder(out).check(isMade: true)
        try target.with(job) { handle in
            guard let handle = handle as? ClientJob else {
                throw CommandFailure(
                    .failed, "pictures are fetched by the client that submitted, not through this node",
                    advice: "Give --network FILE and the --data directory of the client; while its submit runs, it fetches by itself.")
            }
            try fetch(handle.session, handle.job)
        }
    }

    private func fetch(_ session: ClientSession, _ job: Bytes32) throws {
        let remembered = session.directory.description(of: job)
        guard let order = remembered.flatMap(RememberedOrder.init) else {
            throw CommandFailure(.failed, "job \(job) was not submitted from this data directory, so its size and formats are not known")
        }
        let display = LiveDisplay()
        defer { display.finish() }
        let files = FrameFiles(folder: out, name: order.name, order: order.order, exposure: exposure, view: .standard)
        let outcome = try session.fetch(
            job, tile: { (frame, tile, bytes) throws(DaemonError) in try files.insert(frame, tile, bytes) },
            progress: { status in
                let (stage, detail) = JobText.progress(JSON(status))
                display.show(stage, detail)
            })
        display.finish()
        for warning in files.warnings { Terminal.error.line("node: warning: \(warning)") }
        let written = JSON.array(files.written.map { .text($0) })
        switch outcome {
        case .complete(let status), .planned(let status):
            output.print(JSON(status).adding("files", written), text: files.written.map { "wrote \($0)" }.joined(separator: "\n"))
        case .ended(let status):
            for path in files.written { Terminal.error.line("node: wrote \(path)") }
            throw CommandFailure(
                .jobFailed, "the job is \(status.phase): \(status.tasksVerified) of \(status.tasksTotal) tasks are verified")
        case .interrupted:
            session.end()
            Glibc.exit(128 + (session.interruption ?? 0))
        }
    }
}

/// What a client remembers about an order, to put its pictures together later.
struct RememberedOrder {
    let name: String
    let order: JobOrder

    init(name: String, order: JobOrder) {
        self.name = name
        self.order = order
    }

    var json: JSON {
        .object([
            "scene": .text(name), "root": .text(order.sceneRoot.description), "width": .whole(order.settings.width),
            "height": .whole(order.settings.height), "formats": .whole(order.formats.rawValue),
            "frames": .array(order.frames.map { .array([.whole($0.first), .whole($0.last)]) }),
        ])
    }

    init?(_ json: JSON) {
        func number(_ json: JSON?) -> UInt32? { json?.int.flatMap { UInt32(exactly: $0) } }
        guard let name = json["scene"]?.string, let root = json["root"]?.string.flatMap({ CID($0) }), let width = number(json["width"]),
            let height = number(json["height"]), let formats = number(json["formats"])
        else { return nil }
        var settings = RenderSettings()
        (settings.width, settings.height) = (width, height)
        let frames = (json["frames"]?.elements ?? []).compactMap { range -> FrameRange? in
            guard let first = number(range.elements.first), let last = number(range.elements.last) else { return nil }
            return FrameRange(first: first, last: last)
        }
        var order = JobOrder(sceneRoot: root, sceneBytes: 1, frames: frames, settings: settings)
        order.formats = PictureFormats(rawValue: formats)
        guard order.isValid else { return nil }
        self.init(name: name, order: order)
    }
}
