internal import CRenderKernels
public import RenderModel

/// A canonical scene in the engine's own tables: everything that doesn't depend on the frame.
///
/// The scene is checked again while it is loaded: its bytes may come from anywhere. The value given can be dropped afterwards.
public final class SceneModel {
    let handle: OpaquePointer
    /// Bytes that this model and the scenes prepared from it may take together.
    public let memoryMax: UInt64

    public init(_ scene: CanonicalScene, memoryMax: UInt64 = 4 << 30) throws(RenderError) {
        guard let handle = rk_model_create(memoryMax) else { throw .outOfMemory(cap: memoryMax) }
        self.handle = handle
        self.memoryMax = memoryMax
        try load(scene)
    }

    deinit { rk_model_destroy(handle) }

    /// Turns a status into an error that names the part of the scene.
    func check(_ status: RkStatus, _ what: @autoclosure () -> String) throws(RenderError) {
        switch status {
        case RK_OK: return
        case RK_OUT_OF_MEMORY: throw .outOfMemory(cap: memoryMax)
        case RK_TOO_LARGE: throw .sceneTooLarge(what: what())
        default: throw .invalidScene(what: what())
        }
    }

    private func load(_ scene: CanonicalScene) throws(RenderError) {
        for (index, image) in scene.images.enumerated() {
            try check(
                rk_model_add_image(handle, image.width, image.height, image.format.rawValue, image.texels, image.texels.count),
                "image \(index)")
        }
        for (index, texture) in scene.textures.enumerated() {
            var value = RkTexture(
                image: texture.image, wrapS: texture.wrapS.rawValue, wrapT: texture.wrapT.rawValue, nearest: texture.nearest ? 1 : 0)
            try check(rk_model_add_texture(handle, &value), "texture \(index)")
        }
        for (index, material) in scene.materials.enumerated() {
            var value = RkMaterial(material)
            try check(rk_model_add_material(handle, &value), "material \(index)")
        }
        for (index, mesh) in scene.meshes.enumerated() { try load(mesh, index) }
        for (index, camera) in scene.cameras.enumerated() {
            var value = RkCameraInput(camera)
            try check(rk_model_add_camera(handle, &value), "camera \(index)")
        }
        for (index, light) in scene.lights.enumerated() {
            var value = RkLightInput(light)
            try check(rk_model_add_light(handle, &value), "light \(index)")
        }
        for (index, skin) in scene.skins.enumerated() {
            try check(
                rk_model_add_skin(handle, skin.joints, skin.joints.count, skin.inverseBindMatrices, skin.inverseBindMatrices.count),
                "skin \(index)")
        }
        for (index, node) in scene.nodes.enumerated() {
            var value = RkNodeInput(node)
            try check(
                rk_model_add_node(
                    handle, &value, node.matrix, node.matrix.count, node.weights, node.weights.count, node.instances, node.instances.count),
                "node \(index)")
        }
        for (index, animation) in scene.animations.enumerated() {
            for channel in animation.channels {
                try check(
                    rk_model_add_channel(
                        handle, channel.node, channel.path.rawValue, channel.interpolation.rawValue, channel.times, channel.times.count,
                        channel.values, channel.values.count),
                    "animation \(index)")
            }
        }
        var sky = RkSkyInput(scene.sky)
        try check(rk_model_set_sky(handle, &sky), "sky")
        try check(rk_model_finish(handle, scene.framesPerSecond), "a reference between its parts is out of range")
    }

    private func load(_ mesh: SceneMesh, _ index: Int) throws(RenderError) {
        try check(rk_model_add_mesh(handle, mesh.weights, mesh.weights.count), "mesh \(index)")
        for primitive in mesh.primitives {
            let what = "a primitive of mesh \(index)"
            let material = primitive.material < 0 ? UInt32.max : UInt32(primitive.material)
            try check(
                rk_model_add_primitive(
                    handle, material, primitive.indices, primitive.indices.count, primitive.positions, primitive.positions.count), what)
            let attributes: [(RkAttribute, [Float])] = [
                (RK_NORMALS, primitive.normals), (RK_TANGENTS, primitive.tangents), (RK_UV0, primitive.uv0), (RK_UV1, primitive.uv1),
                (RK_COLORS, primitive.colors), (RK_JOINT_WEIGHTS, primitive.jointWeights),
            ]
            for (attribute, values) in attributes {
                try check(rk_model_set_attribute(handle, attribute, values, values.count), what)
            }
            try check(rk_model_set_joints(handle, primitive.joints, primitive.joints.count), what)
            for target in primitive.targets {
                try check(
                    rk_model_add_target(
                        handle, target.positions, target.positions.count, target.normals, target.normals.count, target.tangents,
                        target.tangents.count), what)
            }
        }
    }
}
