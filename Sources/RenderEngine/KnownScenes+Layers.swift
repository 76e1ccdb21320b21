public import RenderModel

extension KnownAnswers {
    /// A row of spheres and panes, one for each extension of the material, some nested, between an image sky and a lamp.
    public static var gallery: CanonicalScene {
        var scene = CanonicalScene()
        addPictures(to: &scene)
        scene.materials = galleryMaterials
        let ball = KnownShapes.sphere(rings: 8, segments: 8)
        scene.meshes = scene.materials.indices.map { mesh($0 < 7 ? ball : KnownShapes.quad(half: 0.4), Int32($0)) }
        scene.nodes = [node(0, [-1.4, 0, 0], scale: [0.5, 0.5, 0.5]), node(1, [-1.35, 0, 0], scale: [0.25, 0.3, 0.25])]
        for k in 2..<7 { scene.nodes.append(node(Int32(k), [Float(k) * 0.55 - 1.8, -0.1, 0], scale: [0.26, 0.26, 0.26])) }
        for k in 7..<scene.meshes.count {
            let place: SIMD3<Float> = [Float(k - 7) * 0.8 - 1.3, 0.7, -0.2]
            scene.nodes.append(node(Int32(k), place, rotation: [0.7071068, 0, 0, 0.7071068], scale: [k == 8 ? -1 : 1, 1, 1]))
        }
        scene.nodes.append(node(-1, [0, 0.2, 4]))
        scene.nodes[scene.nodes.count - 1].camera = 0
        var camera = SceneCamera()
        camera.projection = .perspective(yfov: 0.7, aspectRatio: 0)
        scene.cameras = [camera]
        return scene
    }

    private static var galleryMaterials: [SceneMaterial] {
        var glass = plain()
        (glass.transmission, glass.thickness, glass.roughness) = (1, 1, 0.3)
        (glass.attenuationColor, glass.attenuationDistance) = ([0.9, 0.5, 0.3], 0.7)
        var inner = plain()
        (inner.transmission, inner.thickness, inner.roughness, inner.ior, inner.dispersion) = (1, 1, 0, 1.8, 2)
        var thin = plain()
        (thin.transmission, thin.roughness, thin.baseColor) = (0.8, 0.35, [0.6, 0.9, 1, 1])
        var window = plain()
        (window.transmission, window.roughness, window.specular, window.specularColor) = (1, 0, 0.7, [1, 0.8, 0.4])
        var velvet = plain()
        (velvet.sheenColor, velvet.sheenRoughness, velvet.baseColor) = ([0.9, 0.3, 0.5], 0.4, [0.2, 0.05, 0.1, 1])
        var bubble = plain()
        (bubble.metallic, bubble.roughness, bubble.iridescence, bubble.iridescenceThicknessMaximum) = (0.4, 0.2, 0.9, 520)
        var dispersive = plain()
        (dispersive.transmission, dispersive.thickness, dispersive.roughness, dispersive.dispersion) = (0.9, 1, 0.25, 1)
        var lacquer = plain()
        (lacquer.clearcoat, lacquer.clearcoatRoughness, lacquer.metallic, lacquer.roughness) = (0.9, 0.2, 0.5, 0.6)
        (lacquer.clearcoatNormalTexture.texture, lacquer.emission, lacquer.doubleSided) = (1, [0.5, 0.4, 0.2], true)
        var brushed = plain()
        (brushed.metallic, brushed.roughness, brushed.anisotropy, brushed.anisotropyRotation) = (1, 0.3, 0.8, 0.6)
        brushed.anisotropyTexture.texture = 1
        var leaf = plain()
        (leaf.diffuseTransmission, leaf.diffuseTransmissionColor, leaf.roughness) = (0.6, [0.7, 0.9, 0.2], 0.7)
        leaf.diffuseTransmissionColorTexture.texture = 0
        return [glass, inner, thin, window, velvet, bubble, dispersive, lacquer, brushed, leaf]
    }

    private static func plain() -> SceneMaterial {
        var material = SceneMaterial()
        material.metallic = 0
        return material
    }
}
