public import RenderModel

/// Takes the marks out of a picture: the few pixels that show them, rendered again from the scene without them. The result is bit for
/// bit the picture of that scene.
public struct PictureRepair: Equatable, Sendable {
    /// Pixels of the full frame, each once.
    public let pixels: [SIMD2<UInt32>]
    /// Bits of their three floats.
    let values: [SIMD3<UInt32>]

    /// Fifteen marks of 7×7 pixels, as far around each as the widest pixel filter reaches.
    public static let pixelsMax = 15 * 13 * 13

    init(pixels: [SIMD2<UInt32>], values: [SIMD3<UInt32>]) {
        self.pixels = pixels
        self.values = values
    }

    /// Pixels that marks may have touched: as far around them as the pixel filter reaches, and one more for the rounding of corners.
    public static func pixels(of secret: MarkSecret, filter: PixelFilter) -> [SIMD2<UInt32>] {
        let margin = filter == .box ? 1 : 3
        var seen: Set<SIMD2<UInt32>> = []
        return secret.regions.flatMap { $0.reach(margin: margin, in: secret.tile) }
            .map { SIMD2(UInt32(truncatingIfNeeded: $0.x), UInt32(truncatingIfNeeded: $0.y)) }.filter { seen.insert($0).inserted }
    }

    /// What to render: every bucket of every pixel, in the order in which `init` takes the values.
    public static func places(_ pixels: [SIMD2<UInt32>], samples: Range<UInt32>) -> [RecordPlace] {
        let size = TileRecords.bucketSamples
        let buckets = samples.lowerBound / size..<(samples.upperBound + size - 1) / size
        return pixels.flatMap { pixel in buckets.map { RecordPlace(x: pixel.x, y: pixel.y, bucket: $0) } }
    }

    /// Nil where the values are not as many as there are places.
    public init?(pixels: [SIMD2<UInt32>], samples: Range<UInt32>, values: [RecordValue]) {
        let buckets = (samples.count + Int(TileRecords.bucketSamples) - 1) / Int(TileRecords.bucketSamples)
        guard buckets > 0, values.count == pixels.count * buckets else { return nil }
        self.pixels = pixels
        self.values = pixels.indices.map { pixel in
            var bits = SIMD3<UInt32>.zero
            for channel in 0..<3 {
                var sum = 0.0
                for bucket in 0..<buckets { sum += Double(values[pixel * buckets + bucket].sums[channel]) }
                bits[channel] = RawPicture.round(sum, samples: samples.count).bitPattern
            }
            return bits
        }
    }

    /// The pixels as they are looked at: codes of 8-bit sRGB.
    public var codes: [SIMD3<Int>] {
        values.map { bits in
            SIMD3(
                SRGBTable.encode(Float(bitPattern: bits.x)), SRGBTable.encode(Float(bitPattern: bits.y)),
                SRGBTable.encode(Float(bitPattern: bits.z)))
        }
    }

    /// The picture without marks; nil where a pixel lies outside of it.
    public func applied(to picture: RawPicture) -> RawPicture? {
        var bytes = picture.bytes
        let tile = picture.tile
        for (pixel, bits) in zip(pixels, values) {
            guard pixel.x >= tile.x, pixel.y >= tile.y, pixel.x - tile.x < tile.width, pixel.y - tile.y < tile.height else { return nil }
            let offset = (Int(pixel.y - tile.y) * Int(tile.width) + Int(pixel.x - tile.x)) * RawPicture.bytesPerPixel
            for byte in 0..<RawPicture.bytesPerPixel {
                bytes[offset + byte] = UInt8(truncatingIfNeeded: bits[byte >> 2] >> UInt32(8 * (byte & 3)))
            }
        }
        return RawPicture(tile: tile, bytes: bytes)
    }
}
