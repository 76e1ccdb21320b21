internal import CSodium
public import Wire

/// Hash functions, from libsodium. `H` in the documents is BLAKE2b-256.
public enum Hash {
    /// BLAKE2b with a 32-byte digest (RFC 7693), without a key.
    public static func blake2b(_ bytes: some Sequence<UInt8>) -> Bytes32 {
        digest { output in
            withContiguous(bytes) { _ = crypto_generichash_blake2b(output, 32, $0.baseAddress, UInt64($0.count), nil, 0) }
        }
    }

    /// BLAKE2b with a 32-byte digest under a key (RFC 7693, section 2.9): a pseudo-random function of the bytes.
    public static func blake2b(_ bytes: some Sequence<UInt8>, key: Bytes32) -> Bytes32 {
        let key = key.array
        return digest { output in
            withContiguous(bytes) { _ = crypto_generichash_blake2b(output, 32, $0.baseAddress, UInt64($0.count), key, key.count) }
        }
    }

    /// SHA-256 (FIPS 180-4): CIDs, Noise, Kademlia keys.
    public static func sha256(_ bytes: some Sequence<UInt8>) -> Bytes32 {
        digest { output in
            withContiguous(bytes) { _ = crypto_hash_sha256(output, $0.baseAddress, UInt64($0.count)) }
        }
    }

    public static func sha256(_ bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { sha256($0) } }

    public static func sha256(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
        digest { output in
            _ = crypto_hash_sha256(output, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
        }
    }

    /// HMAC with SHA-256 (RFC 2104), any key length.
    public static func hmacSHA256(key: [UInt8], _ bytes: [UInt8]) -> Bytes32 {
        digest { output in
            var state = crypto_auth_hmacsha256_state()
            crypto_auth_hmacsha256_init(&state, key, key.count)
            crypto_auth_hmacsha256_update(&state, bytes, UInt64(bytes.count))
            crypto_auth_hmacsha256_final(&state, output)
        }
    }

    /// Content identifier of a block: CIDv1, raw, sha2-256.
    public static func cid(of block: [UInt8]) -> CID { CID(digest: sha256(block)) }
}

/// Streaming BLAKE2b-256. The state needs an alignment that Swift cannot give to a stored property, so it is on the heap.
public struct Blake2b: ~Copyable {
    private let state: UnsafeMutableRawPointer

    public init() {
        _ = Sodium.ready
        state = .allocate(byteCount: crypto_generichash_blake2b_statebytes(), alignment: 64)
        crypto_generichash_blake2b_init(OpaquePointer(state), nil, 0, 32)
    }

    deinit { state.deallocate() }

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        withContiguous(bytes) { update(UnsafeRawBufferPointer($0)) }
    }

    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        _ = crypto_generichash_blake2b_update(
            OpaquePointer(state), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    }

    /// Little-endian integer of fixed size.
    public mutating func update(integer value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    public mutating func update(_ value: Bytes32) {
        let (a, b, c, d) = value.words
        withUnsafeBytes(of: (a.bigEndian, b.bigEndian, c.bigEndian, d.bigEndian)) { update($0) }
    }

    /// Length as a little-endian 64-bit integer, then the bytes: the unambiguous way to join fields of variable size.
    public mutating func update(lengthPrefixed bytes: [UInt8]) {
        update(integer: UInt64(bytes.count))
        update(bytes)
    }

    public mutating func update(lengthPrefixed text: StaticString) {
        text.withUTF8Buffer { buffer in
            update(integer: UInt64(buffer.count))
            update(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Ends the hash and the hasher.
    public consuming func finish() -> Bytes32 {
        let pointer = OpaquePointer(state)
        return digest { output in _ = crypto_generichash_blake2b_final(pointer, output, 32) }
    }
}

/// libsodium, initialised once, before its first use.
enum Sodium {
    static let ready: Bool = {
        precondition(sodium_init() >= 0, "libsodium could not be initialised")
        return true
    }()
}

/// Runs `body` with the bytes in one piece.
func withContiguous<R>(_ bytes: some Sequence<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if let result = bytes.withContiguousStorageIfAvailable(body) { return result }
    return Array(bytes).withUnsafeBufferPointer(body)
}

/// Fills a 32-byte digest.
func digest(_ body: (UnsafeMutablePointer<UInt8>) -> Void) -> Bytes32 {
    _ = Sodium.ready
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
        buffer.initialize(repeating: 0)
        if let base = buffer.baseAddress { body(base) }
        return Bytes32(unaligned: UnsafeRawBufferPointer(buffer)) ?? .zero
    }
}
