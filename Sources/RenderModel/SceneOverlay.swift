public import Wire

/// What is added to a scene without touching the rest: nodes of their own, in world space. Indices count within the overlay.
public struct SceneOverlay: Equatable, Sendable {
    public var materials: [SceneMaterial] = []
    public var textures: [SceneTexture] = []
    public var images: [SceneImage] = []
    public var meshes: [SceneMesh] = []
    /// Roots without camera, light or skin.
    public var nodes: [SceneNode] = []

    public init() {}
}

extension SceneManifest {
    /// The manifest of the scene with an overlay, and the blocks that are new. All other blocks are shared with the scene as it was.
    ///
    /// - Parameter block: the bytes of one of the scene's own blocks; only the last one of the node table is asked for.
    /// - Throws: `SceneFormatError` where that block is missing or wrong, or a bound of the format would be exceeded.
    public func adding(
        _ overlay: SceneOverlay, block: @escaping (CID) throws(SceneFormatError) -> [UInt8]?
    ) throws(SceneFormatError) -> SceneBundle {
        var marked = self
        var sink = BlockSink()
        marked.parts.materials += overlay.materials.map { material in
            var material = material
            for field in MaterialField.all {
                guard case .slot(let path) = field.part, material[keyPath: path].texture >= 0 else { continue }
                material[keyPath: path].texture += Int32(parts.textures.count)
            }
            return material
        }
        marked.parts.textures += overlay.textures.map { texture in
            var texture = texture
            texture.image += UInt32(parts.images.count)
            return texture
        }
        for image in overlay.images {
            marked.texels.append(sink.store(image.texels))
            var header = image
            header.texels = []
            marked.parts.images.append(header)
        }
        marked.meshes += overlay.meshes.map { mesh in
            MeshRecord(
                weights: mesh.weights,
                primitives: mesh.primitives.map { primitive in
                    var primitive = primitive
                    if primitive.material >= 0 { primitive.material += Int32(parts.materials.count) }
                    return PrimitiveRecord(primitive, &sink)
                })
        }
        marked.nodeCount += overlay.nodes.count
        marked.nodes = try sink.extend(nodes, by: nodeTable(overlay.nodes), BlockSource(block: block))
        let bytes = marked.encoded
        guard bytes.count <= SceneManifest.sizeMax else {
            throw .tooLarge("its manifest would have \(bytes.count) bytes, at most \(SceneManifest.sizeMax) are allowed")
        }
        // Bounds and references are checked as a reader would.
        _ = try SceneManifest(bytes)
        return SceneBundle(root: SceneBlock(bytes: bytes).id, manifest: bytes, blocks: sink.blocks)
    }

    func nodeTable(_ nodes: [SceneNode]) -> [UInt8] {
        var table = WordWriter(words: nodes.count * SceneManifest.nodeWords)
        for node in nodes {
            let mesh = node.mesh < 0 ? 0 : UInt32(node.mesh) + UInt32(meshes.count) + 1
            table.write([0, mesh, 0, 0, 0, 0, 0, 0])
            table.write([node.translation.x, node.translation.y, node.translation.z])
            table.write([node.rotation.x, node.rotation.y, node.rotation.z, node.rotation.w])
            table.write([node.scale.x, node.scale.y, node.scale.z])
        }
        return table.bytes
    }
}

extension BlockSink {
    /// Bulk data with bytes behind its end: only the last block is made anew.
    mutating func extend(_ bulk: BulkData, by bytes: [UInt8], _ source: BlockSource) throws(SceneFormatError) -> BulkData {
        guard bulk.blocks.count > 1 else { return store(try source.load(bulk) + bytes) }
        var last = BulkData()
        last.size = bulk.blockSize(bulk.blocks.count - 1)
        last.blocks = [bulk.blocks[bulk.blocks.count - 1]]
        let tail = store(try source.load(last) + bytes)
        var result = bulk
        result.size += bytes.count
        result.blocks = bulk.blocks.dropLast() + tail.blocks
        return result
    }
}
