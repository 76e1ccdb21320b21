import RenderModel

extension SceneBuilder {
    mutating func buildMeshes() throws(SceneError) {
        for index in scene.nodes.indices {
            let source = nodeSource[index]
            guard let mesh = document.nodes?[source].mesh else {
                guard scene.nodes[index].weights.isEmpty else {
                    throw .malformed("nodes[\(source)].weights", "morph weights on a node without a mesh")
                }
                continue
            }
            let canonical = try self.mesh(mesh, at: "nodes[\(source)].mesh")
            let weights = scene.nodes[index].weights
            guard weights.isEmpty || weights.count == scene.meshes[canonical].weights.count else {
                throw .malformed(
                    "nodes[\(source)].weights", "\(weights.count) weights for \(scene.meshes[canonical].weights.count) morph targets")
            }
            scene.nodes[index].mesh = Int32(canonical)
        }
    }

    private mutating func mesh(_ index: Int, at place: String) throws(SceneError) -> Int {
        if let known = meshIndex[index] { return known }
        guard let meshes = document.meshes, meshes.indices.contains(index) else {
            throw .malformed(place, "there is no mesh \(index)")
        }
        let source = meshes[index]
        let path = "meshes[\(index)]"
        let targets = source.primitives.first?.targets?.count ?? 0
        var mesh = SceneMesh()
        for (number, primitive) in source.primitives.enumerated() {
            let place = "\(path).primitives[\(number)]"
            guard primitive.targets?.count ?? 0 == targets else {
                throw .malformed("\(place).targets", "the primitives of the mesh differ in their number of morph targets")
            }
            if let built = try self.primitive(primitive, at: place) { mesh.primitives.append(built) }
        }
        mesh.weights = try floats(source.weights ?? [Double](repeating: 0, count: targets), count: targets, at: "\(path).weights")
        meshIndex[index] = scene.meshes.count
        scene.meshes.append(mesh)
        return scene.meshes.count - 1
    }

    /// nil where the primitive is not made of triangles.
    private mutating func primitive(_ source: GLTFDocument.Primitive, at path: String) throws(SceneError) -> ScenePrimitive? {
        if source.extensions?.draco != nil && source.attributes["POSITION"].flatMap({ document.accessors?[safe: $0] })?.bufferView == nil {
            throw .unsupported(path, "the geometry is compressed with KHR_draco_mesh_compression")
        }
        let mode = source.mode ?? 4
        guard (0...6).contains(mode) else {
            throw .malformed("\(path).mode", "\(mode) is not a mode")
        }
        guard mode >= 4 else {
            warn("\(path) is made of points or lines, which are not rendered")
            return nil
        }
        guard let position = source.attributes["POSITION"] else {
            warn("\(path) has no POSITION and is not rendered")
            return nil
        }
        var result = ScenePrimitive()
        let material = try self.material(source.material, at: path)
        result.material = Int32(material)
        result.positions = try readFloats(position, widths: [3], at: "\(path).attributes.POSITION").values
        let count = result.positions.count / 3
        try readAttributes(source, count: count, into: &result, at: path)
        try readTargets(source, count: count, into: &result, at: path)

        let triangles = try self.triangles(source, mode: mode, vertexCount: count, at: path)
        guard !triangles.isEmpty else {
            warn("\(path) has no triangles")
            return nil
        }
        trianglesTotal += triangles.count / 3
        guard trianglesTotal <= limits.trianglesMax else {
            throw .limit(path, "more than \(limits.trianglesMax) triangles")
        }
        result.indices = triangles
        result.dropUnusedVertices()
        if result.repairNormals() {
            warn("\(path) has normals of length 0; those of the triangles are used")
        }
        try prepareTangents(&result, scene.materials[material], at: path)
        return result
    }

    private mutating func readAttributes(
        _ source: GLTFDocument.Primitive, count: Int, into result: inout ScenePrimitive, at path: String
    ) throws(SceneError) {
        result.normals = try attribute(source, "NORMAL", [3], count, at: path) ?? []
        if !result.normals.isEmpty { result.tangents = try attribute(source, "TANGENT", [4], count, at: path) ?? [] }
        result.uv0 = try attribute(source, "TEXCOORD_0", [2], count, at: path) ?? []
        result.uv1 = try attribute(source, "TEXCOORD_1", [2], count, at: path) ?? []
        if let colors = try attribute(source, "COLOR_0", [3, 4], count, at: path) {
            try budget.charge(count, 16, at: path)
            result.colors = SceneBuilder.rgba(colors, count)
        }
        if let joints = source.attributes["JOINTS_0"], source.attributes["WEIGHTS_0"] != nil {
            result.joints = try readIntegers(joints, width: 4, at: "\(path).attributes.JOINTS_0")
            result.jointWeights = try attribute(source, "WEIGHTS_0", [4], count, at: path) ?? []
            guard result.joints.count == 4 * count else {
                throw .malformed("\(path).attributes.JOINTS_0", "\(result.joints.count / 4) elements for \(count) vertices")
            }
            if let more = source.attributes["JOINTS_1"], let weights = try attribute(source, "WEIGHTS_1", [4], count, at: path) {
                let joints = try readIntegers(more, width: 4, at: "\(path).attributes.JOINTS_1")
                guard joints.count == 4 * count else {
                    throw .malformed("\(path).attributes.JOINTS_1", "\(joints.count / 4) elements for \(count) vertices")
                }
                result.keepStrongestJoints(joints, weights)
                warn("\(path) has eight joints a vertex; the four strongest are used")
            }
            guard result.normalizeJointWeights() else {
                throw .malformed("\(path).attributes.WEIGHTS_0", "a weight is negative")
            }
        }
    }

