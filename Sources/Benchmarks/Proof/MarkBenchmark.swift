internal import EventLoop
internal import Glibc
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import SceneIO
internal import Wire

/// What marks cost: the Manager that places them, and the Verifier that looks for them.
struct MarkBenchmark {
    struct Plan: Sendable {
        var runs = 5
        /// The frame, and the task in its middle that carries the marks.
        var width: UInt32 = 1920
        var height: UInt32 = 1080
        var taskSide: UInt32 = 512
        /// Triangles of the grid that marks are placed before.
        var triangles = 250_000
        /// Checks of one picture per run.
        var checks = 20

        static var tiny: Plan {
            var plan = Plan()
            (plan.runs, plan.width, plan.height, plan.taskSide, plan.triangles, plan.checks) = (1, 320, 264, 256, 200, 1)
            return plan
        }
    }

    private let plan: Plan
    private let device: NativeDevice
    private let worker = Bytes32(words: 1, 0, 0, 0)
    private let key = MarkKey(Bytes32(words: 2, 0, 0, 0))

    init(_ plan: Plan, threads: Int?) {
        self.plan = plan
        device = NativeDevice(threads: threads)
    }

    private var order: MarkOrder {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples) = (plan.width, plan.height, 64)
        let side = plan.taskSide
        let tile = Tile(
            x: (plan.width - side) / 2 & ~7, y: (plan.height - side) / 2 & ~7, width: side, height: side)
        return MarkOrder(settings: settings, frame: 1, tiles: [tile], worker: worker, key: key)
    }

    /// Placement before many triangles, with quads alone.
    func place(into report: inout BenchmarkReport) throws {
        let grid = GridScene(triangles: plan.triangles)
        let scene = grid.scene
        let section = "Manager: quads before \(grid.triangles) triangles, task of \(plan.taskSide)x\(plan.taskSide)"
        var (load, build, sample, placement, insertion): ([Double], [Double], [Double], [Double], [Double]) = ([], [], [], [], [])
        var watch = Stopwatch()
        let bundle = try scene.encode()
        for _ in 0..<plan.runs {
            _ = watch.lap()
            let read = try CanonicalScene(bundle)
            load.append(watch.lap() * 1e3)
            let prepared = try PreparedScene(read)
            build.append(watch.lap() * 1e3)
            let marked = try MarkedScene(bundle, prepared: prepared, copy: nil, order: order, device: device)
            sample.append(marked.times.sample * 1e3)
            placement.append(marked.times.placement * 1e3)
            insertion.append((marked.times.placement + marked.times.insertion) * 1e3)
        }
        report.add(section, "load", "loading the scene from its blocks", "ms", load)
        report.add(section, "build", "building its tree", "ms", build)
        report.add(section, "sample", "sample render", "ms", sample)
        report.add(section, "placement", "placement with its occlusion rays", "ms", placement)
        report.add(section, "insertion", "placement and the new manifest", "ms", insertion)
    }

    /// Hidden marks of a scene, and the checks of a frame.
    func check(scene path: String, node: String, scratch: String, into report: inout BenchmarkReport) throws {
        let scene = try SceneReader().load(path: path).scene
        let name = String(path.split(separator: "/").last ?? "")
        let original = try scene.encode()
        let prepared = try PreparedScene(scene)
        var watch = Stopwatch()
        let marking = try TexelMarking(original, key: key)
        let copy = try marking.copy(for: worker)
        let texels = watch.lap()
        let marked = try MarkedScene(original, prepared: prepared, copy: copy, order: order, device: device)
        let making = "Manager: hidden marks, \(name)"
        report.add(making, "texels", "both variants of the textures, once a job", "ms", [texels * 1e3])
        report.add(making, "windows", "windows of a task", "ms", [marked.times.windows * 1e3])
        report.add(
            making, "bytes", "blocks of both variants", "KiB", [Double(marking.blocks.reduce(0) { $0 + $1.bytes.count }) / 1024])

        let secret = marked.secret(for: .zero)
        let frame = try frame(marked.bundle)
        let section = "Verifier: \(plan.width)x\(plan.height), decoded, \(secret.regions.count) quads, \(secret.windows.count) windows"
        var times: (laplacian: [Double], filter: [Double], texture: [Double]) = ([], [], [])
        for _ in 0..<plan.runs * plan.checks {
            _ = watch.lap()
            _ = LaplacianCheck(frame, secret: secret)
            times.laplacian.append(watch.lap() * 1e3)
            _ = MatchedFilter(frame, secret: secret)
            times.filter.append(watch.lap() * 1e3)
            _ = TextureFilter(frame, secret: secret)
            times.texture.append(watch.lap() * 1e3)
        }
        report.add(section, "l0", "L0, the published check", "ms", times.laplacian)
        report.add(section, "l1_quads", "L1, matched filter", "ms", times.filter)
        report.add(section, "l1_hidden", "L1, hidden marks", "ms", times.texture)
        report.add(section, "l1", "L1, both", "ms", zip(times.filter, times.texture).map { $0 + $1 })
        report.add(section, "key", "verification key", "KiB", [Double(secret.encoded.count) / 1024])
        try process(frame, secret, node: node, scratch: scratch, section, &report)
    }

    /// The whole frame at one sample: what is in it does not change how long a check takes.
    private func frame(_ bundle: SceneBundle) throws -> RawPicture {
        var settings = order.settings
        (settings.samples, settings.depth) = (1, 2)
        let tile = Tile(x: 0, y: 0, width: plan.width, height: plan.height)
        let request = RenderRequest(settings: settings, frame: 1, rngKey: 1, tile: tile, samples: 0..<1)
        guard let picture = RawPicture(records: try device.render(try PreparedScene(try CanonicalScene(bundle)), request)) else {
            throw BenchmarkFailure("the records give no picture")
        }
        return picture
    }

    /// `node proof check` as a process of its own: the most memory that it ever had.
    private func process(
        _ frame: RawPicture, _ secret: MarkSecret, node: String, scratch: String, _ section: String, _ report: inout BenchmarkReport
    ) throws {
        var pixels: [Float] = []
        pixels.reserveCapacity(3 * Int(plan.width) * Int(plan.height))
        for y in 0..<Int(plan.height) {
            for x in 0..<Int(plan.width) {
                let color = frame[x, y]
                pixels += [color.x, color.y, color.z]
            }
        }
        let picture = Picture(color: RGBImage(width: Int(plan.width), height: Int(plan.height), pixels: pixels))
        let keyPath = "\(scratch)/marks.secret"
        try AtomicFile.write(secret.encoded, to: keyPath)
        for format in PictureFile.Format.allCases {
            let path = "\(scratch)/frame.\(format.rawValue)"
            try PictureFile(path: path).write(picture)
            var peaks: [Double] = []
            for _ in 0..<plan.runs {
                let peak = try ProcessMemory.peak(of: node, ["proof", "check", path, "--secret", keyPath])
                peaks.append(Double(peak) / 1_048_576)
            }
            report.add(section, "memory_\(format.rawValue)", "peak memory of `node proof check`, \(format.rawValue)", "MiB", peaks)
        }
    }
}
