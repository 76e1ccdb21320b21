import RenderModel
import Testing

@testable import SceneIO

@Suite("Geometry of glTF")
struct GeometryTests {
    /// A mesh of one primitive over the given parts; node 0 carries it.
    private func primitive(_ parts: TestDocument.Parts, _ members: String, materials: String = "") throws -> (ScenePrimitive, LoadedScene) {
        var parts = parts
        parts.members += ["\"nodes\":[{\"mesh\":0}]", "\"meshes\":[{\"primitives\":[{\(members)}]}]"]
        if !materials.isEmpty { parts.members.append("\"materials\":[\(materials)]") }
        let loaded = try parts.document.load()
        return (try #require(loaded.scene.meshes.first?.primitives.first), loaded)
    }

    private var square: TestDocument.Parts {
        var parts = TestDocument.Parts()
        parts.floats([0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0])
        return parts
    }

    @Test func stripsAndFansAreOpened() throws {
        #expect(try primitive(square, "\"attributes\":{\"POSITION\":0},\"mode\":5").0.indices == [0, 1, 2, 1, 3, 2])
        #expect(try primitive(square, "\"attributes\":{\"POSITION\":0},\"mode\":6").0.indices == [1, 2, 0, 2, 3, 0])
        var joined = square
        joined.indices([0, 1, 2, 2, 1, 3])
        // A strip with a join of no area: 2, 2.
        #expect(
            try primitive(joined, "\"attributes\":{\"POSITION\":0},\"indices\":1,\"mode\":5").0.indices == [0, 1, 2, 2, 3, 1])
    }

    @Test func pointsAndLinesAreSaid() throws {
        var parts = square
        parts.members = [
            "\"nodes\":[{\"mesh\":0}]",
            "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},\"mode\":1},{\"attributes\":{\"POSITION\":0},\"mode\":5}]}]",
        ]
        let loaded = try parts.document.load()
        #expect(loaded.scene.meshes[0].primitives.count == 1)
        #expect(loaded.warnings.contains { $0.contains("points or lines") })
    }

    @Test func unusedVerticesAreDropped() throws {
        var parts = square
        parts.indices([3, 0, 2])
        let (built, _) = try primitive(parts, "\"attributes\":{\"POSITION\":0},\"indices\":1")
        #expect(built.positions == [0, 0, 0, 0, 1, 0, 1, 1, 0])
        #expect(built.indices == [2, 0, 1])
    }

