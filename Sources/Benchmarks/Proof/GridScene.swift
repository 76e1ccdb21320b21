internal import Determinism
internal import RenderModel

/// A rough ground of as many triangles as wanted under an even sky, seen from above.
struct GridScene {
    let side: Int
    var triangles: Int { 2 * side * side }

    init(triangles: Int) { side = max(1, Int((Double(triangles) / 2).squareRoot().rounded())) }

    var scene: CanonicalScene {
        var ground = ScenePrimitive()
        var random = Generator(seed: 12)
        let step = 4 / Float(side)
        for row in 0...side {
            for column in 0...side {
                ground.positions += [
                    Float(column) * step - 2, Float.random(in: 0..<0.4, using: &random) * step, Float(row) * step - 2,
                ]
            }
        }
        for row in 0..<UInt32(side) {
            for column in 0..<UInt32(side) {
                let corner = row * UInt32(side + 1) + column
                let below = corner + UInt32(side + 1)
                ground.indices += [corner, below, corner + 1, corner + 1, below, below + 1]
            }
        }
        ground.material = 0
        var material = SceneMaterial()
        (material.baseColor, material.metallic, material.roughness, material.doubleSided) = ([0.5, 0.5, 0.4, 1], 0, 1, true)
        var mesh = SceneMesh()
        mesh.primitives = [ground]
        var (body, eye) = (SceneNode(), SceneNode())
        body.mesh = 0
        // A third of a right angle down.
        (eye.translation, eye.rotation, eye.camera) = ([0, 1.2, 2], [-0.258819, 0, 0, 0.9659258], 0)
        var camera = SceneCamera()
        camera.projection = .perspective(yfov: 0.8, aspectRatio: 0)
        var scene = CanonicalScene()
        (scene.materials, scene.meshes, scene.nodes, scene.cameras) = ([material], [mesh], [body, eye], [camera])
        scene.sky = .constant([0.6, 0.6, 0.6])
        return scene
    }
}
