import RenderModel

extension SceneBuilder {
    mutating func buildSkins() throws(SceneError) {
        for index in scene.nodes.indices {
            let source = nodeSource[index]
            guard let skin = document.nodes?[source].skin else { continue }
            let place = "nodes[\(source)].skin"
            let canonical = try self.skin(skin, at: place)
            scene.nodes[index].skin = Int32(canonical)
            guard scene.nodes[index].mesh >= 0 else { continue }
            let joints = scene.skins[canonical].joints.count
            for primitive in scene.meshes[Int(scene.nodes[index].mesh)].primitives {
                if let bad = primitive.joints.first(where: { Int($0) >= joints }) {
                    throw .malformed(place, "a vertex names joint \(bad), and the skin has \(joints)")
                }
            }
        }
    }

    private mutating func skin(_ index: Int, at place: String) throws(SceneError) -> Int {
        if let known = skinIndex[index] { return known }
        guard let skins = document.skins, skins.indices.contains(index) else {
            throw .malformed(place, "there is no skin \(index)")
        }
        let source = skins[index]
        let path = "skins[\(index)]"
        guard !source.joints.isEmpty, source.joints.count <= 1 << 16 else {
            throw .malformed("\(path).joints", "\(source.joints.count) joints")
        }
        var skin = SceneSkin()
        for joint in source.joints {
            guard let node = nodeIndex[joint] else {
                throw .malformed("\(path).joints", "joint \(joint) is not a node of the scene")
            }
            skin.joints.append(UInt32(node))
        }
        if let accessor = source.inverseBindMatrices {
            let (values, layout) = try readFloats(accessor, widths: [16], at: "\(path).inverseBindMatrices")
            guard layout.count >= skin.joints.count else {
                throw .malformed("\(path).inverseBindMatrices", "\(layout.count) matrices for \(skin.joints.count) joints")
            }
            skin.inverseBindMatrices = Array(values.prefix(16 * skin.joints.count))
        } else {
            let identity: [Float] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
            for _ in skin.joints { skin.inverseBindMatrices.append(contentsOf: identity) }
        }
        skinIndex[index] = scene.skins.count
        scene.skins.append(skin)
        return scene.skins.count - 1
    }
}