    @Test func sparseAccessorsReplaceElements() throws {
        var parts = square
        let indices = parts.view(TestDocument.half(1) + TestDocument.half(3))
        let values = parts.view(TestDocument.floats([5, 5, 5, 6, 6, 6]))
        let sparse =
            ",\"sparse\":{\"count\":2,\"indices\":{\"bufferView\":\(indices),\"componentType\":5123},\"values\":{\"bufferView\":\(values)}}"
        parts.accessors[0] = parts.accessors[0].dropLast() + sparse + "}"
        let (built, _) = try primitive(parts, "\"attributes\":{\"POSITION\":0},\"mode\":5")
        #expect(built.positions == [0, 0, 0, 5, 5, 5, 0, 1, 0, 6, 6, 6])
        // Without a buffer view all other elements are 0.
        parts.accessors[0] = "{\"componentType\":5126,\"type\":\"VEC3\",\"count\":4\(sparse)}"
        #expect(
            try primitive(parts, "\"attributes\":{\"POSITION\":0},\"mode\":5").0.positions == [0, 0, 0, 5, 5, 5, 0, 0, 0, 6, 6, 6])
    }

    @Test func sparseIndicesMustAscend() {
        for indices: [UInt16] in [[3, 1], [1, 1], [1, 4]] {
            var parts = square
            let view = parts.view(indices.flatMap(TestDocument.half))
            let values = parts.view(TestDocument.floats([5, 5, 5, 6, 6, 6]))
            let sparse =
                ",\"sparse\":{\"count\":2,\"indices\":{\"bufferView\":\(view),\"componentType\":5123},\"values\":{\"bufferView\":\(values)}}"
            parts.accessors[0] = parts.accessors[0].dropLast() + sparse + "}"
            #expect(throws: SceneError.self) { try primitive(parts, "\"attributes\":{\"POSITION\":0},\"mode\":5") }
        }
    }

    /// KHR_mesh_quantization: 16-bit positions, normalised 8-bit normals with padding, normalised 16-bit UVs.
    @Test func quantisedAttributesAreConverted() throws {
        var parts = TestDocument.Parts()
        let positions: [Int16] = [0, 0, 0, 0, -200, 0, 0, 0, 0, 300, 0, 0]
        let view = parts.view(positions.flatMap { TestDocument.half(UInt16(bitPattern: $0)) }, ",\"byteStride\":8")
        parts.accessors.append("{\"bufferView\":\(view),\"componentType\":5122,\"type\":\"VEC3\",\"count\":3}")
        let normals = parts.view([0, 0, 127, 0, 0, 0, 0x81, 0, 0, 0, 0x80, 0], ",\"byteStride\":4")
        parts.accessors.append("{\"bufferView\":\(normals),\"componentType\":5120,\"type\":\"VEC3\",\"count\":3,\"normalized\":true}")
        parts.accessor([0, 0, 255, 255, 51, 0], 5121, "VEC2", count: 3, ",\"normalized\":true")
        parts.accessor([UInt8](repeating: 128, count: 9), 5121, "VEC3", count: 3, ",\"normalized\":true")
        let (built, _) = try primitive(
            parts, "\"attributes\":{\"POSITION\":0,\"NORMAL\":1,\"TEXCOORD_0\":2,\"COLOR_0\":3}")
        #expect(built.positions == [0, 0, 0, -200, 0, 0, 0, 300, 0])
        #expect(built.normals == [0, 0, 1, 0, 0, -1, 0, 0, -1])
        #expect(built.uv0 == [0, 0, 1, 1, 0.2, 0])
        let grey = Float(128) / 255
        #expect(Array(built.colors.prefix(4)) == [grey, grey, grey, Float(1)])
    }

    @Test func normalsBecomeUnitVectors() throws {
        var parts = square
        parts.floats([0, 0, 5, 0, 3, 0, 0, 0, 0, 0, 0, 1])
        let (built, loaded) = try primitive(parts, "\"attributes\":{\"POSITION\":0,\"NORMAL\":1},\"mode\":5")
        #expect(built.normals == [0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1])
        #expect(loaded.warnings.contains { $0.contains("normals of length 0") })
    }

    @Test func attributesOfAnotherLengthAreRefused() {
        for (attribute, type, values) in [
            ("NORMAL", "VEC3", 3), ("TEXCOORD_0", "VEC2", 3), ("TEXCOORD_0", "VEC3", 4), ("COLOR_0", "VEC2", 4), ("WEIGHTS_0", "VEC4", 3),
        ] {
            var parts = square
            parts.floats([Float](repeating: 1, count: values * ["VEC2": 2, "VEC3": 3, "VEC4": 4][type]!), type)
            parts.accessor([UInt8](repeating: 0, count: 16), 5121, "VEC4", count: 4)
            #expect(throws: SceneError.self) {
                try primitive(parts, "\"attributes\":{\"POSITION\":0,\"\(attribute)\":1,\"JOINTS_0\":2},\"mode\":5")
            }
        }
    }

    @Test func morphTargetsAndTheirWeights() throws {
        var parts = square
        parts.floats([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1])
        let members = "\"attributes\":{\"POSITION\":0},\"mode\":5,\"targets\":[{\"POSITION\":1}]"
        let (built, loaded) = try primitive(parts, members)
        #expect(built.targets.count == 1)
        #expect(built.targets[0].positions == [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1])
        #expect(loaded.scene.meshes[0].weights == [0])
        parts.members = ["\"nodes\":[{\"mesh\":0,\"weights\":[1,2]}]", "\"meshes\":[{\"primitives\":[{\(members)}]}]"]
        #expect { try parts.document.load() } throws: { "\($0)".contains("nodes[0].weights") }
        parts.members = ["\"nodes\":[{\"mesh\":0,\"weights\":[0.5]}]", "\"meshes\":[{\"weights\":[0.25],\"primitives\":[{\(members)}]}]"]
        let weighted = try parts.document.load().scene
        #expect(weighted.nodes[0].weights == [0.5] && weighted.meshes[0].weights == [0.25])
    }

    @Test func jointWeightsSumToOneAndJointsFitTheSkin() throws {
        var parts = square
        let joints = parts.accessor([0, 1, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 5121, "VEC4", count: 4)
        let weights = parts.floats([1, 3, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 1, 0, 0, 0], "VEC4")
        let mesh =
            "\"meshes\":[{\"primitives\":[{\"mode\":5,\"attributes\":{\"POSITION\":0,\"JOINTS_0\":\(joints),\"WEIGHTS_0\":\(weights)}}]}]"
        parts.members = [mesh, "\"nodes\":[{\"mesh\":0,\"skin\":0},{},{}]", "\"skins\":[{\"joints\":[1,2]}]"]
        let scene = try parts.document.load().scene
        let built = scene.meshes[0].primitives[0]
        #expect(built.jointWeights == [0.25, 0.75, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
        // A joint of weight 0 may be anything in the file; here it is 0.
        #expect(built.joints == [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])
        #expect(scene.skins[0].joints == [1, 2] && scene.skins[0].inverseBindMatrices.count == 32)
        parts.members[2] = "\"skins\":[{\"joints\":[1]}]"
        #expect { try parts.document.load() } throws: { "\($0)".contains("joint 1") }
        parts.members[2] = "\"skins\":[{\"joints\":[7]}]"
        #expect { try parts.document.load() } throws: { "\($0)".contains("joint 7 is not a node") }
    }

    @Test func instancesBecomeTenNumbers() throws {
        var parts = TestDocument.triangle
        let translation = parts.floats([1, 2, 3, 4, 5, 6])
        let rotation = parts.accessor(
            ([0, 0, 0, 127, 0, 127, 0, 0] as [UInt8]), 5120, "VEC4", count: 2, ",\"normalized\":true")
        let attributes = "{\"TRANSLATION\":\(translation),\"ROTATION\":\(rotation)}"
        parts.members = [
            TestDocument.triangleMesh,
            "\"nodes\":[{\"mesh\":0,\"extensions\":{\"EXT_mesh_gpu_instancing\":{\"attributes\":\(attributes)}}}]",
            "\"extensionsRequired\":[\"EXT_mesh_gpu_instancing\"]",
        ]
        let scene = try parts.document.load().scene
        #expect(scene.nodes[0].instances == [1, 2, 3, 0, 0, 0, 1, 1, 1, 1, 4, 5, 6, 0, 1, 0, 0, 1, 1, 1])
        // The triangle (0…1, 0…1, 0) at (1, 2, 3), and turned by half a turn about y at (4, 5, 6).
        #expect(SceneBounds(scene).low == [1, 2, 3])
        #expect(SceneBounds(scene).high == [4, 6, 6])
        var limits = SceneLimits()
        limits.instancesMax = 1
        #expect(parts.document.refusal(limits)?.kind == .limit)
    }
}
