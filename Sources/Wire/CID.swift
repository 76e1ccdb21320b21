/// A content identifier, version 1, with a 32-byte digest (multiformats/cid).
public struct CID: Hashable, Comparable, Sendable {
    public enum Codec: UInt64, Hashable, Sendable {
        case raw = 0x55
        case dagProtobuf = 0x70
    }

    public enum HashFunction: UInt64, Hashable, Sendable {
        case sha256 = 0x12
        case blake2b256 = 0xb220
    }

    public var codec: Codec
    public var hash: HashFunction
    public var digest: Bytes32

    @inlinable
    public init(codec: Codec = .raw, hash: HashFunction = .sha256, digest: Bytes32) {
        self.codec = codec
        self.hash = hash
        self.digest = digest
    }

    @inlinable
    public static func < (a: CID, b: CID) -> Bool {
        if a.digest != b.digest { return a.digest < b.digest }
        return (a.codec.rawValue, a.hash.rawValue) < (b.codec.rawValue, b.hash.rawValue)
    }

    /// Binary form: version, codec, multihash.
    public var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 40)
        writer.writeVarint(1)
        writer.writeVarint(codec.rawValue)
        writer.writeVarint(hash.rawValue)
        writer.writeVarint(32)
        writer.write(digest.array)
        return writer.bytes
    }

    /// Binary form; version 0 (a bare sha2-256 multihash of a protobuf node) is accepted on input.
    public init(bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = ByteReader(bytes)
        self = try CID(reading: &reader)
        try reader.expectEnd()
    }

    /// Reads one CID and leaves the reader behind it.
    public init(reading reader: inout ByteReader) throws(WireError) {
        let first = try reader.readVarint()
        if first == HashFunction.sha256.rawValue {
            guard try reader.readVarint() == 32 else { throw .malformedField }
            self.init(codec: .dagProtobuf, hash: .sha256, digest: try reader.readBytes32())
            return
        }
        guard first == 1 else { throw .malformedField }
        guard let codec = Codec(rawValue: try reader.readVarint()) else { throw .malformedField }
        guard let hash = HashFunction(rawValue: try reader.readVarint()) else { throw .malformedField }
        guard try reader.readVarint() == 32 else { throw .malformedField }
        self.init(codec: codec, hash: hash, digest: try reader.readBytes32())
    }
}

extension ByteReader {
    @inlinable
    public mutating func readBytes32() throws(WireError) -> Bytes32 {
        guard let value = Bytes32(try readSlice(32)) else { throw .truncated }
        return value
    }
}

extension CID: CustomStringConvertible {
    /// Multibase base32, as in `bafk…`.
    public var description: String { "b" + Multibase.base32(bytes) }

    /// Multibase base32 (`b…`) or base58btc (`z…`).
    public init?(_ text: some StringProtocol) {
        let decoded: [UInt8]? =
            switch text.first {
            case "b": Multibase.decodeBase32(text.dropFirst())
            case "z": Multibase.decodeBase58(text.dropFirst())
            default: nil
            }
        guard let decoded, let cid = try? CID(bytes: decoded[...]) else { return nil }
        self = cid
    }
}
