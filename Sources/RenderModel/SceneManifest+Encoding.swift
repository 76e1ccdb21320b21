import Wire

extension SceneManifest {
    /// The manifest's bytes, in the one form that `init(_:)` accepts.
    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.uint32(1, SceneManifest.version)
        writer.uint64(2, UInt64(nodeCount))
        writer.bulk(3, nodes)
        writer.bulk(4, matrices)
        writer.bulk(5, weights)
        writer.bulk(6, instances)
        for mesh in meshes { writer.message(7) { SceneManifest.write(mesh, &$0) } }
        for material in parts.materials { writer.message(8) { SceneManifest.write(material, &$0) } }
        for texture in parts.textures { writer.message(9) { SceneManifest.write(texture, &$0) } }
        for (image, texels) in zip(parts.images, texels) { writer.message(10) { SceneManifest.write(image, texels, &$0) } }
        for camera in parts.cameras { writer.message(11) { SceneManifest.write(camera, &$0) } }
        for light in parts.lights { writer.message(12) { SceneManifest.write(light, &$0) } }
        for skin in skins {
            writer.message(13) {
                $0.uint64(1, UInt64(skin.jointCount))
                $0.bulk(2, skin.data)
            }
        }
        for channels in animations {
            writer.message(14) { animation in
                for channel in channels { animation.message(1) { SceneManifest.write(channel, &$0) } }
            }
        }
        switch parts.sky {
        case .none: break
        case .constant(let color): writer.message(15) { $0.floats(1, [color.x, color.y, color.z], default: []) }
        case .image(let index, let rotation, let intensity):
            writer.message(16) {
                $0.uint32(1, index)
                $0.float(2, rotation, default: 0)
                $0.float(3, intensity, default: 1)
            }
        }
        writer.float(17, parts.framesPerSecond, default: 24)
        return writer.bytes
    }

    private static func write(_ mesh: MeshRecord, _ writer: inout ProtobufWriter) {
        writer.floats(1, mesh.weights, default: [])
        for primitive in mesh.primitives {
            writer.message(2) {
                $0.index(1, primitive.material)
                $0.uint64(2, UInt64(primitive.vertexCount))
                $0.uint64(3, UInt64(primitive.indexCount))
                $0.uint32(4, primitive.attributes.rawValue)
                $0.bytes(5, primitive.targets.map(\.rawValue))
                $0.bulk(6, primitive.data)
            }
        }
    }

    private static func write(_ texture: SceneTexture, _ writer: inout ProtobufWriter) {
        writer.uint32(1, texture.image)
        writer.uint32(2, texture.wrapS.rawValue)
        writer.uint32(3, texture.wrapT.rawValue)
        writer.bool(4, texture.nearest)
    }

    private static func write(_ image: SceneImage, _ texels: BulkData, _ writer: inout ProtobufWriter) {
        writer.uint32(1, image.width)
        writer.uint32(2, image.height)
        writer.uint32(3, image.format.rawValue)
        writer.bulk(4, texels)
    }

    private static func write(_ camera: SceneCamera, _ writer: inout ProtobufWriter) {
        switch camera.projection {
        case .perspective(let yfov, let aspectRatio): writer.floats(1, [yfov, aspectRatio], default: [])
        case .orthographic(let xmag, let ymag): writer.floats(2, [xmag, ymag], default: [])
        }
        let standard = SceneCamera()
        writer.float(3, camera.near, default: standard.near)
        writer.float(4, camera.far, default: standard.far)
        writer.float(5, camera.lensRadius, default: standard.lensRadius)
        writer.float(6, camera.focusDistance, default: standard.focusDistance)
    }

    private static func write(_ light: SceneLight, _ writer: inout ProtobufWriter) {
        let standard = SceneLight()
        writer.uint32(1, light.kind.rawValue)
        writer.vector(2, light.intensity, default: standard.intensity)
        writer.float(3, light.range, default: standard.range)
        writer.float(4, light.innerConeAngle, default: standard.innerConeAngle)
        writer.float(5, light.outerConeAngle, default: standard.outerConeAngle)
        writer.floats(6, [light.size.x, light.size.y], default: [standard.size.x, standard.size.y])
    }

    private static func write(_ record: ChannelRecord, _ writer: inout ProtobufWriter) {
        writer.uint32(1, record.channel.node)
        writer.uint32(2, record.channel.path.rawValue)
        writer.uint32(3, record.channel.interpolation.rawValue)
        writer.uint64(4, UInt64(record.keyCount))
        writer.uint64(5, UInt64(record.valueCount))
        writer.bulk(6, record.data)
    }

    static func write(_ material: SceneMaterial, _ writer: inout ProtobufWriter) {
        let standard = SceneMaterial()
        for field in MaterialField.all {
            switch field.part {
            case .float(let path): writer.float(field.number, material[keyPath: path], default: standard[keyPath: path])
            case .vector(let path): writer.vector(field.number, material[keyPath: path], default: standard[keyPath: path])
            case .color4(let path):
                let (value, usual) = (material[keyPath: path], standard[keyPath: path])
                writer.floats(field.number, (0..<4).map { value[$0] }, default: (0..<4).map { usual[$0] })
            case .bool(let path): writer.bool(field.number, material[keyPath: path])
            case .alphaMode: writer.uint32(field.number, material.alphaMode.rawValue)
            case .slot(let path):
                let slot = material[keyPath: path]
                guard slot != SceneTextureSlot() else { continue }
                writer.message(field.number) {
                    $0.index(1, slot.texture)
                    $0.uint32(2, slot.uvSet)
                    $0.floats(3, slot.transform, default: SceneTextureSlot().transform)
                }
            }
        }
    }
}

extension ProtobufWriter {
    /// 0 for none, else index + 1.
    mutating func index(_ number: UInt32, _ value: Int32) { uint64(number, UInt64(Int64(value) + 1)) }

    /// Left out where its bits are those of the default.
    mutating func float(_ number: UInt32, _ value: Float, default standard: Float) {
        if value.bitPattern != standard.bitPattern { float(number, value) }
    }

    mutating func vector(_ number: UInt32, _ value: SIMD3<Float>, default standard: SIMD3<Float>) {
        floats(number, [value.x, value.y, value.z], default: [standard.x, standard.y, standard.z])
    }

    /// A packed repeated float.
    mutating func floats(_ number: UInt32, _ values: [Float], default standard: [Float]) {
        guard values.map(\.bitPattern) != standard.map(\.bitPattern) else { return }
        var packed = WordWriter(words: values.count)
        packed.write(values)
        bytes(number, packed.bytes)
    }

    mutating func bulk(_ number: UInt32, _ bulk: BulkData) {
        guard bulk.size > 0 else { return }
        message(number) {
            $0.uint64(1, UInt64(bulk.size))
            $0.bytes(2, bulk.inline)
            for block in bulk.blocks { $0.bytes(3, block.bytes) }
        }
    }
}
