/// Bounds on what a scene may ask for. Scenes are hostile input: every count is held against these before anything is allocated.
public struct SceneLimits: Equatable, Sendable {
    /// Bytes that reading may hold at once: files, decoded texels, geometry. Default 4 GiB: the flight helmet takes 60 MiB, a
    /// million triangles 100 MiB.
    public var memoryMax: Int = 4 << 30
    /// Bytes of one file or data URI. Default 2 GiB.
    public var fileMax: Int = 2 << 30
    /// Bytes of JSON. Default 256 MiB, because a `.gltf` may carry its buffers as data URIs.
    public var jsonMax: Int = 256 << 20
    /// Nesting of JSON arrays and objects. The deepest legal glTF without extras needs 9.
    public var jsonDepthMax: Int = 64
    /// Nodes, meshes, accessors, materials and so on, each.
    public var elementsMax: Int = 1 << 20
    /// Levels of the node hierarchy.
    public var nodeDepthMax: Int = 1024
    /// Triangles after strips and fans are opened, before instancing.
    public var trianglesMax: Int = 1 << 27
    /// Instances of EXT_mesh_gpu_instancing in all.
    public var instancesMax: Int = 1 << 22
    /// Pixels along one side of a texture or a sky.
    public var imageSideMax: Int = 16384
    /// Morph targets of one primitive.
    public var morphTargetsMax: Int = 256

    public init() {}
}

/// Counts what reading holds against `SceneLimits.memoryMax`. Charged before each allocation whose size the file decides.
struct MemoryBudget {
    private(set) var left: Int

    init(_ limits: SceneLimits) {
        left = limits.memoryMax
    }

    mutating func charge(_ count: Int, _ bytesEach: Int, at place: @autoclosure () -> String) throws(SceneError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: bytesEach)
        guard count >= 0, !overflow, bytes <= left else {
            throw .limit(place(), "it needs more memory than is allowed (\(left >> 20) MiB are left)")
        }
        left -= bytes
    }

    mutating func release(_ bytes: Int) {
        left += bytes
    }
}
