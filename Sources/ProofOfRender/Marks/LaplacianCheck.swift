internal import RenderModel

/// L0, the published check: per region |mean Laplacian over the envelope − mean Laplacian over the region| ≥ T, on 8-bit luma.
///
/// Kept because it is published and cheap. It decides nothing: the mean of a Laplacian is the flux through the border, so the pattern
/// inside cancels, and whoever lists the scene can paste imprints on any picture.
public struct LaplacianCheck: Equatable, Sendable {
    /// |difference| per region.
    public let contrasts: [Double]
    public let threshold: Double

    public var regionsPassed: Int { contrasts.count { $0 >= threshold } }
    /// Every region, as published.
    public var passes: Bool { !contrasts.isEmpty && regionsPassed == contrasts.count }

    /// Nil where the picture does not hold the secret's tile.
    public init?(_ picture: some MarkPicture, secret: MarkSecret) {
        guard picture.tile.contains(secret.tile) else { return nil }
        threshold = secret.laplacianThreshold
        contrasts = secret.regions.map { LaplacianCheck.contrast(picture, $0, in: secret.tile) }
    }

    private static func contrast(_ picture: some MarkPicture, _ region: MarkRegion, in tile: Tile) -> Double {
        let (columns, rows) = (region.envelopeColumns, region.envelopeRows)
        // The envelope with one pixel around it; at the border of the tile the nearest pixel stands in.
        let (left, right) = (Int(tile.x), Int(tile.x) + Int(tile.width) - 1)
        let (top, bottom) = (Int(tile.y), Int(tile.y) + Int(tile.height) - 1)
        let across = columns.count + 2
        var values = [Float](repeating: 0, count: across * (rows.count + 2))
        for y in -1...rows.count {
            for x in -1...columns.count {
                values[(y + 1) * across + x + 1] = picture.luma(
                    x: min(max(columns.lowerBound + x, left), right), y: min(max(rows.lowerBound + y, top), bottom))
            }
        }
        var (envelope, inside) = (0.0, 0.0)
        for y in 0..<rows.count {
            for x in 0..<columns.count {
                let at = (y + 1) * across + x + 1
                let laplacian = Double(values[at - 1] + values[at + 1] + values[at - across] + values[at + across] - 4 * values[at])
                envelope += laplacian
                if x >= region.width, x < 2 * region.width, y >= region.height, y < 2 * region.height { inside += laplacian }
            }
        }
        let difference = envelope / Double(columns.count * rows.count) - inside / Double(region.width * region.height)
        return difference.isNaN ? 0 : difference.magnitude
    }
}
