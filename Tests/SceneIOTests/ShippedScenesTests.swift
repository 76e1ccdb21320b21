import RenderModel
import Testing

@testable import SceneIO

/// Files of the repository, found from the place of this one.
enum Shipped {
    static let names = ["cornell.glb", "cornell_ggx.glb", "anim.glb", "Fox.glb", "courtyard.glb", "flighthelmet.glb"]

    static func path(_ name: String, here: String = #filePath) -> String {
        here.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/scenes/" + name
    }

    static func load(_ name: String) throws -> LoadedScene {
        try SceneReader().load(path: path(name))
    }
}

@Suite("Scenes of the repository")
struct ShippedScenesTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        var name: String
        var nodes: Int
        var materials: Int
        var textures: Int
        /// Before and after instancing by nodes.
        var triangles: Int
        var placed: Int
        var low: SIMD3<Double>
        var high: SIMD3<Double>
        var testDescription: String { name }
    }

    /// Counts and bounds taken from the files by an independent reader (Python, `json` and `struct`).
    static let expected = [
        Expected(
            name: "cornell.glb", nodes: 9, materials: 4, textures: 0, triangles: 36, placed: 36, low: [-1, 0, -1], high: [1, 2, 1]),
        Expected(
            name: "cornell_ggx.glb", nodes: 15, materials: 12, textures: 0, triangles: 31756, placed: 31756, low: [-1, 0, -1],
            high: [1, 2, 1]),
        Expected(
            name: "anim.glb", nodes: 9, materials: 5, textures: 0, triangles: 3992, placed: 3992, low: [-1, 0, -1], high: [1, 2, 1]),
        Expected(
            name: "Fox.glb", nodes: 27, materials: 1, textures: 1, triangles: 576, placed: 576, low: [-12.592718, -0.121742, -88.095000],
            high: [12.592718, 78.907192, 66.624862]),
        Expected(
            name: "courtyard.glb", nodes: 28, materials: 10, textures: 16, triangles: 10018, placed: 46666, low: [-8, -0.012086, -5],
            high: [8, 6, 5]),
        Expected(
            name: "flighthelmet.glb", nodes: 7, materials: 6, textures: 15, triangles: 94722, placed: 94722,
            low: [-0.203643, -0.000021, -0.171546], high: [0.162941, 0.716000, 0.200029]),
    ]

    @Test(arguments: expected)
    func countsAndBounds(_ expected: Expected) throws {
        let scene = try Shipped.load(expected.name).scene
        #expect(scene.nodes.count == expected.nodes)
        #expect(scene.materials.count == expected.materials)
        #expect(scene.textures.count == expected.textures)
        let triangles = scene.meshes.map { $0.primitives.reduce(0) { $0 + $1.indices.count / 3 } }
        #expect(triangles.reduce(0, +) == expected.triangles)
        #expect(scene.nodes.reduce(0) { $0 + ($1.mesh >= 0 ? triangles[Int($1.mesh)] : 0) } == expected.placed)
        let bounds = SceneBounds(scene)
        for axis in 0..<3 {
            #expect((bounds.low[axis] - expected.low[axis]).magnitude < 2e-6)
            #expect((bounds.high[axis] - expected.high[axis]).magnitude < 2e-6)
        }
    }

    @Test(arguments: Shipped.names)
    func parentsComeFirst(_ name: String) throws {
        let scene = try Shipped.load(name).scene
        for (index, node) in scene.nodes.enumerated() { #expect(Int(node.parent) < index) }
    }

    /// What the reader gives travels and comes back unchanged.
    @Test(arguments: Shipped.names)
    func theCanonicalFormIsLossless(_ name: String) throws {
        let scene = try Shipped.load(name).scene
        let bundle = try scene.encode()
        let blocks = Dictionary(uniqueKeysWithValues: bundle.blocks.map { ($0.id, $0.bytes) })
        #expect(try CanonicalScene(manifest: bundle.manifest) { blocks[$0] } == scene)
        #expect(bundle.blocks.allSatisfy { $0.bytes.count <= 1 << 20 })
        #expect(bundle.manifest.count < 8192)
    }

    @Test func foxIsFramedLitAndAnimatedOnce() throws {
        let fox = try Shipped.load("Fox.glb")
        #expect(fox.scene.cameras.count == 1)
        #expect(fox.notices.contains { $0.contains("no camera") })
        #expect(fox.scene.sky == .constant([0.5, 0.5, 0.5]))
        #expect(fox.warnings == ["the scene has no light: a grey sky of radiance 0.5 was added"])
        #expect(fox.scene.animations.count == 1)
        #expect(fox.notices.contains { $0.contains("\"Run\"") })
        #expect(fox.scene.skins.first?.joints.count == 24)
    }

    @Test func helmetKeepsItsTangentsAndTextures() throws {
        let scene = try Shipped.load("flighthelmet.glb").scene
        for primitive in scene.meshes.flatMap(\.primitives) {
            #expect(primitive.tangents.count == primitive.positions.count / 3 * 4)
        }
        #expect(scene.images.allSatisfy { $0.texels.count == Int($0.width * $0.height) * 4 })
        // One normal map of the file is 32 × 32.
        #expect(scene.images.map(\.width).sorted() == [32] + Array(repeating: 512, count: 14))
        // The first material's textures: a picture of colours, two of data.
        #expect(scene.images[Int(scene.textures[Int(scene.materials[0].baseColorTexture.texture)].image)].format == .rgba8sRGB)
        #expect(scene.images[Int(scene.textures[Int(scene.materials[0].normalTexture.texture)].image)].format == .rgba8)
    }

    /// A scene written as an archive is read like any other.
    @Test func archivesAreScenes() throws {
        let scene = try Shipped.load("anim.glb").scene
        let loaded = try SceneReader(sky: .constant([1, 1, 1])).load(bytes: try scene.encode().archive)
        var expected = scene
        expected.sky = .constant([1, 1, 1])
        #expect(loaded.scene == expected)
        #expect { try SceneReader().load(bytes: try scene.encode().archive.dropLast()) } throws: { "\($0)".contains("archive") }
    }

    @Test func skyOfTheCommandLineReplacesTheWarning() throws {
        let reader = SceneReader(sky: .image(path: Shipped.path("env_gradient.exr")))
        let loaded = try reader.load(path: Shipped.path("courtyard.glb"))
        #expect(loaded.scene.sky == .image(index: 16, rotation: 0, intensity: 1))
        #expect(loaded.scene.images.last?.format == .rgba32Float)
        #expect(loaded.scene.images.last?.texels.count == 128 * 64 * 16)
        #expect(loaded.warnings.isEmpty)
    }
}
