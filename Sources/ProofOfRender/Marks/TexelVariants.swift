public import RenderModel
public import Wire

/// The marked textures of a job: per image two variants, cut into blocks of the store. Which one a Worker gets is one bit a block.
///
/// So all blocks are shared among Workers, a job costs its textures twice, and two Workers that compare copies learn the blocks where
/// they differ and no more.
public struct TexelVariants: Hashable, Sendable {
    public struct Image: Hashable, Sendable {
        /// In the scene.
        public var index: Int
        /// Blocks of variants 0 and 1, as many of each.
        public var blocks: [[CID]]

        public init(index: Int, blocks: [[CID]]) {
            self.index = index
            self.blocks = blocks
        }
    }

    public var images: [Image]

    public init(images: [Image]) { self.images = images }

    /// Which variant of block `block` of image `image` a Worker gets. `key`: the Worker's.
    public static func choice(_ key: MarkKey, image: Int, block: Int) -> Int {
        let bit = key.derived("mark-variant") { writer in
            writer.writeLittleEndian(UInt32(truncatingIfNeeded: image))
            writer.writeLittleEndian(UInt32(truncatingIfNeeded: block))
        }
        return Int(bit.bytes.words.0 & 1)
    }

    /// The manifest that a Worker gets, still without quads. Every block that it names exists already.
    public func manifest(for key: MarkKey, of scene: SceneManifest) throws(SceneFormatError) -> [UInt8] {
        var texels: [Int: [CID]] = [:]
        for image in images {
            guard image.blocks.count == 2, image.blocks[0].count == image.blocks[1].count else {
                throw .invalid(place: "images[\(image.index)]", reason: "its variants do not match")
            }
            texels[image.index] = image.blocks[0].indices.map { image.blocks[TexelVariants.choice(key, image: image.index, block: $0)][$0] }
        }
        return try scene.replacingTexels(texels)
    }
}
