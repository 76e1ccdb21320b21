/// The fields of the message Material: one table for the encoder and the decoder.
struct MaterialField: Sendable {
    enum Part: Sendable {
        case float(any WritableKeyPath<SceneMaterial, Float> & Sendable)
        case vector(any WritableKeyPath<SceneMaterial, SIMD3<Float>> & Sendable)
        case color4(any WritableKeyPath<SceneMaterial, SIMD4<Float>> & Sendable)
        case bool(any WritableKeyPath<SceneMaterial, Bool> & Sendable)
        case alphaMode
        case slot(any WritableKeyPath<SceneMaterial, SceneTextureSlot> & Sendable)
    }
    var number: UInt32
    var part: Part

    /// Ascending.
    static let all: [MaterialField] = [
        MaterialField(number: 1, part: .color4(\.baseColor)),
        MaterialField(number: 2, part: .float(\.metallic)),
        MaterialField(number: 3, part: .float(\.roughness)),
        MaterialField(number: 4, part: .vector(\.emission)),
        MaterialField(number: 5, part: .float(\.normalScale)),
        MaterialField(number: 6, part: .alphaMode),
        MaterialField(number: 7, part: .float(\.alphaCutoff)),
        MaterialField(number: 8, part: .bool(\.doubleSided)),
        MaterialField(number: 9, part: .bool(\.unlit)),
        MaterialField(number: 10, part: .float(\.ior)),
        MaterialField(number: 11, part: .float(\.specular)),
        MaterialField(number: 12, part: .vector(\.specularColor)),
        MaterialField(number: 13, part: .float(\.transmission)),
        MaterialField(number: 14, part: .float(\.thickness)),
        MaterialField(number: 15, part: .vector(\.attenuationColor)),
        MaterialField(number: 16, part: .float(\.attenuationDistance)),
        MaterialField(number: 17, part: .float(\.clearcoat)),
        MaterialField(number: 18, part: .float(\.clearcoatRoughness)),
        MaterialField(number: 19, part: .vector(\.sheenColor)),
        MaterialField(number: 20, part: .float(\.sheenRoughness)),
        MaterialField(number: 21, part: .bool(\.cameraOnly)),
        MaterialField(number: 22, part: .float(\.clearcoatNormalScale)),
        MaterialField(number: 23, part: .float(\.anisotropy)),
        MaterialField(number: 24, part: .float(\.anisotropyRotation)),
        MaterialField(number: 25, part: .float(\.iridescence)),
        MaterialField(number: 26, part: .float(\.iridescenceIor)),
        MaterialField(number: 27, part: .float(\.iridescenceThicknessMinimum)),
        MaterialField(number: 28, part: .float(\.iridescenceThicknessMaximum)),
        MaterialField(number: 29, part: .float(\.dispersion)),
        MaterialField(number: 30, part: .float(\.diffuseTransmission)),
        MaterialField(number: 31, part: .vector(\.diffuseTransmissionColor)),
        MaterialField(number: 32, part: .slot(\.baseColorTexture)),
        MaterialField(number: 33, part: .slot(\.metallicRoughnessTexture)),
        MaterialField(number: 34, part: .slot(\.normalTexture)),
        MaterialField(number: 35, part: .slot(\.emissiveTexture)),
        MaterialField(number: 36, part: .slot(\.specularTexture)),
        MaterialField(number: 37, part: .slot(\.specularColorTexture)),
        MaterialField(number: 38, part: .slot(\.transmissionTexture)),
        MaterialField(number: 39, part: .slot(\.thicknessTexture)),
        MaterialField(number: 40, part: .slot(\.clearcoatTexture)),
        MaterialField(number: 41, part: .slot(\.clearcoatRoughnessTexture)),
        MaterialField(number: 42, part: .slot(\.clearcoatNormalTexture)),
        MaterialField(number: 43, part: .slot(\.sheenColorTexture)),
        MaterialField(number: 44, part: .slot(\.sheenRoughnessTexture)),
        MaterialField(number: 45, part: .slot(\.anisotropyTexture)),
        MaterialField(number: 46, part: .slot(\.iridescenceTexture)),
        MaterialField(number: 47, part: .slot(\.iridescenceThicknessTexture)),
        MaterialField(number: 48, part: .slot(\.diffuseTransmissionTexture)),
        MaterialField(number: 49, part: .slot(\.diffuseTransmissionColorTexture)),
    ]
}
