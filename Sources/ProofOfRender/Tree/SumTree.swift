public import RenderModel
internal import Wire

/// The Merkle sum tree over the records of a task, kept down to its blocks: 40 bytes per 16 pixels, 5 MB at 1080p.
///
/// What lies below a block is built again from its records when it is opened. Source: `docs/proof-of-render.md`, "Tree".
public struct SumTree: Equatable, Sendable {
    public let grid: RecordGrid
    public let context: RecordContext
    /// One subtree top per block, in the order of the tile.
    public let blocks: [SumNode]
    /// Root hash and total rays: what the commitment states.
    public let root: SumNode

    /// Nil where the records are not those of the grid.
    public init?(records: TileRecords, grid: RecordGrid, context: RecordContext) {
        guard grid.matches(records) else { return nil }
        self.init(grid: grid, context: context) { BlockRecords(records, block: $0, grid: grid) }
    }

    /// Builds from blocks in the order of their index. Nil where one is missing, of the wrong size, or sums reach 2^63.
    public init?(grid: RecordGrid, context: RecordContext, block: (Int) -> BlockRecords?) {
        var blocks: [SumNode] = []
        blocks.reserveCapacity(grid.blockCount)
        for index in 0..<grid.blockCount {
            guard let records = block(index), records.fits(grid) else { return nil }
            let leaves = records.leaves(context: context, block: index, grid: grid)
            guard let top = SumPath.levels(leaves)?.last?.first else { return nil }
            blocks.append(top)
        }
        guard let root = SumPath.levels(blocks)?.last?.first else { return nil }
        self.grid = grid
        self.context = context
        self.blocks = blocks
        self.root = root
    }
}

extension BlockRecords {
    func fits(_ grid: RecordGrid) -> Bool { rays.count == grid.bucketCount * 16 && sums.count == grid.bucketCount * 48 }
}
