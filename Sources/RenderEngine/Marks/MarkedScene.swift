internal import Determinism
public import ProofOfRender
public import RenderModel
public import Wire

/// One Worker's copy of a frame of a scene, marked for all of its tasks: hidden marks in its textures, and quads in front of the
/// camera.
public struct MarkedScene: Sendable {
    /// What the Worker gets.
    public let bundle: SceneBundle
    /// The marks of each part that carries some, in the order of the order's tiles.
    public let parts: [MarkSecret]
    private let order: MarkOrder
    /// Rays traced for the placement.
    public let rays: Int
    public let times: Times

    /// Seconds of each step, over all parts.
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
        /// What the shorter side of a part has to be.
        case tooSmall(UInt32)
        /// Dark, or too close to the camera.
        case noRoom
    }

    /// - Parameters:
    ///   - original: the artist's scene; `prepared` is it at the order's frame.
    ///   - copy: the Worker's copy with hidden marks, or nil where textures stay as they are.
    ///   - shared: what other Workers' copies of the same frame need as well.
    /// - Throws: `Failure` where no part can carry a mark, `RenderError` and `SceneFormatError`.
    public init(
        _ original: SceneBundle, prepared: PreparedScene, copy: SceneBundle?, order: MarkOrder, device: some RenderDevice,
        shared: inout MarkedFrame
    ) throws {
        let (settings, least) = (order.settings, order.parameters.tileSideMin)
        let tiles = order.tiles.filter { min($0.width, $0.height) >= least }
        guard !tiles.isEmpty else { throw Failure.tooSmall(least) }
        var times = Times()
        let clock = ContinuousClock()
        let camera = try prepared.camera(settings)
        var (quads, secrets, rays): ([MarkQuad], [MarkSecret], Int) = ([], [], 0)
        for tile in tiles {
            var sample: SampleMap?
            times.sample += try clock.measure { sample = try shared.sample(tile, settings, prepared, device) }.inSeconds
            guard let sample else { continue }
            times.placement += try clock.measure {
                let placement = MarkPlacement(
                    order.parameters, key: order.key(of: tile), settings: settings, tile: tile, sample: sample,
                    hasLens: camera.lensRadius > 0)
                guard let placement else { return }
                rays += placement.points.count
                let depths = try prepared.depths(settings, at: placement.points)
                guard let placed = placement.quads(camera: camera, depths: depths) else { return }
                quads += placed
                secrets.append(placement.secret(placed, frame: order.frame, tile: tile))
            }.inSeconds
        }
        guard !secrets.isEmpty else { throw Failure.noRoom }
        let base = copy ?? original
        var marked = base
        times.insertion = try clock.measure {
            let overlay = SceneOverlay(quads, camera: camera, settings: settings, parameters: order.parameters)
            let added = try SceneManifest(base.manifest).adding(overlay) { id throws(SceneFormatError) in
                base.blocks.first { $0.id == id }?.bytes
            }
            let named = Set(try SceneManifest.blockIDs(of: added.manifest))
            marked = SceneBundle(
                root: added.root, manifest: added.manifest, blocks: base.blocks.filter { named.contains($0.id) } + added.blocks)
        }.inSeconds
        if let copy, copy.root != original.root {
            times.windows = try clock.measure {
                let hidden = try PreparedScene(try CanonicalScene(copy), frame: order.frame)
                for index in secrets.indices {
                    let tile = secrets[index].tile
                    let request = MarkedFrame.colors(settings: settings, frame: order.frame, tile: tile)
                    let windows = MarkWindows(
                        original: try shared.colors(tile, settings, prepared, device), marked: try device.render(hidden, request),
                        without: secrets[index].regions)
                    secrets[index].windows = windows?.pool ?? []
                }
            }.inSeconds
        }
        (bundle, parts, self.order, self.rays, self.times) = (marked, secrets, order, rays, times)
    }

    /// As above, for one copy alone.
    public init(
        _ original: SceneBundle, prepared: PreparedScene, copy: SceneBundle?, order: MarkOrder, device: some RenderDevice
    ) throws {
        var shared = MarkedFrame()
        try self.init(original, prepared: prepared, copy: copy, order: order, device: device, shared: &shared)
    }

    /// What one Verifier needs for its check of a part: the quads, and windows of the hidden marks that were drawn for it.
    ///
    /// - Parameter part: index in `parts`, of which there is at least one.
    public func secret(for verifier: Bytes32, part: Int = 0) -> MarkSecret {
        parts[part].subKey(order.key(of: parts[part].tile), for: verifier)
    }
}

/// What marking a frame for one Worker after another needs only once: none of it depends on the Worker.
public struct MarkedFrame: Sendable {
    private var samples: [Tile: SampleMap] = [:]
    private var colors: [Tile: TileRecords] = [:]
    /// Whose base colours were rendered.
    private var pixels = 0
    /// Pixels whose base colours are kept, 12 bytes each; those beyond are rendered for every Worker.
    private static let pixelsMax = 1 << 22

    public init() {}

    static func colors(settings: RenderSettings, frame: UInt32, tile: Tile) -> RenderRequest {
        MarkWindows.request(settings: settings, frame: frame, tile: tile, rngKey: RNGKey.local(seed: 1))
    }

    mutating func sample(
        _ tile: Tile, _ settings: RenderSettings, _ prepared: PreparedScene, _ device: some RenderDevice
    ) throws -> SampleMap? {
        if let known = samples[tile] { return known }
        let request = SampleMap.request(settings: settings, frame: prepared.frame, tile: tile, rngKey: RNGKey.local(seed: 0))
        let map = SampleMap(tile: tile, records: try device.render(prepared, request))
        samples[tile] = map
        return map
    }

    mutating func colors(
        _ tile: Tile, _ settings: RenderSettings, _ prepared: PreparedScene, _ device: some RenderDevice
    ) throws -> TileRecords {
        if let known = colors[tile] { return known }
        var records = try device.render(prepared, MarkedFrame.colors(settings: settings, frame: prepared.frame, tile: tile))
        // Only the base colours are looked at.
        (records.sums, records.rays) = ([], [])
        pixels += Int(tile.width) * Int(tile.height)
        if pixels <= MarkedFrame.pixelsMax { colors[tile] = records }
        return records
    }
}
