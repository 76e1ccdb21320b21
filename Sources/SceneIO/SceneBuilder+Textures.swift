import RenderModel

extension SceneBuilder {
    /// Canonical index of a texture read in one colour space: a source texture used in both becomes two.
    mutating func texture(_ index: Int, isColor: Bool, at place: String) throws(SceneError) -> Int {
        let use = TextureUse(index: index, isColor: isColor)
        if let known = textureIndex[use] { return known }
        guard let textures = document.textures, textures.indices.contains(index) else {
            throw .malformed(place, "there is no texture \(index)")
        }
        let path = "textures[\(index)]"
        guard let source = textures[index].source else {
            throw .unsupported(path, "the texture has no PNG or JPEG source (only an extension's)")
        }
        var texture = SceneTexture()
        if let samplerIndex = textures[index].sampler {
            guard let samplers = document.samplers, samplers.indices.contains(samplerIndex) else {
                throw .malformed("\(path).sampler", "there is no sampler \(samplerIndex)")
            }
            let sampler = samplers[samplerIndex]
            texture.nearest = sampler.magFilter == 9728
            texture.wrapS = try wrap(sampler.wrapS, at: "samplers[\(samplerIndex)].wrapS")
            texture.wrapT = try wrap(sampler.wrapT, at: "samplers[\(samplerIndex)].wrapT")
        }
        texture.image = UInt32(try image(source, isColor: isColor, at: "\(path).source"))
        textureIndex[use] = scene.textures.count
        scene.textures.append(texture)
        return scene.textures.count - 1
    }

    private func wrap(_ mode: Int?, at path: String) throws(SceneError) -> SceneWrap {
        switch mode ?? 10497 {
        case 10497: return .repeat
        case 33071: return .clampToEdge
        case 33648: return .mirroredRepeat
        case let other: throw .malformed(path, "\(other) is not a wrap mode")
        }
    }

    private mutating func image(_ index: Int, isColor: Bool, at place: String) throws(SceneError) -> Int {
        let use = TextureUse(index: index, isColor: isColor)
        if let known = imageIndex[use] { return known }
        let file = try imageFile(index, at: place)
        var image = SceneImage()
        image.width = file.width
        image.height = file.height
        switch (file.depth, isColor) {
        case (8, true): image.format = .rgba8sRGB
        case (8, false): image.format = .rgba8
        case (_, let isColor):
            image.format = .rgba16
            if isColor { try budget.charge(file.size, 1, at: place) }
        }
        imageIndex[use] = scene.images.count
        imagesWaiting.append((use, scene.images.count))
        scene.images.append(image)
        if threads == 1 { try decodeImages() }
        return scene.images.count - 1
    }

    private mutating func imageFile(_ index: Int, at place: String) throws(SceneError) -> ImageFile {
        if let known = imageFiles[index] { return known }
        guard let images = document.images, images.indices.contains(index) else {
            throw .malformed(place, "there is no image \(index)")
        }
        let source = images[index]
        let path = "images[\(index)]"
        let file: ImageFile
        switch (source.bufferView, source.uri) {
        case (let view?, nil):
            let bytes = try buffers.view(view, &budget, at: "\(path).bufferView")
            file = try ImageFile(bytes, limits, &budget, at: path)
        case (nil, let uri?):
            let bytes = try buffers.resource(uri, &budget, at: "\(path).uri")
            file = try ImageFile(ByteView(storage: bytes, range: 0..<bytes.count), limits, &budget, at: path)
        default:
            throw .malformed(path, "an image needs either a uri or a bufferView")
        }
        imageFiles[index] = file
        return file
    }

    /// Fills in the texels of all images that wait for them.
    mutating func decodeImages() throws(SceneError) {
        var missing: [Int] = []
        for (use, _) in imagesWaiting where decodedImages[use.index] == nil && !missing.contains(use.index) { missing.append(use.index) }
        let decoded = try ImageDecoding.decode(missing.map { imageFiles[$0]! }, threads: threads, &budget)
        for (index, image) in zip(missing, decoded) { decodedImages[index] = image }
        for (use, place) in imagesWaiting {
            let image = decodedImages[use.index]!
            scene.images[place].texels = image.depth == 16 && use.isColor ? SRGBCurve.linear16(image.texels) : image.texels
        }
        imagesWaiting = []
    }
}

extension CanonicalScene {
    /// Makes an OpenEXR picture the sky.
    mutating func setSky(
        exr bytes: [UInt8], rotation: Float = 0, intensity: Float = 1, limits: SceneLimits, budget: inout MemoryBudget, at place: String
    ) throws(SceneError) {
        let picture = try RGBImage.decodeEXR(bytes, limits: limits, budget: &budget, at: place)
        try budget.charge(picture.width * picture.height, 16, at: place)
        sky = .image(index: UInt32(images.count), rotation: rotation, intensity: intensity)
        images.append(try SceneImage(sky: picture, at: place))
    }
}

extension SceneImage {
    /// RGB floats as the texels of a sky. Negative and infinite radiance is refused.
    init(sky picture: RGBImage, at place: String) throws(SceneError) {
        self.init()
        width = UInt32(picture.width)
        height = UInt32(picture.height)
        format = .rgba32Float
        texels.reserveCapacity(picture.width * picture.height * 16)
        for pixel in 0..<(picture.width * picture.height) {
            for channel in 0..<4 {
                let value = channel < 3 ? picture.pixels[pixel * 3 + channel] : 1
                guard value >= 0, value <= Float(SceneBuilder.magnitudeMax) else {
                    throw .malformed(place, "pixel \(pixel % picture.width), \(pixel / picture.width) is negative or not finite")
                }
                withUnsafeBytes(of: value.bitPattern.littleEndian) { texels.append(contentsOf: $0) }
            }
        }
    }
}
