public import RenderModel

/// A picture of a task at low settings: half the size, four samples, short paths. It says where marks will be seen.
public struct SampleMap: Sendable {
    /// Samples and path length of the sample render: with half the size it costs 1/64 of a task of 64 samples, and less where the
    /// task's paths are longer.
    static let samples: UInt32 = 4
    static let depthMax: UInt32 = 3

    private let width: Int
    private let height: Int
    private let tile: Tile
    /// Smoothed luminance and its logarithm, row by row.
    private let luminance: [Float]
    private let logarithm: [Float]

    /// What to render for the marks of a tile. The numbers of the task itself are not used: nothing is learned from the one about the
    /// other.
    public static func request(settings: RenderSettings, frame: UInt32, tile: Tile, rngKey: UInt64) -> RenderRequest {
        var low = settings
        (low.width, low.height) = ((settings.width + 1) / 2, (settings.height + 1) / 2)
        (low.samples, low.depth, low.layers) = (samples, min(settings.depth, depthMax), [])
        let half = Tile(
            x: tile.x / 2, y: tile.y / 2, width: min((tile.width + 1) / 2, low.width - tile.x / 2),
            height: min((tile.height + 1) / 2, low.height - tile.y / 2))
        return RenderRequest(settings: low, frame: frame, rngKey: rngKey, tile: half, samples: 0..<samples)
    }

    /// The map of `tile` from the records of its `request`. Nil where they are not those of one.
    public init?(tile: Tile, records: TileRecords) {
        guard records.tile.width >= 3, records.tile.height >= 3, let picture = RawPicture(records: records) else { return nil }
        self.tile = tile
        (width, height) = (Int(records.tile.width), Int(records.tile.height))
        var colors: [SIMD3<Float>] = []
        colors.reserveCapacity(width * height)
        for y in 0..<height { for x in 0..<width { colors.append(picture[x, y]) } }
        let values = colors.map { color in
            let value = Luminance.weighted(color)
            return value > 0 ? min(value, 1e6) : 0
        }
        luminance = SampleMap.smoothed(values, width: width, height: height)
        logarithm = luminance.map { Elementary.log($0 + Luminance.floor) }
    }

    /// Twice with weights 1, 2, 1 in both directions: four samples a pixel are noise.
    private static func smoothed(_ values: [Float], width: Int, height: Int) -> [Float] {
        var (current, next) = (values, values)
        for _ in 0..<2 {
            for y in 0..<height {
                for x in 0..<width {
                    let row = y * width
                    next[row + x] = (current[row + max(x - 1, 0)] + 2 * current[row + x] + current[row + min(x + 1, width - 1)]) / 4
                }
            }
            for y in 0..<height {
                for x in 0..<width {
                    let (above, below) = (max(y - 1, 0) * width, min(y + 1, height - 1) * width)
                    current[y * width + x] = (next[above + x] + 2 * next[y * width + x] + next[below + x]) / 4
                }
            }
        }
        return current
    }

    private func index(_ x: Int, _ y: Int) -> Int {
        min((y - Int(tile.y)) / 2, height - 1) * width + min((x - Int(tile.x)) / 2, width - 1)
    }

    /// How uneven the surroundings of a region are, in log luminance, and 1 more outside the preferred luminances; nil where it is so
    /// dark that nothing would be seen.
    func unevenness(_ region: MarkRegion, luminances: ClosedRange<Float>) -> Float? {
        let here = luminance[index(region.x + region.width / 2, region.y + region.height / 2)]
        guard here >= Luminance.floor else { return nil }
        return RegionContrast(region) { logarithm[index($0, $1)] }.ring + (luminances.contains(here) ? 0 : 1)
    }
}
