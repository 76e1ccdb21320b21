extension CanonicalScene {
    /// Checks every index, count and number. What passes can be rendered without a further check: the renderer relies on it.
    public func validate() throws(SceneFormatError) {
        let counts = [
            (nodes.count, SceneFormatBounds.nodes, "nodes"), (meshes.count, SceneFormatBounds.meshes, "meshes"),
            (materials.count, SceneFormatBounds.materials, "materials"), (textures.count, SceneFormatBounds.textures, "textures"),
            (images.count, SceneFormatBounds.textures, "images"), (cameras.count, SceneFormatBounds.cameras, "cameras"),
            (lights.count, SceneFormatBounds.lights, "lights"), (skins.count, SceneFormatBounds.skins, "skins"),
            (animations.count, SceneFormatBounds.animations, "animations"),
        ]
        for (count, max, name) in counts where count > max { throw .tooLarge("\(count) \(name), at most \(max) are allowed") }
        for (index, image) in images.enumerated() { try image.validate(at: "images[\(index)]") }
        for (index, texture) in textures.enumerated() {
            try require(Int(texture.image) < images.count, "textures[\(index)].image", "there is no image \(texture.image)")
        }
        for (index, material) in materials.enumerated() {
            try material.validate(textureCount: textures.count, at: "materials[\(index)]")
        }
        for (index, mesh) in meshes.enumerated() { try mesh.validate(materialCount: materials.count, at: "meshes[\(index)]") }
        for (index, camera) in cameras.enumerated() { try camera.validate(at: "cameras[\(index)]") }
        for (index, light) in lights.enumerated() { try light.validate(at: "lights[\(index)]") }
        for (index, skin) in skins.enumerated() { try skin.validate(nodeCount: nodes.count, at: "skins[\(index)]") }
        try validateNodes()
        try validateAnimations()
        try validateSky()
        try require(framesPerSecond > 0 && isBounded(framesPerSecond), "framesPerSecond", "it is \(framesPerSecond)")
    }

    private func validateNodes() throws(SceneFormatError) {
        let jointsUsed = meshes.map { $0.primitives.reduce(0) { max($0, ($1.joints.max() ?? 0)) } }
        var cameraCarriers = [Int](repeating: 0, count: cameras.count)
        for (index, node) in nodes.enumerated() {
            let place = "nodes[\(index)]"
            try require(node.parent >= -1 && Int(node.parent) < index, place, "its parent \(node.parent) does not come before it")
            try require(isIndex(node.mesh, meshes.count), place, "there is no mesh \(node.mesh)")
            try require(isIndex(node.camera, cameras.count), place, "there is no camera \(node.camera)")
            try require(isIndex(node.light, lights.count), place, "there is no light \(node.light)")
            try require(isIndex(node.skin, skins.count), place, "there is no skin \(node.skin)")
            if node.camera >= 0 { cameraCarriers[Int(node.camera)] += 1 }
            let numbers = [node.translation.x, node.translation.y, node.translation.z, node.scale.x, node.scale.y, node.scale.z]
            try require(numbers.allSatisfy(isBounded) && (0..<4).allSatisfy { isBounded(node.rotation[$0]) }, place, notFinite)
            try require(node.matrix.isEmpty || node.matrix.count == 16, place, "its matrix has \(node.matrix.count) numbers")
            try require((node.matrix + node.weights).allSatisfy(isBounded), place, notFinite)
            try require(node.instances.count % 10 == 0 && node.instances.allSatisfy(isBounded), place, "its instances are malformed")
            let targets = node.mesh >= 0 ? meshes[Int(node.mesh)].weights.count : 0
            try require(node.weights.isEmpty || node.weights.count == targets, place, "its weights do not fit the mesh")
            if node.mesh >= 0, node.skin >= 0 {
                let joints = skins[Int(node.skin)].joints.count
                try require(Int(jointsUsed[Int(node.mesh)]) < joints, place, "a vertex names a joint beyond the \(joints) of the skin")
            }
        }
        for (index, carriers) in cameraCarriers.enumerated() {
            try require(carriers == 1, "cameras[\(index)]", "\(carriers) nodes carry it, where one must")
        }
    }

    private func validateAnimations() throws(SceneFormatError) {
        struct Target: Hashable {
            var node: UInt32
            var path: SceneAnimation.Path
        }
        var driven: Set<Target> = []
        for (index, animation) in animations.enumerated() {
            for (number, channel) in animation.channels.enumerated() {
                let place = "animations[\(index)].channels[\(number)]"
                try require(Int(channel.node) < nodes.count, place, "there is no node \(channel.node)")
                let node = nodes[Int(channel.node)]
                let stride: Int
                switch channel.path {
                case .translation, .scale: stride = 3
                case .rotation: stride = 4
                case .weights: stride = node.mesh >= 0 ? meshes[Int(node.mesh)].weights.count : 0
                }
                try require(channel.path == .weights || node.matrix.isEmpty, place, "the node has a matrix")
                try require(stride > 0, place, "the node has no morph targets")
                let target = Target(node: channel.node, path: channel.path)
                try require(driven.insert(target).inserted, place, "the property is driven twice")
                try require(!channel.times.isEmpty && channel.times.allSatisfy(isBounded), place, "its times are missing or not finite")
                try require(zip(channel.times, channel.times.dropFirst()).allSatisfy(<), place, "its times do not ascend")
                let perKey = channel.interpolation == .cubicSpline ? 3 * stride : stride
                try require(channel.values.count == channel.times.count * perKey, place, "it has \(channel.values.count) values")
                try require(channel.values.allSatisfy(isBounded), place, notFinite)
            }
        }
    }

    private func validateSky() throws(SceneFormatError) {
        switch sky {
        case .none: break
        case .constant(let color): try require(isColor(color), "sky", "its radiance is negative or not finite")
        case .image(let index, let rotation, let intensity):
            try require(Int(index) < images.count && images[Int(index)].format == .rgba32Float, "sky", "image \(index) is no float image")
            try require(isBounded(rotation) && isBounded(intensity) && intensity >= 0, "sky", "its rotation or intensity is not usable")
        }
    }
}

