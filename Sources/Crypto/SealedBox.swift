internal import CSodium
public import Wire

/// Anonymous encryption to an Ed25519 identity: libsodium's sealed box over the converted Curve25519 key.
///
/// Layout: ephemeral public key (32), then XSalsa20-Poly1305 (tag 16, ciphertext), nonce = BLAKE2b-192(ephemeral ‖ recipient).
/// The ephemeral secret is an argument, so that a state machine can seal and a test can repeat it; never use one twice.
public enum SealedBox {
    /// Bytes that sealing adds.
    public static let overhead = 48

    /// Nil where `recipient` is no valid Ed25519 key.
    public static func seal(_ message: [UInt8], to recipient: Bytes32, ephemeral: Bytes32) -> [UInt8]? {
        guard let recipient = curveKey(of: recipient) else { return nil }
        let ephemeralPublic = X25519.publicKey(of: ephemeral)
        var output = [UInt8](repeating: 0, count: message.count + overhead - 32)
        let nonce = nonce(ephemeralPublic, recipient)
        guard crypto_box_easy(&output, message, UInt64(message.count), nonce, recipient.array, ephemeral.array) == 0 else { return nil }
        return ephemeralPublic.array + output
    }

    /// The message, or nil where it was not sealed to this key pair or was changed.
    public static func open(_ sealed: [UInt8], with keyPair: KeyPair) -> [UInt8]? {
        guard sealed.count >= overhead, let ephemeral = Bytes32(sealed.prefix(32)), let recipient = curveKey(of: keyPair.publicKey) else {
            return nil
        }
        let nonce = nonce(ephemeral, recipient)
        let box = Array(sealed.dropFirst(32))
        var output = [UInt8](repeating: 0, count: sealed.count - overhead)
        return keyPair.withCurveSecret { secret in
            crypto_box_open_easy(&output, box, UInt64(box.count), nonce, ephemeral.array, secret) == 0
        } ? output : nil
    }

    private static func nonce(_ ephemeral: Bytes32, _ recipient: Bytes32) -> [UInt8] {
        let input = ephemeral.array + recipient.array
        var nonce = [UInt8](repeating: 0, count: 24)
        crypto_generichash_blake2b(&nonce, 24, input, UInt64(input.count), nil, 0)
        return nonce
    }

    private static func curveKey(of identity: Bytes32) -> Bytes32? {
        var valid = false
        let key = digest { output in valid = crypto_sign_ed25519_pk_to_curve25519(output, identity.array) == 0 }
        return valid ? key : nil
    }
}

extension Signing {
    /// Seals a message to the identity `recipient`, as the binaries or the simulation do; nil where the key is not valid.
    /// - Parameter ephemeral: 32 bytes that nobody can guess, used once.
    public func seal(_ message: [UInt8], to recipient: Bytes32, ephemeral: Bytes32) -> [UInt8]? {
        switch self {
        case .ed25519: return SealedBox.seal(message, to: recipient, ephemeral: ephemeral)
        case .simulated(_, let secret):
            let key = Signing.boxKey(secret, recipient, ephemeral)
            return ephemeral.array + XChaChaPoly.seal(message, key: key, nonce: [UInt8](repeating: 0, count: 24))
        }
    }

    /// Opens what was sealed to this identity; nil where it was not.
    public func open(_ sealed: [UInt8]) -> [UInt8]? {
        switch self {
        case .ed25519(let keyPair): return SealedBox.open(sealed, with: keyPair)
        case .simulated(let identity, let secret):
            guard let ephemeral = Bytes32(sealed.prefix(32)) else { return nil }
            let key = Signing.boxKey(secret, identity, ephemeral)
            return XChaChaPoly.open(Array(sealed.dropFirst(32)), key: key, nonce: [UInt8](repeating: 0, count: 24))
        }
    }

    private static func boxKey(_ secret: Bytes32, _ recipient: Bytes32, _ ephemeral: Bytes32) -> Bytes32 {
        var hasher = Blake2b()
        hasher.update(lengthPrefixed: "simulated-box")
        hasher.update(secret)
        hasher.update(recipient)
        hasher.update(ephemeral)
        return hasher.finish()
    }
}
