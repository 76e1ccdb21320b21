public import ProofOfRender
public import RenderModel
public import Wire

/// The hidden marks of a job, made once from its scene: both variants of every texture that can carry them.
public struct TexelMarking: Sendable {
    private let original: SceneBundle
    private let manifest: SceneManifest
    private let key: MarkKey
    public let variants: TexelVariants
    /// Blocks of both variants; all Workers of the job share them.
    public let blocks: [SceneBlock]

    /// - Parameters:
    ///   - original: the artist's scene.
    ///   - key: the job's.
    public init(_ original: SceneBundle, key: MarkKey) throws(SceneFormatError) {
        self.original = original
        self.key = key
        manifest = try SceneManifest(original.manifest)
        var known: [CID: [UInt8]] = [:]
        for block in original.blocks { known[block.id] = block.bytes }
        let source = known
        let marks = TexelMarks(key: key)
        var (images, blocks): ([TexelVariants.Image], [SceneBlock]) = ([], [])
        for index in manifest.baseColorImages where TexelMarks.suits(manifest.imageHeader(index)) {
            let image = try manifest.image(index) { id throws(SceneFormatError) in source[id] }
            guard let marked = marks.variants(of: image, index: index) else { continue }
            let cut = marked.map { SceneManifest.blocks(ofTexels: $0.texels) }
            images.append(TexelVariants.Image(index: index, blocks: cut.map { $0.map(\.id) }))
            // Where nothing varies both variants are the artist's.
            blocks += cut.flatMap(\.self).filter { known.updateValue($0.bytes, forKey: $0.id) == nil }
        }
        variants = TexelVariants(images: images)
        self.blocks = blocks
    }

    /// Nothing in the scene can carry hidden marks.
    public var isEmpty: Bool { variants.images.isEmpty }

    /// The scene as one Worker gets it, still without quads; the artist's scene where nothing is hidden.
    public func copy(for worker: Bytes32) throws(SceneFormatError) -> SceneBundle {
        guard !isEmpty else { return original }
        let bytes = try variants.manifest(for: key.worker(worker), of: manifest)
        let named = Set(try SceneManifest.blockIDs(of: bytes))
        return SceneBundle(
            root: SceneBlock(bytes: bytes).id, manifest: bytes, blocks: (original.blocks + blocks).filter { named.contains($0.id) })
    }
}
