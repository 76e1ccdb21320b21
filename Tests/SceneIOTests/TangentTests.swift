import RenderModel
import Testing

@testable import SceneIO

@Suite("Tangents")
struct TangentTests {
    /// Two triangles of a square in the xy plane; the UVs of the second may be mirrored.
    private func square(mirrored: Bool) -> ScenePrimitive {
        var primitive = ScenePrimitive()
        primitive.positions = [0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0]
        primitive.normals = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
        primitive.uv0 = [0, 0, 1, 0, 0, 1, mirrored ? 0 : 1, mirrored ? 0 : 1]
        primitive.indices = [0, 1, 2, 1, 3, 2]
        primitive.colors = (0..<16).map { Float($0) / 16 }
        return primitive
    }

    @Test func tangentsFollowTheFirstTextureAxis() {
        var primitive = square(mirrored: false)
        primitive.generateTangents(uvSet: 0)
        #expect(primitive.vertexCount == 4)
        #expect(primitive.tangents == Array(repeating: [1, 0, 0, 1] as [Float], count: 4).flatMap { $0 })
    }

    /// Vertices of the shared edge are split, with all their attributes; handedness tells the sides apart.
    @Test func mirroredTexturesSplitTheSharedEdge() {
        var primitive = square(mirrored: true)
        let before = primitive
        primitive.generateTangents(uvSet: 0)
        #expect(primitive.vertexCount == 6)
        #expect(primitive.indices.count == 6)
        #expect(primitive.colors.count == 24 && primitive.uv0.count == 12)
        for corner in 0..<6 {
            let (old, new) = (Int(before.indices[corner]), Int(primitive.indices[corner]))
            #expect(primitive.position(new) == before.position(old))
            #expect(primitive.tangents[new * 4 + 3] == (corner < 3 ? 1 : -1))
        }
    }

    /// Corners with the same position, normal and UV share a tangent whatever their indices.
    @Test func weldingDoesNotDependOnIndices() {
        var indexed = square(mirrored: false)
        indexed.positions[11] = 0.5
        var loose = indexed
        loose.gather(loose.indices)
        loose.indices = [0, 1, 2, 3, 4, 5]
        indexed.generateTangents(uvSet: 0)
        loose.generateTangents(uvSet: 0)
        for corner in 0..<6 {
            let (a, b) = (Int(indexed.indices[corner]) * 4, Int(loose.indices[corner]) * 4)
            #expect(Array(indexed.tangents[a..<(a + 4)]) == Array(loose.tangents[b..<(b + 4)]))
        }
    }

    /// Unit length, perpendicular to the normal, even where UVs are degenerate.
    @Test func tangentsAreUnitAndPerpendicular() {
        var primitive = square(mirrored: false)
        primitive.uv0 = [0, 0, 0, 0, 0, 0, 1, 0]
        primitive.normals = [0, 0.6, 0.8, 0.6, 0, 0.8, 1, 0, 0, 0, 0, 1]
        primitive.generateTangents(uvSet: 0)
        for vertex in 0..<primitive.vertexCount {
            let t = SIMD3<Double>((0..<3).map { Double(primitive.tangents[vertex * 4 + $0]) })
            #expect(((t * t).sum() - 1).magnitude < 1e-6)
            #expect((t * primitive.normal(vertex)).sum().magnitude < 1e-6)
        }
    }

    /// A normal map without normals: flat normals first, each triangle with vertices of its own.
    @Test func normalMapsOnFlatMeshesGetBoth() throws {
        var parts = TestDocument.Parts()
        parts.floats([0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0])
        parts.floats([0, 0, 1, 0, 0, 1, 1, 1], "VEC2")
        let image = parts.view(TestPicture.pngPalette)
        parts.members = [
            "\"nodes\":[{\"mesh\":0}]",
            "\"meshes\":[{\"primitives\":[{\"mode\":5,\"material\":0,\"attributes\":{\"POSITION\":0,\"TEXCOORD_0\":1}}]}]",
            "\"materials\":[{\"normalTexture\":{\"index\":0,\"scale\":0.5}}]", "\"textures\":[{\"source\":0}]",
            "\"images\":[{\"bufferView\":\(image),\"mimeType\":\"image/png\"}]",
        ]
        let scene = try parts.document.load().scene
        let primitive = scene.meshes[0].primitives[0]
        #expect(primitive.vertexCount == 6 && primitive.normals.count == 18)
        #expect(primitive.tangents == Array(repeating: [1, 0, 0, 1] as [Float], count: 6).flatMap { $0 })
        #expect(scene.materials[0].normalScale == 0.5)
        #expect(scene.images[0].format == .rgba8)
    }

    @Test func tangentsThatNothingNeedsAreDropped() throws {
        var parts = TestDocument.triangle
        parts.floats([0, 0, 1, 0, 0, 1, 0, 0, 1])
        parts.floats([1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1], "VEC4")
        parts.members = [
            "\"nodes\":[{\"mesh\":0}]",
            "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0,\"NORMAL\":2,\"TANGENT\":3},\"indices\":1}]}]",
        ]
        #expect(try parts.document.load().scene.meshes[0].primitives[0].tangents.isEmpty)
    }
}

extension SIMD3<Double> {
    fileprivate init(_ values: [Double]) { self.init(values[0], values[1], values[2]) }
}
