import Wire

extension SceneManifest {
    /// Parses a manifest. Counts and sizes are bounded and consistent afterwards; values are checked by
    /// `CanonicalScene.validate()` once the bulk data is there.
    public init(_ bytes: [UInt8]) throws(SceneFormatError) {
        guard bytes.count <= SceneManifest.sizeMax else {
            throw .tooLarge("its manifest has \(bytes.count) bytes, at most \(SceneManifest.sizeMax) are allowed")
        }
        // The version comes first, so that a later one is named as such and not as damage.
        var reader = ByteReader(bytes)
        if let tag = try? reader.readVarint(), tag == 8, let version = try? reader.readVarint(), version != SceneManifest.version {
            throw .version(UInt32(clamping: version))
        }
        do throws(WireError) {
            try parse(bytes[...])
        } catch {
            throw .wire(error)
        }
    }

    private mutating func parse(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = CanonicalReader(bytes, repeated: [7, 8, 9, 10, 11, 12, 13, 14])
        var hasVersion = false
        while let field = try reader.next() {
            switch field.number {
            case 1: hasVersion = try field.uint64() == SceneManifest.version
            case 2: nodeCount = try field.int(max: SceneFormatBounds.nodes)
            case 3: nodes = try BulkData(field)
            case 4: matrices = try BulkData(field)
            case 5: weights = try BulkData(field)
            case 6: instances = try BulkData(field)
            case 7: try append(try MeshRecord(field), to: &meshes, max: SceneFormatBounds.meshes)
            case 8: try append(try SceneMaterial(field), to: &parts.materials, max: SceneFormatBounds.materials)
            case 9: try append(try SceneTexture(field), to: &parts.textures, max: SceneFormatBounds.textures)
            case 10:
                let (image, bulk) = try SceneManifest.image(field)
                try append(image, to: &parts.images, max: SceneFormatBounds.textures)
                texels.append(bulk)
            case 11: try append(try SceneCamera(field), to: &parts.cameras, max: SceneFormatBounds.cameras)
            case 12: try append(try SceneLight(field), to: &parts.lights, max: SceneFormatBounds.lights)
            case 13: try append(try SkinRecord(field), to: &skins, max: SceneFormatBounds.skins)
            case 14: try append(try SceneManifest.channels(field), to: &animations, max: SceneFormatBounds.animations)
            case 15: parts.sky = .constant(try SceneManifest.constantSky(field))
            case 16:
                guard parts.sky == .none else { throw .notCanonical }
                parts.sky = try SceneManifest.imageSky(field)
            case 17: parts.framesPerSecond = try field.float(default: 24)
            default: throw .notCanonical
            }
        }
        guard hasVersion else { throw .missingField }
        guard nodes.size == nodeCount * SceneManifest.nodeWords * 4 else { throw .outOfBounds }
        guard matrices.size % 64 == 0, weights.size % 4 == 0, instances.size % 40 == 0 else { throw .outOfBounds }
    }

    private func append<T>(_ element: T, to list: inout [T], max: Int) throws(WireError) {
        guard list.count < max else { throw .outOfBounds }
        list.append(element)
    }

    private static func image(_ field: ProtobufField) throws(WireError) -> (SceneImage, BulkData) {
        var image = SceneImage()
        // An enumeration that is absent is 0, whatever the default of the Swift type.
        image.format = .rgba8sRGB
        var texels = BulkData()
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: image.width = try field.uint32()
            case 2: image.height = try field.uint32()
            case 3: image.format = try field.enumeration()
            case 4: texels = try BulkData(field)
            default: throw .notCanonical
            }
        }
        let side = SceneFormatBounds.imageSide
        guard image.width <= side, image.height <= side,
            texels.size == Int(image.width) * Int(image.height) * image.format.bytesPerTexel
        else { throw .outOfBounds }
        return (image, texels)
    }

    private static func channels(_ field: ProtobufField) throws(WireError) -> [ChannelRecord] {
        var channels: [ChannelRecord] = []
        var reader = CanonicalReader(try field.bytes(), repeated: [1])
        while let field = try reader.next() {
            guard field.number == 1 else { throw .notCanonical }
            channels.append(try ChannelRecord(field))
        }
        return channels
    }

    private static func constantSky(_ field: ProtobufField) throws(WireError) -> SIMD3<Float> {
        var reader = CanonicalReader(try field.bytes())
        guard let color = try reader.next(), color.number == 1, try reader.next() == nil else { throw .notCanonical }
        let values = try color.floats(count: 3, default: [])
        return [values[0], values[1], values[2]]
    }

    private static func imageSky(_ field: ProtobufField) throws(WireError) -> SceneSky {
        var (index, rotation, intensity): (UInt32, Float, Float) = (0, 0, 1)
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: index = try field.uint32()
            case 2: rotation = try field.float(default: 0)
            case 3: intensity = try field.float(default: 1)
            default: throw .notCanonical
            }
        }
        return .image(index: index, rotation: rotation, intensity: intensity)
    }
}

