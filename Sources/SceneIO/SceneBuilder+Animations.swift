import RenderModel

extension SceneBuilder {
    private struct Target: Hashable {
        var node: Int
        var path: SceneAnimation.Path
    }

    /// A scene plays all its animations at once, as exporters write one per object. Where a later one drives what an earlier one
    /// already drives, they are alternatives (walk, run), and the earlier is kept.
    mutating func buildAnimations() throws(SceneError) {
        var driven: Set<Target> = []
        for (index, source) in (document.animations ?? []).enumerated() {
            let path = "animations[\(index)]"
            var animation = SceneAnimation()
            var targets: Set<Target> = []
            for (number, channel) in source.channels.enumerated() {
                guard let built = try self.channel(channel, source, at: "\(path).channels[\(number)]") else { continue }
                let target = Target(node: Int(built.node), path: built.path)
                guard targets.insert(target).inserted else {
                    throw .malformed("\(path).channels[\(number)]", "the animation drives the same property twice")
                }
                animation.channels.append(built)
            }
            guard !animation.channels.isEmpty else { continue }
            guard driven.isDisjoint(with: targets) else {
                notices.append(
                    "\(path)\(source.name.map { " \"\($0)\"" } ?? "") is an alternative to an earlier animation and is not played")
                continue
            }
            driven.formUnion(targets)
            scene.animations.append(animation)
        }
    }

    private mutating func channel(
        _ source: GLTFDocument.Animation.Channel, _ animation: GLTFDocument.Animation, at path: String
    ) throws(SceneError) -> SceneAnimation.Channel? {
        guard let target = source.target.node, let node = nodeIndex[target] else { return nil }
        guard let sampler = animation.samplers[safe: source.sampler] else {
            throw .malformed("\(path).sampler", "there is no sampler \(source.sampler)")
        }
        var channel = SceneAnimation.Channel()
        channel.node = UInt32(node)
        let stride: Int
        switch source.target.path {
        case "translation": (channel.path, stride) = (.translation, 3)
        case "rotation": (channel.path, stride) = (.rotation, 4)
        case "scale": (channel.path, stride) = (.scale, 3)
        case "weights":
            let mesh = Int(scene.nodes[node].mesh)
            (channel.path, stride) = (.weights, mesh >= 0 ? scene.meshes[mesh].weights.count : 0)
        default:
            warn("\(path) animates \(source.target.path), which is not known here and is ignored")
            return nil
        }
        guard stride > 0 else {
            warn("\(path) animates morph weights of a node without morph targets")
            return nil
        }
        guard scene.nodes[node].matrix.isEmpty || channel.path == .weights else {
            throw .malformed(path, "node \(target) is animated and has a matrix instead of translation, rotation and scale")
        }
        switch sampler.interpolation ?? "LINEAR" {
        case "LINEAR": channel.interpolation = .linear
        case "STEP": channel.interpolation = .step
        case "CUBICSPLINE": channel.interpolation = .cubicSpline
        case let other: throw .malformed("\(path).sampler", "\(other) is not an interpolation")
        }
        channel.times = try readFloats(sampler.input, widths: [1], at: "\(path).input").values
        let widths: Set<Int> = channel.path == .weights ? [1] : [stride]
        channel.values = try readFloats(sampler.output, widths: widths, at: "\(path).output").values
        let perKey = stride * (channel.interpolation == .cubicSpline ? 3 : 1)
        guard channel.values.count == channel.times.count * perKey else {
            throw .malformed(path, "\(channel.values.count) values for \(channel.times.count) keys of \(perKey)")
        }
        for (a, b) in zip(channel.times, channel.times.dropFirst()) where b <= a {
            throw .malformed(path, "the times of the keys do not ascend (\(a) s, then \(b) s)")
        }
        if channel.path == .rotation && channel.interpolation != .cubicSpline {
            try normalizeRotations(&channel, at: path)
        }
        return channel
    }

    private func normalizeRotations(_ channel: inout SceneAnimation.Channel, at path: String) throws(SceneError) {
        let v = channel.values
        for key in channel.times.indices {
            let q = try quaternion([v[key * 4], v[key * 4 + 1], v[key * 4 + 2], v[key * 4 + 3]], at: path)
            for k in 0..<4 where channel.values[key * 4 + k] != q[k] { channel.values[key * 4 + k] = q[k] }
        }
    }
}
