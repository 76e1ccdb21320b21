/// What a render leaves behind for the proof: per pixel and bucket of 16 samples the sums of radiance and the number of rays.
///
/// Record index = (pixel in the tile, row-major) × `bucketCount` + bucket. Source: `docs/proof-of-render.md`, "Record".
public struct TileRecords: Equatable, Sendable {
    /// Samples per bucket.
    public static let bucketSamples: UInt32 = 16

    public var tile: Tile
    /// Samples rendered, half-open; the lower bound is a multiple of 16.
    public var samples: Range<UInt32>
    /// ⌈samples.count / 16⌉.
    public var bucketCount: Int
    /// Three float32 sums per record, in sample order within the bucket.
    public var sums: [Float]
    /// Closest-hit and shadow queries per record, at most 2,048.
    public var rays: [UInt16]
    /// Sums of the layers that the settings ask for, `RenderSettings.Layers.floats` per record; empty where they ask for none.
    public var layers: [Float] = []
    /// Samples that were not finite and count as 0.
    public var nonFiniteSamples: UInt64 = 0

    public init(tile: Tile, samples: Range<UInt32>, sums: [Float], rays: [UInt16]) {
        self.tile = tile
        self.samples = samples
        bucketCount = (samples.count + Int(TileRecords.bucketSamples) - 1) / Int(TileRecords.bucketSamples)
        self.sums = sums
        self.rays = rays
    }
}

/// The part of a frame that one call renders, and the random numbers it uses.
public struct RenderRequest: Equatable, Sendable {
    public var settings: RenderSettings
    /// Starts at 1.
    public var frame: UInt32
    /// Key of Philox4x32-10.
    public var rngKey: UInt64
    public var tile: Tile
    /// Half-open; the lower bound is a multiple of 16. Sample indices are absolute: a split render draws the same numbers.
    public var samples: Range<UInt32>

    public init(settings: RenderSettings, frame: UInt32, rngKey: UInt64, tile: Tile, samples: Range<UInt32>) {
        self.settings = settings
        self.frame = frame
        self.rngKey = rngKey
        self.tile = tile
        self.samples = samples
    }
}

/// One place of a frame that a Verifier renders again: a pixel and one bucket of 16 samples.
public struct RecordPlace: Equatable, Hashable, Sendable {
    public var x: UInt32
    public var y: UInt32
    public var bucket: UInt32

    public init(x: UInt32, y: UInt32, bucket: UInt32) {
        self.x = x
        self.y = y
        self.bucket = bucket
    }
}

/// The value at one place: sums of radiance and ray count.
public struct RecordValue: Equatable, Sendable {
    public var sums: SIMD3<Float>
    public var rays: UInt16

    public init(sums: SIMD3<Float>, rays: UInt16) {
        self.sums = sums
        self.rays = rays
    }
}
