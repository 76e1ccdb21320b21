internal import RenderModel

/// The result of a step of the check: something to go on with, or the reason to reject.
public enum Checked<Value: Sendable>: Sendable {
    case passed(Value)
    case rejected(RejectReason)
}

extension Locators {
    /// Checks paths, sums and counts against the commitment before any value is seen. Everything here follows from the Worker's
    /// own signed words: each rejection can be repeated by anybody without rendering.
    public func verify(claim: Claim, draw: ChallengeDraw) -> Checked<LocatedPlaces> {
        if let reason = claim.impossibility { return .rejected(reason) }
        guard rays.count == draw.rays.count, areas.count == draw.pixels.count else { return .rejected(.malformedLocators(challenge: 0)) }
        var located = LocatedPlaces()
        for (index, (ray, locator)) in zip(draw.rays, rays).enumerated() {
            let check = LocatorCheck(claim: claim, challenge: UInt32(truncatingIfNeeded: index))
            if let reason = check.ray(ray, locator, into: &located) { return .rejected(reason) }
        }
        for (index, (pixel, locator)) in zip(draw.pixels, areas).enumerated() {
            let check = LocatorCheck(claim: claim, challenge: UInt32(truncatingIfNeeded: draw.rays.count + index))
            if let reason = check.area(pixel, locator, into: &located) { return .rejected(reason) }
        }
        return .passed(located)
    }
}

/// One locator against the claim.
private struct LocatorCheck {
    let claim: Claim
    /// Number of the challenge: rays first, then areas.
    let challenge: UInt32

    private var grid: RecordGrid { claim.grid }

    func ray(_ number: UInt64, _ locator: RayLocator, into located: inout LocatedPlaces) -> RejectReason? {
        guard let block = grid.blockIndex(number: locator.block), locator.bucket >= grid.firstBucket else { return malformed }
        let bucket = Int(locator.bucket - grid.firstBucket)
        guard bucket < grid.bucketCount else { return malformed }
        let expected =
            TreeShape.pathLength(index: bucket, count: grid.bucketCount) + TreeShape.pathLength(index: block, count: grid.blockCount)
        guard locator.path.count == expected else { return malformed }
        if let reason = counts(locator.leaf, block: block, bucket: bucket) { return reason }

        let node = locator.leaf.node(context: claim.context, block: locator.block, bucket: locator.bucket)
        var path = locator.path[...]
        guard
            let inner = SumPath.climb(node, index: bucket, count: grid.bucketCount, path: &path),
            let outer = SumPath.climb(inner.top, index: block, count: grid.blockCount, path: &path)
        else { return .badSum(challenge: challenge) }
        if let reason = top(outer.top) { return reason }

        // Both sums are parts of the checked total.
        let before = inner.raysBefore + outer.raysBefore
        guard number >= before, number - before < node.rays, let lane = lane(ofRay: number - before, in: locator.leaf) else {
            return .wrongLeaf(challenge: challenge)
        }
        guard let (x, y) = grid.pixel(block: block, lane: lane) else { return malformed }
        let leaf = located.addLeaf(block: block, bucket: bucket, summary: locator.leaf, grid: grid)
        located.addRay(grid.place(x: x, y: y, bucket: bucket), leaf: leaf, lane: lane)
        return nil
    }

    func area(_ pixel: UInt32, _ locator: AreaLocator, into located: inout LocatedPlaces) -> RejectReason? {
        let (block, lane) = grid.block(pixel: pixel)
        guard locator.leaves.count == grid.bucketCount, let (x, y) = grid.pixel(block: block, lane: lane) else { return malformed }
        guard locator.path.count == TreeShape.pathLength(index: block, count: grid.blockCount) else { return malformed }
        var nodes: [SumNode] = []
        for (bucket, leaf) in locator.leaves.enumerated() {
            if let reason = counts(leaf, block: block, bucket: bucket) { return reason }
            nodes.append(leaf.node(context: claim.context, block: grid.blockNumber(block), bucket: absolute(bucket)))
        }
        var path = locator.path[...]
        guard
            let subtree = SumPath.levels(nodes)?.last?.first,
            let outer = SumPath.climb(subtree, index: block, count: grid.blockCount, path: &path)
        else { return .badSum(challenge: challenge) }
        if let reason = top(outer.top) { return reason }

        var (positions, places): ([Int], [Int]) = ([], [])
        for (bucket, summary) in locator.leaves.enumerated() {
            let leaf = located.addLeaf(block: block, bucket: bucket, summary: summary, grid: grid)
            places.append(located.addPlace(grid.place(x: x, y: y, bucket: bucket), leaf: leaf, lane: lane))
            positions.append(leaf)
        }
        located.addPixel(x: x, y: y, leaves: positions, places: places)
        return nil
    }

    private var malformed: RejectReason { .malformedLocators(challenge: challenge) }

    private func absolute(_ bucket: Int) -> UInt32 { grid.firstBucket + UInt32(truncatingIfNeeded: bucket) }

    /// At least one ray per sample inside the tile, none outside.
    private func counts(_ leaf: LeafSummary, block: Int, bucket: Int) -> RejectReason? {
        let allowed = grid.rays(bucket: bucket)
        for (lane, count) in leaf.counts.enumerated() {
            guard let (x, y) = grid.pixel(block: block, lane: lane) else {
                if count != 0 { return .raysOutsideTile(block: grid.blockNumber(block), bucket: absolute(bucket)) }
                continue
            }
            if count < allowed.lowerBound { return .rayCountTooLow(grid.place(x: x, y: y, bucket: bucket)) }
            if count > allowed.upperBound { return .rayCountTooHigh(grid.place(x: x, y: y, bucket: bucket)) }
        }
        return nil
    }

    private func top(_ node: SumNode) -> RejectReason? {
        if node.hash != claim.root.hash { return .badPath(challenge: challenge) }
        return node.rays == claim.root.rays ? nil : .badSum(challenge: challenge)
    }

    private func lane(ofRay number: UInt64, in leaf: LeafSummary) -> Int? {
        var before: UInt64 = 0
        for (lane, count) in leaf.counts.enumerated() {
            if number - before < UInt64(count) { return lane }
            before += UInt64(count)
        }
        return nil
    }
}
