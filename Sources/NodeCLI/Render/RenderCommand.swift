internal import ArgumentParser
internal import Console
internal import Denoise
internal import NodeRuntime
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import SceneIO

/// `node render`: the engine alone, no network.
struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Render a scene on this machine.",
        discussion: """
            The same scene, settings and key give the same bits on every machine and device. \
            A task of the network is rendered again with --rng-key, --crop and --sample-range.
            """)

    @Argument(help: ArgumentHelp("A .glb, .gltf or packed scene.", valueName: "scene"))
    var scene: String

    @Option(name: .short, help: ArgumentHelp("Write the picture (.exr or .png); may be given several times.", valueName: "file"))
    var o: [String] = []

    @OptionGroup var picture: RenderOptions

    @Option(
        name: .long, help: ArgumentHelp("Write a PNG that refines while the picture renders.", valueName: "file"),
        transform: RenderCommand.previewFile)
    var preview: PictureFile?

    @Option(name: .long, help: ArgumentHelp("Chooses the random numbers.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(name: .long, help: ArgumentHelp("Frame, counted from 1.", valueName: "n"))
    var frame: UInt32 = 1

    @Option(
        name: .long, help: ArgumentHelp("Key of the random numbers, in place of --seed.", valueName: "hex"), transform: PictureFlags.rngKey)
    var rngKey: UInt64?

    @Option(name: .long, help: ArgumentHelp("Render a part of the frame.", valueName: "X,Y,W,H"), transform: PictureFlags.crop)
    var crop: Tile?

    @Option(
        name: .long, help: ArgumentHelp("Render samples A up to and without B.", valueName: "A-B"), transform: PictureFlags.sampleRange)
    var sampleRange: Range<UInt32>?

    @OptionGroup var noise: DenoiseOptions
    @OptionGroup var device: DeviceOptions
    @OptionGroup var shape: WorkShape
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        if let crop {
            let size = picture.size
            let (right, bottom) = (UInt64(crop.x) + UInt64(crop.width), UInt64(crop.y) + UInt64(crop.height))
            guard right <= UInt64(size.width), bottom <= UInt64(size.height) else {
                throw ValidationError("--crop ends at \(right),\(bottom), outside the frame of \(size.width)x\(size.height)")
            }
        }
        if let sampleRange, sampleRange.upperBound > picture.samples {
            throw ValidationError("--sample-range ends at sample \(sampleRange.upperBound), and there are \(picture.samples)")
        }
    }

    func run() throws {
        do {
            try render()
        } catch let error as SceneError {
            throw CommandFailure(.failed, error.description)
        } catch let error as RenderError {
            throw CommandFailure(.failed, error.description)
        }
    }

    /// What the flags ask of the engine.
    private func request() throws(RenderError) -> RenderRequest {
        var settings = picture.settings
        if noise.denoiser != nil { settings.layers.formUnion([.albedo, .normal]) }
        let tile = crop ?? Tile(x: 0, y: 0, width: settings.width, height: settings.height)
        let request = RenderRequest(
            settings: settings, frame: frame, rngKey: rngKey ?? RNGKey.local(seed: seed), tile: tile,
            samples: sampleRange ?? 0..<settings.samples)
        // A picture is cut into bands, which are checked again: here the rules that hold for the whole.
        var probe = request
        (probe.tile.width, probe.tile.height, probe.samples) = (min(tile.width, 1), min(tile.height, 1), request.samples)
        try probe.validate()
        guard UInt64(tile.x) + UInt64(tile.width) <= UInt64(settings.width), UInt64(tile.y) + UInt64(tile.height) <= UInt64(settings.height)
        else { throw .invalidRequest(rule: "the crop lies within the frame of \(settings.width)x\(settings.height)") }
        return request
    }

    private static func previewFile(_ path: String) throws -> PictureFile {
        guard let file = try? PictureFile(path: path), file.format == .png else {
            throw ValidationError("--preview takes the name of a .png file, not '\(path)'")
        }
        return file
    }

    private func render() throws {
        var clock = Stopwatch()
        let started = Stopwatch.now()
        let files = try o.map { try PictureFile(path: $0) }
        for file in files + [preview].compactMap(\.self) { try OutputFolder(of: file.path).check(isMade: false) }
        try noise.check()
        let request = try request()
        var report = RenderReport(request: request)

        let loaded = try SceneReader(sky: picture.readerSky).load(path: scene)
        report.load = clock.lap()
        for notice in loaded.notices { Terminal.error.line(notice) }
        for warning in loaded.warnings { Terminal.error.line("warning: \(warning)") }
        report.notices = loaded.notices
        report.warnings = loaded.warnings

        // A scene without a camera is framed: it has one then.
        let cameras = loaded.scene.cameras.count
        guard picture.camera < cameras else {
            throw CommandFailure(
                .failed, "\(scene): there is no camera \(picture.camera)",
                advice: cameras == 1 ? "It has one, camera 0." : "It has \(cameras), counted from 0.")
        }

        let engine = try device.device.open(
            threads: device.threads, kernelCache: try data.places().cache + "/kernels", workGroup: shape.workGroup)
        report.device = engine.description
        report.open = clock.lap()

        let prepared = try PreparedScene(loaded.scene, frame: frame, threads: device.threads)
        report.triangles = prepared.statistics.triangles
        report.build = clock.lap()

        var display = RenderProgressLine(samples: request.samples.count)
        var shown = preview.map { PreviewFile($0, exposure: picture.exposure, view: picture.view) }
        let work = BandedRender(
            request, tile: shape.tile, isRefining: preview != nil, needsVariance: noise.denoiser != nil)
        let sums = try work.render(prepared, on: engine) { progress in
            if report.firstPixel == 0, progress.rays > 0 { report.firstPixel = Stopwatch.now() - started }
            display.show(progress)
        } partDone: {
            shown?.update($0)
        }
        display.finish()
        report.render = clock.lap()
        report.add(sums)

        var result = sums.picture(layers: picture.settings.layers)
        if let denoiser = noise.denoiser {
            result = try denoiser.finish(sums, result, threads: device.threads)
            report.denoise = (denoiser.rawValue, clock.lap())
        }
        for file in files { try file.write(result, exposure: picture.exposure, view: picture.view) }
        shown?.finish(result)
        output.print(report.json, text: report.text)
        if let suspicion = report.suspicion {
            throw CommandFailure(.jobFailed, "the picture is not complete: \(suspicion)", advice: "check lights, camera and materials")
        }
    }
}
