import Glibc
import RenderModel

extension CanonicalScene {
    /// Adds a camera that sees the whole scene at rest from a little above its front right.
    mutating func frame() throws(SceneError) {
        let bounds = SceneBounds(self)
        guard !bounds.isEmpty else {
            throw SceneError(
                .malformed, at: "scene", "there is no geometry and no camera: nothing to render", advice: "export at least one mesh")
        }
        let center = (bounds.low + bounds.high) / 2
        let extent = bounds.high - bounds.low
        let radius = max((extent * extent).sum().squareRoot() / 2, 1e-6)
        guard radius.isFinite, radius < SceneBuilder.magnitudeMax else {
            throw .malformed("scene", "its extent is \(radius)")
        }
        let yfov = 0.7
        let distance = radius / sin(yfov / 2) * 1.05
        let yaw = 0.6
        let pitch = -0.35
        let back = SIMD3(sin(yaw) * cos(pitch), -sin(pitch), cos(yaw) * cos(pitch))

        var camera = SceneCamera()
        camera.projection = .perspective(yfov: Float(yfov), aspectRatio: 0)
        camera.focusDistance = Float(distance)
        var node = SceneNode()
        node.translation = SIMD3<Float>(center + back * distance)
        // Yaw about y, then pitch about the camera's own x.
        let (sy, cy, sp, cp) = (sin(yaw / 2), cos(yaw / 2), sin(pitch / 2), cos(pitch / 2))
        node.rotation = SIMD4<Float>(SIMD4<Double>(cy * sp, sy * cp, -sy * sp, cy * cp))
        node.camera = Int32(cameras.count)
        cameras.append(camera)
        nodes.append(node)
    }

    /// Whether anything in the scene emits.
    var hasLight: Bool {
        if sky != .none || !lights.isEmpty { return true }
        let emitters = materials.map { $0.emission != .zero || $0.unlit }
        return nodes.contains { node in
            node.mesh >= 0 && meshes[Int(node.mesh)].primitives.contains { $0.material >= 0 && emitters[Int($0.material)] }
        }
    }
}
