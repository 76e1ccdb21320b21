/// The canonical scene: what Workers and Verifiers load instead of an artist's file.
///
/// Every number is final (doubles of the source rounded once to float), every texture is decoded to texels, every index is
/// validated. From here to the picture everything is profile D and lives in the kernel sources.
///
/// Bulk data (`[Float]`, `[UInt32]`, texels) travels as blocks of at most 1 MiB named by their content hash; the rest is the
/// manifest. See `docs/scene.md`.
public struct CanonicalScene: Equatable, Sendable {
    /// Nodes, parents before children, so that one pass in order gives world matrices.
    public var nodes: [SceneNode] = []
    public var meshes: [SceneMesh] = []
    public var materials: [SceneMaterial] = []
    public var textures: [SceneTexture] = []
    public var images: [SceneImage] = []
    /// Each is carried by exactly one node: the index alone says where it stands. In the order of their nodes.
    public var cameras: [SceneCamera] = []
    public var lights: [SceneLight] = []
    public var skins: [SceneSkin] = []
    /// All play at once; no property of a node is driven by more than one channel.
    public var animations: [SceneAnimation] = []
    public var sky: SceneSky = .none
    /// Frames per second that turn a frame number into a time: time = (frame - 1) / framesPerSecond. Frames start at 1.
    public var framesPerSecond: Float = 24

    public init() {}
}

/// A node of the hierarchy. Its local matrix is T·R·S, or `matrix` where the source gave one.
public struct SceneNode: Equatable, Sendable {
    /// Index of the parent, less than this node's own index; -1 for a root.
    public var parent: Int32 = -1
    public var translation: SIMD3<Float> = .zero
    /// Unit quaternion x, y, z, w.
    public var rotation: SIMD4<Float> = [0, 0, 0, 1]
    public var scale: SIMD3<Float> = [1, 1, 1]
    /// 16 floats, column-major; empty where TRS is used.
    public var matrix: [Float] = []
    public var mesh: Int32 = -1
    public var camera: Int32 = -1
    public var light: Int32 = -1
    public var skin: Int32 = -1
    /// Morph weights; empty where the mesh's own defaults hold.
    public var weights: [Float] = []
    /// EXT_mesh_gpu_instancing: per instance 10 floats (translation 3, rotation 4, scale 3); empty where not used.
    public var instances: [Float] = []

    public init() {}
}

public struct SceneMesh: Equatable, Sendable {
    public var primitives: [ScenePrimitive] = []
    /// Default morph weights, one per target of each primitive.
    public var weights: [Float] = []

    public init() {}
}

/// Indexed triangles. `n` vertices; every per-vertex array is empty or has exactly n times its stride.
public struct ScenePrimitive: Equatable, Sendable {
    public var material: Int32 = -1
    /// 3·t indices below n.
    public var indices: [UInt32] = []
    /// 3·n.
    public var positions: [Float] = []
    /// 3·n unit vectors; empty: flat shading with the geometric normal.
    public var normals: [Float] = []
    /// 4·n, w is the handedness; empty where no normal map needs them.
    public var tangents: [Float] = []
    /// 2·n each.
    public var uv0: [Float] = []
    public var uv1: [Float] = []
    /// 4·n linear RGBA; empty: white.
    public var colors: [Float] = []
    /// 4·n joint indices into the node's skin and 4·n weights that sum to 1.
    public var joints: [UInt32] = []
    public var jointWeights: [Float] = []
    /// Morph targets: displacements.
    public var targets: [SceneMorphTarget] = []

    public init() {}
}

public struct SceneMorphTarget: Equatable, Sendable {
    /// 3·n displacements each, or empty.
    public var positions: [Float] = []
    public var normals: [Float] = []
    public var tangents: [Float] = []

    public init() {}
}

/// A reference to a texture with the UV set and the transform of KHR_texture_transform.
public struct SceneTextureSlot: Equatable, Sendable {
    /// Index into `textures`; -1: none.
    public var texture: Int32 = -1
    public var uvSet: UInt32 = 0
    /// u' = m0·u + m1·v + m2, v' = m3·u + m4·v + m5.
    public var transform: [Float] = [1, 0, 0, 0, 1, 0]

    public init() {}
}

public enum SceneAlphaMode: UInt32, Equatable, Sendable {
    case opaque = 0
    case mask = 1
    case blend = 2
}

/// glTF metallic-roughness with its extensions; defaults are those of the specifications.
public struct SceneMaterial: Equatable, Sendable {
    public var baseColor: SIMD4<Float> = [1, 1, 1, 1]
    public var metallic: Float = 1
    public var roughness: Float = 1
    /// emissiveFactor × emissiveStrength.
    public var emission: SIMD3<Float> = .zero
    public var normalScale: Float = 1
    public var alphaMode: SceneAlphaMode = .opaque
    public var alphaCutoff: Float = 0.5
    public var doubleSided = false
    public var unlit = false
    /// Only camera rays meet the surface: it casts no shadow, is in no reflection and is no light. Marks are made of it.
    public var cameraOnly = false
    public var ior: Float = 1.5
    public var specular: Float = 1
    public var specularColor: SIMD3<Float> = [1, 1, 1]
    public var transmission: Float = 0
    public var thickness: Float = 0
    public var attenuationColor: SIMD3<Float> = [1, 1, 1]
    /// +infinity: no absorption.
    public var attenuationDistance: Float = .infinity
    public var clearcoat: Float = 0
    public var clearcoatRoughness: Float = 0
    public var clearcoatNormalScale: Float = 1
    public var sheenColor: SIMD3<Float> = .zero
    public var sheenRoughness: Float = 0
    public var anisotropy: Float = 0
    /// Radians, counter-clockwise from the tangent.
    public var anisotropyRotation: Float = 0
    public var iridescence: Float = 0
    public var iridescenceIor: Float = 1.3
    /// Nanometres, where the thickness texture is 0 and where it is 1 or absent.
    public var iridescenceThicknessMinimum: Float = 100
    public var iridescenceThicknessMaximum: Float = 400
    /// 20 / Abbe number.
    public var dispersion: Float = 0
    public var diffuseTransmission: Float = 0
    public var diffuseTransmissionColor: SIMD3<Float> = [1, 1, 1]

