public import Identity
public import RenderModel

extension SumTree {
    /// The block that holds ray `number`, and the rays before that block. Nil where the tree has fewer rays.
    func block(ofRay number: UInt64) -> (index: Int, raysBefore: UInt64)? {
        var before: UInt64 = 0
        for (index, block) in blocks.enumerated() {
            if number - before < block.rays { return (index, before) }
            before += block.rays
        }
        return nil
    }

    /// Indices of the blocks that an answer to these challenges opens, each once, ascending: what a Worker that kept no records
    /// renders again.
    public func openedBlocks(_ draw: ChallengeDraw) -> [Int] {
        var indices: Set<Int> = []
        for ray in draw.rays {
            if let found = block(ofRay: ray) { indices.insert(found.index) }
        }
        for pixel in draw.pixels { indices.insert(grid.block(pixel: pixel).index) }
        return indices.sorted()
    }
}

extension RecordGrid {
    /// Block index and lane of a pixel by its row-major position in the tile.
    func block(pixel: UInt32) -> (index: Int, lane: Int) {
        let (y, x) = Int(pixel).quotientAndRemainder(dividingBy: Int(tile.width))
        return block(x: x, y: y)
    }
}

extension Locators {
    /// The Worker's answer. Nil where a block's records are missing or are not those that the tree was built from.
    public static func make(
        challenge: RecordID, draw: ChallengeDraw, tree: SumTree, block: (Int) -> BlockRecords?
    ) -> Locators? {
        guard let upper = SumPath.levels(tree.blocks) else { return nil }
        var opened: [Int: OpenedBlock] = [:]
        for index in tree.openedBlocks(draw) {
            guard let records = block(index), let open = OpenedBlock(records, index: index, tree: tree) else { return nil }
            opened[index] = open
        }
        var rays: [RayLocator] = []
        for ray in draw.rays {
            guard let (index, before) = tree.block(ofRay: ray), let open = opened[index] else { return nil }
            guard let bucket = open.bucket(ofRay: ray - before) else { return nil }
            rays.append(
                RayLocator(
                    block: tree.grid.blockNumber(index), bucket: tree.grid.firstBucket + UInt32(truncatingIfNeeded: bucket),
                    leaf: open.leaves[bucket], path: SumPath.path(open.levels, to: bucket) + SumPath.path(upper, to: index)))
        }
        var areas: [AreaLocator] = []
        for pixel in draw.pixels {
            let index = tree.grid.block(pixel: pixel).index
            guard let open = opened[index] else { return nil }
            areas.append(AreaLocator(leaves: open.leaves, path: SumPath.path(upper, to: index)))
        }
        return Locators(challenge: challenge, rays: rays, areas: areas)
    }

    public static func make(challenge: RecordID, draw: ChallengeDraw, tree: SumTree, records: TileRecords) -> Locators? {
        make(challenge: challenge, draw: draw, tree: tree) { BlockRecords(records, block: $0, grid: tree.grid) }
    }
}

/// A block with its subtree.
private struct OpenedBlock {
    let leaves: [LeafSummary]
    let levels: [[SumNode]]

    init?(_ records: BlockRecords, index: Int, tree: SumTree) {
        guard records.fits(tree.grid) else { return nil }
        leaves = (0..<tree.grid.bucketCount).map { records.summary(bucket: $0) }
        let nodes = records.leaves(context: tree.context, block: index, grid: tree.grid)
        guard let levels = SumPath.levels(nodes), levels.last?.first == tree.blocks[index] else { return nil }
        self.levels = levels
    }

    func bucket(ofRay number: UInt64) -> Int? {
        var before: UInt64 = 0
        for (bucket, node) in levels[0].enumerated() {
            if number - before < node.rays { return bucket }
            before += node.rays
        }
        return nil
    }
}

extension Openings {
    /// The values of every leaf that `located` names. Nil where a block's records are missing.
    public static func make(
        duty: RecordID, blind: RecordID, located: LocatedPlaces, grid: RecordGrid, block: (Int) -> BlockRecords?
    ) -> Openings? {
        var values: [UInt8] = []
        values.reserveCapacity(located.leaves.count * LeafSummary.valuesSize)
        var last: (index: Int, records: BlockRecords)?
        for leaf in located.leaves {
            if last?.index != leaf.block {
                guard let records = block(leaf.block), records.fits(grid) else { return nil }
                last = (leaf.block, records)
            }
            guard let records = last?.records else { return nil }
            values += records.values(bucket: leaf.bucket)
        }
        return Openings(duty: duty, blind: blind, values: values)
    }

    public static func make(
        duty: RecordID, blind: RecordID, located: LocatedPlaces, grid: RecordGrid, records: TileRecords
    ) -> Openings? {
        make(duty: duty, blind: blind, located: located, grid: grid) { BlockRecords(records, block: $0, grid: grid) }
    }
}
