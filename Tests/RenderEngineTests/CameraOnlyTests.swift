import RenderEngine
import RenderModel
import Testing

/// Surfaces that only the camera sees: all other pixels keep their bits.
@Suite struct CameraOnlyTests {
    /// A black filter of half the light, facing +z.
    private func add(to scene: inout CanonicalScene, at place: SIMD3<Float>, half: Float, coverage: Float = 0.5) {
        var material = SceneMaterial()
        (material.baseColor, material.alphaMode, material.unlit, material.cameraOnly) = ([0, 0, 0, coverage], .blend, true, true)
        var primitive = ScenePrimitive()
        primitive.positions = [-half, -half, 0, half, -half, 0, half, half, 0, -half, half, 0]
        primitive.indices = [0, 1, 2, 0, 2, 3]
        primitive.material = Int32(scene.materials.count)
        scene.materials.append(material)
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        var node = SceneNode()
        (node.mesh, node.translation) = (Int32(scene.meshes.count), place)
        scene.meshes.append(mesh)
        scene.nodes.append(node)
    }

    /// All records of a frame as bits, per pixel.
    private func pixels(_ scene: CanonicalScene, _ settings: (inout RenderRequest) -> Void = { _ in }) throws -> [[UInt32]] {
        var request = Requests.full(width: 40, height: 40, samples: 32, frame: 2)
        settings(&request)
        let records = try NativeDevice(threads: 2).render(PreparedScene(scene, frame: 2), request)
        let stride = records.bucketCount
        return (0..<1600).map { pixel in
            (0..<stride).flatMap { bucket -> [UInt32] in
                let index = pixel * stride + bucket
                return records.sums[3 * index..<3 * index + 3].map(\.bitPattern) + [UInt32(records.rays[index])]
            }
        }
    }

    @Test(arguments: ["night", "medley"]) func otherPixelsKeepTheirBits(_ name: String) throws {
        var scene = name == "night" ? KnownAnswers.night : KnownAnswers.medley
        scene.cameras[0].lensRadius = 0
        let plain = try pixels(scene)
        // In front of the scene's middle, where rays between its surfaces, the lights and the sky pass.
        add(to: &scene, at: [0.1, 0.3, 1.2], half: 0.25)
        let filtered = try pixels(scene)
        let changed = (0..<1600).filter { plain[$0] != filtered[$0] }
        #expect(changed.count > 20)
        let (columns, rows) = (changed.map { $0 % 40 }, changed.map { $0 / 40 })
        let box = (columns.max()! - columns.min()! + 1) * (rows.max()! - rows.min()! + 1)
        // What changed is the filter's own image and nothing else.
        #expect(box < 200, "\(changed.count) pixels over \(box)")
    }

    @Test func whatLiesOutsideThePictureMovesNoBit() throws {
        for base in [KnownAnswers.night, KnownAnswers.medley] {
            var scene = base
            let plain = try pixels(scene)
            // Far outside the scene: its extent would change the padding of boxes and the power of sky and sun.
            add(to: &scene, at: [300, -700, 900], half: 40)
            #expect(try pixels(scene) == plain)
        }
    }

    @Test func coverageHoldsWhereAlphaIsIgnored() throws {
        var scene = KnownAnswers.night
        add(to: &scene, at: [0, 0, 3], half: 10, coverage: 0.5)
        let black = try pixels(scene) { $0.settings.ignore = .alpha }
        #expect(black.contains { $0.contains { $0 != 0 && $0 != 16 } })
        #expect(try pixels(scene) == black)
    }

    @Test func itIsNoLight() throws {
        var scene = KnownAnswers.night
        let plain = try pixels(scene)
        add(to: &scene, at: [300, 0, 0], half: 40, coverage: 1)
        scene.materials[scene.materials.count - 1].unlit = false
        scene.materials[scene.materials.count - 1].emission = [50, 50, 50]
        #expect(try pixels(scene) == plain)
    }
}
