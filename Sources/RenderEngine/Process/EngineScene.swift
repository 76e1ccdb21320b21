public import RenderModel
public import Wire

/// A scene as the engine gets it: bytes over a pipe, so that the engine needs no files.
public struct EngineScene {
    public var root: CID
    public var manifest: [UInt8]
    /// Names of the blocks, in the order in which they are sent.
    public var blockIDs: [CID]
    /// Bytes that the scene may take in the engine.
    public var memoryMax: UInt64
    /// Whether the engine keeps the blocks, to mark the scene.
    public var keepsBlocks = false
    /// The bytes of a block, asked for when they are about to be sent; nil where they are missing.
    public var block: (CID) -> [UInt8]?

    /// - Throws: where the manifest can't be read.
    public init(root: CID, manifest: [UInt8], memoryMax: UInt64 = 4 << 30, block: @escaping (CID) -> [UInt8]?) throws(SceneFormatError) {
        self.root = root
        self.manifest = manifest
        self.memoryMax = memoryMax
        self.block = block
        blockIDs = try SceneManifest.blockIDs(of: manifest)
    }

    public init(_ bundle: SceneBundle, memoryMax: UInt64 = 4 << 30) {
        root = bundle.root
        manifest = bundle.manifest
        blockIDs = bundle.blocks.map(\.id)
        self.memoryMax = memoryMax
        let blocks = Dictionary(bundle.blocks.map { ($0.id, $0.bytes) }) { first, _ in first }
        block = { blocks[$0] }
    }
}
