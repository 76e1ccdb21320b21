internal import ProofOfRender
internal import RenderModel
internal import SceneIO
internal import Wire

/// The surroundings of a pixel, as delivered and as rendered again, side by side and enlarged.
struct ExplainedCrop {
    let picture: Picture
    let caption: String

    /// Pixels around the one that decided, and how many pixels each becomes.
    private static let reach: UInt32 = 16
    private static let scale = 8

    /// Nil where the pixel does not lie in the task.
    init?(_ bundle: ProofBundle, blocks: SceneBlocks, around pixel: SIMD2<UInt32>) throws {
        let source = try BundleScene(bundle, blocks: blocks)
        let tile = source.offer.tile
        guard pixel.x >= tile.x, pixel.y >= tile.y, pixel.x - tile.x < tile.width, pixel.y - tile.y < tile.height else { return nil }
        let (left, top) = (
            max(tile.x, pixel.x - min(pixel.x, ExplainedCrop.reach)), max(tile.y, pixel.y - min(pixel.y, ExplainedCrop.reach))
        )
        let (right, bottom) = (
            min(tile.x + tile.width, pixel.x + ExplainedCrop.reach + 1), min(tile.y + tile.height, pixel.y + ExplainedCrop.reach + 1)
        )
        let crop = Tile(x: left, y: top, width: right - left, height: bottom - top)
        guard let rendered = RawPicture(records: try source.render(crop)) else { return nil }
        let delivered = ExplainedCrop.delivered(bundle, tile: tile)
        let parts = [delivered, rendered].compactMap(\.self)
        let (width, height) = (Int(crop.width) * ExplainedCrop.scale, Int(crop.height) * ExplainedCrop.scale)
        var image = RGBImage(width: parts.count * (width + ExplainedCrop.scale) - ExplainedCrop.scale, height: height)
        for (index, part) in parts.enumerated() {
            let start = index * (width + ExplainedCrop.scale)
            for y in 0..<height {
                for x in 0..<width {
                    let (column, row) = (Int(left) + x / ExplainedCrop.scale, Int(top) + y / ExplainedCrop.scale)
                    var color = part.radiance(x: column, y: row)
                    if column == Int(pixel.x), row == Int(pixel.y), ExplainedCrop.isRim(x) || ExplainedCrop.isRim(y) { color = [1, 0, 0] }
                    for channel in 0..<3 { image.pixels[(y * image.width + start + x) * 3 + channel] = color[channel] }
                }
            }
        }
        picture = Picture(color: image)
        let place = "pixels \(left) to \(right - 1) by \(top) to \(bottom - 1)"
        caption =
            delivered == nil
            ? "The bundle does not hold what was delivered; the picture shows \(place) rendered again."
            : "Left what was delivered, right what comes out: \(place)."
    }

    /// The outermost line of an enlarged pixel.
    private static func isRim(_ position: Int) -> Bool { position % scale == 0 || position % scale == scale - 1 }

    /// Nil where the bundle does not hold the picture, or a picture of another size.
    private static func delivered(_ bundle: ProofBundle, tile: Tile) -> RawPicture? {
        guard let delivery = bundle.picture else { return nil }
        return RawPicture(tile: tile, bytes: delivery.blocks.isEmpty ? delivery.root : delivery.blocks.flatMap(\.self))
    }
}
