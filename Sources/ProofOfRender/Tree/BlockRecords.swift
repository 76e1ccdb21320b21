internal import Crypto
public import RenderModel
internal import Wire

/// The records of one 4×4 block in all buckets of a task. Places outside the tile are empty.
public struct BlockRecords: Equatable, Sendable {
    /// bucket × 16 + lane.
    public var rays: [UInt16]
    /// (bucket × 16 + lane) × 3 + channel.
    public var sums: [Float]

    public init(rays: [UInt16], sums: [Float]) {
        self.rays = rays
        self.sums = sums
    }

    /// Block `index` of the tile, out of the records of the whole tile. Nil where the records are not those of the grid.
    public init?(_ records: TileRecords, block index: Int, grid: RecordGrid) {
        guard grid.matches(records), index >= 0, index < grid.blockCount else { return nil }
        rays = [UInt16](repeating: 0, count: grid.bucketCount * 16)
        sums = [Float](repeating: 0, count: grid.bucketCount * 48)
        for lane in 0..<RecordGrid.blockPixels {
            guard let (x, y) = grid.pixel(block: index, lane: lane) else { continue }
            let source = (y * Int(grid.tile.width) + x) * grid.bucketCount
            for bucket in 0..<grid.bucketCount {
                let target = bucket * 16 + lane
                rays[target] = records.rays[source + bucket]
                for channel in 0..<3 { sums[target * 3 + channel] = records.sums[(source + bucket) * 3 + channel] }
            }
        }
    }

    /// The 192 bytes that hide behind a leaf's hash of values.
    public func values(bucket: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(LeafSummary.valuesSize)
        for value in sums[bucket * 48..<bucket * 48 + 48] {
            let bits = value.bitPattern
            for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
        return bytes
    }

    public func summary(bucket: Int) -> LeafSummary {
        LeafSummary(counts: Array(rays[bucket * 16..<bucket * 16 + 16]), valuesHash: LeafSummary.hash(values: values(bucket: bucket)))
    }

    /// Leaves of the block's subtree, in the order of buckets: `summary(bucket:).node(…)` of each, without arrays in between.
    func leaves(context: RecordContext, block index: Int, grid: RecordGrid) -> [SumNode] {
        let block = grid.blockNumber(index)
        var nodes: [SumNode] = []
        nodes.reserveCapacity(grid.bucketCount)
        for bucket in 0..<grid.bucketCount {
            let valuesHash = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 + LeafSummary.valuesSize) { buffer in
                buffer[0] = 0x02
                for element in 0..<48 {
                    let bits = sums[bucket * 48 + element].bitPattern
                    for byte in 0..<4 { buffer[1 + element * 4 + byte] = UInt8(truncatingIfNeeded: bits >> UInt32(8 * byte)) }
                }
                return Hash.blake2b(UnsafeBufferPointer(buffer))
            }
            let number = grid.firstBucket + UInt32(truncatingIfNeeded: bucket)
            let counts = rays[bucket * 16..<bucket * 16 + 16]
            nodes.append(LeafSummary.node(context: context, block: block, bucket: number, counts: counts, valuesHash: valuesHash))
        }
        return nodes
    }
}

extension RecordGrid {
    /// True where the records have this grid's tile, samples and sizes.
    public func matches(_ records: TileRecords) -> Bool {
        records.tile == tile && records.samples == samples && records.bucketCount == bucketCount
            && records.rays.count == pixelCount * bucketCount && records.sums.count == records.rays.count * 3
    }

    /// The record at a place of the frame; nil outside the tile or its samples, and for records of another grid.
    public func value(at place: RecordPlace, in records: TileRecords) -> RecordValue? {
        guard place.x >= tile.x, place.y >= tile.y, place.bucket >= firstBucket, matches(records) else { return nil }
        let (x, y, bucket) = (Int(place.x - tile.x), Int(place.y - tile.y), Int(place.bucket - firstBucket))
        guard x < Int(tile.width), y < Int(tile.height), bucket < bucketCount else { return nil }
        let index = (y * Int(tile.width) + x) * bucketCount + bucket
        let sums = SIMD3(records.sums[index * 3], records.sums[index * 3 + 1], records.sums[index * 3 + 2])
        return RecordValue(sums: sums, rays: records.rays[index])
    }
}
