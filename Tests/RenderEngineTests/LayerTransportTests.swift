import Glibc
import RenderModel
import Testing

@testable import RenderEngine

/// Pictures of materials with extensions whose answer is known.
@Suite struct LayerTransportTests {
    /// Mean radiance, seen straight along -z from z = 3, and the queries it took.
    private func mean(_ scene: CanonicalScene, samples: UInt32 = 64, depth: UInt32 = 64, roulette: UInt32 = 0) throws -> (
        mean: [Double], rays: Int
    ) {
        var request = Requests.full(width: 8, height: 8, samples: samples, depth: depth)
        request.settings.roulette = roulette
        let records = try NativeDevice(threads: 2).render(PreparedScene(scene), request)
        #expect(records.nonFiniteSamples == 0)
        var sums = [0.0, 0.0, 0.0]
        for k in records.sums.indices { sums[k % 3] += Double(records.sums[k]) }
        return (sums.map { $0 / 64 / Double(samples) }, records.rays.reduce(0) { $0 + Int($1) })
    }

    private func scene(_ parts: [(ScenePrimitive, SceneMaterial, SceneNode)], sky: SIMD3<Float> = [1, 1, 1], eye z: Float = 3)
        -> CanonicalScene
    {
        var scene = CanonicalScene()
        for (index, (primitive, material, place)) in parts.enumerated() {
            var mesh = SceneMesh()
            mesh.primitives = [primitive]
            mesh.primitives[0].material = Int32(index)
            scene.meshes.append(mesh)
            scene.materials.append(material)
            scene.nodes.append(place)
            scene.nodes[index].mesh = Int32(index)
        }
        var eye = SceneNode()
        (eye.camera, eye.translation) = (0, [0, 0, z])
        scene.nodes.append(eye)
        var camera = SceneCamera()
        camera.projection = .orthographic(xmag: 0.3, ymag: 0.3)
        scene.cameras = [camera]
        scene.sky = .constant(sky)
        return scene
    }

    /// Two panes that bound a slab between `far` and `near`, seen straight on.
    private func slab(_ material: SceneMaterial, near: Float, far: Float) -> [(ScenePrimitive, SceneMaterial, SceneNode)] {
        [(near, Float(0.70710677)), (far, -0.70710677)].map { z, turn in
            var place = SceneNode()
            (place.translation, place.rotation) = ([0, 0, z], [turn, 0, 0, 0.70710677])
            return (KnownShapes.quad(half: 4), material, place)
        }
    }

    private func glass(ior: Float = 1.5, roughness: Float = 0, thickness: Float = 1) -> SceneMaterial {
        var material = SceneMaterial()
        (material.metallic, material.roughness, material.transmission) = (0, roughness, 1)
        (material.ior, material.thickness) = (ior, thickness)
        return material
    }

