import CRenderKernels
import RenderModel
import Testing

@testable import RenderEngine

/// The tree: hits equal those of testing every triangle in turn, and it is a good one.
@Suite struct TreeTests {
    private struct Hit: Equatable {
        var t: UInt32
        var draw: UInt32
        var primitive: UInt32
    }

    private func trace(_ scene: PreparedScene, _ origin: [Float], _ direction: [Float], _ level: RkLevel, brute: Bool) -> Hit {
        var (out, ids) = ([Float](repeating: 0, count: 3), [UInt32](repeating: 0, count: 2))
        rk_test_trace(level, scene.handle, origin, direction, .infinity, brute ? 1 : 0, &out, &ids)
        return Hit(t: out[0].bitPattern, draw: ids[0], primitive: ids[1])
    }

    private func rays(_ count: Int) -> [(origin: [Float], direction: [Float])] {
        (0..<count).map { k in
            var out = [UInt32](repeating: 0, count: 4)
            rk_test_philox([UInt32(k), 0, 0, 0], [1, 2], &out)
            let unit = out.map { Float($0 >> 8) * 0x1p-23 - 1 }
            // Some along the axes, where planes are parallel to the ray.
            let direction: [Float] =
                switch k % 8 {
                case 0: [0, -1, 0]
                case 1: [0, 0, -1]
                case 2: [unit[0], -0.0, unit[2]]
                default: [unit[3], unit[0] - 0.2, unit[1]]
                }
            return ([unit[0] * 2, unit[1] + 0.5, unit[2] * 2], direction)
        }
    }

    @Test func hitsEqualThoseOfEveryTriangle() throws {
        for scene in [KnownAnswers.medley, KnownAnswers.night] {
            let prepared = try PreparedScene(scene, frame: 2)
            var hits = 0
            for ray in rays(3000) {
                let exact = trace(prepared, ray.origin, ray.direction, RK_LEVEL_BASELINE, brute: true)
                #expect(trace(prepared, ray.origin, ray.direction, RK_LEVEL_BASELINE, brute: false) == exact)
                #expect(trace(prepared, ray.origin, ray.direction, RK_LEVEL_AVX2, brute: false) == exact)
                #expect(trace(prepared, ray.origin, ray.direction, RK_LEVEL_AVX512, brute: false) == exact)
                if exact.draw != .max { hits += 1 }
            }
            #expect(hits > 500)
        }
    }

    @Test("rays that lie nearly in the plane of a triangle far away, where its distance is lost in rounding")
    func grazingRays() throws {
        var primitive = ScenePrimitive()
        for k in 0..<16 as Range<Int> {
            let corner = SIMD3<Float>(1000 + Float(k) * 0.37, 20 - Float(k) * 0.61, -1000 + Float(k) * 0.43)
            for point in [corner, corner + [1, 0.3, 0.7], corner + [0.2, 0.9, -0.4]] { primitive.positions += (0..<3).map { point[$0] } }
        }
        primitive.indices = (0..<48).map { UInt32($0) }
        var scene = CanonicalScene()
        scene.meshes = [SceneMesh()]
        scene.meshes[0].primitives = [primitive]
        scene.nodes = [SceneNode()]
        scene.nodes[0].mesh = 0
        let prepared = try PreparedScene(scene)
        var hits = 0
        for k in 0..<4000 as Range<UInt32> {
            var out = [UInt32](repeating: 0, count: 4)
            rk_test_philox([k, 1, 0, 0], [1, 2], &out)
            let unit = out.map { Float($0 >> 8) * 0x1p-23 - 1 }
            let corner = (0..<3).map { primitive.positions[Int(k % 16) * 9 + $0] }
            // In the plane but for rounding.
            let direction = (0..<3).map { unit[0] * [1, 0.3, 0.7][$0] + unit[1] * [0.2, 0.9, -0.4][$0] + unit[2] * 1e-8 }
            let origin = (0..<3).map { corner[$0] + [0.4, 0.4, 0.1][$0] - direction[$0] * 40 }
            let exact = trace(prepared, origin, direction, RK_LEVEL_BASELINE, brute: true)
            for level in [RK_LEVEL_BASELINE, RK_LEVEL_AVX2, RK_LEVEL_AVX512] {
                #expect(trace(prepared, origin, direction, level, brute: false) == exact)
            }
            if exact.draw != .max { hits += 1 }
        }
        #expect(hits > 100)
    }

