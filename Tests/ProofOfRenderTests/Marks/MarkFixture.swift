import RenderModel
import Wire

@testable import ProofOfRender

/// Marks on a picture that is computed, not rendered: a smooth ramp with a little of noise.
struct MarkFixture {
    var parameters = MarkParameters()
    var key = MarkKey(Bytes32(words: 1, 2, 3, 4))
    var settings = RenderSettings()
    var tile: Tile
    var camera = CameraView(
        isPerspective: true, origin: [1, 2, 3], right: [1, 0, 0], up: [0, 1, 0], forward: [0, 0, -1], halfWidth: 0.5, halfHeight: 0.4,
        near: 0.1, far: .infinity, lensRadius: 0, focusDistance: 1)

    init(size: UInt32 = 320, tile: Tile? = nil) {
        (settings.width, settings.height) = (size, size)
        self.tile = tile ?? Tile(x: 0, y: 0, width: size, height: size)
    }

    /// Radiance without marks.
    func radiance(_ x: Int, _ y: Int) -> Float {
        let noise = Float((x &* 7919 &+ y &* 104_729) & 255) / 255 - 0.5
        return (0.2 + 0.0004 * Float(x) + 0.0002 * Float(y)) * (1 + 0.02 * noise)
    }

    /// A sample render: `radiance` at half the size.
    func sample(_ radiance: (Int, Int) -> Float) -> SampleMap? {
        let request = SampleMap.request(settings: settings, frame: 1, tile: tile, rngKey: 0)
        var sums: [Float] = []
        for y in 0..<Int(request.tile.height) {
            for x in 0..<Int(request.tile.width) {
                let value = radiance(2 * (x + Int(request.tile.x)), 2 * (y + Int(request.tile.y))) * Float(SampleMap.samples)
                sums += [value, value, value]
            }
        }
        let rays = [UInt16](repeating: 4, count: sums.count / 3)
        return SampleMap(tile: tile, records: TileRecords(tile: request.tile, samples: request.samples, sums: sums, rays: rays))
    }

    func placement(_ radiance: ((Int, Int) -> Float)? = nil, hasLens: Bool = false) -> MarkPlacement? {
        guard let sample = sample(radiance ?? self.radiance) else { return nil }
        return MarkPlacement(parameters, key: key, settings: settings, tile: tile, sample: sample, hasLens: hasLens)
    }

    func quads(_ depth: (CameraPoint) -> Float = { _ in 10 }) -> [MarkQuad]? {
        placement().flatMap { $0.quads(camera: camera, depths: $0.points.map(depth)) }
    }

    var secret: MarkSecret? { quads().flatMap { placement()?.secret($0, frame: 1, tile: tile) } }

    /// The picture, with the light that marks take taken out.
    func picture(marking regions: [MarkRegion], strength: Float = 0.15) -> FloatPicture {
        var pixels: [Float] = []
        for y in Int(tile.y)..<Int(tile.y + tile.height) {
            for x in Int(tile.x)..<Int(tile.x + tile.width) {
                let isMarked = regions.contains { x >= $0.x && x < $0.x + $0.width && y >= $0.y && y < $0.y + $0.height }
                let value = radiance(x, y) * (isMarked ? 1 - strength : 1)
                pixels += [value, value, value]
            }
        }
        return FloatPicture(tile: tile, pixels: pixels)!
    }
}
