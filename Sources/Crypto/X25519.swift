internal import CSodium
public import Wire

/// Diffie–Hellman on Curve25519 (RFC 7748). Secrets are 32 random bytes; clamping happens inside.
public enum X25519 {
    public static func publicKey(of secret: Bytes32) -> Bytes32 {
        digest { output in crypto_scalarmult_base(output, secret.array) }
    }

    /// Nil where `publicKey` has a small order: the result would be zero whatever the secret is.
    public static func sharedSecret(_ secret: Bytes32, _ publicKey: Bytes32) -> Bytes32? {
        var valid = false
        let shared = digest { output in valid = crypto_scalarmult(output, secret.array, publicKey.array) == 0 }
        return valid ? shared : nil
    }
}
