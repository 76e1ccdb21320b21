import Glibc
import RenderModel

extension ScenePrimitive {
    /// Tangents in the manner of MikkTSpace (Mikkelsen 2008, which glTF 2.0 section 3.7.2.1 names): corners of equal position,
    /// normal and UV share one tangent whatever their indices; each triangle contributes its UV gradient, projected into the
    /// tangent plane of the vertex and weighted by its angle there; corners of opposite UV orientation never share, so a vertex
    /// used by both is split. Simpler than MikkTSpace in one thing: sharing does not follow edges around the vertex.
    mutating func generateTangents(uvSet: UInt32) {
        let uv = uvSet == 0 ? uv0 : uv1
        let weld = weldedVertices(uv)
        var sums = [SIMD3<Double>](repeating: .zero, count: vertexCount * 2)
        var orientations = [Bool](repeating: true, count: indices.count / 3)
        for triangle in orientations.indices {
            let corners = (0..<3).map { Int(indices[triangle * 3 + $0]) }
            let p = corners.map(position)
            let t = corners.map { SIMD2<Double>(Double(uv[$0 * 2]), Double(uv[$0 * 2 + 1])) }
            let (e1, e2) = (p[1] - p[0], p[2] - p[0])
            let (d1, d2) = (t[1] - t[0], t[2] - t[0])
            let area = d1.x * d2.y - d1.y * d2.x
            orientations[triangle] = area >= 0
            guard area != 0 else { continue }
            let gradient = (e1 * d2.y - e2 * d1.y) * (area < 0 ? -1 : 1)
            for corner in 0..<3 {
                let vertex = corners[corner]
                let n = normal(vertex)
                let projected = ScenePrimitive.unit(gradient - n * (n * gradient).sum())
                let weight = ScenePrimitive.angle(p[(corner + 1) % 3] - p[corner], p[(corner + 2) % 3] - p[corner], around: n)
                if let projected { sums[weld[vertex] * 2 + (area > 0 ? 1 : 0)] += projected * weight }
            }
        }
        splitByOrientation(orientations, weld, sums)
    }

    /// First vertex with the same position, normal and UV, for each vertex.
    private func weldedVertices(_ uv: [Float]) -> [Int] {
        struct Key: Hashable {
            var position: SIMD3<Float>
            var normal: SIMD3<Float>
            var uv: SIMD2<Float>
        }
        var first: [Key: Int] = [:]
        first.reserveCapacity(vertexCount)
        return (0..<vertexCount).map { vertex in
            let key = Key(
                position: [positions[vertex * 3], positions[vertex * 3 + 1], positions[vertex * 3 + 2]],
                normal: [normals[vertex * 3], normals[vertex * 3 + 1], normals[vertex * 3 + 2]],
                uv: [uv[vertex * 2], uv[vertex * 2 + 1]])
            if let known = first[key] { return known }
            first[key] = vertex
            return vertex
        }
    }

    /// Gives each vertex the tangent of its orientation; one used in both orientations becomes two.
    private mutating func splitByOrientation(_ orientations: [Bool], _ weld: [Int], _ sums: [SIMD3<Double>]) {
        var sources = (0..<UInt32(vertexCount)).map { $0 }
        // Orientation of each vertex, known once a corner has used it, and its twin of the other orientation.
        var orientation = [Bool?](repeating: nil, count: vertexCount)
        var twin: [UInt32: UInt32] = [:]
        for corner in indices.indices {
            let vertex = indices[corner]
            let wanted = orientations[corner / 3]
            if orientation[Int(vertex)] == nil { orientation[Int(vertex)] = wanted }
            guard orientation[Int(vertex)] != wanted else { continue }
            if let known = twin[vertex] {
                indices[corner] = known
            } else {
                let fresh = UInt32(sources.count)
                twin[vertex] = fresh
                sources.append(vertex)
                orientation.append(wanted)
                indices[corner] = fresh
            }
        }
        let vertices = sources
        gather(vertices)
        tangents = []
        tangents.reserveCapacity(vertices.count * 4)
        for (vertex, source) in vertices.enumerated() {
            let positive = orientation[vertex] ?? true
            let sum = sums[weld[Int(source)] * 2 + (positive ? 1 : 0)]
            let tangent = ScenePrimitive.unit(sum) ?? ScenePrimitive.perpendicular(normal(vertex))
            tangents.append(contentsOf: [Float(tangent.x), Float(tangent.y), Float(tangent.z), positive ? 1 : -1])
        }
    }

    private static func unit(_ v: SIMD3<Double>) -> SIMD3<Double>? {
        let length = (v * v).sum().squareRoot()
        return length > 1e-30 && length.isFinite ? v / length : nil
    }

    /// Angle between two edges in the tangent plane of `n`.
    private static func angle(_ a: SIMD3<Double>, _ b: SIMD3<Double>, around n: SIMD3<Double>) -> Double {
        guard let a = unit(a - n * (n * a).sum()), let b = unit(b - n * (n * b).sum()) else { return 0 }
        return acos(min(max((a * b).sum(), -1), 1))
    }

    private static func perpendicular(_ n: SIMD3<Double>) -> SIMD3<Double> {
        let axis: SIMD3<Double> = n.x.magnitude < 0.9 ? [1, 0, 0] : [0, 1, 0]
        return unit(axis - n * (n * axis).sum()) ?? [1, 0, 0]
    }
}
