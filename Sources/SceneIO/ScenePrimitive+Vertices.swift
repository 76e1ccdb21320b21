import RenderModel

extension ScenePrimitive {
    var vertexCount: Int { positions.count / 3 }

    /// Replaces the vertices by those named, in that order; indices are left to the caller.
    mutating func gather(_ vertices: [UInt32]) {
        func pick<T>(_ values: inout [T], _ width: Int) {
            guard !values.isEmpty else { return }
            var result: [T] = []
            result.reserveCapacity(vertices.count * width)
            for vertex in vertices {
                let start = Int(vertex) * width
                result.append(contentsOf: values[start..<(start + width)])
            }
            values = result
        }
        pick(&positions, 3)
        pick(&normals, 3)
        pick(&tangents, 4)
        pick(&uv0, 2)
        pick(&uv1, 2)
        pick(&colors, 4)
        pick(&joints, 4)
        pick(&jointWeights, 4)
        for index in targets.indices {
            pick(&targets[index].positions, 3)
            pick(&targets[index].normals, 3)
            pick(&targets[index].tangents, 3)
        }
    }

    /// Many exporters share one vertex buffer among all primitives: each keeps what it uses, in the order of the source.
    mutating func dropUnusedVertices() {
        var slot = [UInt32](repeating: .max, count: vertexCount)
        for index in indices { slot[Int(index)] = 0 }
        guard slot.contains(.max) else { return }
        var used: [UInt32] = []
        for vertex in slot.indices where slot[vertex] == 0 {
            slot[vertex] = UInt32(used.count)
            used.append(UInt32(vertex))
        }
        gather(used)
        for index in indices.indices { indices[index] = slot[Int(indices[index])] }
    }

    /// Makes normals unit vectors; true where some had no length and took the direction of a triangle.
    mutating func repairNormals() -> Bool {
        var broken: Set<Int> = []
        for vertex in 0..<(normals.count / 3) {
            let normal = normal(vertex)
            let length = (normal * normal).sum().squareRoot()
            if (length - 1).magnitude < 1e-4 { continue }
            if length < 1e-12 {
                broken.insert(vertex)
                setNormal(vertex, [0, 0, 1])
            } else {
                setNormal(vertex, normal / length)
            }
        }
        guard !broken.isEmpty else { return false }
        for triangle in 0..<(indices.count / 3) {
            for corner in 0..<3 {
                let vertex = Int(indices[triangle * 3 + corner])
                if broken.contains(vertex), let normal = geometricNormal(triangle) { setNormal(vertex, normal) }
            }
        }
        return true
    }

    /// Each triangle gets vertices of its own and its geometric normal. Source: glTF 2.0, section 3.7.2.1: no normals, flat shading.
    mutating func makeFlatNormals() {
        gather(indices)
        indices = (0..<UInt32(indices.count)).map { $0 }
        normals = [Float](repeating: 0, count: positions.count)
        for triangle in 0..<(indices.count / 3) {
            let normal = geometricNormal(triangle) ?? [0, 0, 1]
            for corner in 0..<3 { setNormal(triangle * 3 + corner, normal) }
        }
    }

    /// Keeps the four strongest of eight joints; ties go to the first.
    mutating func keepStrongestJoints(_ moreJoints: [UInt32], _ moreWeights: [Float]) {
        for vertex in 0..<vertexCount {
            var all: [(joint: UInt32, weight: Float, order: Int)] = []
            for k in 0..<4 { all.append((joints[vertex * 4 + k], jointWeights[vertex * 4 + k], k)) }
            for k in 0..<4 { all.append((moreJoints[vertex * 4 + k], moreWeights[vertex * 4 + k], 4 + k)) }
            all.sort { ($1.weight, $0.order) < ($0.weight, $1.order) }
            for k in 0..<4 {
                joints[vertex * 4 + k] = all[k].joint
                jointWeights[vertex * 4 + k] = all[k].weight
            }
        }
    }

    /// Weights of a vertex sum to 1 and joints of weight 0 are 0; false where one is negative. A vertex without weight follows its
    /// first joint.
    mutating func normalizeJointWeights() -> Bool {
        for vertex in 0..<vertexCount {
            var sum = 0.0
            for k in 0..<4 {
                guard jointWeights[vertex * 4 + k] >= 0 else { return false }
                sum += Double(jointWeights[vertex * 4 + k])
            }
            if sum <= 0 {
                jointWeights[vertex * 4] = 1
                for k in 1..<4 { joints[vertex * 4 + k] = 0 }
                continue
            }
            for k in 0..<4 {
                if (sum - 1).magnitude > 1e-6 { jointWeights[vertex * 4 + k] = Float(Double(jointWeights[vertex * 4 + k]) / sum) }
                jointWeights[vertex * 4 + k] = min(jointWeights[vertex * 4 + k], 1)
                if jointWeights[vertex * 4 + k] == 0 { joints[vertex * 4 + k] = 0 }
            }
        }
        return true
    }

    func position(_ vertex: Int) -> SIMD3<Double> {
        [Double(positions[vertex * 3]), Double(positions[vertex * 3 + 1]), Double(positions[vertex * 3 + 2])]
    }

    func normal(_ vertex: Int) -> SIMD3<Double> {
        [Double(normals[vertex * 3]), Double(normals[vertex * 3 + 1]), Double(normals[vertex * 3 + 2])]
    }

    private mutating func setNormal(_ vertex: Int, _ normal: SIMD3<Double>) {
        for k in 0..<3 { normals[vertex * 3 + k] = Float(normal[k]) }
    }

    /// Unit normal of a triangle; nil where it has no area.
    private func geometricNormal(_ triangle: Int) -> SIMD3<Double>? {
        let a = position(Int(indices[triangle * 3]))
        let b = position(Int(indices[triangle * 3 + 1])) - a
        let c = position(Int(indices[triangle * 3 + 2])) - a
        let cross = SIMD3<Double>(b.y * c.z - b.z * c.y, b.z * c.x - b.x * c.z, b.x * c.y - b.y * c.x)
        let length = (cross * cross).sum().squareRoot()
        return length > 0 && length.isFinite ? cross / length : nil
    }
}