    private mutating func attribute(
        _ source: GLTFDocument.Primitive, _ name: String, _ widths: Set<Int>, _ count: Int, at path: String
    ) throws(SceneError) -> [Float]? {
        guard let accessor = source.attributes[name] else { return nil }
        let place = "\(path).attributes.\(name)"
        let (values, layout) = try readFloats(accessor, widths: widths, at: place)
        guard layout.count == count else {
            throw .malformed(place, "\(layout.count) elements for \(count) vertices")
        }
        return values
    }

    private static func rgba(_ colors: [Float], _ count: Int) -> [Float] {
        let width = colors.count / count
        var result = [Float](repeating: 1, count: count * 4)
        for vertex in 0..<count {
            for channel in 0..<width { result[vertex * 4 + channel] = max(colors[vertex * width + channel], 0) }
        }
        return result
    }

    private mutating func readTargets(
        _ source: GLTFDocument.Primitive, count: Int, into result: inout ScenePrimitive, at path: String
    ) throws(SceneError) {
        let targets = source.targets ?? []
        guard targets.count <= limits.morphTargetsMax else {
            throw .limit("\(path).targets", "\(targets.count) morph targets, at most \(limits.morphTargetsMax) are read")
        }
        for (number, attributes) in targets.enumerated() {
            let place = "\(path).targets[\(number)]"
            var target = SceneMorphTarget()
            for (name, part) in [
                ("POSITION", \SceneMorphTarget.positions), ("NORMAL", \SceneMorphTarget.normals), ("TANGENT", \SceneMorphTarget.tangents),
            ] {
                guard let accessor = attributes[name] else { continue }
                let (values, layout) = try readFloats(accessor, widths: [3], at: "\(place).\(name)")
                guard layout.count == count else {
                    throw .malformed("\(place).\(name)", "\(layout.count) elements for \(count) vertices")
                }
                target[keyPath: part] = values
            }
            if result.normals.isEmpty { target.normals = [] }
            if result.tangents.isEmpty { target.tangents = [] }
            result.targets.append(target)
        }
    }

    /// Opens strips and fans. Source: glTF 2.0, section 3.7.2.1 (topology types).
    private mutating func triangles(
        _ source: GLTFDocument.Primitive, mode: Int, vertexCount: Int, at path: String
    ) throws(SceneError) -> [UInt32] {
        let indices: [UInt32]
        if let accessor = source.indices {
            indices = try readIntegers(accessor, width: 1, at: "\(path).indices")
            if let bad = indices.first(where: { Int($0) >= vertexCount }) {
                throw .malformed("\(path).indices", "index \(bad), and there are \(vertexCount) vertices")
            }
        } else {
            try budget.charge(vertexCount, 4, at: path)
            indices = (0..<UInt32(vertexCount)).map { $0 }
        }
        guard mode != 4 else {
            guard indices.count % 3 == 0 else {
                throw .malformed("\(path).indices", "\(indices.count) indices do not make whole triangles")
            }
            return indices
        }
        guard indices.count >= 3 else { return [] }
        try budget.charge(indices.count, 12, at: path)
        var triangles: [UInt32] = []
        triangles.reserveCapacity((indices.count - 2) * 3)
        for i in 0..<(indices.count - 2) {
            let (a, b, c) =
                mode == 5 ? (indices[i], indices[i + 1 + i % 2], indices[i + 2 - i % 2]) : (indices[i + 1], indices[i + 2], indices[0])
            // Strips are joined by triangles without area.
            if a != b && b != c && a != c { triangles.append(contentsOf: [a, b, c]) }
        }
        return triangles
    }

    /// Tangents only where a normal map needs them; generated where the file gives none.
    private mutating func prepareTangents(
        _ primitive: inout ScenePrimitive, _ material: SceneMaterial, at path: String
    ) throws(SceneError) {
        // The first that there is says which UV set the tangents follow.
        let slot =
            [material.normalTexture, material.clearcoatNormalTexture, material.anisotropyTexture].first { $0.texture >= 0 }
            ?? SceneTextureSlot()
        guard slot.texture >= 0 || material.anisotropy > 0 else {
            primitive.tangents = []
            for index in primitive.targets.indices { primitive.targets[index].tangents = [] }
            return
        }
        guard primitive.tangents.isEmpty else {
            for vertex in 0..<(primitive.tangents.count / 4) {
                primitive.tangents[vertex * 4 + 3] = primitive.tangents[vertex * 4 + 3] < 0 ? -1 : 1
            }
            return
        }
        guard !(slot.uvSet == 0 ? primitive.uv0 : primitive.uv1).isEmpty else {
            warn("\(path) has no tangents and no TEXCOORD_\(slot.uvSet) to make them from; normal maps and anisotropy have no effect")
            return
        }
        try budget.charge(primitive.indices.count, 128, at: path)
        if primitive.normals.isEmpty { primitive.makeFlatNormals() }
        primitive.generateTangents(uvSet: slot.uvSet)
        budget.release(primitive.indices.count * 64)
    }
}

extension Array {
    /// nil outside the bounds.
    subscript(safe index: Int) -> Element? {
        indices.contains(index) ? self[index] : nil
    }
}
