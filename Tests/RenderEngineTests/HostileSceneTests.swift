import RenderEngine
import RenderModel
import Testing

/// Scenes from the network may hold anything: an error, never a crash.
@Suite struct HostileSceneTests {
    @Test func brokenReferencesAreRefused() {
        let changes: [(inout CanonicalScene) -> Void] = [
            { $0.nodes[0].mesh = 99 }, { $0.nodes[0].parent = 0 }, { $0.nodes[0].parent = -2 }, { $0.nodes[8].camera = 5 },
            { $0.nodes[5].skin = 3 }, { $0.textures[0].image = 77 }, { $0.materials[0].baseColorTexture.texture = 50 },
            { $0.meshes[0].primitives[0].material = 40 }, { $0.meshes[0].primitives[0].indices[0] = 4 },
            { $0.meshes[0].primitives[0].indices.removeLast() }, { $0.meshes[0].primitives[0].normals.removeLast() },
            { $0.meshes[4].primitives[0].joints[0] = 9 }, { $0.images[0].width = 5 }, { $0.images[0].height = 0 },
            { $0.skins[0].joints[1] = 1000 }, { $0.skins[0].inverseBindMatrices.removeLast() },
            { $0.animations[0].channels[0].node = 1000 }, { $0.animations[0].channels[0].times = [1, 1] },
            { $0.animations[0].channels[0].times = [.nan, 1] }, { $0.animations[0].channels[0].values.removeLast() },
            { $0.sky = .image(index: 9, rotation: 0, intensity: 1) }, { $0.framesPerSecond = 0 }, { $0.framesPerSecond = .nan },
            { $0.nodes[0].matrix = [1, 2, 3] }, { $0.nodes[0].instances = [1] },
        ]
        for (index, change) in changes.enumerated() {
            var scene = KnownAnswers.medley
            change(&scene)
            #expect(throws: RenderError.self, "change \(index)") { try PreparedScene(scene) }
        }
    }

    @Test func numbersThatAreNoneAreRenderedAsNothing() throws {
        let values: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -1e30, Float(bitPattern: 0x0001_16c2)]
        for value in values {
            var scene = KnownAnswers.medley
            scene.nodes[1].translation.x = value
            scene.nodes[2].scale.y = value
            scene.nodes[3].rotation.z = value
            scene.meshes[3].primitives[0].positions[1] = value
            scene.meshes[0].primitives[0].uv0[0] = value
            scene.meshes[0].primitives[0].normals[1] = value
            scene.meshes[0].primitives[0].tangents[1] = value
            scene.materials[1].roughness = value
            scene.materials[1].ior = value
            scene.materials[2].baseColor.w = value
            scene.animations[0].channels[0].values[2] = value
            let records = try NativeDevice(threads: 2).render(PreparedScene(scene), Requests.full(width: 16, height: 16, samples: 16))
            #expect(!records.sums.contains { !$0.isFinite })
        }
        var scene = KnownAnswers.night
        scene.materials[1].emission = [.infinity, .nan, -1]
        scene.lights[0].intensity = [.nan, .infinity, 1]
        let records = try NativeDevice(threads: 1).render(PreparedScene(scene), Requests.full(width: 16, height: 16, samples: 16))
        #expect(!records.sums.contains { !$0.isFinite })
        #expect(records.nonFiniteSamples > 0)
    }

    @Test func theMemoryCapHolds() throws {
        #expect(throws: RenderError.outOfMemory(cap: 1000)) { try PreparedScene(KnownAnswers.medley, memoryMax: 1000) }
        let needed = try PreparedScene(KnownAnswers.medley).statistics.memory
        // The model fits, the frame does not.
        #expect(throws: RenderError.self) { try PreparedScene(KnownAnswers.medley, memoryMax: needed / 2) }
        // A mesh used a million times is placed, not copied; a cap stops its draws.
        var scene = KnownAnswers.medley
        scene.nodes[1].instances = [Float](repeating: 1, count: 10 * 100_000)
        #expect(throws: RenderError.outOfMemory(cap: 16 << 20)) { try PreparedScene(scene, memoryMax: 16 << 20) }
    }
}
