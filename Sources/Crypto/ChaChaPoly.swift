internal import CSodium
public import Wire

/// A key of ChaCha20-Poly1305 (RFC 8439), at an address of its own so that the hot path copies nothing.
///
/// Nonces are the caller's: none may be used twice with one key.
public final class ChaChaPolyKey: Sendable {
    /// Length of the tag behind every ciphertext, bytes.
    public static let tagSize = 16

    /// No associated data.
    public static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    // Written once in `init`, read-only afterwards, wiped and freed in `deinit`: safe to share.
    private nonisolated(unsafe) let key: UnsafeMutablePointer<UInt8>

    public init(_ key: Bytes32) {
        _ = Sodium.ready
        self.key = .allocate(capacity: 32)
        for index in 0..<32 { self.key[index] = key[index] }
    }

    deinit {
        sodium_memzero(key, 32)
        key.deallocate()
    }

    /// Encrypts `plaintext` into `output`, which must hold `plaintext.count + tagSize` bytes and may start at the same address.
    /// `nonce` is the Noise counter: four zero bytes, then 64 bits little-endian.
    public func seal(
        _ plaintext: UnsafeRawBufferPointer, nonce: UInt64,
        associated: UnsafeRawBufferPointer = ChaChaPolyKey.none,
        into output: UnsafeMutableRawBufferPointer
    ) {
        guard let target = output.baseAddress, output.count >= plaintext.count + ChaChaPolyKey.tagSize else {
            preconditionFailure("no room for the ciphertext and its tag")
        }
        ChaChaPolyKey.withNonce(nonce) { nonce in
            _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                target.assumingMemoryBound(to: UInt8.self), nil, plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self),
                UInt64(plaintext.count), associated.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(associated.count), nil, nonce,
                key)
        }
    }

    /// Decrypts `ciphertext` (tag included) into `output`, which must hold `ciphertext.count - tagSize` bytes and may start at
    /// the same address. False where the tag does not fit; the output then holds nothing of use.
    public func open(
        _ ciphertext: UnsafeRawBufferPointer, nonce: UInt64,
        associated: UnsafeRawBufferPointer = ChaChaPolyKey.none,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let source = ciphertext.baseAddress, ciphertext.count >= ChaChaPolyKey.tagSize else { return false }
        precondition(output.count >= ciphertext.count - ChaChaPolyKey.tagSize)
        return ChaChaPolyKey.withNonce(nonce) { nonce in
            crypto_aead_chacha20poly1305_ietf_decrypt(
                output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, nil,
                source.assumingMemoryBound(to: UInt8.self), UInt64(ciphertext.count),
                associated.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(associated.count), nonce, key) == 0
        }
    }

    /// As `seal`, for short messages: returns ciphertext and tag.
    public func seal(_ plaintext: [UInt8], nonce: UInt64, associated: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: plaintext.count + ChaChaPolyKey.tagSize) { buffer, count in
            count = plaintext.count + ChaChaPolyKey.tagSize
            let output = UnsafeMutableRawBufferPointer(buffer)
            plaintext.withUnsafeBytes { plaintext in
                associated.withUnsafeBytes { seal(plaintext, nonce: nonce, associated: $0, into: output) }
            }
        }
    }

    /// As `open`, for short messages; nil where the tag does not fit.
    public func open(_ ciphertext: [UInt8], nonce: UInt64, associated: [UInt8]) -> [UInt8]? {
        guard ciphertext.count >= ChaChaPolyKey.tagSize else { return nil }
        var valid = false
        let plaintext = [UInt8](unsafeUninitializedCapacity: ciphertext.count - ChaChaPolyKey.tagSize) { buffer, count in
            let output = UnsafeMutableRawBufferPointer(buffer)
            valid = ciphertext.withUnsafeBytes { ciphertext in
                associated.withUnsafeBytes { open(ciphertext, nonce: nonce, associated: $0, into: output) }
            }
            count = valid ? ciphertext.count - ChaChaPolyKey.tagSize : 0
        }
        return valid ? plaintext : nil
    }

    private static func withNonce<R>(_ counter: UInt64, _ body: (UnsafePointer<UInt8>) -> R) -> R {
        var nonce: (UInt32, UInt32, UInt32) = (
            0, UInt32(truncatingIfNeeded: counter).littleEndian, UInt32(truncatingIfNeeded: counter >> 32).littleEndian
        )
        return withUnsafeBytes(of: &nonce) { bytes in
            // Three words of four bytes: 12 bytes, never empty.
            body(bytes.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
    }
}
