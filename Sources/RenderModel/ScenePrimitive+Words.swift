extension SceneManifest.PrimitiveRecord {
    init(_ primitive: ScenePrimitive, _ sink: inout BlockSink) {
        material = primitive.material
        vertexCount = primitive.positions.count / 3
        indexCount = primitive.indices.count
        if !primitive.normals.isEmpty { attributes.insert(.normals) }
        if !primitive.tangents.isEmpty { attributes.insert(.tangents) }
        if !primitive.uv0.isEmpty { attributes.insert(.uv0) }
        if !primitive.uv1.isEmpty { attributes.insert(.uv1) }
        if !primitive.colors.isEmpty { attributes.insert(.colors) }
        if !primitive.joints.isEmpty { attributes.insert(.joints) }
        targets = primitive.targets.map { target in
            var present: SceneManifest.TargetAttributes = []
            if !target.positions.isEmpty { present.insert(.positions) }
            if !target.normals.isEmpty { present.insert(.normals) }
            if !target.tangents.isEmpty { present.insert(.tangents) }
            return present
        }
        var writer = WordWriter(words: words ?? 0)
        writer.write(primitive.indices)
        for array in [primitive.positions, primitive.normals, primitive.tangents, primitive.uv0, primitive.uv1, primitive.colors] {
            writer.write(array)
        }
        writer.write(primitive.joints)
        writer.write(primitive.jointWeights)
        for target in primitive.targets {
            for array in [target.positions, target.normals, target.tangents] { writer.write(array) }
        }
        data = sink.store(writer.bytes)
    }

    func assemble(_ source: BlockSource) throws(SceneFormatError) -> ScenePrimitive {
        var reader = WordReader(try source.load(data))
        var primitive = ScenePrimitive()
        primitive.material = material
        primitive.indices = reader.words(indexCount)
        primitive.positions = reader.floats(3 * vertexCount)
        if attributes.contains(.normals) { primitive.normals = reader.floats(3 * vertexCount) }
        if attributes.contains(.tangents) { primitive.tangents = reader.floats(4 * vertexCount) }
        if attributes.contains(.uv0) { primitive.uv0 = reader.floats(2 * vertexCount) }
        if attributes.contains(.uv1) { primitive.uv1 = reader.floats(2 * vertexCount) }
        if attributes.contains(.colors) { primitive.colors = reader.floats(4 * vertexCount) }
        if attributes.contains(.joints) {
            primitive.joints = reader.words(4 * vertexCount)
            primitive.jointWeights = reader.floats(4 * vertexCount)
        }
        for present in targets {
            var target = SceneMorphTarget()
            if present.contains(.positions) { target.positions = reader.floats(3 * vertexCount) }
            if present.contains(.normals) { target.normals = reader.floats(3 * vertexCount) }
            if present.contains(.tangents) { target.tangents = reader.floats(3 * vertexCount) }
            primitive.targets.append(target)
        }
        return primitive
    }
}
