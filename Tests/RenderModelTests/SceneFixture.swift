import RenderModel

/// A scene that uses every part of the format once, small enough to read in hexadecimal.
enum SceneFixture {
    static var complete: CanonicalScene {
        var scene = CanonicalScene()
        scene.meshes = [mesh]
        scene.materials = [SceneMaterial(), material]
        scene.textures = [texture]
        scene.images = [image, sky, plain(.rgba8), plain(.rgba16)]
        scene.cameras = [SceneCamera(), orthographic]
        scene.lights = SceneFixture.lights
        scene.nodes = nodes
        scene.skins = [skin]
        scene.animations = [animation]
        scene.sky = .image(index: 1, rotation: 0.5, intensity: 2)
        scene.framesPerSecond = 30
        return scene
    }

    /// One triangle, one camera: inline data only.
    static var triangle: CanonicalScene {
        var scene = CanonicalScene()
        var primitive = ScenePrimitive()
        primitive.indices = [0, 1, 2]
        primitive.positions = [0, 0, 0, 1, 0, 0, 0, 1, 0]
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        scene.meshes = [mesh]
        scene.cameras = [SceneCamera()]
        var body = SceneNode()
        body.mesh = 0
        var eye = SceneNode()
        eye.translation = [0, 0, 4]
        eye.camera = 0
        scene.nodes = [body, eye]
        scene.sky = .constant([0.5, 0.5, 0.5])
        return scene
    }

    private static var mesh: SceneMesh {
        var primitive = ScenePrimitive()
        primitive.material = 1
        primitive.indices = [0, 1, 2, 2, 1, 3]
        primitive.positions = [0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0]
        primitive.normals = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
        primitive.tangents = [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, -1]
        primitive.uv0 = [0, 0, 1, 0, 0, 1, 1, 1]
        primitive.uv1 = [0, 0, 2, 0, 0, 2, 2, 2]
        primitive.colors = [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0.5]
        primitive.joints = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
        primitive.jointWeights = [0.75, 0.25, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
        var first = SceneMorphTarget()
        first.positions = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
        var second = SceneMorphTarget()
        second.normals = [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]
        second.tangents = [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]
        primitive.targets = [first, second]
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        mesh.weights = [0, 0.5]
        return mesh
    }

    private static var material: SceneMaterial {
        var material = SceneMaterial()
        material.baseColor = [0.5, 0.25, 0.125, 1]
        material.metallic = 0
        material.emission = [0, 2, 0]
        material.alphaMode = .mask
        material.doubleSided = true
        material.ior = 1.25
        material.attenuationDistance = 3
        material.baseColorTexture.texture = 0
        material.sheenRoughnessTexture.texture = 0
        material.sheenRoughnessTexture.uvSet = 1
        material.sheenRoughnessTexture.transform = [2, 0, 0.5, 0, 2, 0.5]
        return material
    }

    private static var texture: SceneTexture {
        var texture = SceneTexture()
        texture.wrapS = .clampToEdge
        texture.wrapT = .mirroredRepeat
        texture.nearest = true
        return texture
    }

    private static var image: SceneImage {
        var image = SceneImage()
        image.width = 2
        image.height = 1
        image.format = .rgba8sRGB
        image.texels = [255, 0, 0, 255, 0, 255, 0, 255]
        return image
    }

    private static var sky: SceneImage {
        var image = SceneImage()
        image.width = 8
        image.height = 4
        image.format = .rgba32Float
        // 0.5 in every channel.
        image.texels = Array(repeating: [0, 0, 0, 0x3f], count: 8 * 4 * 4).flatMap { $0 }
        return image
    }

    private static func plain(_ format: SceneTexelFormat) -> SceneImage {
        var image = SceneImage()
        (image.width, image.height, image.format) = (1, 1, format)
        image.texels = [UInt8](repeating: 9, count: format.bytesPerTexel)
        return image
    }

    private static var orthographic: SceneCamera {
        var camera = SceneCamera()
        camera.projection = .orthographic(xmag: 2, ymag: 1)
        camera.near = 0.5
        camera.far = 100
        camera.lensRadius = 0.125
        camera.focusDistance = 4
        return camera
    }

    private static var spot: SceneLight {
        var light = SceneLight()
        light.kind = .spot
        light.intensity = [1, 2, 3]
        light.range = 10
        light.innerConeAngle = 0.25
        light.outerConeAngle = 0.5
        return light
    }

    /// One of each kind, the spot first.
    private static var lights: [SceneLight] {
        [spot]
            + ([.directional, .point, .rectangle, .disc] as [SceneLight.Kind]).map { kind in
                var light = SceneLight()
                light.kind = kind
                return light
            }
    }

    private static var nodes: [SceneNode] {
        var root = SceneNode()
        root.translation = [1, 2, 3]
        root.camera = 1
        var body = SceneNode()
        body.parent = 0
        body.mesh = 0
        body.skin = 0
        body.weights = [1, 0]
        body.instances = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 5, 0, 0, 0, 0, 0, 1, 2, 2, 2]
        var lamp = SceneNode()
        lamp.parent = 1
        lamp.light = 0
        lamp.camera = 0
        lamp.matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 7, 8, 9, 1]
        return [root, body, lamp]
    }

    private static var skin: SceneSkin {
        var skin = SceneSkin()
        skin.joints = [0, 1]
        let identity: [Float] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        skin.inverseBindMatrices = identity + identity
        return skin
    }

    private static var animation: SceneAnimation {
        var rotation = SceneAnimation.Channel()
        rotation.node = 1
        rotation.path = .rotation
        rotation.times = [0, 1]
        rotation.values = [0, 0, 0, 1, 0, 1, 0, 0]
        var weights = SceneAnimation.Channel()
        weights.node = 1
        weights.path = .weights
        weights.interpolation = .cubicSpline
        weights.times = [0.5]
        weights.values = [0, 0, 1, 0, 0, 0]
        var animation = SceneAnimation()
        animation.channels = [rotation, weights]
        return animation
    }
}
