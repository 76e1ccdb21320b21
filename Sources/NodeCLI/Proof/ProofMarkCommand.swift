internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import SceneIO
internal import Wire

struct ProofMarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark", abstract: "Put marks into a scene.",
        discussion: """
            Writes the scene with marks, which `node render` reads, and the verification key, which `node proof check` needs. Where \
            the marks go follows from the key. Everything but the marks keeps its bits.
            """)

    @Argument(help: ArgumentHelp("A .glb, .gltf or packed scene.", valueName: "scene"))
    var scene: String
    @OptionGroup var picture: RenderOptions
    @Option(name: .long, help: ArgumentHelp("Frame, counted from 1.", valueName: "n"))
    var frame: UInt32 = 1
    @Option(name: .long, help: ArgumentHelp("32 bytes in hexadecimal, in a file or on standard input.", valueName: "file|-"))
    var key: String
    @Option(name: .long, help: ArgumentHelp("The marked scene to write.", valueName: "file"))
    var out: String
    @Option(name: .long, help: ArgumentHelp("The verification key to write.", valueName: "file"))
    var secret: String
    @OptionGroup var device: DeviceOptions
    @OptionGroup var data: DataOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        do {
            try mark()
        } catch let error as SceneError {
            throw CommandFailure(.failed, error.description)
        } catch let error as SceneFormatError {
            throw CommandFailure(.failed, error.description)
        } catch let error as RenderError {
            throw CommandFailure(.failed, error.description)
        } catch MarkedScene.Failure.tooSmall(let side) {
            throw CommandFailure(
                .failed, "pictures below \(side) pixels a side carry no marks", advice: "Give a larger --size, or render without marks.")
        } catch MarkedScene.Failure.noRoom {
            throw CommandFailure(
                .failed, "the picture has too few places where a mark can be seen: it is dark, or too close to the camera",
                advice: "Check camera and light, or render without marks.")
        }
    }

    private func mark() throws {
        let key = try markKey()
        let settings = picture.settings
        let tile = Tile(x: 0, y: 0, width: settings.width, height: settings.height)
        let loaded = try SceneReader(sky: picture.readerSky).load(path: scene)
        for warning in loaded.warnings { Terminal.error.line("warning: \(warning)") }
        var clock = Stopwatch()
        let original = try loaded.scene.encode()
        let prepared = try PreparedScene(loaded.scene, frame: frame)
        let building = clock.lap()
        let engine = try device.device.open(threads: device.threads, kernelCache: try data.places().cache + "/kernels")
        let marked = try MarkedScene(original, prepared: prepared, settings: settings, frame: frame, tile: tile, key: key, device: engine)
        try TextFile.write(marked.bundle.archive, to: out)
        // Who reads it can tell a marked picture from another: it is the Manager's alone.
        try TextFile.write(marked.secret.encoded, to: secret, mode: 0o600)
        let (count, milliseconds) = (marked.secret.regions.count, (marked.seconds.placement + marked.seconds.insertion) * 1e3)
        output.print(
            .object([
                "marks": .whole(count), "scene_root": .text("\(marked.bundle.root)"), "original_root": .text("\(original.root)"),
                "occlusion_rays": .whole(marked.points), "seconds_build": .number(building),
                "seconds_sample": .number(marked.seconds.sample),
                "seconds_placement": .number(marked.seconds.placement), "seconds_insertion": .number(marked.seconds.insertion),
            ]),
            text: "\(count) marks put in within \(Int(milliseconds.rounded())) ms; wrote \(out) and \(secret)")
    }

    private func markKey() throws -> MarkKey {
        let text: String
        if key == "-" {
            guard let line = readLine() else { throw CommandFailure(.usage, "there is no key on standard input") }
            text = line
        } else {
            do {
                text = try TextFile.readText(key, sizeMax: 4096)
            } catch {
                throw CommandFailure(.usage, "\(key): \(error.problem)", advice: "`openssl rand -hex 32` makes a key")
            }
        }
        guard let bytes = Bytes32(hex: String(text.prefix { !$0.isWhitespace })) else {
            throw CommandFailure(.usage, "the key is not 64 hexadecimal digits", advice: "`openssl rand -hex 32` makes one")
        }
        return MarkKey(bytes)
    }
}
