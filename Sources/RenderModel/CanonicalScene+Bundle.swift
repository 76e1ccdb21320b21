import Crypto
public import Wire

extension CanonicalScene {
    /// The scene as it travels. Equal scenes give equal bytes.
    ///
    /// - Throws: `SceneFormatError` where the scene is not valid or its manifest would exceed 1 MiB.
    public func encode() throws(SceneFormatError) -> SceneBundle {
        try validate()
        var sink = BlockSink()
        let manifest = SceneManifest(self, &sink).encoded
        guard manifest.count <= SceneManifest.sizeMax else {
            throw .tooLarge(
                "its manifest would have \(manifest.count) bytes, at most \(SceneManifest.sizeMax) are allowed: join meshes or materials")
        }
        return SceneBundle(root: Hash.cid(of: manifest), manifest: manifest, blocks: sink.blocks)
    }

    /// Builds a scene from bytes of the network: everything is checked again, nothing traps.
    ///
    /// - Parameters:
    ///   - dataMax: bytes of bulk data that may be loaded; a manifest may name one block any number of times.
    ///   - block: the bytes of a block, or nil where it is missing. Its name is checked here.
    public init(
        manifest: [UInt8], dataMax: Int = 4 << 30, block: @escaping (CID) throws(SceneFormatError) -> [UInt8]?
    ) throws(SceneFormatError) {
        let manifest = try SceneManifest(manifest)
        guard manifest.dataSize <= dataMax else {
            throw .tooLarge("\(manifest.dataSize) bytes of data, at most \(dataMax) are accepted")
        }
        self = try manifest.assemble(block)
        try validate()
    }
}

extension SceneManifest {
    init(_ scene: CanonicalScene, _ sink: inout BlockSink) {
        parts.materials = scene.materials
        parts.textures = scene.textures
        parts.cameras = scene.cameras
        parts.lights = scene.lights
        parts.sky = scene.sky
        parts.framesPerSecond = scene.framesPerSecond
        storeNodes(scene.nodes, &sink)
        meshes = scene.meshes.map { mesh in
            MeshRecord(weights: mesh.weights, primitives: mesh.primitives.map { PrimitiveRecord($0, &sink) })
        }
        for image in scene.images {
            texels.append(sink.store(image.texels))
            var header = image
            header.texels = []
            parts.images.append(header)
        }
        skins = scene.skins.map { skin in
            var writer = WordWriter(words: skin.joints.count * 17)
            writer.write(skin.joints)
            writer.write(skin.inverseBindMatrices)
            return SkinRecord(jointCount: skin.joints.count, data: sink.store(writer.bytes))
        }
        animations = scene.animations.map { animation in
            animation.channels.map { channel in
                var writer = WordWriter(words: channel.times.count + channel.values.count)
                writer.write(channel.times)
                writer.write(channel.values)
                var record = ChannelRecord(
                    channel: channel, keyCount: channel.times.count, valueCount: channel.values.count, data: sink.store(writer.bytes))
                record.channel.times = []
                record.channel.values = []
                return record
            }
        }
    }

    private mutating func storeNodes(_ list: [SceneNode], _ sink: inout BlockSink) {
        nodeCount = list.count
        var table = WordWriter(words: list.count * SceneManifest.nodeWords)
        var (matrixWords, weightWords, instanceWords) = (WordWriter(words: 0), WordWriter(words: 0), WordWriter(words: 0))
        for node in list {
            table.write([node.parent, node.mesh, node.camera, node.light, node.skin].map { UInt32(bitPattern: $0 &+ 1) })
            table.write([node.matrix.isEmpty ? 0 : 1, UInt32(node.weights.count), UInt32(node.instances.count / 10)])
            table.write([node.translation.x, node.translation.y, node.translation.z])
            table.write([node.rotation.x, node.rotation.y, node.rotation.z, node.rotation.w])
            table.write([node.scale.x, node.scale.y, node.scale.z])
            matrixWords.write(node.matrix)
            weightWords.write(node.weights)
            instanceWords.write(node.instances)
        }
        nodes = sink.store(table.bytes)
        matrices = sink.store(matrixWords.bytes)
        weights = sink.store(weightWords.bytes)
        instances = sink.store(instanceWords.bytes)
    }

