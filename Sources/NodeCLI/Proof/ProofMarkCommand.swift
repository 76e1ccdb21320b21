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
    @Flag(name: .long, help: "Leave the textures as they are: only quads in front of the camera.")
    var quadsOnly = false
    @Option(
        name: .long,
        help: ArgumentHelp("Whose copy: a Worker's public key, 64 hexadecimal digits. Every Worker has marks of its own.", valueName: "hex")
    )
    var worker: String?
    @Option(
        name: .long,
        help: ArgumentHelp("Whose verification key: each Verifier gets other parts of the hidden marks.", valueName: "hex"))
    var verifier: String?
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
        let order = MarkOrder(
            settings: settings, frame: frame, tiles: [tile], worker: try identity(worker, "--worker"), key: key)
        let reader = try identity(verifier, "--verifier")
        _ = clock.lap()
        let copy = quadsOnly ? nil : try TexelMarking(original, key: key).copy(for: order.worker)
        let texels = clock.lap()
        let marked = try MarkedScene(original, prepared: prepared, copy: copy, order: order, device: engine)
        let verification = marked.secret(for: reader)
        try TextFile.write(marked.bundle.archive, to: out)
        // Who reads it can tell a marked picture from another: it is the Manager's alone.
        try TextFile.write(verification.encoded, to: secret, mode: 0o600)
        let times = marked.times
        let (count, windows) = (verification.regions.count, verification.windows.count)
        let milliseconds = Int(((times.placement + times.insertion) * 1e3).rounded())
        output.print(
            .object([
                "marks": .whole(count), "windows": .whole(windows), "scene_root": .text("\(marked.bundle.root)"),
                "original_root": .text("\(original.root)"), "occlusion_rays": .whole(marked.rays), "seconds_build": .number(building),
                "seconds_texels": .number(texels), "seconds_windows": .number(times.windows), "seconds_sample": .number(times.sample),
                "seconds_placement": .number(times.placement), "seconds_insertion": .number(times.insertion),
            ]),
            text: "\(count) marks placed within \(milliseconds) ms, \(windows) windows of hidden ones; wrote \(out) and \(secret)")
    }

    /// All zero where nobody is named.
    private func identity(_ text: String?, _ option: String) throws -> Bytes32 {
        guard let text else { return .zero }
        guard let bytes = Bytes32(hex: text) else {
            throw CommandFailure(.usage, "\(option) is not 64 hexadecimal digits", advice: "give a public key, or leave it out")
        }
        return bytes
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
