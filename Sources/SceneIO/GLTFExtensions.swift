/// Extensions that are read; every other one in `extensionsUsed` is a warning, in `extensionsRequired` a refusal.
enum GLTFExtension: String, CaseIterable {
    case lightsPunctual = "KHR_lights_punctual"
    case textureTransform = "KHR_texture_transform"
    case ior = "KHR_materials_ior"
    case specular = "KHR_materials_specular"
    case transmission = "KHR_materials_transmission"
    case clearcoat = "KHR_materials_clearcoat"
    case sheen = "KHR_materials_sheen"
    case emissiveStrength = "KHR_materials_emissive_strength"
    case unlit = "KHR_materials_unlit"
    case volume = "KHR_materials_volume"
    case anisotropy = "KHR_materials_anisotropy"
    case iridescence = "KHR_materials_iridescence"
    case dispersion = "KHR_materials_dispersion"
    case diffuseTransmission = "KHR_materials_diffuse_transmission"
    case meshQuantization = "KHR_mesh_quantization"
    case meshInstancing = "EXT_mesh_gpu_instancing"
    /// The project's own; `docs/scene.md`.
    case render = "INFERIX_render"
    case areaLight = "INFERIX_area_light"
    case lens = "INFERIX_lens"
}

struct GLTFDocumentExtensions: Decodable {
    struct Lights: Decodable {
        var lights: [GLTFLight]
    }
    /// What the project adds at the root of the document.
    struct Render: Decodable {
        struct Sky: Decodable {
            var color: [Double]?
            /// OpenEXR file beside the scene, equirectangular.
            var uri: String?
            var rotation: Double?
            var intensity: Double?
        }
        var sky: Sky?
        var framesPerSecond: Double?
    }
    var lights: Lights?
    var render: Render?
    var areaLights: AreaLights?

    struct AreaLights: Decodable {
        var lights: [GLTFAreaLight]
    }

    enum CodingKeys: String, CodingKey {
        case lights = "KHR_lights_punctual"
        case render = "INFERIX_render"
        case areaLights = "INFERIX_area_light"
    }
}

struct GLTFLight: Decodable {
    struct Spot: Decodable {
        var innerConeAngle: Double?
        var outerConeAngle: Double?
    }
    var type: String
    var color: [Double]?
    var intensity: Double?
    var range: Double?
    var spot: Spot?
}

struct GLTFAreaLight: Decodable {
    /// `rectangle` or `disc`.
    var shape: String
    var size: [Double]
    var color: [Double]?
    /// Radiance.
    var intensity: Double?
}

struct GLTFNodeExtensions: Decodable {
    struct Light: Decodable {
        var light: Int
    }
    struct Instancing: Decodable {
        var attributes: [String: Int]
    }
    var light: Light?
    var areaLight: Light?
    var instancing: Instancing?

    enum CodingKeys: String, CodingKey {
        case light = "KHR_lights_punctual"
        case areaLight = "INFERIX_area_light"
        case instancing = "EXT_mesh_gpu_instancing"
    }
}

struct GLTFCameraExtensions: Decodable {
    struct Lens: Decodable {
        var radius: Double
        var focusDistance: Double
    }
    var lens: Lens?

    enum CodingKeys: String, CodingKey {
        case lens = "INFERIX_lens"
    }
}

struct GLTFTextureExtensions: Decodable {
    struct Transform: Decodable {
        var offset: [Double]?
        var rotation: Double?
        var scale: [Double]?
        var texCoord: Int?
    }
    var transform: Transform?

    enum CodingKeys: String, CodingKey {
        case transform = "KHR_texture_transform"
    }
}

/// Extensions of a primitive that change what its accessors mean: known by presence, to refuse them by name.
struct GLTFUnreadExtensions: Decodable {
    struct Presence: Decodable {}
    var draco: Presence?

    enum CodingKeys: String, CodingKey {
        case draco = "KHR_draco_mesh_compression"
    }
}

struct GLTFMaterialExtensions: Decodable {
    typealias TextureInfo = GLTFMaterial.TextureInfo

    struct IOR: Decodable {
        var ior: Double?
    }
    struct Specular: Decodable {
        var specularFactor: Double?
        var specularTexture: TextureInfo?
        var specularColorFactor: [Double]?
        var specularColorTexture: TextureInfo?
    }
    struct Transmission: Decodable {
        var transmissionFactor: Double?
        var transmissionTexture: TextureInfo?
    }
    struct Volume: Decodable {
        var thicknessFactor: Double?
        var thicknessTexture: TextureInfo?
        var attenuationDistance: Double?
        var attenuationColor: [Double]?
    }
    struct Clearcoat: Decodable {
        var clearcoatFactor: Double?
        var clearcoatTexture: TextureInfo?
        var clearcoatRoughnessFactor: Double?
        var clearcoatRoughnessTexture: TextureInfo?
        var clearcoatNormalTexture: TextureInfo?
    }
    struct Sheen: Decodable {
        var sheenColorFactor: [Double]?
        var sheenColorTexture: TextureInfo?
        var sheenRoughnessFactor: Double?
        var sheenRoughnessTexture: TextureInfo?
    }
    struct Anisotropy: Decodable {
        var anisotropyStrength: Double?
        var anisotropyRotation: Double?
        var anisotropyTexture: TextureInfo?
    }
    struct Iridescence: Decodable {
        var iridescenceFactor: Double?
        var iridescenceTexture: TextureInfo?
        var iridescenceIor: Double?
        var iridescenceThicknessMinimum: Double?
        var iridescenceThicknessMaximum: Double?
        var iridescenceThicknessTexture: TextureInfo?
    }
    struct Dispersion: Decodable {
        var dispersion: Double?
    }
    struct DiffuseTransmission: Decodable {
        var diffuseTransmissionFactor: Double?
        var diffuseTransmissionTexture: TextureInfo?
        var diffuseTransmissionColorFactor: [Double]?
        var diffuseTransmissionColorTexture: TextureInfo?
    }
    struct EmissiveStrength: Decodable {
        var emissiveStrength: Double?
    }
    struct Unlit: Decodable {}

    var ior: IOR?
    var specular: Specular?
    var transmission: Transmission?
    var volume: Volume?
    var clearcoat: Clearcoat?
    var sheen: Sheen?
    var anisotropy: Anisotropy?
    var iridescence: Iridescence?
    var dispersion: Dispersion?
    var diffuseTransmission: DiffuseTransmission?
    var emissiveStrength: EmissiveStrength?
    var unlit: Unlit?

    enum CodingKeys: String, CodingKey {
        case ior = "KHR_materials_ior"
        case specular = "KHR_materials_specular"
        case transmission = "KHR_materials_transmission"
        case volume = "KHR_materials_volume"
        case clearcoat = "KHR_materials_clearcoat"
        case sheen = "KHR_materials_sheen"
        case anisotropy = "KHR_materials_anisotropy"
        case iridescence = "KHR_materials_iridescence"
        case dispersion = "KHR_materials_dispersion"
        case diffuseTransmission = "KHR_materials_diffuse_transmission"
        case emissiveStrength = "KHR_materials_emissive_strength"
        case unlit = "KHR_materials_unlit"
    }
}
