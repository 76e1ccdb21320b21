internal import Crypto
public import RenderModel
public import Wire

/// The picture that a task delivers: per pixel the bucket sums added in bucket order in double precision, divided by the samples,
/// rounded once to float32; rows from the top, three channels a pixel, little-endian.
public struct RawPicture: Equatable, Sendable {
    public let tile: Tile
    /// tile.width × tile.height × 12.
    public let bytes: [UInt8]

    public static let bytesPerPixel = 12
    /// Size of a block in the store and on the wire.
    public static let blockSize = 1 << 20

    /// Nil where the records' arrays do not fit their tile.
    public init?(records: TileRecords) {
        let (pixels, buckets) = (Int(records.tile.width) * Int(records.tile.height), records.bucketCount)
        guard buckets > 0, !records.samples.isEmpty, records.sums.count == pixels * buckets * 3 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pixels * RawPicture.bytesPerPixel)
        for pixel in 0..<pixels {
            for channel in 0..<3 {
                var sum = 0.0
                for bucket in 0..<buckets { sum += Double(records.sums[(pixel * buckets + bucket) * 3 + channel]) }
                let bits = RawPicture.round(sum, samples: records.samples.count).bitPattern
                for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            }
        }
        tile = records.tile
        self.bytes = bytes
    }

    /// Bytes that were delivered. Nil where their number is not that of the tile.
    public init?(tile: Tile, bytes: [UInt8]) {
        guard bytes.count == Int(tile.width) * Int(tile.height) * RawPicture.bytesPerPixel else { return nil }
        self.tile = tile
        self.bytes = bytes
    }

    /// The mean of `samples` samples with the given sum. NaN has one form, since processors differ in the bits they give it.
    static func round(_ sum: Double, samples: Int) -> Float {
        let mean = Float(sum / Double(samples))
        return mean.isNaN ? Float(bitPattern: 0x7fc0_0000) : mean
    }

    /// Pixel by its position in the tile.
    public subscript(x: Int, y: Int) -> SIMD3<Float> {
        let offset = (y * Int(tile.width) + x) * RawPicture.bytesPerPixel
        func float(_ index: Int) -> Float {
            var bits: UInt32 = 0
            for byte in 0..<4 { bits |= UInt32(bytes[offset + index * 4 + byte]) << UInt32(8 * byte) }
            return Float(bitPattern: bits)
        }
        return SIMD3(float(0), float(1), float(2))
    }

    /// What the commitment calls the image hash: BLAKE2b-256 of all bytes.
    public var imageHash: Bytes32 { Hash.blake2b(bytes) }
}
