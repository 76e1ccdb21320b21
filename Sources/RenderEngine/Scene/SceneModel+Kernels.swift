internal import CRenderKernels
internal import RenderModel

// Values of the canonical scene as the kernels lay them out.

extension RkTextureSlot {
    init(_ slot: SceneTextureSlot) {
        // A transform of another length than six is not one that a reader makes: the identity stands in for it.
        let m = slot.transform.count == 6 ? slot.transform : [1, 0, 0, 0, 1, 0]
        self.init(
            texture: slot.texture < 0 ? UInt32.max : UInt32(slot.texture), uvSet: slot.uvSet, m0: m[0], m1: m[1], m2: m[2], m3: m[3],
            m4: m[4], m5: m[5])
    }
}

extension RkMaterial {
    init(_ material: SceneMaterial) {
        self.init()
        (baseRed, baseGreen, baseBlue, baseAlpha) =
            (material.baseColor.x, material.baseColor.y, material.baseColor.z, material.baseColor.w)
        (metallic, roughness) = (material.metallic, material.roughness)
        (emissionRed, emissionGreen, emissionBlue) = (material.emission.x, material.emission.y, material.emission.z)
        (normalScale, alphaCutoff, alphaMode) = (material.normalScale, material.alphaCutoff, material.alphaMode.rawValue)
        flags = (material.doubleSided ? 1 : 0) | (material.unlit ? 2 : 0) | (material.cameraOnly ? 4 : 0)
        (ior, specular) = (material.ior, material.specular)
        (specularRed, specularGreen, specularBlue) = (material.specularColor.x, material.specularColor.y, material.specularColor.z)
        (transmission, thickness) = (material.transmission, material.thickness)
        (attenuationRed, attenuationGreen, attenuationBlue) =
            (material.attenuationColor.x, material.attenuationColor.y, material.attenuationColor.z)
        attenuationDistance = material.attenuationDistance
        (clearcoat, clearcoatRoughness) = (material.clearcoat, material.clearcoatRoughness)
        clearcoatNormalScale = material.clearcoatNormalScale
        (sheenRed, sheenGreen, sheenBlue) = (material.sheenColor.x, material.sheenColor.y, material.sheenColor.z)
        sheenRoughness = material.sheenRoughness
        (anisotropy, anisotropyRotation) = (material.anisotropy, material.anisotropyRotation)
        (iridescence, iridescenceIor) = (material.iridescence, material.iridescenceIor)
        (iridescenceThicknessMin, iridescenceThicknessMax) =
            (material.iridescenceThicknessMinimum, material.iridescenceThicknessMaximum)
        dispersion = material.dispersion
        diffuseTransmission = material.diffuseTransmission
        (diffuseTransmissionRed, diffuseTransmissionGreen, diffuseTransmissionBlue) =
            (material.diffuseTransmissionColor.x, material.diffuseTransmissionColor.y, material.diffuseTransmissionColor.z)
        baseColorTexture = RkTextureSlot(material.baseColorTexture)
        metallicRoughnessTexture = RkTextureSlot(material.metallicRoughnessTexture)
        normalTexture = RkTextureSlot(material.normalTexture)
        emissiveTexture = RkTextureSlot(material.emissiveTexture)
        specularTexture = RkTextureSlot(material.specularTexture)
        specularColorTexture = RkTextureSlot(material.specularColorTexture)
        transmissionTexture = RkTextureSlot(material.transmissionTexture)
        thicknessTexture = RkTextureSlot(material.thicknessTexture)
        clearcoatTexture = RkTextureSlot(material.clearcoatTexture)
        clearcoatRoughnessTexture = RkTextureSlot(material.clearcoatRoughnessTexture)
        clearcoatNormalTexture = RkTextureSlot(material.clearcoatNormalTexture)
        sheenColorTexture = RkTextureSlot(material.sheenColorTexture)
        sheenRoughnessTexture = RkTextureSlot(material.sheenRoughnessTexture)
        anisotropyTexture = RkTextureSlot(material.anisotropyTexture)
        iridescenceTexture = RkTextureSlot(material.iridescenceTexture)
        iridescenceThicknessTexture = RkTextureSlot(material.iridescenceThicknessTexture)
        diffuseTransmissionTexture = RkTextureSlot(material.diffuseTransmissionTexture)
        diffuseTransmissionColorTexture = RkTextureSlot(material.diffuseTransmissionColorTexture)
    }
}

extension RkCameraInput {
    init(_ camera: SceneCamera) {
        self.init()
        switch camera.projection {
        case .perspective(let yfov, _): (kind, extent) = (0, yfov)
        case .orthographic(_, let ymag): (kind, extent) = (1, ymag)
        }
        (near, far) = (camera.near, camera.far)
        (lensRadius, focusDistance) = (camera.lensRadius, camera.focusDistance)
    }
}

extension RkLightInput {
    init(_ light: SceneLight) {
        self.init(
            kind: light.kind.rawValue, red: light.intensity.x, green: light.intensity.y, blue: light.intensity.z, range: light.range,
            innerConeAngle: light.innerConeAngle, outerConeAngle: light.outerConeAngle, sizeX: light.size.x, sizeY: light.size.y)
    }
}

extension RkNodeInput {
    init(_ node: SceneNode) {
        let (t, r, s) = (node.translation, node.rotation, node.scale)
        self.init(
            parent: node.parent, mesh: node.mesh, camera: node.camera, light: node.light, skin: node.skin,
            trs: (t.x, t.y, t.z, r.x, r.y, r.z, r.w, s.x, s.y, s.z))
    }
}

extension RkSkyInput {
    init(_ sky: SceneSky) {
        self.init()
        switch sky {
        case .none: kind = 0
        case .constant(let radiance): (kind, red, green, blue) = (1, radiance.x, radiance.y, radiance.z)
        case .image(let index, let rotation, let factor):
            (kind, image, turn, intensity) = (2, index, rotation / (2 * Float.pi), factor)
        }
    }
}
