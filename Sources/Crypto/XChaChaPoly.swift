internal import CSodium
public import Wire

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): a nonce of 24 bytes, long enough to be drawn at random.
public enum XChaChaPoly {
    public static let nonceSize = 24
    public static let tagSize = 16

    /// Ciphertext and tag; `nonce` has 24 bytes and may never come again with the same key.
    public static func seal(_ plaintext: [UInt8], key: Bytes32, nonce: [UInt8], associated: [UInt8] = []) -> [UInt8] {
        precondition(nonce.count == nonceSize)
        _ = Sodium.ready
        var output = [UInt8](repeating: 0, count: plaintext.count + tagSize)
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            &output, nil, plaintext, UInt64(plaintext.count), associated, UInt64(associated.count), nil, nonce, key.array)
        return output
    }

    /// Nil where the tag does not fit, or a length is wrong.
    public static func open(_ ciphertext: [UInt8], key: Bytes32, nonce: [UInt8], associated: [UInt8] = []) -> [UInt8]? {
        guard nonce.count == nonceSize, ciphertext.count >= tagSize else { return nil }
        _ = Sodium.ready
        var output = [UInt8](repeating: 0, count: ciphertext.count - tagSize)
        let result = crypto_aead_xchacha20poly1305_ietf_decrypt(
            &output, nil, nil, ciphertext, UInt64(ciphertext.count), associated, UInt64(associated.count), nonce, key.array)
        return result == 0 ? output : nil
    }
}
