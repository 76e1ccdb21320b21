public import RenderModel

extension KnownAnswers {
    /// A textured floor under an image sky, placed and baked meshes, blend and mask, a shade that only the camera sees, a skin, a
    /// morph target, animation.
    public static var medley: CanonicalScene {
        var scene = CanonicalScene()
        addPictures(to: &scene)
        scene.materials = medleyMaterials
        scene.meshes = [
            mesh(KnownShapes.quad(half: 3), 0), mesh(KnownShapes.sphere(rings: 48, segments: 48), 1), mesh(KnownShapes.quad(half: 0.7), 2),
            mesh(KnownShapes.quad(half: 0.6), 3), mesh(KnownShapes.bent(), 1), mesh(KnownShapes.quad(half: 0.3), 4),
        ]
        scene.nodes = [
            node(0, [0, -1, 0]), node(1, [-0.9, -0.4, 0.2], scale: [0.5, 0.6, 0.5]), node(1, [0.8, -0.5, -0.3], scale: [-0.5, 0.5, 0.5]),
            node(2, [0.1, 0, 0.9], rotation: [0.6, 0.1, 0, 0.79]), node(3, [0.4, 0.4, -1], rotation: [0.7071068, 0, 0, 0.7071068]),
            node(4, [0, 0, 0]), node(-1, [-0.4, 0.2, -0.5]), node(-1, [0, 0.5, 0], parent: 6), node(-1, [0, 0.6, 4]),
            node(5, [-0.2, 0.5, 2], rotation: [0.7071068, 0, 0, 0.7071068]),
        ]
        scene.meshes[4].weights = [0]
        scene.nodes[5].skin = 0
        scene.nodes[8].camera = 0
        var skin = SceneSkin()
        skin.joints = [6, 7]
        skin.inverseBindMatrices =
            [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] + [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, -0.5, 0, 1]
        scene.skins = [skin]
        var turn = SceneAnimation.Channel()
        (turn.node, turn.path) = (7, .rotation)
        (turn.times, turn.values) = ([0, 0.1], [0, 0, 0, 1, 0, 0, 0.5, 0.8660254])
        var grow = SceneAnimation.Channel()
        (grow.node, grow.path, grow.interpolation) = (5, .weights, .cubicSpline)
        (grow.times, grow.values) = ([0, 0.125], [0, 0, 1, 1, 1, 0])
        var animation = SceneAnimation()
        animation.channels = [turn, grow]
        scene.animations = [animation]
        var camera = SceneCamera()
        camera.projection = .perspective(yfov: 0.9, aspectRatio: 0)
        (camera.near, camera.far, camera.lensRadius, camera.focusDistance) = (0.1, 100, 0.03, 4)
        scene.cameras = [camera]
        return scene
    }

    /// A room lit by an emissive quad, an area light and three punctual lights, seen by an orthographic camera.
    public static var night: CanonicalScene {
        var scene = CanonicalScene()
        var wall = SceneMaterial()
        (wall.baseColor, wall.metallic, wall.roughness, wall.doubleSided, wall.specular) = ([0.7, 0.7, 0.6, 1], 0, 1, true, 0)
        var lamp = SceneMaterial()
        (lamp.baseColor, lamp.emission, lamp.metallic) = ([0, 0, 0, 1], [4, 3, 2], 0)
        scene.materials = [wall, lamp]
        scene.meshes = [mesh(KnownShapes.quad(half: 2), 0), mesh(KnownShapes.quad(half: 0.4), 1)]
        scene.nodes = [
            node(0, [0, -1, 0]), node(0, [0, 0, -2], rotation: [0.7071068, 0, 0, 0.7071068]),
            node(1, [0.3, 1.4, 0], rotation: [1, 0, 0, 0]), node(-1, [0, 0.2, 5]), node(-1, [1, 1, 1]),
            node(-1, [-1, 1.5, 1], rotation: [-0.6, 0, 0, 0.8]), node(-1, [0, 3, 0], rotation: [-0.5, 0.2, 0, 0.84]),
            node(-1, [-1.2, 0.5, 0], rotation: [0, 0.7071068, 0, 0.7071068]),
        ]
        scene.nodes[3].camera = 0
        for k in 0..<4 { scene.nodes[4 + k].light = Int32(k) }
        var lights = [SceneLight](repeating: SceneLight(), count: 4)
        (lights[0].kind, lights[0].intensity, lights[0].range) = (.point, [2, 2, 3], 6)
        (lights[1].kind, lights[1].intensity, lights[1].innerConeAngle, lights[1].outerConeAngle) = (.spot, [5, 4, 4], 0.2, 0.6)
        (lights[2].kind, lights[2].intensity) = (.directional, [0.5, 0.5, 0.4])
        (lights[3].kind, lights[3].intensity, lights[3].size) = (.disc, [3, 1, 1], [0.5, 0.8])
        scene.lights = lights
        var camera = SceneCamera()
        camera.projection = .orthographic(xmag: 1.8, ymag: 1.8)
        scene.cameras = [camera]
        return scene
    }

