internal import Crypto
public import Wire

/// A libp2p peer id, inline: the multihash of a protobuf-encoded public key (libp2p/specs, peer-ids).
///
/// Our own nodes are Ed25519 (identity multihash of 36 bytes, so the key can be read from the id); ids of other key types
/// (sha2-256, or an inlined secp256k1 key) are carried and compared, never interpreted.
public struct PeerID: Hashable, Comparable, Sendable {
    /// Kinds by their multihash prefix.
    @usableFromInline
    enum Kind: UInt8, Sendable {
        /// 00 24 08 01 12 20, then the key.
        case ed25519 = 0
        /// 12 20, then the digest.
        case sha256 = 1
        /// 00 25 08 02 12 21, then a parity byte and the key.
        case secp256k1Even = 2
        case secp256k1Odd = 3
    }

    @usableFromInline let kind: Kind
    /// The Ed25519 key, the digest, or the x coordinate.
    @usableFromInline let value: Bytes32

    @inlinable
    public init(ed25519 publicKey: Bytes32) {
        kind = .ed25519
        value = publicKey
    }

    /// Nil for key types whose key is not inlined, and for those that are not Ed25519.
    @inlinable public var ed25519Key: Bytes32? { kind == .ed25519 ? value : nil }

    @inlinable
    public static func < (a: PeerID, b: PeerID) -> Bool {
        a.value != b.value ? a.value < b.value : a.kind.rawValue < b.kind.rawValue
    }

    @inlinable
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }

    /// Binary multihash: what travels on the wire.
    public var bytes: [UInt8] {
        switch kind {
        case .ed25519: [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] + value.array
        case .sha256: [0x12, 0x20] + value.array
        case .secp256k1Even: [0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x02] + value.array
        case .secp256k1Odd: [0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x03] + value.array
        }
    }

    public init(bytes: some Collection<UInt8>) throws(WireError) {
        let bytes = Array(bytes)
        guard let value = Bytes32(bytes.suffix(32)) else { throw .truncated }
        switch Array(bytes.dropLast(32)) {
        case [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]: kind = .ed25519
        case [0x12, 0x20]: kind = .sha256
        case [0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x02]: kind = .secp256k1Even
        case [0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x03]: kind = .secp256k1Odd
        default: throw .malformedField
        }
        self.value = value
    }

    /// Key in the DHT: SHA-256 of the binary id (libp2p/specs, kad-dht).
    public var dhtKey: Bytes32 { Hash.sha256(bytes) }
}

extension PeerID: CustomStringConvertible {
    /// base58btc, as in `12D3KooW…`.
    public var description: String { Multibase.base58(bytes) }

    public init?(_ text: some StringProtocol) {
        guard let bytes = Multibase.decodeBase58(text), let id = try? PeerID(bytes: bytes) else { return nil }
        self = id
    }
}

extension Multiaddr {
    public var peer: PeerID? {
        guard let hash = peerMultihash else { return nil }
        return try? PeerID(bytes: hash)
    }

    public func appending(_ peer: PeerID) -> Multiaddr { appendingPeer(multihash: peer.bytes) }
}

/// A live connection's slot, given by whoever drives the node, reused after the connection is gone.
public struct PeerHandle: Hashable, Comparable, Sendable {
    public var index: UInt32

    @inlinable public init(index: UInt32) { self.index = index }

    @inlinable
    public static func < (a: PeerHandle, b: PeerHandle) -> Bool { a.index < b.index }
}
