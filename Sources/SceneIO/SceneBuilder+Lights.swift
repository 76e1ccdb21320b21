import RenderModel

extension SceneBuilder {
    /// Canonical index of a light of KHR_lights_punctual.
    mutating func punctualLight(_ index: Int, at place: String) throws(SceneError) -> Int {
        if let known = lightIndex[index] { return known }
        guard let lights = document.extensions?.lights?.lights, lights.indices.contains(index) else {
            throw .malformed("\(place).extensions.KHR_lights_punctual", "there is no light \(index)")
        }
        let source = lights[index]
        let path = "extensions.KHR_lights_punctual.lights[\(index)]"
        var light = SceneLight()
        switch source.type {
        case "directional": light.kind = .directional
        case "point": light.kind = .point
        case "spot": light.kind = .spot
        default: throw .malformed("\(path).type", "\(source.type) is not a type of light")
        }
        light.intensity = try product(source.color, source.intensity, at: path)
        if light.kind != .directional, let range = source.range {
            light.range = try float(range, default: 0, in: 1e-9...SceneBuilder.magnitudeMax, at: "\(path).range")
        }
        if light.kind == .spot {
            light.innerConeAngle = try float(source.spot?.innerConeAngle, default: 0, in: 0...1.5707964, at: "\(path).spot.innerConeAngle")
            light.outerConeAngle = try float(
                source.spot?.outerConeAngle, default: light.outerConeAngle, in: 0...1.5707964, at: "\(path).spot.outerConeAngle")
            guard light.innerConeAngle < light.outerConeAngle else {
                throw .malformed("\(path).spot", "the inner cone is not smaller than the outer one")
            }
        }
        lightIndex[index] = scene.lights.count
        scene.lights.append(light)
        return scene.lights.count - 1
    }

    /// Canonical index of an area light of the project's own extension.
    mutating func areaLight(_ index: Int, at place: String) throws(SceneError) -> Int {
        if let known = areaLightIndex[index] { return known }
        guard let lights = document.extensions?.areaLights?.lights, lights.indices.contains(index) else {
            throw .malformed("\(place).extensions.INFERIX_area_light", "there is no light \(index)")
        }
        let source = lights[index]
        let path = "extensions.INFERIX_area_light.lights[\(index)]"
        var light = SceneLight()
        switch source.shape {
        case "rectangle": light.kind = .rectangle
        case "disc": light.kind = .disc
        default: throw .malformed("\(path).shape", "\(source.shape) is neither rectangle nor disc")
        }
        light.intensity = try product(source.color, source.intensity, at: path)
        let size = try floats(source.size, count: 2, at: "\(path).size")
        guard size[0] > 0, size[1] > 0 else {
            throw .malformed("\(path).size", "a light of size 0")
        }
        light.size = [size[0], size[1]]
        areaLightIndex[index] = scene.lights.count
        scene.lights.append(light)
        return scene.lights.count - 1
    }

    /// Colour × intensity, multiplied as doubles and rounded once.
    private func product(_ color: [Double]?, _ intensity: Double?, at path: String) throws(SceneError) -> SIMD3<Float> {
        let factor = intensity ?? 1
        return try self.color((color ?? [1, 1, 1]).map { $0 * factor }, default: .zero, at: "\(path).intensity")
    }

    /// Sky and frame rate of the project's own extension.
    mutating func buildRenderExtension() throws(SceneError) {
        guard let render = document.extensions?.render else { return }
        let path = "extensions.INFERIX_render"
        scene.framesPerSecond = try float(
            render.framesPerSecond, default: scene.framesPerSecond, in: 1e-3...1e6, at: "\(path).framesPerSecond")
        guard let sky = render.sky else { return }
        let intensity = try float(sky.intensity, default: 1, in: 0...1e9, at: "\(path).sky.intensity")
        if let uri = sky.uri {
            let bytes = try buffers.resource(uri, &budget, at: "\(path).sky.uri")
            let rotation = try float(sky.rotation, default: 0, in: -1e3...1e3, at: "\(path).sky.rotation")
            try scene.setSky(
                exr: bytes, rotation: rotation, intensity: intensity, limits: limits, budget: &budget, at: "\(path).sky.uri")
        } else {
            let factor = Double(intensity)
            scene.sky = .constant(try color((sky.color ?? [1, 1, 1]).map { $0 * factor }, default: .zero, at: "\(path).sky.color"))
        }
    }
}
