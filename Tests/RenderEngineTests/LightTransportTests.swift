import CRenderKernels
import Glibc
import RenderModel
import Testing

@testable import RenderEngine

/// Pictures whose answer is known.
@Suite struct LightTransportTests {
    private func mean(_ scene: CanonicalScene, samples: UInt32 = 64, depth: UInt32 = 64) throws -> (
        mean: [Double], low: Double, high: Double
    ) {
        let request = Requests.full(width: 16, height: 16, samples: samples, depth: depth)
        let records = try NativeDevice(threads: 2).render(PreparedScene(scene), request)
        #expect(records.nonFiniteSamples == 0)
        var sums = [0.0, 0.0, 0.0]
        var (low, high) = (Double.infinity, 0.0)
        for pixel in 0..<256 {
            var value = [0.0, 0.0, 0.0]
            for bucket in 0..<records.bucketCount {
                for k in 0..<3 { value[k] += Double(records.sums[(pixel * records.bucketCount + bucket) * 3 + k]) }
            }
            for k in 0..<3 { sums[k] += value[k] }
            low = min(low, value[1] / Double(samples))
            high = max(high, value[1] / Double(samples))
        }
        return (sums.map { $0 / 256 / Double(samples) }, low, high)
    }

    private func scene(_ primitive: ScenePrimitive, _ material: SceneMaterial) -> CanonicalScene {
        var scene = CanonicalScene()
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        mesh.primitives[0].material = 0
        scene.meshes = [mesh]
        scene.materials = [material]
        var object = SceneNode()
        object.mesh = 0
        var eye = SceneNode()
        eye.camera = 0
        eye.translation = [0, 0, 3]
        scene.nodes = [object, eye]
        var camera = SceneCamera()
        camera.projection = .orthographic(xmag: 0.6, ymag: 0.6)
        scene.cameras = [camera]
        return scene
    }

    private func white() -> SceneMaterial {
        var material = SceneMaterial()
        (material.metallic, material.roughness, material.specular) = (0, 1, 0)
        return material
    }