    static func addPictures(to scene: inout CanonicalScene) {
        var checker = SceneImage()
        (checker.width, checker.height, checker.format) = (4, 4, .rgba8sRGB)
        for k in UInt8(0)..<16 { checker.texels += [40 + 13 * k, 250 - 11 * k, 128 + 7 * k, 15 * k] }
        var bumps = SceneImage()
        (bumps.width, bumps.height, bumps.format) = (3, 2, .rgba16)
        for k in UInt8(0)..<6 { bumps.texels += [0, 110 + 7 * k, 255, 140 - 5 * k, 255, 250, 255, 255] }
        var dome = SceneImage()
        (dome.width, dome.height, dome.format) = (8, 4, .rgba32Float)
        var radiance: [Float] = []
        for k in 0..<32 { radiance += [Float(k % 5) * 0.25, Float(k % 7) * 0.125, k == 11 ? 8 : 0.5, 1] }
        dome.texels = PackedNumbers.pack(radiance)
        scene.images = [checker, bumps, dome]
        scene.textures = [
            texture(0, .repeat, .mirroredRepeat, nearest: false), texture(1, .clampToEdge, .repeat, nearest: false),
            texture(0, .repeat, .repeat, nearest: true),
        ]
        scene.sky = .image(index: 2, rotation: 0.7, intensity: 0.8)
    }

    private static var medleyMaterials: [SceneMaterial] {
        var floor = SceneMaterial()
        (floor.metallic, floor.roughness, floor.doubleSided) = (0.3, 0.4, true)
        floor.baseColorTexture.texture = 0
        floor.baseColorTexture.transform = [2.5, 0.3, 0.1, -0.2, 1.5, 0.4]
        floor.normalTexture.texture = 1
        var glossy = SceneMaterial()
        (glossy.baseColor, glossy.metallic, glossy.roughness) = ([0.9, 0.6, 0.3, 1], 1, 0.25)
        var leaf = SceneMaterial()
        (leaf.baseColor, leaf.metallic, leaf.roughness, leaf.alphaMode) = ([0.3, 0.8, 0.4, 0.6], 0, 0.7, .blend)
        var mask = SceneMaterial()
        (mask.metallic, mask.alphaMode, mask.alphaCutoff, mask.specular) = (0, .mask, 0.4, 0.5)
        mask.baseColorTexture.texture = 2
        var shade = SceneMaterial()
        (shade.baseColor, shade.alphaMode, shade.unlit, shade.cameraOnly) = ([0, 0, 0, 0.6], .blend, true, true)
        return [floor, glossy, leaf, mask, shade]
    }

    static func texture(_ image: UInt32, _ s: SceneWrap, _ t: SceneWrap, nearest: Bool) -> SceneTexture {
        var texture = SceneTexture()
        (texture.image, texture.wrapS, texture.wrapT, texture.nearest) = (image, s, t, nearest)
        return texture
    }

    static func mesh(_ primitive: ScenePrimitive, _ material: Int32) -> SceneMesh {
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        mesh.primitives[0].material = material
        return mesh
    }

    static func node(
        _ mesh: Int32, _ translation: SIMD3<Float>, rotation: SIMD4<Float> = [0, 0, 0, 1], scale: SIMD3<Float> = [1, 1, 1],
        parent: Int32 = -1
    ) -> SceneNode {
        var node = SceneNode()
        (node.mesh, node.translation, node.rotation, node.scale, node.parent) = (mesh, translation, rotation, scale, parent)
        return node
    }
}