private let notFinite = "a number is not finite, or larger than 10^15"

private func require(_ condition: Bool, _ place: @autoclosure () -> String, _ reason: @autoclosure () -> String) throws(SceneFormatError) {
    guard condition else { throw .invalid(place: place(), reason: reason()) }
}

/// Finite and of a magnitude that products of a few matrices survive; false for NaN.
private func isBounded(_ value: Float) -> Bool { value.magnitude <= SceneFormatBounds.magnitude }

private func isUnit(_ value: Float) -> Bool { value >= 0 && value <= 1 }

private func isIndex(_ value: Int32, _ count: Int) -> Bool { value >= -1 && Int(value) < count }

private func isColor(_ color: SIMD3<Float>) -> Bool {
    (0..<3).allSatisfy { color[$0] >= 0 && color[$0] <= SceneFormatBounds.magnitude }
}

extension SceneImage {
    fileprivate func validate(at place: String) throws(SceneFormatError) {
        let side = SceneFormatBounds.imageSide
        try require(width > 0 && height > 0 && width <= side && height <= side, place, "\(width) × \(height) texels")
        try require(texels.count == Int(width) * Int(height) * format.bytesPerTexel, place, "\(texels.count) bytes of texels")
        guard format == .rgba32Float else { return }
        let usable = texels.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).allSatisfy {
                let value = Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
                return value >= 0 && isBounded(value)
            }
        }
        try require(usable, place, "a texel is negative or not finite")
    }
}

extension SceneMaterial {
    fileprivate func validate(textureCount: Int, at place: String) throws(SceneFormatError) {
        let units = [
            baseColor.x, baseColor.y, baseColor.z, baseColor.w, metallic, roughness, specular, transmission, clearcoat, clearcoatRoughness,
            sheenRoughness, anisotropy, iridescence, diffuseTransmission,
        ]
        try require(units.allSatisfy(isUnit), place, "a factor is outside 0...1")
        try require(
            [emission, specularColor, attenuationColor, sheenColor, diffuseTransmissionColor].allSatisfy(isColor), place,
            "a colour is not usable")
        try require([normalScale, clearcoatNormalScale, anisotropyRotation].allSatisfy(isBounded), place, notFinite)
        try require(isBounded(alphaCutoff) && alphaCutoff >= 0, place, "its alpha cut-off is \(alphaCutoff)")
        try require(isBounded(dispersion) && dispersion >= 0, place, "its dispersion is \(dispersion)")
        try require(iridescenceIor >= 1 && iridescenceIor <= 100, place, "the index of refraction of its film is \(iridescenceIor)")
        let films = [iridescenceThicknessMinimum, iridescenceThicknessMaximum]
        try require(films.allSatisfy { $0 >= 0 && isBounded($0) }, place, "the thickness of its film is \(films)")
        try require(isBounded(thickness) && thickness >= 0, place, "its thickness is \(thickness)")
        try require(ior == 0 || (ior >= 1 && ior <= 100), place, "its index of refraction is \(ior)")
        try require(attenuationDistance > 0, place, "its attenuation distance is \(attenuationDistance)")
        for field in MaterialField.all {
            guard case .slot(let path) = field.part else { continue }
            let slot = self[keyPath: path]
            try require(isIndex(slot.texture, textureCount), place, "there is no texture \(slot.texture)")
            try require(slot.uvSet <= 1, place, "there is no UV set \(slot.uvSet)")
            try require(slot.transform.count == 6 && slot.transform.allSatisfy(isBounded), place, "a texture transform is malformed")
        }
    }
}

