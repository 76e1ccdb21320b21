public import RenderModel

/// A mark: a quad that faces the camera and covers `region`, with the pattern A·cos(2π(x/X + y/Y)) around its strength.
///
/// It is a filter, not a picture: black, seen by camera rays only, and letting through what it does not take. So it darkens whatever
/// lies behind it in the same proportion, and no other pixel changes.
public struct MarkQuad: Hashable, Sendable {
    public var region: MarkRegion
    /// Along the view axis.
    public var depth: Double
    /// X and Y in pixels.
    public var periodX: Double
    public var periodY: Double

    public init(region: MarkRegion, depth: Double, periodX: Double, periodY: Double) {
        self.region = region
        self.depth = depth
        self.periodX = periodX
        self.periodY = periodY
    }
}

extension SceneOverlay {
    /// Texels of the pattern along one pixel.
    private static let texelsPerPixel = 4

    /// Marks as geometry: one mesh with two triangles a mark, and one texture with a cell a mark, in rows that make it about square.
    public init(_ quads: [MarkQuad], camera: CameraView, settings: RenderSettings, parameters: MarkParameters) {
        self.init()
        guard !quads.isEmpty else { return }
        let atlas = MarkAtlas(count: quads.count, side: parameters.sides.upperBound * SceneOverlay.texelsPerPixel)
        var image = SceneImage()
        (image.width, image.height, image.format) = (UInt32(atlas.width), UInt32(atlas.height), .rgba8)
        image.texels = [UInt8](repeating: 0, count: atlas.width * atlas.height * 4)
        var primitive = ScenePrimitive()
        for (number, quad) in quads.enumerated() {
            let cell = atlas.cell(number)
            SceneOverlay.draw(quad, at: cell, atlas, into: &image.texels, parameters)
            SceneOverlay.append(quad, at: cell, atlas, to: &primitive, camera, settings)
        }
        primitive.material = 0
        var texture = SceneTexture()
        (texture.image, texture.wrapS, texture.wrapT, texture.nearest) = (0, .clampToEdge, .clampToEdge, true)
        var material = SceneMaterial()
        (material.baseColor, material.alphaMode, material.unlit, material.cameraOnly) = ([0, 0, 0, 1], .blend, true, true)
        material.baseColorTexture.texture = 0
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        var node = SceneNode()
        node.mesh = 0
        (materials, textures, images, meshes, nodes) = ([material], [texture], [image], [mesh], [node])
    }

    /// The share of light taken, as alpha.
    private static func draw(
        _ quad: MarkQuad, at cell: (x: Int, y: Int), _ atlas: MarkAtlas, into texels: inout [UInt8], _ parameters: MarkParameters
    ) {
        for v in 0..<quad.region.height * texelsPerPixel {
            for u in 0..<quad.region.width * texelsPerPixel {
                let (x, y) = ((Double(u) + 0.5) / Double(texelsPerPixel), (Double(v) + 0.5) / Double(texelsPerPixel))
                let wave = Elementary.cosine(turns: x / quad.periodX + y / quad.periodY)
                let share = parameters.strength * (1 + parameters.amplitude * wave)
                texels[((cell.y + v) * atlas.width + cell.x + u) * 4 + 3] = UInt8(min(max(share * 255, 0), 255).rounded())
            }
        }
    }

    private static func append(
        _ quad: MarkQuad, at cell: (x: Int, y: Int), _ atlas: MarkAtlas, to primitive: inout ScenePrimitive, _ camera: CameraView,
        _ settings: RenderSettings
    ) {
        let region = quad.region
        let first = UInt32(primitive.positions.count / 3)
        for (right, down) in [(0, 0), (0, 1), (1, 1), (1, 0)] {
            let point = camera.point(
                x: Double(region.x + right * region.width), y: Double(region.y + down * region.height), width: settings.width,
                height: settings.height, depth: quad.depth)
            primitive.positions += [Float(point.x), Float(point.y), Float(point.z)]
            primitive.uv0 += [
                Float(cell.x + right * region.width * texelsPerPixel) / Float(atlas.width),
                Float(cell.y + down * region.height * texelsPerPixel) / Float(atlas.height),
            ]
        }
        primitive.indices += [first, first + 1, first + 2, first, first + 2, first + 3]
    }
}

/// Square cells of one texture.
private struct MarkAtlas {
    let side: Int
    let columns: Int
    let rows: Int

    /// - Parameter side: of a cell, in texels.
    init(count: Int, side: Int) {
        self.side = side
        columns = Int(Double(count).squareRoot().rounded(.up))
        rows = (count + columns - 1) / columns
    }

    var width: Int { columns * side }
    var height: Int { rows * side }

    /// The texel that a cell begins at.
    func cell(_ number: Int) -> (x: Int, y: Int) { (number % columns * side, number / columns * side) }
}
