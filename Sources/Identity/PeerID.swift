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

    /// The Ed25519 key, the digest, or the x coordinate. First, so that whoever holds an id has room for its own beside the kind.
    @usableFromInline let value: Bytes32
    @usableFromInline let kind: Kind

    @inlinable
    public init(ed25519 publicKey: Bytes32) {
        kind = .ed25519
        value = publicKey
    }

    /// Some bits of it, to pass over most of those that differ; whoever wants to can make ids with the same ones.
    @inlinable public var fingerprint: UInt32 { UInt32(truncatingIfNeeded: value.words.3) }

    /// Nil for key types whose key is not inlined, and for those that are not Ed25519.
    @inlinable public var ed25519Key: Bytes32? { kind == .ed25519 ? value : nil }

    @inlinable
    public static func < (a: PeerID, b: PeerID) -> Bool {
        a.value != b.value ? a.value < b.value : a.kind.rawValue < b.kind.rawValue
    }

    @inlinable
    public static func == (a: PeerID, b: PeerID) -> Bool { a.value == b.value && a.kind == b.kind }

    @inlinable
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }

    /// Binary multihash: what travels on the wire.
    public var bytes: [UInt8] {
        switch kind {
        case .ed25519:
            [UInt8](unsafeUninitializedCapacity: PeerID.ed25519Size) { buffer, count in
                write(to: UnsafeMutableRawBufferPointer(buffer))
                count = PeerID.ed25519Size
            }
        case .sha256: [0x12, 0x20] + value.array
        case .secp256k1Even: [0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x02] + value.array
        case .secp256k1Odd: [0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x03] + value.array
        }
    }

    /// Bytes of the id of an Ed25519 key.
    @usableFromInline static let ed25519Size = 38

    /// The first six bytes of such an id as a number.
    @usableFromInline static let ed25519Prefix: UInt64 = 0x0024_0801_1220

    private func write(to buffer: UnsafeMutableRawBufferPointer) {
        var prefix = (PeerID.ed25519Prefix << 16).bigEndian
        withUnsafeBytes(of: &prefix) { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<6])) }
        let (a, b, c, d) = value.words
        buffer.storeBytes(of: a.bigEndian, toByteOffset: 6, as: UInt64.self)
        buffer.storeBytes(of: b.bigEndian, toByteOffset: 14, as: UInt64.self)
        buffer.storeBytes(of: c.bigEndian, toByteOffset: 22, as: UInt64.self)
        buffer.storeBytes(of: d.bigEndian, toByteOffset: 30, as: UInt64.self)
    }

    public init(bytes: ArraySlice<UInt8>) throws(WireError) {
        if bytes.count == PeerID.ed25519Size, let key = PeerID.ed25519Key(in: bytes) {
            self.init(ed25519: key)
        } else {
            try self.init(other: bytes)
        }
    }

    public init(bytes: [UInt8]) throws(WireError) { try self.init(bytes: bytes[...]) }

    /// The id at these places of a longer message.
    public init(bytes: [UInt8], at places: Range<Int>) throws(WireError) {
        if places.count == PeerID.ed25519Size,
            let key = bytes.withUnsafeBytes({ PeerID.ed25519Key(in: UnsafeRawBufferPointer(rebasing: $0[places])) })
        {
            self.init(ed25519: key)
        } else {
            try self.init(other: bytes[places])
        }
    }

    /// The key in an id of the usual kind, read in place: tens of ids come with every answer of the DHT.
    private static func ed25519Key(in bytes: ArraySlice<UInt8>) -> Bytes32? { bytes.withUnsafeBytes { ed25519Key(in: $0) } }

    private static func ed25519Key(in buffer: UnsafeRawBufferPointer) -> Bytes32? {
        let prefix = UInt64(bigEndian: buffer.loadUnaligned(as: UInt64.self)) >> 16
        guard prefix == ed25519Prefix else { return nil }
        return Bytes32(unaligned: UnsafeRawBufferPointer(rebasing: buffer[6...]))
    }

    private init(other bytes: ArraySlice<UInt8>) throws(WireError) {
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
    public var dhtKey: Bytes32 {
        guard kind == .ed25519 else { return Hash.sha256(bytes) }
        return withUnsafeTemporaryAllocation(byteCount: PeerID.ed25519Size, alignment: 8) { buffer in
            write(to: buffer)
            return Hash.sha256(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Appends `bytes`, without an array in between.
    public func write(to writer: inout ByteWriter) {
        guard kind == .ed25519 else { return writer.write(bytes) }
        withUnsafeTemporaryAllocation(byteCount: PeerID.ed25519Size, alignment: 8) { buffer in
            write(to: buffer)
            writer.bytes.append(contentsOf: UnsafeRawBufferPointer(buffer))
        }
    }

    /// Length of `bytes`.
    public var size: Int {
        switch kind {
        case .ed25519: PeerID.ed25519Size
        case .sha256: 34
        case .secp256k1Even, .secp256k1Odd: 39
        }
    }
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
