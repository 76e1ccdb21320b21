internal import Glibc
internal import RenderModel

/// The records of a request in the order in which they are launched: blocks of 8×8 pixels, each with its buckets one after
/// another, so that work-items that run together follow similar paths.
struct LaunchOrder {
    private static let side = 8
    private let request: RenderRequest
    private let columns: Int
    private let buckets: Int
    /// Number of units: a unit is one bucket of one block.
    let count: Int

    init(_ request: RenderRequest) {
        self.request = request
        columns = (Int(request.tile.width) + LaunchOrder.side - 1) / LaunchOrder.side
        let rows = (Int(request.tile.height) + LaunchOrder.side - 1) / LaunchOrder.side
        buckets = request.bucketCount
        count = columns * rows * buckets
    }

    /// Units from `first` on that hold about `records` records: four words each for the kernel, and the records' indices.
    func units(from first: Int, records: Int) -> (places: [UInt32], records: [Int], next: Int) {
        var places: [UInt32] = []
        var indices: [Int] = []
        var unit = first
        let tile = request.tile
        while unit < count, indices.count < records {
            let (block, bucket) = unit.quotientAndRemainder(dividingBy: buckets)
            let (row, column) = block.quotientAndRemainder(dividingBy: columns)
            let start = request.samples.lowerBound + UInt32(bucket) * TileRecords.bucketSamples
            let end = min(start + TileRecords.bucketSamples, request.samples.upperBound)
            for y in row * LaunchOrder.side..<min((row + 1) * LaunchOrder.side, Int(tile.height)) {
                for x in column * LaunchOrder.side..<min((column + 1) * LaunchOrder.side, Int(tile.width)) {
                    places += [tile.x + UInt32(x), tile.y + UInt32(y), start, end]
                    indices.append((y * Int(tile.width) + x) * buckets + bucket)
                }
            }
            unit += 1
        }
        return (places, indices, unit)
    }
}

/// How many records a launch takes, so that it lasts about a quarter of a second.
struct LaunchPace {
    static let recordsMax = 1 << 18
    private static let target = 250_000_000.0
    private(set) var records = 2048

    mutating func took(_ nanoseconds: Int, records count: Int) {
        let scale = LaunchPace.target / Double(max(nanoseconds, 1))
        // At most fourfold at a time: the first launches of a picture may show its emptiest part.
        records = max(256, min(LaunchPace.recordsMax, Int(Double(count) * min(max(scale, 0.25), 4))))
    }

    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