    private func expectClose(_ mean: [Double], _ expected: [Double], _ tolerance: Double = 0.002) {
        for (value, answer) in zip(mean, expected) { #expect(abs(value - answer) < tolerance, "\(mean) for \(expected)") }
    }

    @Test func clearGlassVanishesInAWhiteSky() throws {
        let ball = KnownShapes.sphere(rings: 48, segments: 48)
        expectClose(try mean(scene([(ball, glass(), SceneNode())]), samples: 256).mean, [1, 1, 1], 0.004)
        var dispersive = glass()
        dispersive.dispersion = 2
        expectClose(try mean(scene([(ball, dispersive, SceneNode())]), samples: 512).mean, [1, 1, 1], 0.02)
    }

    /// Looking straight on, equal indices reflect nothing: what is left is Beer's law.
    @Test func volumesAbsorbByBeersLaw() throws {
        var fog = glass(ior: 1)
        (fog.attenuationColor, fog.attenuationDistance) = ([0.5, 0.25, 1], 0.5)
        expectClose(try mean(scene(slab(fog, near: 1, far: 0))).mean, [0.25, 0.0625, 1], 1e-4)
        // From inside, with no boundary before the eye.
        expectClose(try mean(scene(slab(fog, near: 4, far: 0), eye: 0.5)).mean, [0.5, 0.25, 1], 1e-4)
        // Another volume inside takes the place of the outer one.
        var core = glass(ior: 1)
        (core.attenuationColor, core.attenuationDistance) = ([0.1, 0.1, 0.1], 1)
        let nested = scene(slab(fog, near: 1, far: 0) + slab(core, near: 0.75, far: 0.5))
        let inside = pow(0.1, 0.25)
        expectClose(try mean(nested).mean, [pow(0.5, 1.5) * inside, pow(0.25, 1.5) * inside, inside], 1e-4)
    }

    /// A pane: 4 % of each side of the sky are reflected; the rest goes through once, tinted once.
    @Test(arguments: [Float(0), 0.3])
    func thinPanesTintOnce(roughness: Float) throws {
        var pane = glass(roughness: roughness, thickness: 0)
        pane.baseColor = [0.5, 1, 0, 1]
        let result = try mean(scene([slab(pane, near: 0, far: -1)[0]]), samples: 256).mean
        // Rough panes lose a little between their microfacets.
        expectClose(result, [0.04 + 0.96 * 0.5, 1, 0.04], roughness == 0 ? 0.005 : 0.02)
    }

    /// A slab of glass in white light keeps all of it: reflections between its sides and their tints included.
    @Test func slabsKeepTheirLight() throws {
        let result = try mean(scene(slab(glass(), near: 1, far: 0)), samples: 256).mean
        expectClose(result, [1, 1, 1], 0.003)
        var tinted = glass()
        tinted.baseColor = [0.5, 0.5, 0.5, 1]
        // r + t²c² + t²c²·r·… summed: each inner reflection multiplies by r, each passage by t·c.
        let (r, t, c) = (0.04, 0.96, 0.5)
        let answer = r + t * c * t * c / (1 - r * r) + t * c * r * t * c / (1 - r * r)
        expectClose(try mean(scene(slab(tinted, near: 1, far: 0)), samples: 512).mean, [answer, answer, answer], 0.005)
    }

    /// Light through a leaf: half of what is not reflected comes from behind.
    @Test func leavesGlowInTheirOwnColour() throws {
        var leaf = SceneMaterial()
        (leaf.metallic, leaf.specular, leaf.baseColor) = (0, 0, [0.2, 0.2, 0.2, 1])
        (leaf.diffuseTransmission, leaf.diffuseTransmissionColor) = (0.5, [1, 0.5, 0])
        expectClose(try mean(scene([slab(leaf, near: 0, far: -1)[0]]), samples: 256).mean, [0.6, 0.35, 0.1], 0.01)
    }

    /// A coat over a lamp takes its share of the light, seen and as a light.
    @Test func coatsDimWhatShinesBelow() throws {
        var lamp = SceneMaterial()
        (lamp.metallic, lamp.specular, lamp.baseColor, lamp.emission) = (0, 0, [0, 0, 0, 1], [1, 1, 1])
        (lamp.clearcoat, lamp.clearcoatRoughness) = (0.5, 0.3)
        expectClose(try mean(scene([slab(lamp, near: 0, far: -1)[0]], sky: .zero)).mean, [0.98, 0.98, 0.98], 1e-4)
        // A white floor below a large lamp that faces it: with or without light sampling the same light arrives.
        var floor = SceneMaterial()
        (floor.metallic, floor.specular) = (0, 0)
        let box = [slab(floor, near: 0, far: -1)[0], slab(lamp, near: 0, far: 0.02)[1]]
        var under = scene(box, sky: .zero, eye: 0.01)
        let seen = try mean(under, samples: 256, depth: 2).mean[0]
        // The integral of (1 - 0.5·F(cos))·2·cos over the cosine.
        let answer = 1 - 0.5 * (0.04 + 0.96 * 2 / (6 * 7))
        #expect(abs(seen - answer) < 0.01, "\(seen), \(answer)")
        under.materials[1].clearcoat = 0
        #expect(abs(try mean(under, samples: 256, depth: 2).mean[0] - 1) < 0.01)
    }

    /// Russian roulette ends paths and changes no mean.
    @Test func rouletteIsFairAndSaves() throws {
        var grey = SceneMaterial()
        (grey.metallic, grey.specular, grey.baseColor) = (0, 0, [0.6, 0.6, 0.6, 1])
        let room = scene(
            slab(grey, near: 2.9, far: 0).map { part in
                var inward = part
                inward.2.rotation.x = -inward.2.rotation.x
                return inward
            }, eye: 2.8)
        let (all, some) = (try mean(room, samples: 512, depth: 40), try mean(room, samples: 512, depth: 40, roulette: 2))
        expectClose(some.mean, all.mean, 0.01)
        #expect(Double(some.rays) < 0.8 * Double(all.rays))
        var never = Requests.full(width: 8, height: 8, samples: 16)
        never.settings.roulette = 65
        #expect(throws: RenderError.self) { try never.validate() }
    }
}
