import RenderModel
import Testing

@testable import SceneIO

@Suite("Materials, lights, cameras and animation of glTF")
struct MaterialTests {
    private func material(_ text: String, _ more: String...) throws -> LoadedScene {
        var parts = TestDocument.triangle
        let image = parts.view(TestPicture.pngPalette)
        parts.members =
            [
                "\"nodes\":[{\"mesh\":0}]",
                "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},\"indices\":1,\"material\":0}]}]",
                "\"materials\":[{\(text)}]",
                "\"textures\":[{\"source\":0,\"sampler\":0},{\"source\":0}]", "\"images\":[{\"bufferView\":\(image)}]",
                "\"samplers\":[{\"magFilter\":9728,\"wrapS\":33071,\"wrapT\":33648}]",
            ] + more
        return try parts.document.load()
    }

    @Test func everyExtensionIsRead() throws {
        let extensions = [
            "\"KHR_materials_ior\":{\"ior\":1.25}",
            "\"KHR_materials_specular\":{\"specularFactor\":0.5,\"specularColorFactor\":[0.1,0.2,0.3],\"specularTexture\":{\"index\":0}}",
            "\"KHR_materials_transmission\":{\"transmissionFactor\":0.75}",
            "\"KHR_materials_volume\":{\"thicknessFactor\":2,\"attenuationDistance\":3,\"attenuationColor\":[1,0.5,0.25]}",
            "\"KHR_materials_clearcoat\":{\"clearcoatFactor\":1,\"clearcoatRoughnessFactor\":0.125}",
            "\"KHR_materials_sheen\":{\"sheenColorFactor\":[0.5,0,0],\"sheenRoughnessFactor\":0.25}",
            "\"KHR_materials_emissive_strength\":{\"emissiveStrength\":10}", "\"KHR_materials_unlit\":{}",
        ]
        let loaded = try material(
            "\"emissiveFactor\":[1,0.1,0],\"alphaMode\":\"MASK\",\"alphaCutoff\":0.25,\"doubleSided\":true,\"extensions\":{"
                + extensions.joined(separator: ",") + "}")
        let built = loaded.scene.materials[0]
        var expected = SceneMaterial()
        expected.ior = 1.25
        expected.specular = 0.5
        expected.specularColor = [0.1, 0.2, 0.3]
        expected.specularTexture.texture = 0
        expected.transmission = 0.75
        expected.thickness = 2
        expected.attenuationDistance = 3
        expected.attenuationColor = [1, 0.5, 0.25]
        expected.clearcoat = 1
        expected.clearcoatRoughness = 0.125
        expected.sheenColor = [0.5, 0, 0]
        expected.sheenRoughness = 0.25
        // Multiplied as doubles, rounded once.
        expected.emission = [10, Float(0.1 * 10.0), 0]
        expected.unlit = true
        expected.alphaMode = .mask
        expected.alphaCutoff = 0.25
        expected.doubleSided = true
        #expect(built == expected)
        #expect(loaded.scene.sky == .none, "an emissive material is light enough")
        #expect(loaded.scene.textures[0].wrapS == .clampToEdge && loaded.scene.textures[0].wrapT == .mirroredRepeat)
        #expect(loaded.scene.textures[0].nearest)
    }

