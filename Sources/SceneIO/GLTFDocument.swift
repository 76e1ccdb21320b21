/// The JSON of a glTF 2.0 asset, as written: nothing is validated here. Names are those of the specification.
struct GLTFDocument: Decodable {
    struct Asset: Decodable {
        var version: String
        var minVersion: String?
    }
    struct Scene: Decodable {
        var nodes: [Int]?
    }
    struct Node: Decodable {
        var children: [Int]?
        var mesh: Int?
        var camera: Int?
        var skin: Int?
        var matrix: [Double]?
        var translation: [Double]?
        var rotation: [Double]?
        var scale: [Double]?
        var weights: [Double]?
        var extensions: GLTFNodeExtensions?
    }
    struct Mesh: Decodable {
        var primitives: [Primitive]
        var weights: [Double]?
    }
    struct Primitive: Decodable {
        var attributes: [String: Int]
        var indices: Int?
        var material: Int?
        var mode: Int?
        var targets: [[String: Int]]?
        var extensions: GLTFUnreadExtensions?
    }
    struct Accessor: Decodable {
        struct Sparse: Decodable {
            struct Indices: Decodable {
                var bufferView: Int
                var byteOffset: Int?
                var componentType: Int
            }
            struct Values: Decodable {
                var bufferView: Int
                var byteOffset: Int?
            }
            var count: Int
            var indices: Indices
            var values: Values
        }
        var bufferView: Int?
        var byteOffset: Int?
        var componentType: Int
        var normalized: Bool?
        var count: Int
        var type: String
        var sparse: Sparse?
    }
    struct BufferView: Decodable {
        var buffer: Int
        var byteOffset: Int?
        var byteLength: Int
        var byteStride: Int?
    }
    struct Buffer: Decodable {
        var uri: String?
        var byteLength: Int
    }
    struct Image: Decodable {
        var uri: String?
        var mimeType: String?
        var bufferView: Int?
    }
    struct Sampler: Decodable {
        var magFilter: Int?
        var wrapS: Int?
        var wrapT: Int?
    }
    struct Texture: Decodable {
        var sampler: Int?
        var source: Int?
    }
    struct Camera: Decodable {
        struct Perspective: Decodable {
            var aspectRatio: Double?
            var yfov: Double
            var zfar: Double?
            var znear: Double
        }
        struct Orthographic: Decodable {
            var xmag: Double
            var ymag: Double
            var zfar: Double
            var znear: Double
        }
        var type: String
        var perspective: Perspective?
        var orthographic: Orthographic?
        var extensions: GLTFCameraExtensions?
    }
    struct Skin: Decodable {
        var inverseBindMatrices: Int?
        var joints: [Int]
    }
    struct Animation: Decodable {
        struct Channel: Decodable {
            struct Target: Decodable {
                var node: Int?
                var path: String
            }
            var sampler: Int
            var target: Target
        }
        struct Sampler: Decodable {
            var input: Int
            var interpolation: String?
            var output: Int
        }
        var channels: [Channel]
        var samplers: [Sampler]
        var name: String?
    }

    var asset: Asset
    var scene: Int?
    var scenes: [Scene]?
    var nodes: [Node]?
    var meshes: [Mesh]?
    var materials: [GLTFMaterial]?
    var accessors: [Accessor]?
    var bufferViews: [BufferView]?
    var buffers: [Buffer]?
    var images: [Image]?
    var samplers: [Sampler]?
    var textures: [Texture]?
    var cameras: [Camera]?
    var skins: [Skin]?
    var animations: [Animation]?
    var extensionsUsed: [String]?
    var extensionsRequired: [String]?
    var extensions: GLTFDocumentExtensions?
}

struct GLTFMaterial: Decodable {
    struct TextureInfo: Decodable {
        var index: Int
        var texCoord: Int?
        /// Of a normal texture only.
        var scale: Double?
        var extensions: GLTFTextureExtensions?
    }
    struct MetallicRoughness: Decodable {
        var baseColorFactor: [Double]?
        var baseColorTexture: TextureInfo?
        var metallicFactor: Double?
        var roughnessFactor: Double?
        var metallicRoughnessTexture: TextureInfo?
    }

    var pbrMetallicRoughness: MetallicRoughness?
    var normalTexture: TextureInfo?
    var emissiveTexture: TextureInfo?
    var emissiveFactor: [Double]?
    var alphaMode: String?
    var alphaCutoff: Double?
    var doubleSided: Bool?
    var extensions: GLTFMaterialExtensions?
}
