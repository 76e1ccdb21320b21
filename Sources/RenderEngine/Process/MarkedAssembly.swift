internal import ProofOfRender
internal import RenderModel
internal import Wire

/// Puts a marked copy together as it arrives from the engine, within its bounds.
struct MarkedAssembly {
    private let order: MarkOrder
    private let bytesMax: UInt64
    private var blocks: [SceneBlock] = []
    private var parts: [MarkSecret] = []
    private var bytes: UInt64 = 0

    init(_ order: MarkOrder, bytesMax: UInt64) {
        self.order = order
        self.bytesMax = bytesMax
    }

    /// False where the copy would be larger than the scene may be.
    mutating func append(block: [UInt8]) -> Bool {
        bytes += UInt64(block.count)
        guard bytes <= bytesMax, !block.isEmpty else { return false }
        blocks.append(SceneBlock(bytes: block))
        return true
    }

    /// False where the part is none of the order's, or comes twice.
    mutating func append(_ part: MarkSecret) -> Bool {
        guard parts.count < order.tiles.count, part.frame == order.frame, order.tiles.contains(part.tile) else { return false }
        guard !parts.contains(where: { $0.tile == part.tile }) else { return false }
        parts.append(part)
        return true
    }

    /// Nil where no part carries a mark.
    func finish(_ root: CID) -> MarkedCopy? {
        parts.isEmpty ? nil : MarkedCopy(root: root, blocks: blocks, parts: parts)
    }
}
