internal import Crypto
public import Wire

/// The protobuf form of a public key (libp2p/specs, peer-ids): what Noise payloads, identify and envelopes carry.
public struct PublicKeyMessage: Equatable, Sendable {
    /// Type codes of the specification. Signatures are checked for Ed25519 only.
    public enum KeyType: UInt64, Sendable {
        case rsa = 0
        case ed25519 = 1
        case secp256k1 = 2
        case ecdsa = 3
    }

    /// Longest encoding that is read: an RSA key of 4,096 bits with room to spare.
    public static let sizeMax = 1024

    public var type: KeyType
    public var data: [UInt8]

    public init(ed25519 publicKey: Bytes32) {
        type = .ed25519
        data = publicKey.array
    }

    public var bytes: [UInt8] {
        var writer = ProtobufWriter(reserving: data.count + 8)
        writer.alwaysUInt64(1, type.rawValue)
        writer.alwaysBytes(2, data)
        return writer.bytes
    }

    public init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        guard bytes.count <= PublicKeyMessage.sizeMax else { throw .outOfBounds }
        var reader = ProtobufReader(bytes)
        var type: KeyType?
        var data: [UInt8]?
        while let field = try reader.next() {
            switch field.number {
            case 1:
                guard let known = KeyType(rawValue: try field.uint64()) else { throw .malformedField }
                type = known
            case 2: data = Array(try field.bytes())
            default: break
            }
        }
        guard let type, let data else { throw .missingField }
        self.type = type
        self.data = data
    }

    /// The key, where it is Ed25519 and has its 32 bytes.
    public var ed25519: Bytes32? { type == .ed25519 ? Bytes32(data) : nil }

    /// Peer id: the encoding itself where it is at most 42 bytes long, else its SHA-256.
    public var peer: PeerID? {
        if let key = ed25519 { return PeerID(ed25519: key) }
        let bytes = bytes
        if bytes.count <= 42 { return try? PeerID(bytes: [0x00, UInt8(bytes.count)] + bytes) }
        return try? PeerID(bytes: [0x12, 0x20] + Hash.sha256(bytes).array)
    }
}
