import RenderModel

extension SceneBuilder {
    mutating func buildNodes() throws(SceneError) {
        let hierarchy = try NodeHierarchy(document, limits)
        try budget.charge(hierarchy.places.count, 2 * MemoryLayout<SceneNode>.stride, at: "nodes")
        for (index, place) in hierarchy.places.enumerated() {
            nodeIndex[place.source] = index
            nodeSource.append(place.source)
            scene.nodes.append(try node(place))
        }
    }

    private mutating func node(_ place: NodeHierarchy.Place) throws(SceneError) -> SceneNode {
        guard let source = document.nodes?[place.source] else {
            throw .malformed("nodes", "there is no node \(place.source)")
        }
        let path = "nodes[\(place.source)]"
        var node = SceneNode()
        node.parent = Int32(place.parent)
        if let values = source.matrix {
            node.matrix = try matrix(values, at: "\(path).matrix")
        } else {
            node.translation = try vector3(source.translation, default: .zero, at: "\(path).translation")
            node.scale = try vector3(source.scale, default: [1, 1, 1], at: "\(path).scale")
            if let rotation = source.rotation {
                let q = try floats(rotation, count: 4, at: "\(path).rotation")
                node.rotation = try quaternion([q[0], q[1], q[2], q[3]], at: "\(path).rotation")
            }
        }
        if let camera = source.camera {
            node.camera = Int32(scene.cameras.count)
            scene.cameras.append(try self.camera(camera, at: path))
        }
        if let light = source.extensions?.light {
            node.light = Int32(try punctualLight(light.light, at: path))
        }
        if let light = source.extensions?.areaLight {
            guard node.light < 0 else {
                throw .malformed(path, "the node carries a punctual light and an area light")
            }
            node.light = Int32(try areaLight(light.light, at: path))
        }
        if let instancing = source.extensions?.instancing {
            node.instances = try instances(instancing.attributes, at: "\(path).extensions.EXT_mesh_gpu_instancing")
        }
        if let weights = source.weights {
            node.weights = try floats(weights, count: weights.count, at: "\(path).weights")
        }
        return node
    }

    /// The identity becomes an absent matrix, so that the node can still be animated.
    private func matrix(_ values: [Double], at path: String) throws(SceneError) -> [Float] {
        let matrix = try floats(values, count: 16, at: path)
        guard matrix[3] == 0, matrix[7] == 0, matrix[11] == 0, matrix[15] == 1 else {
            throw .malformed(path, "the last row is not 0, 0, 0, 1")
        }
        let identity: [Float] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        return matrix == identity ? [] : matrix
    }

    private func camera(_ index: Int, at place: String) throws(SceneError) -> SceneCamera {
        guard let cameras = document.cameras, cameras.indices.contains(index) else {
            throw .malformed("\(place).camera", "there is no camera \(index)")
        }
        let source = cameras[index]
        let path = "cameras[\(index)]"
        var camera = SceneCamera()
        switch (source.type, source.perspective, source.orthographic) {
        case ("perspective", let perspective?, _):
            let aspect = try float(perspective.aspectRatio, default: 0, in: 1e-4...1e4, at: "\(path).perspective.aspectRatio")
            // Up to but without half a turn.
            let yfov = try float(perspective.yfov, default: 0, in: 1e-5...3.1415, at: "\(path).perspective.yfov")
            camera.projection = .perspective(yfov: yfov, aspectRatio: aspect)
            camera.near = try float(perspective.znear, default: 0, in: 0...SceneBuilder.magnitudeMax, at: "\(path).perspective.znear")
            if let zfar = perspective.zfar { camera.far = try float(zfar, at: "\(path).perspective.zfar") }
        case ("orthographic", _, let orthographic?):
            let xmag = try float(orthographic.xmag, at: "\(path).orthographic.xmag").magnitude
            let ymag = try float(orthographic.ymag, at: "\(path).orthographic.ymag").magnitude
            guard xmag > 0, ymag > 0 else {
                throw .malformed("\(path).orthographic", "xmag or ymag is 0")
            }
            camera.projection = .orthographic(xmag: xmag, ymag: ymag)
            camera.near = try float(orthographic.znear, default: 0, in: 0...SceneBuilder.magnitudeMax, at: "\(path).orthographic.znear")
            camera.far = try float(orthographic.zfar, at: "\(path).orthographic.zfar")
        default:
            throw .malformed(path, "the camera of type \(source.type) lacks its parameters")
        }
        guard camera.far > camera.near else {
            throw .malformed(path, "zfar is not beyond znear")
        }
        if let lens = source.extensions?.lens {
            camera.lensRadius = try float(lens.radius, default: 0, in: 0...1e6, at: "\(path).extensions.INFERIX_lens.radius")
            camera.focusDistance = try float(
                lens.focusDistance, default: 1, in: 1e-6...1e9, at: "\(path).extensions.INFERIX_lens.focusDistance")
        }
        return camera
    }

    /// Per instance translation 3, rotation 4, scale 3. Source: EXT_mesh_gpu_instancing.
    private mutating func instances(_ attributes: [String: Int], at path: String) throws(SceneError) -> [Float] {
        var parts: [(offset: Int, width: Int, values: [Float])] = []
        var count: Int?
        for (name, offset, width) in [("TRANSLATION", 0, 3), ("ROTATION", 3, 4), ("SCALE", 7, 3)] {
            guard let accessor = attributes[name] else { continue }
            let (values, layout) = try readFloats(accessor, widths: [width], at: "\(path).\(name)")
            guard count == nil || count == layout.count else {
                throw .malformed(path, "the attributes differ in length")
            }
            count = layout.count
            parts.append((offset, width, values))
        }
        guard let count else { return [] }
        instancesTotal += count
        guard instancesTotal <= limits.instancesMax else {
            throw .limit(path, "more than \(limits.instancesMax) instances")
        }
        try budget.charge(count, 40, at: path)
        var result: [Float] = []
        result.reserveCapacity(count * 10)
        for index in 0..<count {
            var instance: [Float] = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]
            for part in parts {
                for k in 0..<part.width { instance[part.offset + k] = part.values[index * part.width + k] }
            }
            let q = try quaternion([instance[3], instance[4], instance[5], instance[6]], at: "\(path).ROTATION[\(index)]")
            for k in 0..<4 { instance[3 + k] = q[k] }
            result.append(contentsOf: instance)
        }
        return result
    }
}
