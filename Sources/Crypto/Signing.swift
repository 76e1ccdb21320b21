public import Wire

/// The capability to sign as one identity and to verify anybody's signatures.
///
/// The binaries use Ed25519. A simulation of 100,000 nodes uses a keyed hash of the same size: only the engine holds `secret`,
/// so nothing in the simulated network can forge, and the cost is charged in simulated time. See `docs/netsim.md`.
public enum Signing: Sendable {
    case ed25519(KeyPair)
    case simulated(identity: Bytes32, secret: Bytes32)

    public var publicKey: Bytes32 {
        switch self {
        case .ed25519(let keyPair): keyPair.publicKey
        case .simulated(let identity, _): identity
        }
    }

    public func sign(_ message: [UInt8]) -> Signature {
        switch self {
        case .ed25519(let keyPair): return keyPair.sign(message)
        case .simulated(let identity, let secret): return Signing.tag(message, by: identity, secret: secret)
        }
    }

    public func verify(_ signature: Signature, of message: [UInt8], by publicKey: Bytes32) -> Bool {
        switch self {
        case .ed25519: return Ed25519.verify(signature, of: message, by: publicKey)
        case .simulated(_, let secret): return Signing.tag(message, by: publicKey, secret: secret) == signature
        }
    }

    private static func tag(_ message: [UInt8], by identity: Bytes32, secret: Bytes32) -> Signature {
        var hasher = Blake2b()
        hasher.update(secret)
        hasher.update(identity)
        hasher.update(message)
        return Signature(r: hasher.finish(), s: identity)
    }
}