extension SceneMesh {
    fileprivate func validate(materialCount: Int, at place: String) throws(SceneFormatError) {
        try require(weights.count <= SceneFormatBounds.morphTargets && weights.allSatisfy(isBounded), place, "its weights are malformed")
        for (index, primitive) in primitives.enumerated() {
            let place = "\(place).primitives[\(index)]"
            try require(isIndex(primitive.material, materialCount), place, "there is no material \(primitive.material)")
            try require(primitive.targets.count == weights.count, place, "\(primitive.targets.count) morph targets")
            try primitive.validate(at: place)
        }
    }
}

extension ScenePrimitive {
    fileprivate func validate(at place: String) throws(SceneFormatError) {
        let count = positions.count / 3
        try require(count > 0 && positions.count == 3 * count, place, "\(positions.count) numbers of positions")
        try require(count <= SceneFormatBounds.vertices && indices.count <= SceneFormatBounds.vertices, place, "too many vertices")
        try require(indices.count % 3 == 0, place, "\(indices.count) indices do not make whole triangles")
        try require(indices.allSatisfy { Int($0) < count }, place, "an index is not below \(count)")
        var arrays = [
            (positions, 3, "positions"), (normals, 3, "normals"), (tangents, 4, "tangents"), (uv0, 2, "uv0"), (uv1, 2, "uv1"),
            (colors, 4, "colors"), (jointWeights, 4, "joint weights"),
        ]
        for target in targets {
            arrays += [(target.positions, 3, "a target"), (target.normals, 3, "a target"), (target.tangents, 3, "a target")]
        }
        for (array, stride, name) in arrays {
            try require(array.isEmpty || array.count == stride * count, place, "\(array.count) numbers of \(name) for \(count) vertices")
            try require(array.allSatisfy(isBounded), place, "\(name): \(notFinite)")
        }
        try require(joints.count == jointWeights.count, place, "\(joints.count) joints for \(jointWeights.count) weights")
        try require(colors.allSatisfy { $0 >= 0 } && jointWeights.allSatisfy(isUnit), place, "a colour or a joint weight is out of range")
        for start in stride(from: 0, to: jointWeights.count, by: 4) {
            let sum = jointWeights[start] + jointWeights[start + 1] + jointWeights[start + 2] + jointWeights[start + 3]
            try require((sum - 1).magnitude < 1e-3, place, "the joint weights of vertex \(start / 4) sum to \(sum)")
        }
    }
}

extension SceneCamera {
    fileprivate func validate(at place: String) throws(SceneFormatError) {
        switch projection {
        case .perspective(let yfov, let aspectRatio):
            try require(yfov > 0 && yfov < 3.1415927, place, "its field of view is \(yfov)")
            try require(aspectRatio >= 0 && isBounded(aspectRatio), place, "its aspect ratio is \(aspectRatio)")
        case .orthographic(let xmag, let ymag):
            try require(xmag > 0 && ymag > 0 && isBounded(xmag) && isBounded(ymag), place, "its extent is \(xmag) × \(ymag)")
        }
        try require(near >= 0 && isBounded(near) && far > near, place, "it sees from \(near) to \(far)")
        try require(lensRadius >= 0 && isBounded(lensRadius), place, "its lens has the radius \(lensRadius)")
        try require(focusDistance > 0 && isBounded(focusDistance), place, "it is focused at \(focusDistance)")
    }
}

extension SceneLight {
    fileprivate func validate(at place: String) throws(SceneFormatError) {
        try require(isColor(intensity), place, "its intensity is negative or not finite")
        try require(range > 0, place, "its range is \(range)")
        try require(innerConeAngle >= 0 && innerConeAngle < outerConeAngle && outerConeAngle <= 1.5707964, place, "its cone is malformed")
        try require(size.x > 0 && size.y > 0 && isBounded(size.x) && isBounded(size.y), place, "its size is \(size.x) × \(size.y)")
    }
}

extension SceneSkin {
    fileprivate func validate(nodeCount: Int, at place: String) throws(SceneFormatError) {
        try require(!joints.isEmpty, place, "it has no joints")
        try require(joints.allSatisfy { Int($0) < nodeCount }, place, "a joint is no node")
        try require(inverseBindMatrices.count == 16 * joints.count, place, "\(inverseBindMatrices.count) numbers of matrices")
        try require(inverseBindMatrices.allSatisfy(isBounded), place, notFinite)
    }
}