extension SceneManifest.MeshRecord {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes(), repeated: [2])
        while let field = try reader.next() {
            switch field.number {
            case 1: weights = try field.floats(max: SceneFormatBounds.morphTargets)
            case 2: primitives.append(try SceneManifest.PrimitiveRecord(field))
            default: throw .notCanonical
            }
        }
    }
}

extension SceneManifest.PrimitiveRecord {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: material = try field.index()
            case 2: vertexCount = try field.int(max: SceneFormatBounds.vertices)
            case 3: indexCount = try field.int(max: SceneFormatBounds.vertices)
            case 4:
                attributes.rawValue = try field.uint32()
                guard attributes.rawValue < 64 else { throw .outOfBounds }
            case 5:
                targets = try field.bytes(max: SceneFormatBounds.morphTargets).map(SceneManifest.TargetAttributes.init(rawValue:))
                guard !targets.isEmpty, targets.allSatisfy({ $0.rawValue < 8 }) else { throw .outOfBounds }
            case 6: data = try BulkData(field)
            default: throw .notCanonical
            }
        }
        guard let words, data.size == words * 4 else { throw .outOfBounds }
    }
}

extension SceneManifest.SkinRecord {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: jointCount = try field.int(max: SceneFormatBounds.nodes)
            case 2: data = try BulkData(field)
            default: throw .notCanonical
            }
        }
        guard data.size == jointCount * 17 * 4 else { throw .outOfBounds }
    }
}

extension SceneManifest.ChannelRecord {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: channel.node = try field.uint32()
            case 2: channel.path = try field.enumeration()
            case 3: channel.interpolation = try field.enumeration()
            case 4: keyCount = try field.int(max: SceneFormatBounds.vertices)
            case 5: valueCount = try field.int(max: SceneFormatBounds.vertices)
            case 6: data = try BulkData(field)
            default: throw .notCanonical
            }
        }
        guard data.size == (keyCount + valueCount) * 4 else { throw .outOfBounds }
    }
}

extension SceneTexture {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: image = try field.uint32()
            case 2: wrapS = try field.enumeration()
            case 3: wrapT = try field.enumeration()
            case 4: nearest = try field.bool()
            default: throw .notCanonical
            }
        }
    }
}

extension SceneCamera {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes())
        var projections = 0
        while let field = try reader.next() {
            switch field.number {
            case 1, 2:
                let values = try field.floats(count: 2, default: [])
                projection =
                    field.number == 1
                    ? .perspective(yfov: values[0], aspectRatio: values[1]) : .orthographic(xmag: values[0], ymag: values[1])
                projections += 1
            case 3: near = try field.float(default: near)
            case 4: far = try field.float(default: far)
            case 5: lensRadius = try field.float(default: lensRadius)
            case 6: focusDistance = try field.float(default: focusDistance)
            default: throw .notCanonical
            }
        }
        guard projections == 1 else { throw .missingField }
    }
}

extension SceneLight {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        kind = .directional
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: kind = try field.enumeration()
            case 2: intensity = try field.vector(default: intensity)
            case 3: range = try field.float(default: range)
            case 4: innerConeAngle = try field.float(default: innerConeAngle)
            case 5: outerConeAngle = try field.float(default: outerConeAngle)
            case 6:
                let values = try field.floats(count: 2, default: [size.x, size.y])
                size = [values[0], values[1]]
            default: throw .notCanonical
            }
        }
    }
}

extension SceneMaterial {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            guard let entry = MaterialField.all.first(where: { $0.number == field.number }) else { throw .notCanonical }
            switch entry.part {
            case .float(let path): self[keyPath: path] = try field.float(default: self[keyPath: path])
            case .vector(let path): self[keyPath: path] = try field.vector(default: self[keyPath: path])
            case .color4(let path):
                let usual = self[keyPath: path]
                let values = try field.floats(count: 4, default: (0..<4).map { usual[$0] })
                self[keyPath: path] = [values[0], values[1], values[2], values[3]]
            case .bool(let path): self[keyPath: path] = try field.bool()
            case .alphaMode: alphaMode = try field.enumeration()
            case .slot(let path): self[keyPath: path] = try SceneTextureSlot(field)
            }
        }
    }
}

extension SceneTextureSlot {
    init(_ field: ProtobufField) throws(WireError) {
        self.init()
        var reader = CanonicalReader(try field.bytes())
        while let field = try reader.next() {
            switch field.number {
            case 1: texture = try field.index()
            case 2: uvSet = try field.uint32()
            case 3: transform = try field.floats(count: 6, default: transform)
            default: throw .notCanonical
            }
        }
        guard self != SceneTextureSlot() else { throw .notCanonical }
    }
}
