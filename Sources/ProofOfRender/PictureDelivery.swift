internal import Crypto
public import RenderModel
internal import Wire

/// Blocks that were fetched for a commitment's result: the block that its CID names and, where that is a manifest, those that it
/// lists. Each is checked against its CID, so a picture of the wrong shape is evidence against who committed to it.
public struct PictureDelivery: Equatable, Sendable {
    public var root: [UInt8]
    /// In the order of the manifest; empty where the root is the picture itself, or is no manifest.
    public var blocks: [[UInt8]]

    public init(root: [UInt8], blocks: [[UInt8]] = []) {
        self.root = root
        self.blocks = blocks
    }

    /// What an honest Worker delivers.
    public init(_ picture: RawPicture) {
        var list = picture.blocks().blocks.map(\.bytes)
        root = list.removeLast()
        blocks = list
    }

    enum Finding {
        /// Not the blocks that the CIDs name: they say nothing about the Worker.
        case foreign
        case wrongSize
        /// The blocks of the picture, whole, in order.
        case picture([[UInt8]])
    }

    /// The whole picture; nil where it has not the size of the tile. Hashes are not looked at: `PictureSample.check` does that.
    public func picture(tile: Tile) -> RawPicture? {
        RawPicture(tile: tile, bytes: tile.pictureSize <= RawPicture.blockSize ? root : blocks.flatMap(\.self))
    }

    func check(result: CID, tile: Tile) -> Finding {
        guard Hash.cid(of: root) == result else { return .foreign }
        if tile.pictureSize <= RawPicture.blockSize { return root.count == tile.pictureSize ? .picture([root]) : .wrongSize }
        guard let manifest = try? PictureManifest(encoded: root), manifest.tile == tile else { return .wrongSize }
        guard blocks.count == manifest.blocks.count else { return .foreign }
        for (block, cid) in zip(blocks, manifest.blocks) where Hash.cid(of: block) != cid { return .foreign }
        var rest = tile.pictureSize
        for block in blocks {
            guard block.count == min(rest, RawPicture.blockSize) else { return .wrongSize }
            rest -= block.count
        }
        return .picture(blocks)
    }
}

/// The delivered pixels that were challenged, kept of a picture whose hash was checked.
public struct PictureSample: Equatable, Sendable {
    /// Bits of three floats each, in the order of the area challenges.
    let pixels: [SIMD3<UInt32>]

    public enum Finding: Equatable, Sendable {
        case sample(PictureSample)
        case rejected(RejectReason)
        /// Not the blocks that the commitment names.
        case foreign
    }

    public static func check(_ delivery: PictureDelivery, claim: Claim, draw: ChallengeDraw) -> Finding {
        switch delivery.check(result: claim.commitment.result, tile: claim.offer.tile) {
        case .foreign: return .foreign
        case .wrongSize: return .rejected(.wrongImageSize)
        case .picture(let blocks):
            var hasher = Blake2b()
            for block in blocks { hasher.update(block) }
            guard hasher.finish() == claim.commitment.imageHash else { return .rejected(.wrongImageHash) }
            return .sample(PictureSample(pixels: draw.pixels.map { pixel(Int($0), of: blocks) }))
        }
    }

    /// A pixel may lie across two blocks.
    private static func pixel(_ index: Int, of blocks: [[UInt8]]) -> SIMD3<UInt32> {
        var bits = SIMD3<UInt32>.zero
        for byte in 0..<RawPicture.bytesPerPixel {
            let (block, offset) = (index * RawPicture.bytesPerPixel + byte).quotientAndRemainder(dividingBy: RawPicture.blockSize)
            bits[byte >> 2] |= UInt32(blocks[block][offset]) << UInt32(8 * (byte & 3))
        }
        return bits
    }
}
