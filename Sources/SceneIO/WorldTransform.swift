public import RenderModel

/// An affine map in double precision, used to frame scenes and measure their bounds. Rendering does its own in profile D.
struct WorldTransform {
    var x: SIMD3<Double> = [1, 0, 0]
    var y: SIMD3<Double> = [0, 1, 0]
    var z: SIMD3<Double> = [0, 0, 1]
    var origin: SIMD3<Double> = .zero

    init() {}

    /// From 16 floats, column-major.
    init(matrix m: some RandomAccessCollection<Float>) {
        let d = m.map(Double.init)
        x = [d[0], d[1], d[2]]
        y = [d[4], d[5], d[6]]
        z = [d[8], d[9], d[10]]
        origin = [d[12], d[13], d[14]]
    }

    init(translation: SIMD3<Float>, rotation: SIMD4<Float>, scale: SIMD3<Float>) {
        let q = SIMD4<Double>(rotation)
        let s = SIMD3<Double>(scale)
        let (a, b, c, w) = (q.x, q.y, q.z, q.w)
        x = SIMD3(1 - 2 * (b * b + c * c), 2 * (a * b + c * w), 2 * (a * c - b * w)) * s.x
        y = SIMD3(2 * (a * b - c * w), 1 - 2 * (a * a + c * c), 2 * (b * c + a * w)) * s.y
        z = SIMD3(2 * (a * c + b * w), 2 * (b * c - a * w), 1 - 2 * (a * a + b * b)) * s.z
        origin = SIMD3<Double>(translation)
    }

    init(_ node: SceneNode) {
        self =
            node.matrix.isEmpty
            ? WorldTransform(translation: node.translation, rotation: node.rotation, scale: node.scale)
            : WorldTransform(matrix: node.matrix)
    }

    func vector(_ v: SIMD3<Double>) -> SIMD3<Double> { x * v.x + y * v.y + z * v.z }

    func point(_ p: SIMD3<Double>) -> SIMD3<Double> { vector(p) + origin }

    static func * (a: WorldTransform, b: WorldTransform) -> WorldTransform {
        var result = WorldTransform()
        result.x = a.vector(b.x)
        result.y = a.vector(b.y)
        result.z = a.vector(b.z)
        result.origin = a.point(b.origin)
        return result
    }
}

/// An axis-aligned box in world space.
public struct SceneBounds: Equatable, Sendable {
    public var low: SIMD3<Double> = SIMD3(repeating: .infinity)
    public var high: SIMD3<Double> = SIMD3(repeating: -.infinity)

    public var isEmpty: Bool { !(low.x <= high.x) }

    mutating func add(_ point: SIMD3<Double>) {
        low = pointwiseMin(low, point)
        high = pointwiseMax(high, point)
    }

    /// World bounds of all geometry at rest: before animation, with morph weights left out.
    public init(_ scene: CanonicalScene) {
        var world: [WorldTransform] = []
        for node in scene.nodes {
            let local = WorldTransform(node)
            world.append(node.parent >= 0 ? world[Int(node.parent)] * local : local)
        }
        for (index, node) in scene.nodes.enumerated() where node.mesh >= 0 {
            for primitive in scene.meshes[Int(node.mesh)].primitives {
                if node.skin >= 0 && !primitive.joints.isEmpty {
                    addSkinned(primitive, scene.skins[Int(node.skin)], world)
                } else {
                    addInstances(primitive, node, world[index])
                }
            }
        }
    }

    /// Instances move the box of the primitive, not each vertex.
    private mutating func addInstances(_ primitive: ScenePrimitive, _ node: SceneNode, _ world: WorldTransform) {
        guard !node.instances.isEmpty else {
            for vertex in 0..<primitive.vertexCount { add(world.point(primitive.position(vertex))) }
            return
        }
        var box = (low: SIMD3<Double>(repeating: .infinity), high: SIMD3<Double>(repeating: -.infinity))
        for vertex in 0..<primitive.vertexCount {
            box.low = pointwiseMin(box.low, primitive.position(vertex))
            box.high = pointwiseMax(box.high, primitive.position(vertex))
        }
        for start in stride(from: 0, to: node.instances.count, by: 10) {
            let i = node.instances[start..<(start + 10)].map { $0 }
            let instance =
                world * WorldTransform(translation: [i[0], i[1], i[2]], rotation: [i[3], i[4], i[5], i[6]], scale: [i[7], i[8], i[9]])
            for corner in 0..<8 {
                add(
                    instance.point([
                        corner & 1 == 0 ? box.low.x : box.high.x, corner & 2 == 0 ? box.low.y : box.high.y,
                        corner & 4 == 0 ? box.low.z : box.high.z,
                    ]))
            }
        }
    }

    private mutating func addSkinned(_ primitive: ScenePrimitive, _ skin: SceneSkin, _ world: [WorldTransform]) {
        let joints = skin.joints.enumerated().map { index, node in
            world[Int(node)] * WorldTransform(matrix: Array(skin.inverseBindMatrices[(index * 16)..<(index * 16 + 16)]))
        }
        for vertex in 0..<primitive.vertexCount {
            let position = primitive.position(vertex)
            var point = SIMD3<Double>.zero
            for k in 0..<4 {
                let weight = Double(primitive.jointWeights[vertex * 4 + k])
                if weight > 0 { point += joints[Int(primitive.joints[vertex * 4 + k])].point(position) * weight }
            }
            add(point)
        }
    }
}