    /// White furnace: a white diffuse sphere under a white sky cannot be seen.
    @Test func aWhiteSphereVanishesInAWhiteSky() throws {
        var furnace = scene(KnownShapes.sphere(rings: 64, segments: 64), white())
        furnace.sky = .constant([1, 1, 1])
        let result = try mean(furnace, samples: 256)
        for channel in result.mean { #expect(abs(channel - 1) < 0.003) }
        #expect(result.high < 1.15 && result.low > 0.85)
    }

    /// The same with glossy surfaces: energy is never made.
    @Test func noSurfaceOutshinesItsSky() throws {
        for (metallic, roughness) in [(Float(1), Float(0.2)), (1, 0.7), (0, 0.3), (0.5, 0.5)] {
            var material = SceneMaterial()
            (material.metallic, material.roughness) = (metallic, roughness)
            var furnace = scene(KnownShapes.sphere(rings: 64, segments: 64), material)
            furnace.sky = .constant([1, 1, 1])
            let result = try mean(furnace, samples: 64)
            for channel in result.mean { #expect(channel < 1.005 && channel > 0.6, "\(metallic) \(roughness): \(channel)") }
        }
    }

    /// A floor under a directional light of 1 lux: radiance = albedo · cos / π.
    @Test func punctualLightsFollowTheirUnits() throws {
        var floor = scene(KnownShapes.quad(half: 4), white())
        floor.nodes[0].rotation = [0.70710677, 0, 0, 0.70710677]
        var lamp = SceneNode()
        lamp.light = 0
        floor.nodes.append(lamp)
        var light = SceneLight()
        (light.kind, light.intensity) = (.directional, [1, 2, 3])
        floor.lights = [light]
        let sun = try mean(floor, depth: 2).mean
        for (k, lux) in [1.0, 2, 3].enumerated() { #expect(abs(sun[k] - lux / .pi) < 1e-4) }
        // A point light of 1 cd at height h above the middle: cos⁴/h² of its full value away from it.
        (light.kind, light.intensity) = (.point, [1, 1, 1])
        floor.lights = [light]
        floor.nodes[2].translation = [0, 0, 2]
        let point = try mean(floor, samples: 64, depth: 2)
        #expect(abs(point.high - 1 / (4 * .pi)) < 1e-3)
        #expect(point.low < point.high)
    }

    /// An emissive square seen and unseen gives the same irradiance by either way of sampling: with next-event estimation alone
    /// (depth 2 counts both) the form factor of a square over a point is known.
    @Test func areaLightsGiveTheFormFactor() throws {
        var floor = scene(KnownShapes.quad(half: 0.01), white())
        floor.nodes[0].rotation = [0.70710677, 0, 0, 0.70710677]
        floor.cameras[0].projection = .orthographic(xmag: 0.004, ymag: 0.004)
        floor.cameras[0].far = .infinity
        floor.nodes[1].translation = [0, 0, 0.5]
        var lamp = SceneNode()
        lamp.light = 0
        lamp.translation = [0, 0, 1]
        floor.nodes.append(lamp)
        var light = SceneLight()
        (light.kind, light.intensity, light.size) = (.rectangle, [1, 1, 1], [2, 2])
        floor.lights = [light]
        // Four quadrants of a = b = 1 at distance 1 (Siegel and Howell, configuration B-3).
        let part = 1 / 2.0.squareRoot()
        let factor = 4 * (2 * part * atan(part)) / (2 * .pi)
        let result = try mean(floor, samples: 1024, depth: 2).mean
        #expect(abs(result[0] - factor) < 0.004 * factor, "\(result[0]) against \(factor)")
    }

    /// Half-transparent layers: blend is a coin, mask a yes or no.
    @Test func alphaLetsTheRightShareThrough() throws {
        var pane = SceneMaterial()
        (pane.baseColor, pane.emission, pane.metallic, pane.specular, pane.doubleSided) = ([0, 0, 0, 0.25], .zero, 0, 0, true)
        pane.alphaMode = .blend
        var window = scene(KnownShapes.quad(half: 4), pane)
        window.nodes[0].rotation = [0.70710677, 0, 0, 0.70710677]
        window.sky = .constant([1, 1, 1])
        #expect(abs(try mean(window, samples: 256).mean[0] - 0.75) < 0.01)
        window.materials[0].alphaMode = .mask
        window.materials[0].alphaCutoff = 0.2
        #expect(try mean(window, samples: 16).mean[0] == 0)
        window.materials[0].alphaCutoff = 0.3
        #expect(try mean(window, samples: 16).mean[0] == 1)
    }

    /// The image sky: sampling follows the density, which integrates to 1.
    @Test func theSkyIsSampledByItsLuminance() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        var counts = [Int](repeating: 0, count: 8)
        var expected = [Double](repeating: 0, count: 8)
        func octant(_ d: [Float]) -> Int { (d[0] > 0 ? 1 : 0) + (d[1] > 0 ? 2 : 0) + (d[2] > 0 ? 4 : 0) }
        let count = 100_000
        for k in 0..<count {
            var (direction, pdf) = ([Float](repeating: 0, count: 3), Float(0))
            rk_test_sky_sample(prepared.handle, Array(BSDFTests.numbers(k).prefix(2)), &direction, &pdf)
            #expect(pdf > 0)
            counts[octant(direction)] += 1
        }
        // In polar angles: the density grows without bound towards the poles, the sine takes that back.
        for i in 0..<400 {
            for j in 0..<800 {
                let polar = (Float(i) + 0.5) / 400 * Float.pi
                let turn = (Float(j) + 0.5) / 800 * 2 * Float.pi
                let d = [sinf(polar) * sinf(turn), cosf(polar), sinf(polar) * cosf(turn)]
                expected[octant(d)] += Double(rk_test_sky_pdf(prepared.handle, d) * sinf(polar)) * 2 * .pi * .pi / 320_000
            }
        }
        #expect(abs(expected.reduce(0, +) - 1) < 0.002)
        for k in 0..<8 {
            let share = Double(counts[k]) / Double(count)
            #expect(abs(share - expected[k]) < 0.01, "octant \(k): \(share) against \(expected[k])")
        }
    }
}