    public var baseColorTexture = SceneTextureSlot()
    public var metallicRoughnessTexture = SceneTextureSlot()
    public var normalTexture = SceneTextureSlot()
    public var emissiveTexture = SceneTextureSlot()
    public var specularTexture = SceneTextureSlot()
    public var specularColorTexture = SceneTextureSlot()
    public var transmissionTexture = SceneTextureSlot()
    public var thicknessTexture = SceneTextureSlot()
    public var clearcoatTexture = SceneTextureSlot()
    public var clearcoatRoughnessTexture = SceneTextureSlot()
    public var clearcoatNormalTexture = SceneTextureSlot()
    public var sheenColorTexture = SceneTextureSlot()
    public var sheenRoughnessTexture = SceneTextureSlot()
    public var anisotropyTexture = SceneTextureSlot()
    public var iridescenceTexture = SceneTextureSlot()
    public var iridescenceThicknessTexture = SceneTextureSlot()
    public var diffuseTransmissionTexture = SceneTextureSlot()
    public var diffuseTransmissionColorTexture = SceneTextureSlot()

    public init() {}
}

public enum SceneWrap: UInt32, Equatable, Sendable {
    case `repeat` = 0
    case clampToEdge = 1
    case mirroredRepeat = 2
}

public struct SceneTexture: Equatable, Sendable {
    public var image: UInt32 = 0
    public var wrapS: SceneWrap = .repeat
    public var wrapT: SceneWrap = .repeat
    /// Nearest instead of bilinear.
    public var nearest = false

    public init() {}
}

public enum SceneTexelFormat: UInt32, Equatable, Sendable {
    /// 4 bytes RGBA, colour channels sRGB-encoded, alpha linear.
    case rgba8sRGB = 0
    /// 4 bytes RGBA, linear.
    case rgba8 = 1
    /// 8 bytes RGBA, 16-bit little-endian, linear.
    case rgba16 = 2
    /// 16 bytes RGBA, float32 little-endian, linear.
    case rgba32Float = 3
}

/// Texels row by row from the top, without padding: width × height × bytes per texel.
public struct SceneImage: Equatable, Sendable {
    public var width: UInt32 = 0
    public var height: UInt32 = 0
    public var format: SceneTexelFormat = .rgba8
    public var texels: [UInt8] = []

    public init() {}
}

public struct SceneCamera: Equatable, Sendable {
    public enum Projection: Equatable, Sendable {
        /// Vertical field of view in radians; aspect ratio 0: that of the picture.
        case perspective(yfov: Float, aspectRatio: Float)
        /// Half-width and half-height in scene units.
        case orthographic(xmag: Float, ymag: Float)
    }
    public var projection: Projection = .perspective(yfov: 0.8, aspectRatio: 0)
    public var near: Float = 0
    /// +infinity where the source gives none.
    public var far: Float = .infinity
    /// Thin lens: radius in scene units, 0 for a pinhole; distance of the plane in focus.
    public var lensRadius: Float = 0
    public var focusDistance: Float = 1

    public init() {}
}

/// KHR_lights_punctual, and area lights of our own extension.
public struct SceneLight: Equatable, Sendable {
    public enum Kind: UInt32, Equatable, Sendable {
        case directional = 0
        case point = 1
        case spot = 2
        /// A rectangle of `size` in the node's xy plane that emits along -z.
        case rectangle = 3
        /// A disc, as above, with diameters `size`.
        case disc = 4
    }
    public var kind: Kind = .point
    /// colour × intensity: lux, candela, or radiance for area lights.
    public var intensity: SIMD3<Float> = [1, 1, 1]
    /// +infinity: no cut-off.
    public var range: Float = .infinity
    public var innerConeAngle: Float = 0
    public var outerConeAngle: Float = 0.7853982
    public var size: SIMD2<Float> = [1, 1]

    public init() {}
}

public struct SceneSkin: Equatable, Sendable {
    /// Node indices.
    public var joints: [UInt32] = []
    /// 16 floats per joint, column-major.
    public var inverseBindMatrices: [Float] = []

    public init() {}
}

public struct SceneAnimation: Equatable, Sendable {
    public enum Path: UInt32, Equatable, Sendable {
        case translation = 0
        case rotation = 1
        case scale = 2
        case weights = 3
    }
    public enum Interpolation: UInt32, Equatable, Sendable {
        case linear = 0
        case step = 1
        case cubicSpline = 2
    }
    public struct Channel: Equatable, Sendable {
        public var node: UInt32 = 0
        public var path: Path = .translation
        public var interpolation: Interpolation = .linear
        /// Seconds, strictly ascending.
        public var times: [Float] = []
        /// Per key `stride` floats (3, 4 or the number of weights); cubic spline: in-tangent, value, out-tangent.
        public var values: [Float] = []

        public init() {}
    }
    public var channels: [Channel] = []

    public init() {}
}

/// What a ray that leaves the scene sees.
public enum SceneSky: Equatable, Sendable {
    case none
    /// Linear radiance.
    case constant(SIMD3<Float>)
    /// Equirectangular image (index into `images`, float), y up; `rotation` about y in radians, `intensity` a factor.
    case image(index: UInt32, rotation: Float, intensity: Float)
}
