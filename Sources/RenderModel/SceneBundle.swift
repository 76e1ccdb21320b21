import Crypto
public import Wire

/// A piece of a scene, named by its content.
public struct SceneBlock: Equatable, Sendable {
    /// CIDv1, raw, sha2-256.
    public var id: CID
    /// 1 ... 1,048,576 bytes.
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) {
        id = Hash.cid(of: bytes)
        self.bytes = bytes
    }

    /// A block whose name is known to be that of its bytes.
    public init(id: CID, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

/// A scene as it travels: the manifest and the blocks that it names, each once, in the order of their first use.
public struct SceneBundle: Equatable, Sendable {
    /// Name of the manifest: the scene root of offers and commitments.
    public var root: CID
    /// At most 1 MiB.
    public var manifest: [UInt8]
    public var blocks: [SceneBlock]

    public init(root: CID, manifest: [UInt8], blocks: [SceneBlock]) {
        self.root = root
        self.manifest = manifest
        self.blocks = blocks
    }
}

/// Bulk bytes of a manifest: inline where they are few, else blocks of 1 MiB and a shorter last one.
struct BulkData: Equatable, Sendable {
    /// Longest block.
    static let blockMax = 1 << 20
    /// Longest data that stays in the manifest; a block's name takes 36 bytes.
    static let inlineMax = 64

    var size = 0
    var inline: [UInt8] = []
    var blocks: [CID] = []

    static func blockCount(_ size: Int) -> Int {
        size <= inlineMax ? 0 : (size + blockMax - 1) / blockMax
    }

    func blockSize(_ index: Int) -> Int {
        index == blocks.count - 1 ? size - index * BulkData.blockMax : BulkData.blockMax
    }
}

/// Cuts bulk bytes into blocks and keeps each different one once.
struct BlockSink {
    private(set) var blocks: [SceneBlock] = []
    private var known: Set<CID> = []

    mutating func store(_ bytes: [UInt8]) -> BulkData {
        var bulk = BulkData()
        bulk.size = bytes.count
        guard bytes.count > BulkData.inlineMax else {
            bulk.inline = bytes
            return bulk
        }
        for start in stride(from: 0, to: bytes.count, by: BulkData.blockMax) {
            let block = SceneBlock(bytes: Array(bytes[start..<min(start + BulkData.blockMax, bytes.count)]))
            bulk.blocks.append(block.id)
            if known.insert(block.id).inserted { blocks.append(block) }
        }
        return bulk
    }
}

/// Little-endian words of bulk data.
struct WordWriter {
    private(set) var bytes: [UInt8] = []

    init(words: Int) {
        bytes.reserveCapacity(words * 4)
    }

    mutating func write(_ words: [UInt32]) {
        #if _endian(little)
            words.withUnsafeBytes { bytes.append(contentsOf: $0) }
        #else
            for word in words { write(word) }
        #endif
    }

    mutating func write(_ floats: [Float]) {
        #if _endian(little)
            floats.withUnsafeBytes { bytes.append(contentsOf: $0) }
        #else
            for float in floats { write(float.bitPattern) }
        #endif
    }

    mutating func write(_ word: UInt32) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ float: Float) { write(float.bitPattern) }
}

/// Reads words back, in order. The caller has checked that the bytes hold exactly the words that it asks for; a word beyond the
/// end reads as 0.
struct WordReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func word() -> UInt32 {
        guard bytes.count - position >= 4 else { return 0 }
        defer { position += 4 }
        return bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt32.self)) }
    }

    mutating func float() -> Float { Float(bitPattern: word()) }

    mutating func words(_ count: Int) -> [UInt32] {
        let available = min(count, (bytes.count - position) / 4)
        let start = position
        position += available * 4
        return bytes.withUnsafeBytes { source in
            (0..<available).map { UInt32(littleEndian: source.loadUnaligned(fromByteOffset: start + $0 * 4, as: UInt32.self)) }
        }
    }

    mutating func floats(_ count: Int) -> [Float] {
        let available = min(count, (bytes.count - position) / 4)
        let start = position
        position += available * 4
        return bytes.withUnsafeBytes { source in
            (0..<available).map {
                Float(bitPattern: UInt32(littleEndian: source.loadUnaligned(fromByteOffset: start + $0 * 4, as: UInt32.self)))
            }
        }
    }
}
