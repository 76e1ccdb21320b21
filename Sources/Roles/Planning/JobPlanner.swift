internal import RenderModel

/// Cuts a job into tasks. A pure function: the same order and the same number of Workers give the same plan.
public struct JobPlanner: Sendable {
    public struct Parameters: Hashable, Sendable {
        /// Samples (pixels times samples of each) of a tile below which cutting further costs more than it spreads: a second of one
        /// slow core.
        public var tileSamplesMin: UInt64 = 400_000
        /// Pixels of a tile at least, however many samples each has.
        public var tilePixelsMin: UInt64 = 1_024
        /// Tiles that a frame of at least 640×480 is cut into at least, so that three Workers finish together.
        public var tilesMin: UInt64 = 12
        /// Tasks per Worker that one job should give, so that a slow one holds up little.
        public var tasksPerWorker: UInt64 = 4
        /// Records of one task: 14 bytes each in the Worker's memory, hashed in one go.
        public var recordsMax: UInt64 = 1 << 21
        public var tilesPerFrameMax: UInt64 = 1_024
        public var tasksMax: UInt64 = 16_384

        public init() {}
    }

    public var parameters: Parameters

    public init(parameters: Parameters = Parameters()) { self.parameters = parameters }

    /// Nil where the order is not valid or would give more tasks than allowed.
    public func plan(_ order: JobOrder, workers: Int) -> TaskGrid? {
        guard order.isValid else { return nil }
        let frames = order.frameNumbers
        let tiles = tileCount(order, frames: UInt64(frames.count), workers: UInt64(clamping: max(1, workers)))
        guard tiles <= parameters.tilesPerFrameMax else { return nil }
        let (width, height) = JobPlanner.tileSize(order.settings, tiles: tiles)
        let grid = TaskGrid(settings: order.settings, frames: frames, tileWidth: width, tileHeight: height)
        return UInt64(grid.taskCount) <= parameters.tasksMax ? grid : nil
    }

    /// Tiles that a frame is cut into at least.
    private func tileCount(_ order: JobOrder, frames: UInt64, workers: UInt64) -> UInt64 {
        let settings = order.settings
        let pixels = UInt64(settings.width) * UInt64(settings.height)
        let buckets = (UInt64(settings.samples) + 15) / 16
        let byRecords = divideUp(pixels * buckets, parameters.recordsMax)
        let wanted = divideUp(workers * parameters.tasksPerWorker, frames)
        let worthwhile = min(pixels / parameters.tilePixelsMin, pixels * UInt64(settings.samples) / parameters.tileSamplesMin)
        let byWork = min(worthwhile, max(parameters.tilesMin, wanted))
        let tiles: UInt64 =
            switch order.split {
            case .frames: 1
            case .tiles: byWork
            case .auto: frames >= parameters.tilesMin && wanted <= 1 ? 1 : byWork
            }
        return max(tiles, byRecords, 1)
    }

    /// The size of tile, in multiples of 8, whose grid has at least `tiles` cells; even, few and nearly square ones are best.
    private static func tileSize(_ settings: RenderSettings, tiles: UInt64) -> (UInt32, UInt32) {
        let (width, height) = (UInt64(settings.width), UInt64(settings.height))
        var best: (cost: UInt64, width: UInt64, height: UInt64) = (.max, 8, 8)
        for columns in 1...min(tiles, divideUp(width, 8)) {
            let tileWidth = divideUp(divideUp(width, columns), 8) * 8
            let across = divideUp(width, tileWidth)
            let rows = divideUp(tiles, across)
            for rows in rows...rows + 2 {
                let tileHeight = divideUp(divideUp(height, rows), 8) * 8
                let cells = across * divideUp(height, tileHeight)
                guard cells >= tiles else { continue }
                let skew = max(tileWidth, tileHeight) * 16 / min(tileWidth, tileHeight)
                // The time of a round of full tiles, times their number: uneven borders and needless tiles both cost.
                let cost = tileWidth * tileHeight * cells * cells * skew
                if cost < best.cost { best = (cost, tileWidth, tileHeight) }
            }
        }
        return (UInt32(clamping: best.width), UInt32(clamping: best.height))
    }
}

private func divideUp(_ a: UInt64, _ b: UInt64) -> UInt64 { (a + b - 1) / b }
