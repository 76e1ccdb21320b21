import RenderModel

@testable import RenderEngine

/// A room with one lamp of each kind under an even sky: mirrored and seen from one side only, of one colour, textured, veiled, coated,
/// and a plain ball inside of glass.
enum LampRoom {
    static var scene: CanonicalScene {
        var scene = CanonicalScene()
        KnownAnswers.addPictures(to: &scene)
        scene.sky = .constant([0.3, 0.4, 0.5])
        scene.materials = materials
        var floor = KnownShapes.quad(half: 2)
        floor.tangents = [1, 0, 0, -1, 1, 0, 0, -1, 1, 0, 0, -1, 1, 0, 0, -1]
        let ball = KnownShapes.sphere(rings: 16, segments: 16)
        scene.meshes =
            [KnownAnswers.mesh(floor, 0)] + (1...5).map { KnownAnswers.mesh(KnownShapes.quad(half: 0.35), $0) }
            + [KnownAnswers.mesh(ball, 6), KnownAnswers.mesh(ball, 7), KnownAnswers.mesh(KnownShapes.quad(half: 0.3), 8)]
        let down: SIMD4<Float> = [1, 0, 0, 0]
        let facing: SIMD4<Float> = [0.7071068, 0, 0, 0.7071068]
        scene.nodes = [
            KnownAnswers.node(0, [0, -1, 0]), KnownAnswers.node(1, [-0.8, 1, 0], rotation: down, scale: [-1, 1, 1]),
            KnownAnswers.node(2, [0.8, 0.9, -0.4], rotation: facing), KnownAnswers.node(3, [0, 1.1, -0.8], rotation: facing),
            KnownAnswers.node(4, [-1.1, 0.2, 0.3], rotation: facing), KnownAnswers.node(5, [1.2, -0.2, 0], rotation: facing),
            KnownAnswers.node(6, [-0.3, -0.4, 0.4], scale: [0.55, 0.55, 0.55]),
            KnownAnswers.node(7, [-0.3, -0.4, 0.4], scale: [0.3, 0.3, 0.3]), KnownAnswers.node(8, [0.6, -0.5, 0.9], rotation: facing),
            KnownAnswers.node(-1, [0, 0.2, 4]),
        ]
        scene.nodes[9].camera = 0
        var camera = SceneCamera()
        camera.projection = .perspective(yfov: 0.8, aspectRatio: 0)
        scene.cameras = [camera]
        return scene
    }

    private static var materials: [SceneMaterial] {
        var made = [SceneMaterial](repeating: SceneMaterial(), count: 9)
        (made[0].baseColor, made[0].metallic, made[0].roughness, made[0].doubleSided) = ([0.7, 0.6, 0.5, 1], 0.2, 0.3, true)
        (made[0].ior, made[0].specularColor, made[0].normalTexture.texture) = (1.33, [0.9, 0.7, 0.5], 1)
        for k in 1...5 { (made[k].baseColor, made[k].metallic, made[k].doubleSided) = ([0.2, 0.2, 0.2, 1], 0, k != 1) }
        made[1].emission = [4, 3, 2]
        made[2].emission = [3, 0, 0]
        (made[3].emission, made[3].emissiveTexture.texture) = ([2, 2, 2], 0)
        (made[4].emission, made[4].baseColor, made[4].alphaMode) = ([2, 1, 2], [0.2, 0.2, 0.2, 0.5], .blend)
        (made[5].emission, made[5].clearcoat, made[5].clearcoatRoughness) = ([1, 2, 1], 1, 0.2)
        (made[6].metallic, made[6].roughness, made[6].transmission, made[6].thickness) = (0, 0, 1, 1)
        (made[6].attenuationColor, made[6].attenuationDistance) = ([0.4, 0.8, 0.6], 0.5)
        (made[7].baseColor, made[7].metallic) = ([0.9, 0.5, 0.4, 1], 0)
        (made[8].baseColor, made[8].unlit) = ([0.1, 0.5, 0.2, 1], true)
        return made
    }
}
