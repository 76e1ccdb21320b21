internal import ArgumentParser
internal import Console
internal import NodeRuntime
internal import RenderModel
internal import SceneIO

/// Reads a scene for `submit`, in a process of its own; started by this program, never by a person. Writes the frames that
/// `SceneExport` describes.
struct SceneReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read-scene", abstract: "Write a scene's blocks to standard output.", shouldDisplay: false)

    @Option(name: .long) var sky: String?
    @Argument var scene: String

    func run() throws {
        let loaded: LoadedScene
        let bundle: SceneBundle
        do {
            loaded = try SceneReader(sky: sky.map(SkyOption.parse)).load(path: scene)
            bundle = try loaded.scene.encode()
        } catch let error as SceneError {
            throw CommandFailure(.failed, error.description)
        } catch let error as SceneFormatError {
            throw CommandFailure(.failed, "\(scene): \(error)")
        }
        let information = JSON.object([
            "notices": .array(loaded.notices.map { .text($0) }), "warnings": .array(loaded.warnings.map { .text($0) }),
        ])
        for frame in [Array(information.text.utf8), bundle.manifest] + bundle.blocks.map(\.bytes) {
            guard SceneExport.write(frame) else { throw CommandFailure(.failed, "nobody reads the scene") }
        }
    }
}

/// `--sky R,G,B` or `--sky FILE.exr`.
enum SkyOption {
    static func parse(_ text: String) throws -> SceneReader.Sky {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return .image(path: text) }
        let numbers = parts.compactMap { Float($0) }
        guard numbers.count == 3 else { throw ValidationError("--sky takes three numbers such as 1,1,1 or an OpenEXR file, not '\(text)'") }
        return .constant(SIMD3(numbers[0], numbers[1], numbers[2]))
    }
}
