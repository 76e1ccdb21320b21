public import Wire

extension SceneManifest {
    /// What a scene has beyond another one of which it is a copy.
    public struct Additions: Equatable, Sendable {
        /// Base-colour images with other texels of 16 bits, ascending.
        public var images: [Int]
        /// Of the texture on the filters in front of the camera: the share of light that they take at most, 0 ... 255.
        public var alphaMax: UInt8
    }

    /// What this scene adds to `original`, where that is no more than marks may: other texels in base-colour images, and filters that
    /// the camera alone sees, black and letting through a share of the light. Nil where anything else differs.
    ///
    /// - Parameter block: the bytes of a block of either scene.
    public func additions(
        to original: SceneManifest, block: @escaping (CID) throws(SceneFormatError) -> [UInt8]?
    ) throws(SceneFormatError) -> Additions? {
        var rest = self
        guard rest.parts.images.count >= original.parts.images.count, rest.texels.count >= original.texels.count else { return nil }
        let changed = original.baseColorImages.filter { texels[$0] != original.texels[$0] }
        for index in changed {
            guard parts.images[index].format == .rgba16 else { return nil }
            rest.parts.images[index].format = original.parts.images[index].format
            rest.texels[index] = original.texels[index]
        }
        let source = BlockSource(block: block)
        guard let alphaMax = try rest.takeFilters(off: original, source) else { return nil }
        return rest == original ? Additions(images: changed, alphaMax: alphaMax) : nil
    }

    /// Takes the last material, texture, image, mesh and node off; the greatest alpha of that image. Nil where they are no filters.
    private mutating func takeFilters(off original: SceneManifest, _ source: BlockSource) throws(SceneFormatError) -> UInt8? {
        guard nodeCount != original.nodeCount else { return 0 }
        var filter = SceneMaterial()
        (filter.baseColor, filter.alphaMode, filter.unlit, filter.cameraOnly) = ([0, 0, 0, 1], .blend, true, true)
        filter.baseColorTexture.texture = Int32(original.parts.textures.count)
        guard parts.materials.count == original.parts.materials.count + 1, parts.materials.popLast() == filter,
            parts.textures.count == original.parts.textures.count + 1,
            let texture = parts.textures.popLast(), Int(texture.image) == original.parts.images.count,
            parts.images.count == original.parts.images.count + 1, let image = parts.images.popLast(), image.format == .rgba8,
            let texels = texels.popLast(), meshes.count == original.meshes.count + 1, let mesh = meshes.popLast(),
            mesh.primitives.allSatisfy({ Int($0.material) == original.parts.materials.count }),
            nodeCount == original.nodeCount + 1, try takeNode(off: original, source)
        else { return nil }
        var alphaMax: UInt8 = 0
        let bytes = try source.load(texels)
        for at in stride(from: 3, to: bytes.count, by: 4) { alphaMax = max(alphaMax, bytes[at]) }
        return alphaMax
    }

    /// Takes the last node off. False where it is not one that holds the last mesh alone, behind the other's nodes.
    private mutating func takeNode(off original: SceneManifest, _ source: BlockSource) throws(SceneFormatError) -> Bool {
        var (node, sink) = (SceneNode(), BlockSink())
        node.mesh = 0
        guard nodes == (try sink.extend(original.nodes, by: original.nodeTable([node]), source)) else { return false }
        nodes = original.nodes
        nodeCount = original.nodeCount
        return true
    }
}
