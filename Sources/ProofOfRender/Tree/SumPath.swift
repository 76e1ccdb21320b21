/// The shape of a binary tree over `count` leaves: neighbours are joined level by level, and a last node without a neighbour moves
/// up unchanged. It is the shape of RFC 6962, so a position and the count fix the length and the sides of a path.
enum TreeShape {
    /// Siblings on the way from leaf `index` up.
    static func pathLength(index: Int, count: Int) -> Int {
        var (index, count, length) = (index, count, 0)
        while count > 1 {
            if index ^ 1 < count { length += 1 }
            index >>= 1
            count = (count + 1) >> 1
        }
        return length
    }
}

/// Walks of a sum tree.
enum SumPath {
    /// All levels, leaves first, root last. Nil where a sum reaches 2^63.
    static func levels(_ leaves: [SumNode]) -> [[SumNode]]? {
        var levels = [leaves]
        while let last = levels.last, last.count > 1 {
            var next: [SumNode] = []
            next.reserveCapacity((last.count + 1) / 2)
            for left in stride(from: 0, to: last.count, by: 2) {
                guard left + 1 < last.count else {
                    next.append(last[left])
                    continue
                }
                guard let node = SumNode.inner(last[left], last[left + 1]) else { return nil }
                next.append(node)
            }
            levels.append(next)
        }
        return levels
    }

    /// Siblings of leaf `index`, from below.
    static func path(_ levels: [[SumNode]], to index: Int) -> [SumNode] {
        var index = index
        var path: [SumNode] = []
        for level in levels.dropLast() {
            if index ^ 1 < level.count { path.append(level[index ^ 1]) }
            index >>= 1
        }
        return path
    }

    /// The top that `node` at `index` of `count` leads to, with the rays that lie to its left; nil where a sum reaches 2^63 or the
    /// path ends early. Takes the siblings it needs from `path`.
    static func climb(
        _ node: SumNode, index: Int, count: Int, path: inout ArraySlice<SumNode>
    ) -> (top: SumNode, raysBefore: UInt64)? {
        var (node, index, count, before) = (node, index, count, UInt64(0))
        while count > 1 {
            if index ^ 1 < count {
                guard let sibling = path.popFirst() else { return nil }
                let isRight = index & 1 == 1
                guard let parent = isRight ? SumNode.inner(sibling, node) : SumNode.inner(node, sibling) else { return nil }
                // Both terms are below 2^63, and their sum is at most the checked sum of the parent.
                if isRight { before += sibling.rays }
                node = parent
            }
            index >>= 1
            count = (count + 1) >> 1
        }
        return (node, before)
    }
}
