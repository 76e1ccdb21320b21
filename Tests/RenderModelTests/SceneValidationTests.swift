import RenderModel
import Testing

@Suite("Validation of canonical scenes")
struct SceneValidationTests {
    struct Damage: Sendable, CustomTestStringConvertible {
        var name: String
        /// Part of the place that the error must name.
        var place: String
        var apply: @Sendable (inout CanonicalScene) -> Void
        var testDescription: String { name }
    }

    static let damages: [Damage] = [
        Damage(name: "parent after child", place: "nodes[0]") { $0.nodes[0].parent = 1 },
        Damage(name: "own parent", place: "nodes[1]") { $0.nodes[1].parent = 1 },
        Damage(name: "parent below -1", place: "nodes[0]") { $0.nodes[0].parent = -2 },
        Damage(name: "mesh", place: "nodes[1]") { $0.nodes[1].mesh = 1 },
        Damage(name: "camera", place: "nodes[0]") { $0.nodes[0].camera = 7 },
        Damage(name: "two carriers", place: "cameras[1]") { $0.nodes[1].camera = 1 },
        Damage(name: "light", place: "nodes[2]") { $0.nodes[2].light = .max },
        Damage(name: "skin", place: "nodes[1]") { $0.nodes[1].skin = .min },
        Damage(name: "translation", place: "nodes[0]") { $0.nodes[0].translation.y = .nan },
        Damage(name: "rotation", place: "nodes[0]") { $0.nodes[0].rotation.w = .infinity },
        Damage(name: "matrix", place: "nodes[2]") { $0.nodes[2].matrix.removeLast() },
        Damage(name: "weights", place: "nodes[1]") { $0.nodes[1].weights = [1] },
        Damage(name: "instances", place: "nodes[1]") { $0.nodes[1].instances.removeLast() },
        Damage(name: "index", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].indices[5] = 4 },
        Damage(name: "partial triangle", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].indices.removeLast() },
        Damage(name: "position", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].positions[3] = .nan },
        Damage(name: "huge position", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].positions[3] = 1e30 },
        Damage(name: "normals", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].normals.removeLast(3) },
        Damage(name: "joint", place: "nodes[1]") { $0.meshes[0].primitives[0].joints[0] = 2 },
        Damage(name: "joint weight", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].jointWeights[0] = 0.5 },
        Damage(name: "targets", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].targets.removeLast() },
        Damage(name: "material", place: "meshes[0].primitives[0]") { $0.meshes[0].primitives[0].material = 2 },
        Damage(name: "factor", place: "materials[1]") { $0.materials[1].roughness = 1.5 },
        Damage(name: "emission", place: "materials[1]") { $0.materials[1].emission.x = -1 },
        Damage(name: "ior", place: "materials[1]") { $0.materials[1].ior = 0.5 },
        Damage(name: "attenuation", place: "materials[1]") { $0.materials[1].attenuationDistance = 0 },
        Damage(name: "slot", place: "materials[1]") { $0.materials[1].normalTexture.texture = 1 },
        Damage(name: "uv set", place: "materials[1]") { $0.materials[1].baseColorTexture.uvSet = 2 },
        Damage(name: "transform", place: "materials[1]") { $0.materials[1].baseColorTexture.transform = [] },
        Damage(name: "texture", place: "textures[0].image") { $0.textures[0].image = 4 },
        Damage(name: "texels", place: "images[0]") { $0.images[0].texels.removeLast() },
        Damage(name: "empty image", place: "images[0]") { $0.images[0].width = 0 },
        Damage(name: "sky texel", place: "images[1]") { $0.images[1].texels[3] = 0xbf },
        Damage(name: "field of view", place: "cameras[0]") { $0.cameras[0].projection = .perspective(yfov: 3.2, aspectRatio: 0) },
        Damage(name: "far", place: "cameras[1]") { $0.cameras[1].far = 0.25 },
        Damage(name: "focus", place: "cameras[1]") { $0.cameras[1].focusDistance = 0 },
        Damage(name: "cone", place: "lights[0]") { $0.lights[0].innerConeAngle = 0.5 },
        Damage(name: "light size", place: "lights[0]") { $0.lights[0].size.x = 0 },
        Damage(name: "joint node", place: "skins[0]") { $0.skins[0].joints[1] = 3 },
        Damage(name: "bind matrices", place: "skins[0]") { $0.skins[0].inverseBindMatrices.removeLast() },
        Damage(name: "no joints", place: "skins[0]") { $0.skins[0] = SceneSkin() },
        Damage(name: "channel node", place: "animations[0].channels[0]") { $0.animations[0].channels[0].node = 3 },
        Damage(name: "times", place: "animations[0].channels[0]") { $0.animations[0].channels[0].times = [1, 1] },
        Damage(name: "values", place: "animations[0].channels[1]") { $0.animations[0].channels[1].values.removeLast() },
        Damage(name: "driven twice", place: "animations[1].channels[0]") { $0.animations.append($0.animations[0]) },
        Damage(name: "animated matrix", place: "animations[0].channels[0]") { $0.animations[0].channels[0].node = 2 },
        Damage(name: "sky image", place: "sky") { $0.sky = .image(index: 0, rotation: 0, intensity: 1) },
        Damage(name: "sky index", place: "sky") { $0.sky = .image(index: .max, rotation: 0, intensity: 1) },
        Damage(name: "sky color", place: "sky") { $0.sky = .constant([0, .nan, 0]) },
        Damage(name: "frame rate", place: "framesPerSecond") { $0.framesPerSecond = 0 },
    ]

    @Test func theFixturesAreValid() throws {
        try SceneFixture.complete.validate()
        try SceneFixture.triangle.validate()
    }

    @Test(arguments: damages)
    func damageIsFound(_ damage: Damage) throws {
        var scene = SceneFixture.complete
        damage.apply(&scene)
        #expect {
            try scene.validate()
        } throws: { error in
            guard case .invalid(let place, _)? = error as? SceneFormatError else { return false }
            return place == damage.place
        }
        #expect(throws: SceneFormatError.self) { try scene.encode() }
    }
}
