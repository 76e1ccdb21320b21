internal import ProofOfRender
internal import RenderModel
internal import Wire

/// Marks a scene for one Worker after another, in the engine: beside the scene as it is rendered, its blocks are kept.
struct EngineMarker {
    private let bundle: SceneBundle
    private let memoryMax: UInt64
    /// Both variants of the textures, under the last job's key.
    private var texels: (key: MarkKey, marking: TexelMarking)?
    private var frame: (settings: RenderSettings, number: UInt32, shared: MarkedFrame)?
    /// Blocks that went out under the last job's key.
    private var sent: Set<CID>
    private let own: Set<CID>

    init(root: CID, manifest: [UInt8], blocks: [CID: [UInt8]], memoryMax: UInt64) throws(SceneFormatError) {
        let ids = try SceneManifest.blockIDs(of: manifest)
        bundle = SceneBundle(
            root: root, manifest: manifest, blocks: ids.compactMap { id in blocks[id].map { SceneBlock(id: id, bytes: $0) } })
        self.memoryMax = memoryMax
        own = Set(ids)
        sent = own
    }

    /// Nil where no part can carry a mark. Of the blocks, those that went out before are left out.
    ///
    /// - Throws: `RenderError`, `SceneFormatError`.
    mutating func mark(_ order: MarkOrder, prepared: PreparedScene, device: some RenderDevice) throws -> MarkedCopy? {
        if texels?.key != order.key { sent = own }
        // The Worker's copy is prepared beside the scene, and its textures are twice as deep.
        let hides = order.parameters.hidesInTextures && prepared.statistics.memory <= memoryMax / 3
        if hides, texels?.key != order.key { texels = (order.key, try TexelMarking(bundle, key: order.key)) }
        if frame?.number != order.frame || frame?.settings != order.settings { frame = (order.settings, order.frame, MarkedFrame()) }
        guard var shared = frame?.shared else { return nil }
        let copy = hides ? try texels?.marking.copy(for: order.worker) : nil
        let marked: MarkedScene
        do {
            marked = try MarkedScene(bundle, prepared: prepared, copy: copy, order: order, device: device, shared: &shared)
        } catch is MarkedScene.Failure {
            return nil
        }
        frame?.shared = shared
        let manifest = SceneBlock(id: marked.bundle.root, bytes: marked.bundle.manifest)
        let fresh = ([manifest] + marked.bundle.blocks).filter { sent.insert($0.id).inserted }
        return MarkedCopy(root: marked.bundle.root, blocks: fresh, parts: marked.parts)
    }
}
