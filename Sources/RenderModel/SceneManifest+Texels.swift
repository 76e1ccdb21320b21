public import Wire

extension SceneManifest {
    /// Images that are read as base colour and as nothing else, ascending. Changing their texels changes no other property.
    public var baseColorImages: [Int] {
        var (colors, others): (Set<Int>, Set<Int>) = ([], [])
        func image(_ slot: SceneTextureSlot) -> Int? {
            guard slot.texture >= 0, Int(slot.texture) < parts.textures.count else { return nil }
            return Int(parts.textures[Int(slot.texture)].image)
        }
        for material in parts.materials {
            for field in MaterialField.all {
                guard case .slot(let path) = field.part, let index = image(material[keyPath: path]) else { continue }
                if path == \.baseColorTexture { colors.insert(index) } else { others.insert(index) }
            }
        }
        if case .image(let index, _, _) = parts.sky { others.insert(Int(index)) }
        return colors.subtracting(others).filter { parts.images.indices.contains($0) }.sorted()
    }

    /// An image with its texels. `block` gives the scene's blocks.
    public func image(_ index: Int, block: @escaping (CID) throws(SceneFormatError) -> [UInt8]?) throws(SceneFormatError) -> SceneImage {
        var image = parts.images[index]
        image.texels = try BlockSource(block: block).load(texels[index])
        return image
    }

    /// The header of an image: no texels are read.
    public func imageHeader(_ index: Int) -> SceneImage { parts.images[index] }

    /// Cuts texels into blocks as a scene stores them.
    public static func blocks(ofTexels texels: [UInt8]) -> [SceneBlock] {
        stride(from: 0, to: texels.count, by: BulkData.blockMax).map { start in
            SceneBlock(bytes: Array(texels[start..<min(start + BulkData.blockMax, texels.count)]))
        }
    }

    /// The manifest with other texels in some images: 16-bit linear ones of the same size, given by their blocks.
    public func replacingTexels(_ replacements: [Int: [CID]]) throws(SceneFormatError) -> [UInt8] {
        var changed = self
        for (index, blocks) in replacements.sorted(by: { $0.key < $1.key }) {
            guard parts.images.indices.contains(index) else {
                throw .invalid(place: "images[\(index)]", reason: "the scene has \(parts.images.count) images")
            }
            changed.parts.images[index].format = .rgba16
            var bulk = BulkData()
            bulk.size = Int(parts.images[index].width) * Int(parts.images[index].height) * SceneTexelFormat.rgba16.bytesPerTexel
            bulk.blocks = blocks
            guard bulk.size > BulkData.inlineMax, blocks.count == BulkData.blockCount(bulk.size) else {
                throw .invalid(place: "images[\(index)]", reason: "\(blocks.count) blocks do not hold its texels")
            }
            changed.texels[index] = bulk
        }
        let bytes = changed.encoded
        guard bytes.count <= SceneManifest.sizeMax else {
            throw .tooLarge("its manifest would have \(bytes.count) bytes, at most \(SceneManifest.sizeMax) are allowed")
        }
        return bytes
    }
}
