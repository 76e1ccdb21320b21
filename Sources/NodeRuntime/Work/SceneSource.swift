internal import RenderEngine
internal import RenderModel
internal import Store
internal import Wire

/// Scenes for the engine, out of the block store.
struct SceneSource {
    let blocks: BlockStore

    /// Why a scene cannot be given to the engine.
    enum Problem: Error {
        /// A block is missing or damaged, or the disk fails.
        case unavailable
        case malformed
    }

    /// The blocks are read one by one while they are sent, on the loop: each takes a few milliseconds, and the engine sets the pace.
    func scene(root: CID, memoryMax: UInt64) throws(Problem) -> (scene: EngineScene, manifest: SceneManifest) {
        guard case .found(let bytes) = try? blocks.read(root) else { throw .unavailable }
        do {
            let manifest = try SceneManifest(bytes)
            let scene = try EngineScene(root: root, manifest: bytes, memoryMax: memoryMax) { cid in
                guard case .found(let block) = try? blocks.read(cid) else { return nil }
                return block
            }
            return (scene, manifest)
        } catch {
            throw .malformed
        }
    }

    /// Bytes of the manifest and of each block that it names, once.
    func size(of manifest: SceneManifest, root: CID) -> UInt64 {
        ([root] + manifest.blockIDs).reduce(0) { $0 + UInt64(blocks.size(of: $1) ?? 0) }
    }
}

extension RenderRequest {
    /// The smallest request that holds all of the places, so that the engine's bounds are those of a tile.
    ///
    /// Nil without a place, or where a bucket lies beyond the samples.
    init?(around places: [RecordPlace], settings: RenderSettings, frame: UInt32, rngKey: UInt64) {
        guard let first = places.first else { return nil }
        var (left, top, right, bottom, low, high) = (first.x, first.y, first.x, first.y, first.bucket, first.bucket)
        for place in places {
            (left, right) = (min(left, place.x), max(right, place.x))
            (top, bottom) = (min(top, place.y), max(bottom, place.y))
            (low, high) = (min(low, place.bucket), max(high, place.bucket))
        }
        guard right < settings.width, bottom < settings.height else { return nil }
        let size = UInt64(TileRecords.bucketSamples)
        let (start, end) = (UInt64(low) * size, min((UInt64(high) + 1) * size, UInt64(settings.samples)))
        guard start < end else { return nil }
        self.init(
            settings: settings, frame: frame, rngKey: rngKey,
            tile: Tile(x: left, y: top, width: right - left + 1, height: bottom - top + 1), samples: UInt32(start)..<UInt32(end))
    }
}
