internal import Determinism
public import ProofOfRender
public import RenderModel
public import Wire

/// The scene of one task of one Worker with its marks: hidden ones in its textures, and quads in front of the camera.
public struct MarkedScene: Sendable {
    /// What the Worker gets.
    public let bundle: SceneBundle
    /// Where the quads are; without windows of hidden marks.
    private let quads: MarkSecret
    /// Where hidden marks can be seen; nil where there are none.
    private let windows: MarkWindows?
    /// The task's key.
    private let key: MarkKey
    /// Rays traced for the placement.
    public let rays: Int
    public let times: Times

    /// Seconds of each step.
    public struct Times: Sendable {
        /// Base colours of the scene and of the Worker's copy.
        public var windows = 0.0
        public var sample = 0.0
        /// With the occlusion rays.
        public var placement = 0.0
        /// The new manifest and its blocks.
        public var insertion = 0.0
    }

    public enum Failure: Error {
        /// What the shorter side of the tile has to be.
        case tooSmall(UInt32)
        /// Dark, or too close to the camera.
        case noRoom
    }

    /// What is marked.
    public struct Task: Sendable {
        public var settings: RenderSettings
        public var frame: UInt32
        public var tile: Tile
        public var worker: Bytes32
        public var parameters = MarkParameters()

        public init(settings: RenderSettings, frame: UInt32, tile: Tile, worker: Bytes32) {
            self.settings = settings
            self.frame = frame
            self.tile = tile
            self.worker = worker
        }
    }

    /// - Parameters:
    ///   - original: the artist's scene; `prepared` is it at the task's frame.
    ///   - copy: the Worker's copy with hidden marks, or nil where textures stay as they are.
    ///   - key: the job's.
    /// - Throws: `Failure`, `RenderError` and `SceneFormatError`.
    public init(
        _ original: SceneBundle, prepared: PreparedScene, copy: SceneBundle?, task: Task, key: MarkKey, device: some RenderDevice
    ) throws {
        let (settings, tile) = (task.settings, task.tile)
        guard min(tile.width, tile.height) >= task.parameters.tileSideMin else { throw Failure.tooSmall(task.parameters.tileSideMin) }
        let key = key.worker(task.worker).task(frame: task.frame, tile: tile)
        var times = Times()
        let clock = ContinuousClock()
        var placed: (quads: [MarkQuad], placement: MarkPlacement)?
        let camera = try prepared.camera(settings)
        let request = SampleMap.request(settings: settings, frame: task.frame, tile: tile, rngKey: RNGKey.local(seed: 0))
        var sample: SampleMap?
        times.sample = try clock.measure { sample = SampleMap(tile: tile, records: try device.render(prepared, request)) }.inSeconds
        guard let sample else { throw Failure.noRoom }
        times.placement = try clock.measure {
            let placement = MarkPlacement(
                task.parameters, key: key, settings: settings, tile: tile, sample: sample, hasLens: camera.lensRadius > 0)
            guard let placement else { throw Failure.tooSmall(task.parameters.tileSideMin) }
            let depths = try prepared.depths(settings, at: placement.points)
            placed = placement.quads(camera: camera, depths: depths).map { ($0, placement) }
        }.inSeconds
        guard let placed else { throw Failure.noRoom }
        let base = copy ?? original
        var marked = base
        times.insertion = try clock.measure {
            let overlay = SceneOverlay(placed.quads, camera: camera, settings: settings, parameters: task.parameters)
            let added = try SceneManifest(base.manifest).adding(overlay) { id throws(SceneFormatError) in
                base.blocks.first { $0.id == id }?.bytes
            }
            let named = Set(try SceneManifest.blockIDs(of: added.manifest))
            marked = SceneBundle(
                root: added.root, manifest: added.manifest, blocks: base.blocks.filter { named.contains($0.id) } + added.blocks)
        }.inSeconds
        (bundle, rays) = (marked, placed.placement.points.count)
        let secret = placed.placement.secret(placed.quads, frame: task.frame, tile: tile)
        var windows: MarkWindows?
        if let copy, copy.root != original.root {
            times.windows = try clock.measure {
                let request = MarkWindows.request(settings: settings, frame: task.frame, tile: tile, rngKey: RNGKey.local(seed: 1))
                let hidden = try PreparedScene(try CanonicalScene(copy), frame: task.frame)
                windows = MarkWindows(
                    original: try device.render(prepared, request), marked: try device.render(hidden, request), without: secret.regions)
            }.inSeconds
        }
        (quads, self.windows, self.key, self.times) = (secret, windows, key, times)
    }

    /// What one Verifier needs for its check: the quads, and windows of the hidden marks that were drawn for it.
    public func secret(for verifier: Bytes32) -> MarkSecret {
        var secret = quads
        secret.windows = windows?.subset(key, for: verifier) ?? []
        return secret
    }
}