    /// One source texture read as colour and as data becomes two textures over two images of the same texels.
    @Test func colourSpacesAreKeptApart() throws {
        let scene = try material(
            "\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":1},\"metallicRoughnessTexture\":{\"index\":1}}"
        ).scene
        #expect(scene.textures.count == 2 && scene.images.map(\.format) == [.rgba8sRGB, .rgba8])
        #expect(scene.images[0].texels == scene.images[1].texels)
        #expect(scene.textures[0].wrapS == .repeat && !scene.textures[0].nearest)
    }

    /// The example of the extension's text: offset (0, 1), a quarter turn, half size picks the lower left quadrant.
    @Test func textureTransformsFollowTheExtension() throws {
        let scene = try material(
            "\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0,\"texCoord\":0,\"extensions\":{\"KHR_texture_transform\":"
                + "{\"offset\":[0,1],\"rotation\":1.5707963267948966,\"scale\":[0.5,0.5],\"texCoord\":1}}}}"
        ).scene
        let slot = scene.materials[0].baseColorTexture
        #expect(slot.uvSet == 1)
        let m = slot.transform
        for (u, v) in [(0, 0), (1, 0), (0, 1), (1, 1)] as [(Float, Float)] {
            let x = m[0] * u + m[1] * v + m[2]
            let y = m[3] * u + m[4] * v + m[5]
            #expect(x >= -1e-6 && x <= 0.5 + 1e-6)
            #expect(y >= 0.5 - 1e-6 && y <= 1 + 1e-6)
        }
    }

    @Test(arguments: [
        "\"pbrMetallicRoughness\":{\"metallicFactor\":2}", "\"pbrMetallicRoughness\":{\"baseColorFactor\":[1,1,1]}",
        "\"emissiveFactor\":[-1,0,0]", "\"alphaMode\":\"GLASS\"", "\"extensions\":{\"KHR_materials_ior\":{\"ior\":0.5}}",
        "\"normalTexture\":{\"index\":2}", "\"normalTexture\":{\"index\":-1}",
        "\"extensions\":{\"KHR_materials_volume\":{\"attenuationDistance\":0}}",
        "\"extensions\":{\"KHR_materials_emissive_strength\":{\"emissiveStrength\":1e300}},\"emissiveFactor\":[1,1,1]",
    ])
    func valuesOutOfRangeAreRefused(_ text: String) {
        #expect { try material(text) } throws: { "\($0)".contains("materials[0]") }
    }

    @Test func lightsAndCamerasOfEachKind() throws {
        let lights =
            "{\"type\":\"directional\",\"intensity\":3},{\"type\":\"point\",\"color\":[1,0.5,0],\"intensity\":8,\"range\":5},"
            + "{\"type\":\"spot\",\"spot\":{\"innerConeAngle\":0.25,\"outerConeAngle\":0.5}}"
        let nodes =
            "[{\"mesh\":0},{\"extensions\":{\"KHR_lights_punctual\":{\"light\":2}}},{\"extensions\":{\"KHR_lights_punctual\":{\"light\":1}}},"
            + "{\"camera\":0},{\"camera\":0,\"translation\":[0,0,5]},{\"camera\":1},{\"extensions\":{\"INFERIX_area_light\":{\"light\":0}}}]"
        let scene = try TestDocument.triangle(
            nodes: nodes,
            "\"extensions\":{\"KHR_lights_punctual\":{\"lights\":[\(lights)]},\"INFERIX_area_light\":{\"lights\":"
                + "[{\"shape\":\"disc\",\"size\":[2,1],\"intensity\":4}]},\"INFERIX_render\":{\"framesPerSecond\":30,"
                + "\"sky\":{\"color\":[0.5,1,2],\"intensity\":2}}}",
            "\"cameras\":[{\"type\":\"perspective\",\"perspective\":{\"yfov\":0.5,\"znear\":0.1},\"extensions\":{\"INFERIX_lens\":"
                + "{\"radius\":0.25,\"focusDistance\":3}}},"
                + "{\"type\":\"orthographic\",\"orthographic\":{\"xmag\":-2,\"ymag\":1,\"znear\":0,\"zfar\":9}}]"
        ).load().scene
        // In the order of their first use; the unused directional light is left out.
        #expect(scene.lights.map(\.kind) == [.spot, .point, .disc])
        #expect(scene.lights[1].intensity == [8, 4, 0] && scene.lights[1].range == 5)
        #expect(scene.lights[0].innerConeAngle == 0.25 && scene.lights[0].outerConeAngle == 0.5)
        #expect(scene.lights[2].size == [2, 1] && scene.lights[2].intensity == [4, 4, 4])
        #expect(scene.sky == .constant([1, 2, 4]) && scene.framesPerSecond == 30)
        // One camera per node that carries one, in node order.
        #expect(scene.cameras.count == 3)
        #expect(scene.cameras[0] == scene.cameras[1])
        #expect(scene.cameras[0].projection == .perspective(yfov: 0.5, aspectRatio: 0) && scene.cameras[0].far == .infinity)
        #expect(scene.cameras[0].lensRadius == 0.25 && scene.cameras[0].focusDistance == 3)
        #expect(scene.cameras[2].projection == .orthographic(xmag: 2, ymag: 1) && scene.cameras[2].far == 9)
        #expect(scene.nodes.map(\.camera) == [-1, -1, -1, 0, 1, 2, -1])
    }

    @Test func framedCamerasSeeEverything() throws {
        for name in ["Fox.glb"] {
            let scene = try Shipped.load(name).scene
            let node = try #require(scene.nodes.last)
            let world = WorldTransform(node)
            let bounds = SceneBounds(scene)
            guard case .perspective(let yfov, _) = scene.cameras[0].projection else { return }
            for corner in 0..<8 {
                let point: SIMD3<Double> = [
                    corner & 1 == 0 ? bounds.low.x : bounds.high.x, corner & 2 == 0 ? bounds.low.y : bounds.high.y,
                    corner & 4 == 0 ? bounds.low.z : bounds.high.z,
                ]
                let offset = point - world.origin
                let (x, y, z) = ((offset * world.x).sum(), (offset * world.y).sum(), (offset * world.z).sum())
                // The camera looks along -z.
                #expect(z < 0)
                #expect((x * x + y * y).squareRoot() / -z < Double(yfov / 2) * 1.1)
            }
        }
    }

    private func animation(_ channels: String, _ parts: TestDocument.Parts, nodes: String = "[{\"mesh\":0}]") -> TestDocument {
        var parts = parts
        parts.members = [TestDocument.triangleMesh, "\"nodes\":\(nodes)", "\"animations\":[\(channels)]"]
        return parts.document
    }

    private func channel(_ path: String, interpolation: String = "LINEAR", input: Int = 2, output: Int = 3) -> String {
        "{\"samplers\":[{\"input\":\(input),\"output\":\(output),\"interpolation\":\"\(interpolation)\"}],"
            + "\"channels\":[{\"sampler\":0,\"target\":{\"node\":0,\"path\":\"\(path)\"}}]}"
    }

    @Test func animationsAreReadAndChecked() throws {
        var parts = TestDocument.triangle
        parts.floats([0, 1], "SCALAR")
        parts.floats([0, 0, 0, 1, 2, 3])
        parts.floats([0, 0, 0, 2, 0, 0, 1, 0], "VEC4")
        parts.floats([1, 1], "SCALAR")
        let move = try animation(channel("translation", interpolation: "STEP"), parts).load().scene
        #expect(move.animations[0].channels[0].values == [0, 0, 0, 1, 2, 3])
        #expect(move.animations[0].channels[0].interpolation == .step)
        let turn = try animation(channel("rotation", output: 4), parts).load().scene
        #expect(turn.animations[0].channels[0].values == [0, 0, 0, 1, 0, 0, 1, 0])
        #expect(animation(channel("translation", interpolation: "CUBICSPLINE"), parts).refusal()?.reason.contains("2 keys of 9") == true)
        #expect(animation(channel("translation", input: 5), parts).refusal()?.reason.contains("ascend") == true)
        #expect(animation(channel("rotation"), parts).refusal() != nil)
        #expect(animation(channel("translation", input: 9), parts).refusal() != nil)
        let matrix = "[{\"mesh\":0,\"matrix\":[2,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1]}]"
        #expect(animation(channel("translation"), parts, nodes: matrix).refusal()?.reason.contains("matrix") == true)
        let pointer = try animation(channel("pointer"), parts).load()
        #expect(pointer.warnings.contains { $0.contains("pointer") } && pointer.scene.animations.isEmpty)
    }

    @Test func alternativesArePlayedOnce() throws {
        var parts = TestDocument.triangle
        parts.floats([0, 1], "SCALAR")
        parts.floats([0, 0, 0, 1, 2, 3])
        let loaded = try animation([channel("translation"), channel("scale"), channel("translation")].joined(separator: ","), parts).load()
        #expect(loaded.scene.animations.map { $0.channels[0].path } == [.translation, .scale])
        #expect(loaded.notices.contains { $0.contains("animations[2]") })
    }

    /// Every number goes by way of the nearest double: the third is 1 + 2⁻²⁴ there, a tie, and becomes 1; the nearest float of the
    /// text itself would be the next one.
    @Test func numbersGoByWayOfDouble() throws {
        let text = "[{\"mesh\":0,\"translation\":[0.1,16777217,1.00000005960464477539062500000001]}]"
        let node = try TestDocument.triangle(nodes: text).load().scene.nodes[0]
        #expect(node.translation == [0.1, 16_777_216, 1])
    }

    @Test func theOrderIsThatOfTheDocument() throws {
        let nodes = "[{\"children\":[2,1]},{\"mesh\":0},{\"children\":[3]},{\"mesh\":0,\"translation\":[7,0,0]},{\"translation\":[9,0,0]}]"
        let scene = try TestDocument.triangle(nodes: nodes, "\"scenes\":[{\"nodes\":[4,0]}]").load().scene
        #expect(scene.nodes.prefix(5).map(\.parent) == [-1, -1, 1, 2, 1])
        #expect(scene.nodes.prefix(5).map(\.translation.x) == [9, 0, 0, 7, 0])
        #expect(scene.meshes.count == 1)
    }
}
