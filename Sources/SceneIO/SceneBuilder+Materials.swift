import Glibc
import RenderModel

extension SceneBuilder {
    /// Canonical index of a material; the default material of the specification where a primitive names none.
    mutating func material(_ index: Int?, at place: String) throws(SceneError) -> Int {
        guard let index else {
            if let known = defaultMaterial { return known }
            defaultMaterial = scene.materials.count
            scene.materials.append(SceneMaterial())
            return scene.materials.count - 1
        }
        if let known = materialIndex[index] { return known }
        guard let materials = document.materials, materials.indices.contains(index) else {
            throw .malformed("\(place).material", "there is no material \(index)")
        }
        let material = try build(materials[index], at: "materials[\(index)]")
        materialIndex[index] = scene.materials.count
        scene.materials.append(material)
        return scene.materials.count - 1
    }

    private mutating func build(_ source: GLTFMaterial, at path: String) throws(SceneError) -> SceneMaterial {
        var material = SceneMaterial()
        if let rough = source.pbrMetallicRoughness {
            let place = "\(path).pbrMetallicRoughness"
            if let factor = rough.baseColorFactor {
                let c = try floats(factor, count: 4, at: "\(place).baseColorFactor")
                guard c.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
                    throw .malformed("\(place).baseColorFactor", "a channel outside 0...1")
                }
                material.baseColor = [c[0], c[1], c[2], c[3]]
            }
            material.metallic = try unit(rough.metallicFactor, 1, at: "\(place).metallicFactor")
            material.roughness = try unit(rough.roughnessFactor, 1, at: "\(place).roughnessFactor")
            material.baseColorTexture = try slot(rough.baseColorTexture, isColor: true, at: "\(place).baseColorTexture")
            material.metallicRoughnessTexture = try slot(
                rough.metallicRoughnessTexture, isColor: false, at: "\(place).metallicRoughnessTexture")
        }
        material.normalTexture = try slot(source.normalTexture, isColor: false, at: "\(path).normalTexture")
        material.normalScale = try float(source.normalTexture?.scale ?? 1, at: "\(path).normalTexture.scale")
        material.emissiveTexture = try slot(source.emissiveTexture, isColor: true, at: "\(path).emissiveTexture")
        let strength = source.extensions?.emissiveStrength?.emissiveStrength ?? 1
        material.emission = try color(
            (source.emissiveFactor ?? [0, 0, 0]).map { $0 * strength }, default: .zero, at: "\(path).emissiveFactor")
        switch source.alphaMode ?? "OPAQUE" {
        case "OPAQUE": material.alphaMode = .opaque
        case "MASK": material.alphaMode = .mask
        case "BLEND": material.alphaMode = .blend
        case let mode: throw .malformed("\(path).alphaMode", "\(mode) is not a mode")
        }
        material.alphaCutoff = try float(source.alphaCutoff, default: 0.5, in: 0...1e9, at: "\(path).alphaCutoff")
        material.doubleSided = source.doubleSided ?? false
        if let extensions = source.extensions {
            try apply(extensions, to: &material, at: "\(path).extensions")
        }
        return material
    }

    func unit(_ value: Double?, _ standard: Float, at place: String) throws(SceneError) -> Float {
        try float(value, default: standard, in: 0...1, at: place)
    }

    mutating func slot(_ info: GLTFMaterial.TextureInfo?, isColor: Bool, at path: String) throws(SceneError) -> SceneTextureSlot {
        var slot = SceneTextureSlot()
        guard let info else { return slot }
        let transform = info.extensions?.transform
        let set = transform?.texCoord ?? info.texCoord ?? 0
        guard set == 0 || set == 1 else {
            warn("\(path) uses TEXCOORD_\(set); only 0 and 1 are read, so the texture is ignored")
            return slot
        }
        slot.texture = Int32(try texture(info.index, isColor: isColor, at: path))
        slot.uvSet = UInt32(set)
        if let transform {
            let place = "\(path).extensions.KHR_texture_transform"
            let offset = try floats(transform.offset ?? [0, 0], count: 2, at: "\(place).offset")
            let scale = try floats(transform.scale ?? [1, 1], count: 2, at: "\(place).scale").map(Double.init)
            let angle = Double(try float(transform.rotation ?? 0, at: "\(place).rotation"))
            let (s, c) = (sin(angle), cos(angle))
            // Translation · rotation · scale; v points down, so counter-clockwise on the picture is this sign of the sine.
            slot.transform = [
                Float(c * scale[0]), Float(s * scale[1]), offset[0], Float(-s * scale[0]), Float(c * scale[1]), offset[1],
            ]
        }
        return slot
    }
}
