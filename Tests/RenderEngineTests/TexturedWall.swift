import Determinism
import RenderModel

/// A wall with a grainy texture under an even sky: a scene in which little but the texture varies.
enum TexturedWall {
    static func scene(side: Int = 384) -> CanonicalScene {
        var scene = CanonicalScene()
        scene.images = [image(side: side)]
        scene.textures = [SceneTexture()]
        var wall = SceneMaterial()
        (wall.metallic, wall.roughness, wall.specular, wall.doubleSided) = (0, 1, 0, true)
        wall.baseColorTexture.texture = 0
        scene.materials = [wall]
        var quad = ScenePrimitive()
        quad.positions = [-2, -2, 0, 2, -2, 0, 2, 2, 0, -2, 2, 0]
        quad.normals = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]
        quad.uv0 = [0, 1, 1, 1, 1, 0, 0, 0]
        quad.indices = [0, 1, 2, 0, 2, 3]
        quad.material = 0
        var mesh = SceneMesh()
        mesh.primitives = [quad]
        scene.meshes = [mesh]
        var (body, eye) = (SceneNode(), SceneNode())
        body.mesh = 0
        (eye.translation, eye.camera) = ([0, 0, 3], 0)
        scene.nodes = [body, eye]
        var camera = SceneCamera()
        camera.projection = .perspective(yfov: 0.9, aspectRatio: 0)
        scene.cameras = [camera]
        scene.sky = .constant([0.7, 0.7, 0.7])
        return scene
    }

    /// Grain, but for the lowest fifth, which is of one colour.
    static func image(side: Int) -> SceneImage {
        var image = SceneImage()
        (image.width, image.height, image.format) = (UInt32(side), UInt32(side), .rgba8sRGB)
        var generator = Generator(seed: 21)
        for row in 0..<side {
            for _ in 0..<side {
                let value: UInt8 = row < side * 4 / 5 - 4 ? UInt8.random(in: 80...100, using: &generator) : 90
                image.texels += [value, value, value &- 20, 200]
            }
        }
        return image
    }
}
