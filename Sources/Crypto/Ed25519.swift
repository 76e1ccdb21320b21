internal import CSodium
public import Wire

/// A 64-byte Ed25519 signature (RFC 8032), or in simulations a keyed hash of the same size.
public struct Signature: Hashable, Sendable {
    public var r: Bytes32
    public var s: Bytes32

    public static let size = 64

    public init(r: Bytes32, s: Bytes32) {
        self.r = r
        self.s = s
    }

    /// Nil unless there are exactly 64 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 64, let r = Bytes32(bytes.prefix(32)), let s = Bytes32(bytes.dropFirst(32)) else { return nil }
        self.init(r: r, s: s)
    }

    public init?(_ bytes: ArraySlice<UInt8>) {
        let halves = bytes.withUnsafeBytes { buffer -> (Bytes32, Bytes32)? in
            guard buffer.count == 64, let r = Bytes32(unaligned: UnsafeRawBufferPointer(rebasing: buffer[..<32])),
                let s = Bytes32(unaligned: UnsafeRawBufferPointer(rebasing: buffer[32...]))
            else { return nil }
            return (r, s)
        }
        guard let (r, s) = halves else { return nil }
        self.init(r: r, s: s)
    }

    public var array: [UInt8] { r.array + s.array }
}

/// An Ed25519 key pair. The secret stays in guarded memory that is wiped when the last copy goes.
public final class KeyPair: Sendable {
    public let publicKey: Bytes32
    // Written once in `init`, read-only afterwards, freed in `deinit`: safe to share.
    private nonisolated(unsafe) let secret: UnsafeMutablePointer<UInt8>

    /// From a 32-byte seed, which the caller wipes.
    public init(seed: Bytes32) {
        _ = Sodium.ready
        guard let memory = sodium_malloc(64) else { preconditionFailure("no memory for a key") }
        secret = memory.assumingMemoryBound(to: UInt8.self)
        var publicBytes = [UInt8](repeating: 0, count: 32)
        crypto_sign_seed_keypair(&publicBytes, secret, seed.array)
        sodium_mprotect_readonly(memory)
        publicKey = Bytes32(publicBytes) ?? .zero
    }

    /// A new key from the operating system's random numbers.
    public static func generate() -> KeyPair {
        var seed = Entropy.bytes(32)
        defer { sodium_memzero(&seed, 32) }
        return KeyPair(seed: Bytes32(seed) ?? .zero)
    }

    deinit { sodium_free(secret) }

    public func sign(_ message: [UInt8]) -> Signature {
        var signature = [UInt8](repeating: 0, count: 64)
        crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
        return Signature(signature) ?? Signature(r: .zero, s: .zero)
    }

    /// The seed, for writing the key file. The caller wipes it.
    public func exportSeed() -> [UInt8] {
        var seed = [UInt8](repeating: 0, count: 32)
        crypto_sign_ed25519_sk_to_seed(&seed, secret)
        return seed
    }

    /// Runs `body` with the Curve25519 secret that belongs to this key, then wipes it.
    func withCurveSecret<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R {
        var curve = [UInt8](repeating: 0, count: 32)
        defer { sodium_memzero(&curve, 32) }
        crypto_sign_ed25519_sk_to_curve25519(&curve, secret)
        return body(curve)
    }
}

public enum Ed25519 {
    public static func verify(_ signature: Signature, of message: [UInt8], by publicKey: Bytes32) -> Bool {
        _ = Sodium.ready
        return crypto_sign_verify_detached(signature.array, message, UInt64(message.count), publicKey.array) == 0
    }
}

/// Random bytes from the operating system: for shells only, never inside a state machine.
public enum Entropy {
    public static func bytes(_ count: Int) -> [UInt8] {
        _ = Sodium.ready
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }

    public static func bytes32() -> Bytes32 { Bytes32(bytes(32)) ?? .zero }
    public static func seed() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

public enum ConstantTime {
    /// Compares without telling by time where the difference is. Lengths are not secret.
    public static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && sodium_memcmp(a, b, a.count) == 0
    }
}
