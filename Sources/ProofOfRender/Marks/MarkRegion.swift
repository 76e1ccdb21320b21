public import RenderModel

/// The imprint of a mark: a rectangle of whole pixels of the full frame. Around it lies the envelope, of three times the size.
public struct MarkRegion: Hashable, Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    var envelopeColumns: Range<Int> { x - width..<x + 2 * width }
    var envelopeRows: Range<Int> { y - height..<y + 2 * height }

    /// Whether the envelope lies within a tile.
    func fits(_ tile: Tile) -> Bool {
        let (left, top) = (Int(tile.x), Int(tile.y))
        return envelopeColumns.lowerBound >= left && envelopeRows.lowerBound >= top
            && envelopeColumns.upperBound <= left + Int(tile.width) && envelopeRows.upperBound <= top + Int(tile.height)
    }

    /// Whether the envelopes have a pixel in common: then one mark would lie in the other's ring.
    func meets(_ other: MarkRegion) -> Bool {
        envelopeColumns.overlaps(other.envelopeColumns) && envelopeRows.overlaps(other.envelopeRows)
    }

    /// Pixels that the mark may change: the imprint, and as far around it as the pixel filter reaches.
    public func reach(margin: Int, in tile: Tile) -> [(x: Int, y: Int)] {
        let columns = max(Int(tile.x), x - margin)..<min(Int(tile.x) + Int(tile.width), x + width + margin)
        let rows = max(Int(tile.y), y - margin)..<min(Int(tile.y) + Int(tile.height), y + height + margin)
        return rows.flatMap { row in columns.map { (x: $0, y: row) } }
    }
}

/// How much a region stands out from its surroundings.
///
/// A plane is fitted to the outer ring of the envelope, which leaves a band of one pixel around the imprint. Ring and imprint are
/// symmetrical about one centre, so the three coefficients of the plane do not depend on each other.
struct RegionContrast {
    /// Mean over the imprint of value − plane.
    let inside: Float
    /// Root mean square over the ring of value − plane.
    let ring: Float

    init(_ region: MarkRegion, _ value: (_ x: Int, _ y: Int) -> Float) {
        let (centreX, centreY) = (Float(region.x) + Float(region.width - 1) / 2, Float(region.y) + Float(region.height - 1) / 2)
        let guardColumns = region.x - 1...region.x + region.width
        let guardRows = region.y - 1...region.y + region.height
        var (sum, squares, alongX, alongY, widthX, widthY, inner) = (Float(0), Float(0), Float(0), Float(0), Float(0), Float(0), Float(0))
        var count: Float = 0
        for y in region.envelopeRows {
            let dy = Float(y) - centreY
            for x in region.envelopeColumns {
                if guardRows.contains(y), guardColumns.contains(x) {
                    if y >= region.y, y < region.y + region.height, x >= region.x, x < region.x + region.width { inner += value(x, y) }
                    continue
                }
                let (z, dx) = (value(x, y), Float(x) - centreX)
                count += 1
                sum += z
                squares += z * z
                alongX += dx * z
                alongY += dy * z
                widthX += dx * dx
                widthY += dy * dy
            }
        }
        let mean = sum / count
        inside = inner / Float(region.width * region.height) - mean
        let variance = (squares - sum * mean - alongX * alongX / widthX - alongY * alongY / widthY) / count
        ring = max(variance, 0).squareRoot()
    }

    /// −(mean residual inside) / (ring rms + 0.004), clipped to ±2: positive where the imprint is darker than its surroundings.
    var darkness: Float {
        let ratio = -inside / (ring + 0.004)
        return ratio.isNaN ? 0 : min(max(ratio, -2), 2)
    }
}
