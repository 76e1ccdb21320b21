import RenderModel

extension SceneBuilder {
    /// Extensions of a material, in the order in which the specification layers them.
    mutating func apply(_ source: GLTFMaterialExtensions, to material: inout SceneMaterial, at path: String) throws(SceneError) {
        material.unlit = source.unlit != nil
        if let ior = source.ior?.ior {
            // 0 is allowed by KHR_materials_ior: full Fresnel reflection for converted specular-glossiness materials.
            guard ior == 0 || (1...100).contains(ior) else {
                throw .malformed("\(path).KHR_materials_ior.ior", "\(ior) is neither 0 nor at least 1")
            }
            material.ior = Float(ior)
        }
        if let part = source.specular { try apply(part, to: &material, at: "\(path).KHR_materials_specular") }
        if let part = source.transmission { try apply(part, to: &material, at: "\(path).KHR_materials_transmission") }
        if let part = source.diffuseTransmission { try apply(part, to: &material, at: "\(path).KHR_materials_diffuse_transmission") }
        if let part = source.volume { try apply(part, to: &material, at: "\(path).KHR_materials_volume") }
        if let part = source.dispersion {
            material.dispersion = try float(part.dispersion, default: 0, in: 0...1e6, at: "\(path).KHR_materials_dispersion.dispersion")
        }
        if let part = source.anisotropy { try apply(part, to: &material, at: "\(path).KHR_materials_anisotropy") }
        if let part = source.iridescence { try apply(part, to: &material, at: "\(path).KHR_materials_iridescence") }
        if let part = source.sheen { try apply(part, to: &material, at: "\(path).KHR_materials_sheen") }
        if let part = source.clearcoat { try apply(part, to: &material, at: "\(path).KHR_materials_clearcoat") }
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.Specular, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.specular = try unit(source.specularFactor, 1, at: "\(place).specularFactor")
        material.specularColor = try color(source.specularColorFactor, default: [1, 1, 1], at: "\(place).specularColorFactor")
        material.specularTexture = try slot(source.specularTexture, isColor: false, at: "\(place).specularTexture")
        material.specularColorTexture = try slot(source.specularColorTexture, isColor: true, at: "\(place).specularColorTexture")
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.Transmission, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.transmission = try unit(source.transmissionFactor, 0, at: "\(place).transmissionFactor")
        material.transmissionTexture = try slot(source.transmissionTexture, isColor: false, at: "\(place).transmissionTexture")
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.DiffuseTransmission, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.diffuseTransmission = try unit(source.diffuseTransmissionFactor, 0, at: "\(place).diffuseTransmissionFactor")
        material.diffuseTransmissionColor = try color(
            source.diffuseTransmissionColorFactor, default: [1, 1, 1], at: "\(place).diffuseTransmissionColorFactor")
        material.diffuseTransmissionTexture = try slot(
            source.diffuseTransmissionTexture, isColor: false, at: "\(place).diffuseTransmissionTexture")
        material.diffuseTransmissionColorTexture = try slot(
            source.diffuseTransmissionColorTexture, isColor: true, at: "\(place).diffuseTransmissionColorTexture")
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.Volume, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.thickness = try float(source.thicknessFactor, default: 0, in: 0...1e12, at: "\(place).thicknessFactor")
        material.thicknessTexture = try slot(source.thicknessTexture, isColor: false, at: "\(place).thicknessTexture")
        material.attenuationDistance = try float(
            source.attenuationDistance, default: .infinity, in: 1e-9...Double.greatestFiniteMagnitude, at: "\(place).attenuationDistance")
        material.attenuationColor = try color(source.attenuationColor, default: [1, 1, 1], at: "\(place).attenuationColor")
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.Anisotropy, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.anisotropy = try unit(source.anisotropyStrength, 0, at: "\(place).anisotropyStrength")
        material.anisotropyRotation = try float(source.anisotropyRotation, default: 0, in: -1e3...1e3, at: "\(place).anisotropyRotation")
        material.anisotropyTexture = try slot(source.anisotropyTexture, isColor: false, at: "\(place).anisotropyTexture")
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.Iridescence, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.iridescence = try unit(source.iridescenceFactor, 0, at: "\(place).iridescenceFactor")
        material.iridescenceTexture = try slot(source.iridescenceTexture, isColor: false, at: "\(place).iridescenceTexture")
        material.iridescenceIor = try float(source.iridescenceIor, default: 1.3, in: 1...100, at: "\(place).iridescenceIor")
        material.iridescenceThicknessMinimum = try float(
            source.iridescenceThicknessMinimum, default: 100, in: 0...1e9, at: "\(place).iridescenceThicknessMinimum")
        material.iridescenceThicknessMaximum = try float(
            source.iridescenceThicknessMaximum, default: 400, in: 0...1e9, at: "\(place).iridescenceThicknessMaximum")
        material.iridescenceThicknessTexture = try slot(
            source.iridescenceThicknessTexture, isColor: false, at: "\(place).iridescenceThicknessTexture")
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.Sheen, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.sheenColor = try color(source.sheenColorFactor, default: .zero, at: "\(place).sheenColorFactor")
        material.sheenRoughness = try unit(source.sheenRoughnessFactor, 0, at: "\(place).sheenRoughnessFactor")
        material.sheenColorTexture = try slot(source.sheenColorTexture, isColor: true, at: "\(place).sheenColorTexture")
        material.sheenRoughnessTexture = try slot(source.sheenRoughnessTexture, isColor: false, at: "\(place).sheenRoughnessTexture")
    }

    private mutating func apply(
        _ source: GLTFMaterialExtensions.Clearcoat, to material: inout SceneMaterial, at place: String
    ) throws(SceneError) {
        material.clearcoat = try unit(source.clearcoatFactor, 0, at: "\(place).clearcoatFactor")
        material.clearcoatRoughness = try unit(source.clearcoatRoughnessFactor, 0, at: "\(place).clearcoatRoughnessFactor")
        material.clearcoatTexture = try slot(source.clearcoatTexture, isColor: false, at: "\(place).clearcoatTexture")
        material.clearcoatRoughnessTexture = try slot(
            source.clearcoatRoughnessTexture, isColor: false, at: "\(place).clearcoatRoughnessTexture")
        material.clearcoatNormalTexture = try slot(
            source.clearcoatNormalTexture, isColor: false, at: "\(place).clearcoatNormalTexture")
        material.clearcoatNormalScale = try float(
            source.clearcoatNormalTexture?.scale ?? 1, at: "\(place).clearcoatNormalTexture.scale")
    }
}
