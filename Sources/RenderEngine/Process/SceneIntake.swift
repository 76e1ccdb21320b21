internal import RenderModel
internal import Wire

/// Collects the parts of scenes as they arrive.
struct SceneIntake {
    private struct Partial {
        var manifest: [UInt8]
        var memoryMax: UInt64
        var blocks: [CID: [UInt8]] = [:]
        var size: UInt64
        var keepsBlocks: Bool
    }
    /// Scenes that may arrive at the same time.
    private static let scenesMax = 4
    private var partial: [UInt32: Partial] = [:]

    /// A job, once a request is complete in itself.
    mutating func take(_ request: EngineRequest) -> EngineJob? {
        switch request {
        case .beginScene(let scene, let manifest, let memoryMax, let keepsBlocks):
            guard partial.count < SceneIntake.scenesMax || partial[scene] != nil else {
                return .refuse(scene: scene, reason: "more than \(SceneIntake.scenesMax) scenes arrive at once")
            }
            partial[scene] = Partial(
                manifest: manifest, memoryMax: memoryMax, size: UInt64(manifest.count), keepsBlocks: keepsBlocks)
            return nil
        case .block(let scene, let bytes): return takeBlock(scene, bytes)
        case .finishScene(let scene):
            // A scene that was refused on the way has been answered already.
            guard let entry = partial.removeValue(forKey: scene) else { return nil }
            return .load(
                scene: scene, manifest: entry.manifest, blocks: entry.blocks, memoryMax: entry.memoryMax, keepsBlocks: entry.keepsBlocks)
        case .dropScene(let scene):
            partial[scene] = nil
            return .drop(scene: scene)
        case .prepare(let id, let scene, let frame): return .prepare(id: id, scene: scene, frame: frame)
        case .render(let id, let scene, let request): return .render(id: id, scene: scene, request: request)
        case .recompute(let id, let scene, let request, let places):
            return .recompute(id: id, scene: scene, request: request, places: places)
        case .mark(let id, let scene, let order): return .mark(id: id, scene: scene, order: order)
        case .cancel: return nil
        }
    }

    private mutating func takeBlock(_ scene: UInt32, _ bytes: [UInt8]) -> EngineJob? {
        guard var entry = partial.removeValue(forKey: scene) else { return nil }
        let (size, overflow) = entry.size.addingReportingOverflow(UInt64(bytes.count))
        guard !overflow, size <= entry.memoryMax else {
            return .refuse(scene: scene, reason: "its bytes exceed the memory cap of \(entry.memoryMax >> 20) MiB")
        }
        entry.size = size
        let block = SceneBlock(bytes: bytes)
        entry.blocks[block.id] = block.bytes
        partial[scene] = entry
        return nil
    }
}
