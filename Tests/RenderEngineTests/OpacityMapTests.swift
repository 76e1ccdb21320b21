import CRenderKernels
import Determinism
import RenderModel
import Testing

@testable import RenderEngine

/// Opacity maps tell beforehand what a lookup of alpha would find: with and without them every bit must be the same.
@Suite struct OpacityMapTests {
    /// Cards one behind the other, each with a material, a transform and corners of its own.
    private func cards() -> CanonicalScene {
        var generator = Generator(seed: 5)
        var scene = CanonicalScene()
        for format in [SceneTexelFormat.rgba8sRGB, .rgba8, .rgba16, .rgba32Float] {
            scene.images.append(spots(format, &generator))
        }
        let wraps = [SceneWrap.repeat, .clampToEdge, .mirroredRepeat]
        var mesh = SceneMesh()
        for number in 0..<30 {
            var texture = SceneTexture()
            texture.image = UInt32(number % 4)
            (texture.wrapS, texture.wrapT, texture.nearest) = (wraps[number % 3], wraps[number / 3 % 3], number % 5 == 0)
            scene.textures.append(texture)
            var material = SceneMaterial()
            (material.metallic, material.doubleSided, material.alphaCutoff) = (0, true, [0.5, 0.2, 0.9][number % 3])
            material.alphaMode = number % 4 == 3 ? .blend : .mask
            material.baseColor = [0.8, 0.6, 0.4, number % 7 == 6 || number % 8 == 3 ? 0.9 : 1]
            material.baseColorTexture.texture = Int32(number)
            let turn = Float.random(in: -1...1, using: &generator)
            material.baseColorTexture.transform = [1, turn, turn * 3, -turn, 0.7, number % 6 == 0 ? 900 : 0.3]
            scene.materials.append(material)
            mesh.primitives.append(card(number, &generator))
        }
        scene.meshes = [mesh]
        var (body, eye) = (SceneNode(), SceneNode())
        body.mesh = 0
        (eye.translation, eye.camera) = ([0, 0, 3], 0)
        scene.nodes = [body, eye]
        var camera = SceneCamera()
        camera.projection = .perspective(yfov: 0.7, aspectRatio: 0)
        scene.cameras = [camera]
        scene.sky = .constant([0.7, 0.8, 0.9])
        return scene
    }

    private func card(_ number: Int, _ generator: inout Generator) -> ScenePrimitive {
        var quad = ScenePrimitive()
        let z = Float(number) * -0.03
        quad.positions = [-1, -1, z, 1, -1, z - 0.2, 1, 1, z, -1, 1, z + 0.1]
        quad.indices = [0, 1, 2, 0, 2, 3]
        quad.material = Int32(number)
        // From a sliver of the texture to several turns of it.
        let reach: Float = [0.2, 1, 1, 2.5][number % 4]
        quad.uv0 = (0..<8).map { _ in Float.random(in: -reach...reach, using: &generator) }
        if number % 2 == 0 { quad.uv0 = [0, 1, 1, 1, 1, 0, 0, 0] }
        return quad
    }

    /// Opaque spots on clear ground with soft edges.
    private func spots(_ format: SceneTexelFormat, _ generator: inout Generator) -> SceneImage {
        var image = SceneImage()
        (image.width, image.height, image.format) = (56, 40, format)
        let centres = (0..<5).map { _ in
            SIMD2<Float>(Float.random(in: 0...56, using: &generator), Float.random(in: 0...40, using: &generator))
        }
        for y in 0..<40 {
            for x in 0..<56 {
                let distances = centres.map { c in
                    let d = c - SIMD2(Float(x), Float(y))
                    return (d * d).sum().squareRoot()
                }
                let alpha = min(max((9 - distances.min()!) / 3, 0), 1)
                for value in [0.3, 0.6, 0.4, alpha] as [Float] {
                    switch format {
                    case .rgba8sRGB, .rgba8: image.texels.append(UInt8(value * 255))
                    case .rgba16: withUnsafeBytes(of: UInt16(value * 65535).littleEndian) { image.texels += $0 }
                    case .rgba32Float: withUnsafeBytes(of: value.bitPattern.littleEndian) { image.texels += $0 }
                    }
                }
            }
        }
        return image
    }

    private func mapWords(_ scene: PreparedScene) -> [UInt32] {
        let tables = scene.tables
        let count = withUnsafeBytes(of: tables.bytes) { $0.load(fromByteOffset: 8 * (Int(RK_TABLE_COUNT) - 1), as: UInt64.self) } / 4
        return (0..<Int(count)).map { tables.tables.opacity[$0] }
    }

    /// Lets every hit look its texels up.
    private func takeMaps(from scene: PreparedScene) throws {
        let draws = try #require(UnsafeMutablePointer(mutating: scene.tables.tables.draws))
        for number in 0..<30 {
            #expect(draws[number].opacity != RK_NONE)
            draws[number].opacity = RK_NONE
        }
    }

    @Test func mapsChangeNoBit() throws {
        let (mapped, plain) = (try PreparedScene(cards()), try PreparedScene(cards()))
        try takeMaps(from: plain)
        // All three states occur, and maps of several levels.
        let words = mapWords(mapped)
        let cells = words.dropFirst(3 + 60)
        for state in 0..<3 as Range<UInt32> { #expect(cells.contains { word in (0..<16).contains { word >> (2 * $0) & 3 == state } }) }
        let request = Requests.full(width: 96, height: 96, samples: 32)
        for level in NativeDevice.Level.allCases {
            let (a, b) = (
                try NativeDevice(threads: 2, level: level).render(mapped, request), try NativeDevice(threads: 2).render(plain, request)
            )
            let isEqual = a.sums.map(\.bitPattern) == b.sums.map(\.bitPattern) && a.rays == b.rays
            #expect(isEqual, "\(level)")
            let isLit = a.sums.contains { $0 > 0 }
            #expect(isLit)
        }
    }

    /// The two triangles of a card have their own maps; a second card with the same corners and material has the same ones.
    @Test func equalCornersShareTheirMap() throws {
        var scene = cards()
        scene.meshes[0].primitives = [scene.meshes[0].primitives[2], scene.meshes[0].primitives[2]]
        let words = mapWords(try PreparedScene(scene))
        #expect(words[3] & 15 > 0 && words[3] != words[4])
        let second = words.indices.dropFirst(5).first { words[$0] == words[3] && words[$0 + 1] == words[4] }
        #expect(second != nil)
    }
}