    fileprivate func assemble(_ block: @escaping (CID) throws(SceneFormatError) -> [UInt8]?) throws(SceneFormatError) -> CanonicalScene {
        let source = BlockSource(block: block)
        var scene = parts
        scene.nodes = try assembleNodes(source)
        for record in meshes {
            var mesh = SceneMesh()
            mesh.weights = record.weights
            for primitive in record.primitives { mesh.primitives.append(try primitive.assemble(source)) }
            scene.meshes.append(mesh)
        }
        for (index, bulk) in texels.enumerated() { scene.images[index].texels = try source.load(bulk) }
        for record in skins {
            var reader = WordReader(try source.load(record.data))
            var skin = SceneSkin()
            skin.joints = reader.words(record.jointCount)
            skin.inverseBindMatrices = reader.floats(record.jointCount * 16)
            scene.skins.append(skin)
        }
        for records in animations {
            var animation = SceneAnimation()
            for record in records {
                var reader = WordReader(try source.load(record.data))
                var channel = record.channel
                channel.times = reader.floats(record.keyCount)
                channel.values = reader.floats(record.valueCount)
                animation.channels.append(channel)
            }
            scene.animations.append(animation)
        }
        return scene
    }

    private func assembleNodes(_ source: BlockSource) throws(SceneFormatError) -> [SceneNode] {
        var table = WordReader(try source.load(nodes))
        var (matrixWords, weightWords, instanceWords) = (
            WordReader(try source.load(matrices)), WordReader(try source.load(weights)), WordReader(try source.load(instances))
        )
        var left = (matrices: matrices.size / 64, weights: weights.size / 4, instances: instances.size / 40)
        var result: [SceneNode] = []
        result.reserveCapacity(nodeCount)
        for index in 0..<nodeCount {
            var node = SceneNode()
            node.parent = Int32(bitPattern: table.word()) &- 1
            node.mesh = Int32(bitPattern: table.word()) &- 1
            node.camera = Int32(bitPattern: table.word()) &- 1
            node.light = Int32(bitPattern: table.word()) &- 1
            node.skin = Int32(bitPattern: table.word()) &- 1
            let (hasMatrix, weightCount, instanceCount) = (Int(table.word()), Int(table.word()), Int(table.word()))
            guard hasMatrix <= min(1, left.matrices), weightCount <= left.weights, instanceCount <= left.instances else {
                throw .invalid(place: "nodes[\(index)]", reason: "it claims more matrices, weights or instances than the scene holds")
            }
            left = (left.matrices - hasMatrix, left.weights - weightCount, left.instances - instanceCount)
            node.matrix = matrixWords.floats(hasMatrix * 16)
            node.weights = weightWords.floats(weightCount)
            node.instances = instanceWords.floats(instanceCount * 10)
            node.translation = [table.float(), table.float(), table.float()]
            node.rotation = [table.float(), table.float(), table.float(), table.float()]
            node.scale = [table.float(), table.float(), table.float()]
            result.append(node)
        }
        guard left == (0, 0, 0) else {
            throw .invalid(place: "nodes", reason: "matrices, weights or instances belong to no node")
        }
        return result
    }
}

/// Loads bulk data from blocks.
struct BlockSource {
    var block: (CID) throws(SceneFormatError) -> [UInt8]?

    func load(_ bulk: BulkData) throws(SceneFormatError) -> [UInt8] {
        guard !bulk.blocks.isEmpty else { return bulk.inline }
        // Memory is taken as blocks arrive: a size alone allocates nothing.
        var bytes: [UInt8] = []
        for (index, id) in bulk.blocks.enumerated() {
            guard let part = try block(id) else { throw .missingBlock(id) }
            guard part.count == bulk.blockSize(index), Hash.cid(of: part) == id else { throw .wrongBlock(id) }
            bytes.append(contentsOf: part)
        }
        return bytes
    }
}
