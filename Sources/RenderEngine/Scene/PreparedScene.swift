internal import CRenderKernels
internal import Glibc
public import RenderModel

/// A scene at one frame, ready to render: animations sampled, meshes deformed, tree and light tables built.
///
/// `@unchecked Sendable`: the tables are never written after `init`, and every call that reads them takes them as constants.
/// Only preparing another frame touches what is shared, the model's memory counter; `SceneModel` is not Sendable, so that
/// happens on one thread.
public final class PreparedScene: @unchecked Sendable {
    let handle: OpaquePointer
    /// Keeps textures alive, which the tables point into.
    private let model: SceneModel
    public let frame: UInt32

    /// - Parameters:
    ///   - frame: starts at 1; time = (frame - 1) / framesPerSecond.
    ///   - threads: that build the tree, 64 at most; nil for one per processor. The scene is the same on any number.
    public init(_ model: SceneModel, frame: UInt32, threads: Int? = nil) throws(RenderError) {
        guard frame >= 1 else { throw .invalidRequest(rule: "frames start at 1") }
        rk_model_set_threads(model.handle, UInt32(clamping: max(1, threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        var handle: OpaquePointer?
        try model.check(rk_scene_prepare(model.handle, frame, &handle), "preparing frame \(frame)")
        guard let handle else { throw .outOfMemory(cap: model.memoryMax) }
        self.handle = handle
        self.model = model
        self.frame = frame
    }

    public convenience init(
        _ scene: CanonicalScene, frame: UInt32 = 1, memoryMax: UInt64 = 4 << 30, threads: Int? = nil
    ) throws(RenderError) {
        try self.init(SceneModel(scene, memoryMax: memoryMax), frame: frame, threads: threads)
    }

    deinit { rk_scene_destroy(handle) }

    public struct Statistics: Equatable, Sendable {
        public var triangles: UInt64
        public var nodes: UInt64
        /// Packs of up to eight triangles.
        public var packs: UInt64
        public var lights: UInt64
        /// Bytes taken by model and scene together.
        public var memory: UInt64
        /// Expected number of nodes and packs that a ray through the scene's box visits, by the surface-area heuristic.
        public var cost: Double
    }

    public var statistics: Statistics {
        var s = RkSceneStatistics()
        rk_scene_statistics(handle, &s)
        return Statistics(triangles: s.triangles, nodes: s.nodes, packs: s.packs, lights: s.lights, memory: s.memory, cost: s.cost)
    }

    /// Pointers to the tables and their sizes; valid while this object lives.
    var tables: RkSceneTables {
        var tables = RkSceneTables()
        rk_scene_tables(handle, &tables)
        return tables
    }

    /// Camera and settings as the kernels take them, after checking the request.
    func view(_ request: RenderRequest) throws(RenderError) -> RkView {
        try request.validate()
        guard request.frame == frame else {
            throw .invalidRequest(rule: "the scene is prepared for frame \(frame), not \(request.frame)")
        }
        var input = RkViewInput(
            width: request.settings.width, height: request.settings.height, depth: request.settings.depth,
            camera: request.settings.camera, filter: request.settings.filter.rawValue, ignore: request.settings.ignore.rawValue,
            layers: request.settings.layers.rawValue, frame: request.frame,
            roulette: request.settings.roulette, rngKey: request.rngKey)
        var view = RkView()
        switch rk_scene_view(handle, &input, &view) {
        case RK_OK: return view
        case RK_NO_CAMERA: throw .noCamera(index: request.settings.camera)
        default: throw .invalidRequest(rule: "a setting is out of range")
        }
    }
}
