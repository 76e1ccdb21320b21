internal import Crypto
internal import Wire

/// Nonces, salts and seeds out of the secret that every start brings: H(secret ‖ counter). Whoever does not know the secret
/// cannot tell them from random.
struct SecretStream: Sendable {
    private let secret: Bytes32
    private var counter: UInt64 = 0

    init(secret: Bytes32) { self.secret = secret }

    mutating func next() -> Bytes32 {
        counter += 1
        var hasher = Blake2b()
        hasher.update(lengthPrefixed: "inferix-secret/1")
        hasher.update(secret)
        hasher.update(integer: counter)
        return hasher.finish()
    }

    mutating func nextWord() -> UInt64 { next().words.0 }
}
