internal import Crypto
public import Wire

/// One message of Bitswap 1.2 (ipfs/specs, bitswap): `docs/protocols/bitswap.proto`.
public struct BitswapMessage: Hashable, Sendable {
    /// A change to the sender's list of wants.
    public struct Entry: Hashable, Sendable {
        public enum Kind: UInt8, Sendable {
            /// The block itself.
            case block = 0
            /// Only whether it is there.
            case have = 1
        }

        public var cid: CID
        public var priority: Int32
        public var isCancel: Bool
        public var kind: Kind
        /// A peer without the block is asked to say so.
        public var sendDontHave: Bool

        public init(cid: CID, priority: Int32 = 1, isCancel: Bool = false, kind: Kind = .block, sendDontHave: Bool = true) {
            self.cid = cid
            self.priority = priority
            self.isCancel = isCancel
            self.kind = kind
            self.sendDontHave = sendDontHave
        }
    }

    /// A block with the part of its CID that cannot be computed from it.
    public struct Block: Hashable, Sendable {
        public var codec: CID.Codec
        public var hash: CID.HashFunction
        /// Shares the storage of the message that was decoded.
        public var data: ArraySlice<UInt8>

        public init(codec: CID.Codec, hash: CID.HashFunction, data: ArraySlice<UInt8>) {
            self.codec = codec
            self.hash = hash
            self.data = data
        }

        /// The CID that the bytes themselves give, whatever the sender says.
        public var computedCID: CID {
            switch hash {
            case .sha256: CID(codec: codec, hash: hash, digest: Hash.sha256(data))
            case .blake2b256: CID(codec: codec, hash: hash, digest: Hash.blake2b(data))
            }
        }
    }

    public struct Presence: Hashable, Sendable {
        public var cid: CID
        public var isThere: Bool

        public init(cid: CID, isThere: Bool) {
            self.cid = cid
            self.isThere = isThere
        }
    }

    /// Whole message, in bytes.
    public static let sizeMax = 4 << 20
    public static let blockSizeMax = 1 << 20
    /// Entries and presences that are read from a message, each; the rest is skipped.
    public static let entriesMax = 1024

    public var entries: [Entry]
    /// The entries are all that the sender wants, not a change to it.
    public var isFull: Bool
    public var blocks: [Block]
    public var presences: [Presence]
    /// Bytes that the sender still has to send.
    public var pendingBytes: UInt32

    public init(
        entries: [Entry] = [], isFull: Bool = false, blocks: [Block] = [], presences: [Presence] = [], pendingBytes: UInt32 = 0
    ) {
        self.entries = entries
        self.isFull = isFull
        self.blocks = blocks
        self.presences = presences
        self.pendingBytes = pendingBytes
    }
}

extension BitswapMessage {
    public func encode() -> [UInt8] {
        var writer = ProtobufWriter(reserving: 16 + 52 * (entries.count + presences.count) + blocks.reduce(0) { $0 + $1.data.count + 24 })
        if !entries.isEmpty || isFull {
            writer.message(1) { list in
                for entry in entries {
                    list.message(1) { nested in
                        nested.bytes(1, entry.cid.bytes)
                        nested.int64(2, Int64(entry.priority))
                        nested.bool(3, entry.isCancel)
                        nested.uint64(4, UInt64(entry.kind.rawValue))
                        nested.bool(5, entry.sendDontHave)
                    }
                }
                list.bool(2, isFull)
            }
        }
        for block in blocks { BitswapMessage.write(block, to: &writer) }
        for presence in presences {
            writer.message(4) { nested in
                nested.bytes(1, presence.cid.bytes)
                nested.uint64(2, presence.isThere ? 0 : 1)
            }
        }
        writer.uint32(5, pendingBytes)
        return writer.bytes
    }

    private static func write(_ block: Block, to writer: inout ProtobufWriter) {
        var prefix = ByteWriter(reserving: 8)
        prefix.writeVarint(1)
        prefix.writeVarint(block.codec.rawValue)
        prefix.writeVarint(block.hash.rawValue)
        prefix.writeVarint(32)
        var nested = ProtobufWriter(reserving: block.data.count + 20)
        nested.bytes(1, prefix.bytes)
        nested.bytes(2, block.data)
        writer.alwaysBytes(3, nested.bytes)
    }

    /// Skips unknown fields, and entries, blocks and presences with a CID of a kind that `CID` does not know.
    public init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= BitswapMessage.sizeMax else { throw .outOfBounds }
        self.init()
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: try readWantlist(try field.bytes())
            case 2: try readBlock(codec: .dagProtobuf, hash: .sha256, try field.bytes())
            case 3: try readPayload(try field.bytes())
            case 4: try readPresence(try field.bytes())
            case 5: pendingBytes = UInt32(truncatingIfNeeded: try field.uint64())
            default: break
            }
        }
    }

    private mutating func readWantlist(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: try readEntry(try field.bytes())
            case 2: isFull = try field.bool()
            default: break
            }
        }
    }

    private mutating func readEntry(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var cid: CID?
        var entry = (priority: Int32(0), isCancel: false, kind: Entry.Kind.block, sendDontHave: false)
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: cid = try? CID(bytes: try field.bytes())
            case 2: entry.priority = Int32(truncatingIfNeeded: try field.int64())
            case 3: entry.isCancel = try field.bool()
            case 4: entry.kind = try field.uint64() == 1 ? .have : .block
            case 5: entry.sendDontHave = try field.bool()
            default: break
            }
        }
        guard let cid, entries.count < BitswapMessage.entriesMax else { return }
        entries.append(
            Entry(
                cid: cid, priority: entry.priority, isCancel: entry.isCancel, kind: entry.kind, sendDontHave: entry.sendDontHave))
    }

    private mutating func readPayload(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var prefix: ArraySlice<UInt8> = []
        var data: ArraySlice<UInt8> = []
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: prefix = try field.bytes()
            case 2: data = try field.bytes()
            default: break
            }
        }
        var parts = ByteReader(prefix)
        let version = try parts.readVarint()
        let codec = CID.Codec(rawValue: try parts.readVarint())
        let hash = CID.HashFunction(rawValue: try parts.readVarint())
        let length = try parts.readVarint()
        guard version <= 1, let codec, let hash, length == 32 else { return }
        try readBlock(codec: codec, hash: hash, data)
    }

    private mutating func readBlock(codec: CID.Codec, hash: CID.HashFunction, _ data: ArraySlice<UInt8>) throws(WireError) {
        guard data.count <= BitswapMessage.blockSizeMax else { throw .outOfBounds }
        guard blocks.count < BitswapMessage.entriesMax else { return }
        blocks.append(Block(codec: codec, hash: hash, data: data))
    }

    private mutating func readPresence(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var cid: CID?
        var isThere = true
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: cid = try? CID(bytes: try field.bytes())
            case 2: isThere = try field.uint64() == 0
            default: break
            }
        }
        guard let cid, presences.count < BitswapMessage.entriesMax else { return }
        presences.append(Presence(cid: cid, isThere: isThere))
    }
}
