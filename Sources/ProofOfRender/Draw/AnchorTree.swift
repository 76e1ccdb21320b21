internal import Crypto
internal import Identity
public import Wire

/// A Merkle tree over ids of records: leaf = H(0x00 ‖ id), inner = H(0x01 ‖ left ‖ right), the shape that of the sum tree. The root of
/// no ids is H("anchor-empty").
public struct AnchorTree: Equatable, Sendable {
    private let levels: [[Bytes32]]
    public let count: Int

    /// Levels of a proof at most: 2^32 ids.
    public static let pathMax = 32

    public init(_ ids: [Bytes32]) {
        var levels = [ids.map(AnchorTree.leaf)]
        while let last = levels.last, last.count > 1 {
            var next: [Bytes32] = []
            next.reserveCapacity((last.count + 1) / 2)
            for left in stride(from: 0, to: last.count, by: 2) {
                next.append(left + 1 < last.count ? AnchorTree.inner(last[left], last[left + 1]) : last[left])
            }
            levels.append(next)
        }
        self.levels = levels
        count = ids.count
    }

    public var root: Bytes32 { levels.last?.first ?? AnchorTree.emptyRoot }

    /// Siblings from below. Nil where there is no such leaf.
    public func path(to index: Int) -> [Bytes32]? {
        guard index >= 0, index < count else { return nil }
        var index = index
        var path: [Bytes32] = []
        for level in levels.dropLast() {
            if index ^ 1 < level.count { path.append(level[index ^ 1]) }
            index >>= 1
        }
        return path
    }

    /// The root that `id` at `index` of `count` leads to; nil where the path has the wrong length.
    public static func root(of id: Bytes32, index: Int, count: Int, path: [Bytes32]) -> Bytes32? {
        guard index >= 0, index < count, path.count == TreeShape.pathLength(index: index, count: count) else { return nil }
        var (node, index, count, rest) = (leaf(id), index, count, path[...])
        while count > 1 {
            if index ^ 1 < count, let sibling = rest.popFirst() {
                node = index & 1 == 1 ? inner(sibling, node) : inner(node, sibling)
            }
            index >>= 1
            count = (count + 1) >> 1
        }
        return node
    }

    public static let emptyRoot = Labelled.hash("anchor-empty") { _ in }

    private static func leaf(_ id: Bytes32) -> Bytes32 { Hash.blake2b([0x00] + id.array) }
    private static func inner(_ left: Bytes32, _ right: Bytes32) -> Bytes32 { Hash.blake2b([0x01] + left.array + right.array) }
}
