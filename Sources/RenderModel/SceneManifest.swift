public import Wire

/// The manifest of a canonical scene: everything but the bulk data, and the names of the blocks that hold it.
///
/// Format: `docs/protocols/scene.proto`, encoded canonically (ascending fields, no defaults, no unknown fields).
public struct SceneManifest: Equatable, Sendable {
    /// Longest manifest in bytes: one block. It names up to 27,000 blocks or 15,000 primitives; more is refused.
    public static let sizeMax = 1 << 20
    static let version: UInt32 = 1

    /// The parts of a scene that need no bulk data; the rest of it is empty.
    var parts = CanonicalScene()
    var nodeCount = 0
    /// Per node `SceneManifest.nodeWords` words.
    var nodes = BulkData()
    /// 16 floats for each node that has a matrix, in node order; likewise weights and instances.
    var matrices = BulkData()
    var weights = BulkData()
    var instances = BulkData()
    var meshes: [MeshRecord] = []
    /// Texels, in the order of `parts.images`.
    var texels: [BulkData] = []
    var skins: [SkinRecord] = []
    var animations: [[ChannelRecord]] = []

    /// Parent, mesh, camera, light and skin (each 0 for none, else index + 1), 1 where there is a matrix, weights, instances,
    /// translation (3), rotation (4), scale (3).
    static let nodeWords = 18

    struct MeshRecord: Equatable, Sendable {
        var weights: [Float] = []
        var primitives: [PrimitiveRecord] = []
    }

    /// Data in this order: indices, positions, the arrays of `attributes`, then per target the arrays of its attributes.
    struct PrimitiveRecord: Equatable, Sendable {
        var material: Int32 = -1
        var vertexCount = 0
        var indexCount = 0
        var attributes: Attributes = []
        var targets: [TargetAttributes] = []
        var data = BulkData()
    }

    struct Attributes: OptionSet, Equatable, Sendable {
        var rawValue: UInt32
        static let normals = Attributes(rawValue: 1)
        static let tangents = Attributes(rawValue: 2)
        static let uv0 = Attributes(rawValue: 4)
        static let uv1 = Attributes(rawValue: 8)
        static let colors = Attributes(rawValue: 16)
        /// Joints and their weights.
        static let joints = Attributes(rawValue: 32)
    }

    struct TargetAttributes: OptionSet, Equatable, Sendable {
        var rawValue: UInt8
        static let positions = TargetAttributes(rawValue: 1)
        static let normals = TargetAttributes(rawValue: 2)
        static let tangents = TargetAttributes(rawValue: 4)
    }

    /// Data: joints, then inverse bind matrices.
    struct SkinRecord: Equatable, Sendable {
        var jointCount = 0
        var data = BulkData()
    }

    /// Data: times, then values.
    struct ChannelRecord: Equatable, Sendable {
        var channel = SceneAnimation.Channel()
        var keyCount = 0
        var valueCount = 0
        var data = BulkData()
    }

    /// Every block named by a manifest, each once, in the order of their first use.
    ///
    /// - Throws: `SceneFormatError` where the bytes are not a manifest.
    public static func blockIDs(of manifest: [UInt8]) throws(SceneFormatError) -> [CID] {
        try SceneManifest(manifest).blockIDs
    }

    public var blockIDs: [CID] {
        var known: Set<CID> = []
        return bulks.flatMap(\.blocks).filter { known.insert($0).inserted }
    }

    public var cameraCount: Int { parts.cameras.count }

    /// Bytes of bulk data once loaded: what a node compares with the scene size that it accepts before it fetches a block.
    public var dataSize: Int {
        // Each size is at most 2^40 and there are fewer than 2^20 of them.
        bulks.reduce(0) { $0 + $1.size }
    }

    /// All bulk data, in the order in which it is encoded.
    var bulks: [BulkData] {
        [nodes, matrices, weights, instances] + meshes.flatMap { $0.primitives.map(\.data) } + texels + skins.map(\.data)
            + animations.flatMap { $0.map(\.data) }
    }
}

extension SceneManifest.PrimitiveRecord {
    /// Words of the data; nil where they overflow.
    var words: Int? {
        var perVertex = 3
        if attributes.contains(.normals) { perVertex += 3 }
        if attributes.contains(.tangents) { perVertex += 4 }
        if attributes.contains(.uv0) { perVertex += 2 }
        if attributes.contains(.uv1) { perVertex += 2 }
        if attributes.contains(.colors) { perVertex += 4 }
        if attributes.contains(.joints) { perVertex += 8 }
        for target in targets { perVertex += 3 * target.rawValue.nonzeroBitCount }
        let (all, overflow) = perVertex.multipliedReportingOverflow(by: vertexCount)
        let (sum, carry) = all.addingReportingOverflow(indexCount)
        return overflow || carry ? nil : sum
    }
}
