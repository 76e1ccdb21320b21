internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import Wire

/// Marks put into a scene on this machine: sample render, placement, and the manifest that shares the scene's blocks.
struct MarkedScene {
    let bundle: SceneBundle
    let secret: MarkSecret
    /// Seconds: the sample render; placement with its occlusion rays; the new manifest.
    private(set) var seconds = (sample: 0.0, placement: 0.0, insertion: 0.0)
    let points: Int

    enum Failure: Error {
        /// The side of the tile that is too short, and what is needed.
        case tooSmall(UInt32)
        case noRoom
    }

    /// - Parameter original: the bundle of the prepared scene.
    init(
        _ original: SceneBundle, prepared: PreparedScene, settings: RenderSettings, frame: UInt32, tile: Tile, key: MarkKey,
        parameters: MarkParameters = MarkParameters(), device: some RenderDevice
    ) throws {
        var clock = Stopwatch()
        let request = SampleMap.request(settings: settings, frame: frame, tile: tile, rngKey: RNGKey.local(seed: 0))
        guard min(tile.width, tile.height) >= parameters.tileSideMin else { throw Failure.tooSmall(parameters.tileSideMin) }
        guard let sample = SampleMap(tile: tile, records: try device.render(prepared, request)) else { throw Failure.noRoom }
        seconds.sample = clock.lap()
        let camera = try prepared.camera(settings)
        let placement = MarkPlacement(
            parameters, key: key.task(frame: frame, tile: tile), settings: settings, tile: tile, sample: sample,
            hasLens: camera.lensRadius > 0)
        guard let placement else { throw Failure.tooSmall(parameters.tileSideMin) }
        points = placement.points.count
        guard let quads = placement.quads(camera: camera, depths: try prepared.depths(settings, at: placement.points)) else {
            throw Failure.noRoom
        }
        seconds.placement = clock.lap()
        let overlay = SceneOverlay(quads, camera: camera, settings: settings, parameters: parameters)
        let marked = try SceneManifest(original.manifest).adding(overlay) { id throws(SceneFormatError) in
            original.blocks.first { $0.id == id }?.bytes
        }
        seconds.insertion = clock.lap()
        let named = Set(try SceneManifest.blockIDs(of: marked.manifest))
        bundle = SceneBundle(
            root: marked.root, manifest: marked.manifest,
            blocks: original.blocks.filter { named.contains($0.id) } + marked.blocks)
        secret = placement.secret(quads, frame: frame, tile: tile)
    }
}
