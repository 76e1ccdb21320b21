import Foundation
import Testing

/// `node render`: the file is the same, byte for byte, whatever computes it and in whatever shape.
@Suite("Shapes of a render", .serialized)
struct RenderShapeTests {
    struct Scene: Sendable, CustomTestStringConvertible {
        var name: String
        var flags: [String]
        var testDescription: String { name }
    }

    static let scenes = [
        Scene(name: "cornell.glb", flags: ["--depth", "8"]),
        Scene(name: "flighthelmet.glb", flags: ["--sky", "1,1,1", "--layers", "albedo,normal,depth"]),
    ]

    /// Why nothing renders through OpenCL here; nil where something does.
    static let obstacle: String? = {
        do {
            var reason: String?
            try withDirectory { directory in
                let result = try run(scenes[0], ["--device", "opencl", "--size", "8x8"], directory)
                if result.status != 0 { reason = result.error }
            }
            return reason
        } catch { return "\(error)" }
    }()

    private static func run(_ scene: Scene, _ shape: [String], _ directory: String) throws -> NodeBinary.Result {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let fixed = [
            "render", top.appending(path: "scenes/\(scene.name)").path, "-o", directory + "/picture.exr", "--samples", "20", "--data",
            directory,
        ]
        // OpenCL implementations for processors call the system's linker.
        return try NodeBinary().run(
            fixed + scene.flags + shape, environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
    }

    private func picture(_ scene: Scene, _ shape: [String], _ directory: String) throws -> Data {
        let result = try RenderShapeTests.run(scene, ["--size", "40x24"] + shape, directory)
        #expect(result.status == 0, "\(result.error)")
        return try #require(FileManager.default.contents(atPath: directory + "/picture.exr"))
    }

    @Test(arguments: scenes)
    func ofTheNativeDeviceChangeNoByte(_ scene: Scene) throws {
        try withDirectory { directory in
            let expected = try picture(scene, ["--threads", "2"], directory)
            for shape in [["--tile", "8x8", "--threads", "1"], ["--tile", "24x13"]] {
                #expect(try picture(scene, shape, directory) == expected, "\(shape)")
            }
        }
    }

    @Test(.enabled(if: obstacle == nil, "\(obstacle ?? "")"), arguments: scenes)
    func ofOpenCLChangeNoByte(_ scene: Scene) throws {
        try withDirectory { directory in
            let expected = try picture(scene, ["--device", "native"], directory)
            for shape in [["--work-group", "64"], ["--work-group", "16", "--tile", "16x24"], ["--work-group", "128", "--tile", "40x8"]] {
                #expect(try picture(scene, ["--device", "opencl"] + shape, directory) == expected, "\(shape)")
            }
        }
    }
}