    @Test func directionsThatAreNoneHitNothing() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        for direction in [[0, 0, 0], [Float.nan, 0, 1], [.infinity, 0, 0]] as [[Float]] {
            #expect(trace(prepared, [0, 1, 0], direction, RK_LEVEL_BASELINE, brute: false).draw == .max)
        }
        #expect(trace(prepared, [.nan, 1, 0], [0, -1, 0], RK_LEVEL_BASELINE, brute: false).draw == .max)
    }

    /// A sphere of n triangles: the expected visits grow with the logarithm. A builder that inflates boxes gives the same hits
    /// and a cost many times as high.
    @Test func theTreeIsGood() throws {
        var scene = CanonicalScene()
        var mesh = SceneMesh()
        mesh.primitives = [KnownShapes.sphere(rings: 200, segments: 200)]
        scene.meshes = [mesh]
        var node = SceneNode()
        node.mesh = 0
        scene.nodes = [node]
        let statistics = try PreparedScene(scene).statistics
        #expect(statistics.triangles == 80_000)
        #expect(statistics.cost < 30, "\(statistics.cost)")
        #expect(statistics.packs < 40_000)
        #expect(statistics.memory < 80_000 * 200)
    }

    /// The largest child first, then from the smallest on: what looks for any hit at all takes them in this order.
    @Test func childrenLieByTheirSize() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        let nodes = bytes(prepared, 1)
        let width = Int(RK_NODE_WIDTH)
        nodes.withUnsafeBytes { nodes in
            for base in stride(from: 0, to: nodes.count, by: MemoryLayout<RkNode>.size) {
                func plane(_ axis: Int, _ lane: Int) -> Float {
                    nodes.load(fromByteOffset: base + 4 * (axis * width + lane), as: Float.self)
                }
                let areas = (0..<width).filter { plane(0, $0) <= plane(3, $0) }.map { lane in
                    let size = (0..<3).map { plane(3 + $0, lane) - plane($0, lane) }
                    return (size[0] * size[1] + size[1] * size[2]) + size[2] * size[0]
                }
                #expect(areas.count >= 2 && areas[0] == areas.max() && areas.dropFirst().elementsEqual(areas.dropFirst().sorted()))
            }
        }
        #expect(nodes.count >= 2 * MemoryLayout<RkNode>.size)
    }

    /// However many threads build it, the tree is the same to the last byte: nodes, packs, the order in which they lie, and its cost.
    @Test func threadsBuildTheSameTree() throws {
        var scene = CanonicalScene()
        var mesh = SceneMesh()
        // Two sizes of triangles, and one that spans all, so that subtrees differ in depth and size.
        mesh.primitives = [
            KnownShapes.sphere(rings: 130, segments: 260), KnownShapes.sphere(rings: 60, segments: 60), KnownShapes.quad(half: 3),
        ]
        mesh.primitives[1].positions = mesh.primitives[1].positions.map { $0 * 0.05 + 0.7 }
        scene.meshes = [mesh]
        var node = SceneNode()
        node.mesh = 0
        scene.nodes = [node]
        let serial = try PreparedScene(scene, threads: 1)
        #expect(serial.statistics.triangles == 130 * 260 * 2 + 60 * 60 * 2 + 2)
        for threads in [2, 3, 16] {
            let parallel = try PreparedScene(scene, threads: threads)
            #expect(parallel.statistics == serial.statistics)
            #expect(bytes(parallel, 1) == bytes(serial, 1), "nodes, \(threads) threads")
            #expect(bytes(parallel, 2) == bytes(serial, 2), "packs, \(threads) threads")
        }
        #expect(bytes(serial, 1).count > 100_000 && bytes(serial, 2).count > 1_000_000)
    }

    /// A table's bytes: 1 nodes, 2 packs.
    private func bytes(_ scene: PreparedScene, _ table: Int) -> [UInt8] {
        let tables = scene.tables
        let sizes = withUnsafeBytes(of: tables.bytes) { Array($0.bindMemory(to: UInt64.self)) }
        let start = table == 1 ? UnsafeRawPointer(tables.tables.nodes) : UnsafeRawPointer(tables.tables.packs)
        return withExtendedLifetime(scene) { Array(UnsafeRawBufferPointer(start: start, count: Int(sizes[table]))) }
    }

    /// Memory that ends while threads build is refused like any other, and given back.
    @Test func threadsKeepToTheMemoryCap() throws {
        var scene = CanonicalScene()
        var mesh = SceneMesh()
        mesh.primitives = [KnownShapes.sphere(rings: 150, segments: 150)]
        scene.meshes = [mesh]
        var node = SceneNode()
        node.mesh = 0
        scene.nodes = [node]
        let model = try SceneModel(scene, memoryMax: 64 << 20)
        let needed = try PreparedScene(model, frame: 1, threads: 4).statistics.memory
        #expect(try PreparedScene(model, frame: 1, threads: 4).statistics.memory == needed)
        for share in stride(from: 0.3, through: 0.98, by: 0.04) {
            let cap = UInt64(Double(needed) * share)
            #expect(throws: RenderError.outOfMemory(cap: cap)) { try PreparedScene(scene, memoryMax: cap, threads: 4) }
        }
    }

    /// Every triangle in one place: no split helps, and nothing may overflow.
    @Test func degenerateScenesBuild() throws {
        var primitive = ScenePrimitive()
        for _ in 0..<5000 {
            primitive.indices += [0, 1, 2].map { UInt32(primitive.positions.count / 3 + $0) }
            primitive.positions += [0, 0, 0, 1, 0, 0, 0, 1, 0]
        }
        primitive.positions += [0, 0, 0, 0, 0, 0, 0, 0, 0, .greatestFiniteMagnitude, 0, 0, -.greatestFiniteMagnitude, 1, 0, 0, 0, 1]
        primitive.indices += [15_000, 15_001, 15_002, 15_003, 15_004, 15_005]
        var scene = CanonicalScene()
        var mesh = SceneMesh()
        mesh.primitives = [primitive]
        scene.meshes = [mesh]
        var node = SceneNode()
        node.mesh = 0
        scene.nodes = [node]
        let prepared = try PreparedScene(scene)
        let hit = trace(prepared, [0.2, 0.2, 1], [0, 0, -1], RK_LEVEL_AVX2, brute: false)
        // All are at the same distance: the smallest primitive wins.
        #expect(hit == Hit(t: Float(1).bitPattern, draw: 0, primitive: 0))
        #expect(try PreparedScene(CanonicalScene()).statistics.triangles == 0)
    }
}
