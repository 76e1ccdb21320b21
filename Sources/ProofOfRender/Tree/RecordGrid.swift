public import RenderModel

/// Where the records of a task lie: the tile's 4×4 blocks of pixels and the buckets of its samples.
///
/// Blocks are counted in two ways: their *index* in the task's tree (row-major over the tile) and their *number* in the full frame
/// (row-major over ⌈width / 4⌉ blocks a row), which is what hashes and messages carry. Tiles start at multiples of 8, so indices
/// and numbers are in the same order.
public struct RecordGrid: Hashable, Sendable {
    /// Pixels per side of a block.
    public static let blockSide: UInt32 = 4
    /// Pixels of a block.
    public static let blockPixels = 16
    /// Rays of one sample at most: 64 segments, each with a closest-hit and a shadow query.
    public static let raysPerSampleMax = 128
    /// 8K and a little more.
    public static let tilePixelsMax = 1 << 25

    public let tile: Tile
    /// Absolute and half-open; the lower bound is a multiple of 16.
    public let samples: Range<UInt32>
    /// Blocks of a row of the full frame.
    public let frameBlocksAcross: UInt32
    public let blocksAcross: Int
    public let blocksDown: Int
    public let bucketCount: Int

    /// Nil unless the tile lies in the picture and starts at a multiple of 8, ends at one or at the border, and the samples start at
    /// a multiple of 16 and end at one or at the last sample.
    public init?(settings: RenderSettings, tile: Tile, samples: Range<UInt32>) {
        guard settings.isValid, tile.width > 0, tile.height > 0, !samples.isEmpty else { return nil }
        guard tile.x.isMultiple(of: 8), tile.y.isMultiple(of: 8) else { return nil }
        guard tile.x < settings.width, tile.width <= settings.width - tile.x else { return nil }
        guard tile.y < settings.height, tile.height <= settings.height - tile.y else { return nil }
        guard tile.width.isMultiple(of: 8) || tile.x + tile.width == settings.width else { return nil }
        guard tile.height.isMultiple(of: 8) || tile.y + tile.height == settings.height else { return nil }
        guard samples.lowerBound.isMultiple(of: 16), samples.upperBound <= settings.samples else { return nil }
        guard samples.upperBound.isMultiple(of: 16) || samples.upperBound == settings.samples else { return nil }
        guard Int(tile.width) * Int(tile.height) <= RecordGrid.tilePixelsMax else { return nil }
        self.tile = tile
        self.samples = samples
        frameBlocksAcross = (settings.width + 3) / 4
        blocksAcross = (Int(tile.width) + 3) / 4
        blocksDown = (Int(tile.height) + 3) / 4
        bucketCount = (samples.count + 15) / 16
    }

    public var blockCount: Int { blocksAcross * blocksDown }
    public var pixelCount: Int { Int(tile.width) * Int(tile.height) }
    /// Absolute number of the first bucket.
    public var firstBucket: UInt32 { samples.lowerBound / TileRecords.bucketSamples }
    /// Rays that an honest render traces at least and at most.
    public var totalRays: ClosedRange<UInt64> {
        let least = UInt64(pixelCount) * UInt64(samples.count)
        return least...least * UInt64(RecordGrid.raysPerSampleMax)
    }

    /// Number in the full frame of block `index` of the tile.
    public func blockNumber(_ index: Int) -> UInt32 {
        let row = UInt32(truncatingIfNeeded: index / blocksAcross) + tile.y / 4
        let column = UInt32(truncatingIfNeeded: index % blocksAcross) + tile.x / 4
        return row * frameBlocksAcross + column
    }

    /// Index in the tile; nil for a block of another tile.
    public func blockIndex(number: UInt32) -> Int? {
        let (row, column) = number.quotientAndRemainder(dividingBy: frameBlocksAcross)
        guard row >= tile.y / 4, column >= tile.x / 4 else { return nil }
        let (down, across) = (Int(row - tile.y / 4), Int(column - tile.x / 4))
        guard down < blocksDown, across < blocksAcross else { return nil }
        return down * blocksAcross + across
    }

    /// Position in the tile of pixel `lane` (row-major, 0 ..< 16) of block `index`; nil outside the tile.
    public func pixel(block index: Int, lane: Int) -> (x: Int, y: Int)? {
        let x = index % blocksAcross * 4 + lane & 3
        let y = index / blocksAcross * 4 + lane >> 2
        return x < Int(tile.width) && y < Int(tile.height) ? (x, y) : nil
    }

    /// Block index and lane of a pixel of the tile.
    public func block(x: Int, y: Int) -> (index: Int, lane: Int) { (y / 4 * blocksAcross + x / 4, (y & 3) * 4 + x & 3) }

    /// Samples in bucket `index` of the range: 16, or what is left in the last.
    public func sampleCount(bucket index: Int) -> Int { min(16, samples.count - index * 16) }

    /// Rays that a record of bucket `index` may hold: at least one per sample.
    public func rays(bucket index: Int) -> ClosedRange<UInt16> {
        let count = UInt16(truncatingIfNeeded: sampleCount(bucket: index))
        return count...count * UInt16(RecordGrid.raysPerSampleMax)
    }

    /// Place in the frame of a pixel of the tile and a bucket of the range.
    public func place(x: Int, y: Int, bucket index: Int) -> RecordPlace {
        RecordPlace(
            x: tile.x + UInt32(truncatingIfNeeded: x), y: tile.y + UInt32(truncatingIfNeeded: y),
            bucket: firstBucket + UInt32(truncatingIfNeeded: index))
    }
}
