public import RenderModel

/// One task's place in the job.
public struct PlannedTask: Hashable, Sendable {
    public var index: UInt32
    public var frame: UInt32
    public var tile: Tile
    public var samples: Range<UInt32>
}

/// All tasks of a job: frames in order, in each the tiles row by row.
public struct TaskGrid: Hashable, Sendable {
    public let settings: RenderSettings
    public let frames: [UInt32]
    public let tileWidth: UInt32
    public let tileHeight: UInt32
    public let tilesAcross: Int
    public let tilesDown: Int

    /// - Parameters tileWidth, tileHeight: multiples of 8, not 0.
    public init(settings: RenderSettings, frames: [UInt32], tileWidth: UInt32, tileHeight: UInt32) {
        precondition(tileWidth > 0 && tileHeight > 0 && tileWidth.isMultiple(of: 8) && tileHeight.isMultiple(of: 8))
        self.settings = settings
        self.frames = frames
        self.tileWidth = tileWidth
        self.tileHeight = tileHeight
        tilesAcross = Int((UInt64(settings.width) + UInt64(tileWidth) - 1) / UInt64(tileWidth))
        tilesDown = Int((UInt64(settings.height) + UInt64(tileHeight) - 1) / UInt64(tileHeight))
    }

    public var tilesPerFrame: Int { tilesAcross * tilesDown }
    public var taskCount: Int { frames.count * tilesPerFrame }

    /// - Parameter index: below `taskCount`.
    public subscript(index: Int) -> PlannedTask {
        let (frame, cell) = index.quotientAndRemainder(dividingBy: tilesPerFrame)
        let (row, column) = cell.quotientAndRemainder(dividingBy: tilesAcross)
        let (x, y) = (UInt32(column) * tileWidth, UInt32(row) * tileHeight)
        let tile = Tile(x: x, y: y, width: min(tileWidth, settings.width - x), height: min(tileHeight, settings.height - y))
        return PlannedTask(index: UInt32(index), frame: frames[frame], tile: tile, samples: 0..<settings.samples)
    }

    /// Task indices in the order in which they are handed out: the first frame, the last, the middle one, then the middles of what
    /// lies between, so that trouble shows early.
    public var schedule: [Int] {
        var order: [Int] = []
        order.reserveCapacity(frames.count)
        var taken = [Bool](repeating: false, count: frames.count)
        func take(_ frame: Int) {
            guard frame >= 0, frame < frames.count, !taken[frame] else { return }
            taken[frame] = true
            order.append(frame)
        }
        take(0)
        take(frames.count - 1)
        var spans = [(0, frames.count - 1)]
        var next = 0
        while next < spans.count {
            let (low, high) = spans[next]
            next += 1
            guard high - low > 1 else { continue }
            let middle = (low + high) / 2
            take(middle)
            spans.append((low, middle))
            spans.append((middle, high))
        }
        return order.flatMap { frame in (0..<tilesPerFrame).map { frame * tilesPerFrame + $0 } }
    }
}
