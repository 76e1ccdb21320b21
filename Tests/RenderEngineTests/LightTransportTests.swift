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
    @Test("in a hollow that glows and reflects half, every segment of a path adds half as much as the one before, in each colour alone")
    func everySegmentCounts() throws {
        for channel in 0..<3 {
            var wall = white()
            (wall.baseColor, wall.doubleSided) = ([0.5, 0.5, 0.5, 1], true)
            wall.emission[channel] = 1
            var hollow = scene(KnownShapes.sphere(rings: 16, segments: 16), wall)
            hollow.nodes[0].scale = [10, 10, 10]
            for (depth, expected) in [(1, 1), (2, 1.5), (3, 1.75)] as [(UInt32, Double)] {
                let result = try mean(hollow, samples: 256, depth: depth)
                for k in 0..<3 { #expect(abs(result.mean[k] - (k == channel ? expected : 0)) < 0.01, "depth \(depth), \(result.mean)") }
            }
        }
    }

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

    /// χ²: samples of the image sky fall into cells of the sphere as their density says, which integrates to 1.
    @Test func theSkyIsSampledByItsLuminance() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        let (rows, columns, count, fine) = (12, 24, 100_000, 16)
        var counts = [Double](repeating: 0, count: rows * columns)
        for k in 0..<count {
            var (d, pdf) = ([Float](repeating: 0, count: 3), Float(0))
            rk_test_sky_sample(prepared.handle, Array(BSDFTests.numbers(k).prefix(2)), &d, &pdf)
            #expect(pdf > 0)
            let row = min(rows - 1, Int(acosf(max(-1, min(1, d[1]))) / .pi * Float(rows)))
            let column = min(columns - 1, Int((atan2f(d[0], d[2]) / (2 * .pi) + 0.5) * Float(columns)))
            counts[row * columns + column] += 1
        }
        // In polar angles: the density grows without bound towards the poles, the sine takes that back.
        var shares = [Double](repeating: 0, count: rows * columns)
        for i in 0..<rows * fine {
            for j in 0..<columns * fine {
                let polar = (Float(i) + 0.5) / Float(rows * fine) * Float.pi
                let turn = ((Float(j) + 0.5) / Float(columns * fine) - 0.5) * 2 * Float.pi
                let d = [sinf(polar) * sinf(turn), cosf(polar), sinf(polar) * cosf(turn)]
                shares[i / fine * columns + j / fine] += Double(rk_test_sky_pdf(prepared.handle, d) * sinf(polar))
            }
        }
        let unit = 2 * Double.pi * .pi / Double(rows * columns * fine * fine)
        #expect(abs(shares.reduce(0, +) * unit - 1) < 0.002)
        let test = ChiSquare(counts) { shares[$0] * unit * Double(count) }
        #expect(test.holds, "χ² \(test.statistic) of \(test.freedom)")
    }

    /// χ²: emissive surfaces are drawn by their flux, points on them evenly, and the density of a direction is that of its solid angle.
    @Test func areaLightsAreSampledByFluxAndArea() throws {
        var room = scene(KnownShapes.quad(half: 0.01), white())
        // Both shine downwards along -z: centre, sides, radiance.
        let lamps: [(at: [Float], sides: [Float], radiance: Float)] = [([-1, 0, 2], [2, 1], 1), ([2, 1, 3], [1, 1.5], 4)]
        for (index, lamp) in lamps.enumerated() {
            var node = SceneNode()
            node.light = Int32(index)
            node.translation = .init(lamp.at[0], lamp.at[1], lamp.at[2])
            room.nodes.append(node)
            var light = SceneLight()
            light.kind = .rectangle
            light.intensity = .init(repeating: lamp.radiance)
            light.size = .init(lamp.sides[0], lamp.sides[1])
            room.lights.append(light)
        }
        let prepared = try PreparedScene(room)
        let flux = lamps.map { Double($0.sides[0] * $0.sides[1] * $0.radiance) }
        let share = flux.map { $0 / flux.reduce(0, +) }
        let (cells, count, from) = (10, 100_000, [0.3, -0.2, 0.1] as [Float])
        var counts = [Double](repeating: 0, count: lamps.count * cells * cells)
        for k in 0..<count {
            var (d, pdf) = ([Float](repeating: 0, count: 3), Float(0))
            rk_test_light_sample(prepared.handle, from, BSDFTests.numbers(k), &d, &pdf)
            let hits = lamps.indices.compactMap { index -> (index: Int, u: Float, v: Float)? in
                let lamp = lamps[index]
                let way = (lamp.at[2] - from[2]) / d[2]
                let u = (from[0] + d[0] * way - lamp.at[0]) / lamp.sides[0] + 0.5
                let v = (from[1] + d[1] * way - lamp.at[1]) / lamp.sides[1] + 0.5
                return (-1e-4...1.0001).contains(u) && (-1e-4...1.0001).contains(v) ? (index, u, v) : nil
            }
            guard hits.count == 1, let hit = hits.first else { return #expect(Bool(false), "\(d) meets \(hits.count) lamps") }
            let (column, row) = (min(cells - 1, max(0, Int(hit.u * Float(cells)))), min(cells - 1, max(0, Int(hit.v * Float(cells)))))
            counts[(hit.index * cells + row) * cells + column] += 1
            let lamp = lamps[hit.index]
            let distance = Double((lamp.at[2] - from[2]) / d[2])
            let expected = share[hit.index] * distance * distance / (Double(lamp.sides[0] * lamp.sides[1]) * Double(d[2]))
            #expect(abs(Double(pdf) / expected - 1) < 1e-4)
        }
        let test = ChiSquare(counts) { share[$0 / (cells * cells)] * Double(count) / Double(cells * cells) }
        #expect(test.holds, "χ² \(test.statistic) of \(test.freedom)")
    }
}
