internal import Crypto
internal import Wire

enum NoiseFailure: Error, Equatable {
    /// A message shorter than its fixed parts, or longer than a frame can be.
    case malformed
    /// A tag that does not fit: other keys, or bytes changed on the way.
    case decryption
    /// A public key of small order.
    case weakKey
    /// The payload's identity key is missing, of an unsupported type, or its signature is wrong.
    case identity
    /// 2^64 - 1 messages with one key.
    case exhausted
}

/// Chaining key, transcript hash and cipher of a handshake (Noise revision 34, section 5.2).
struct NoiseSymmetricState {
    private var chainingKey: Bytes32
    private(set) var transcript: Bytes32
    private var key: ChaChaPolyKey?
    private var nonce: UInt64 = 0

    static let name = Array("Noise_XX_25519_ChaChaPoly_SHA256".utf8)

    init(prologue: [UInt8]) {
        // The name has exactly 32 bytes, so it is not hashed.
        chainingKey = Bytes32(NoiseSymmetricState.name) ?? .zero
        transcript = chainingKey
        mixHash(prologue)
    }

    mutating func mixHash(_ bytes: [UInt8]) { transcript = Hash.sha256(transcript.array + bytes) }

    mutating func mixKey(_ input: Bytes32) {
        let (next, cipher) = HKDF.noise(chainingKey: chainingKey, input: input.array)
        chainingKey = next
        key = ChaChaPolyKey(cipher)
        nonce = 0
    }

    /// The plaintext itself before the first key is mixed in.
    mutating func encryptAndHash(_ plaintext: [UInt8]) -> [UInt8] {
        var output = plaintext
        if let key {
            output = key.seal(plaintext, nonce: nonce, associated: transcript.array)
            nonce += 1
        }
        mixHash(output)
        return output
    }

    mutating func decryptAndHash(_ bytes: [UInt8]) throws(NoiseFailure) -> [UInt8] {
        var output = bytes
        if let key {
            guard let plaintext = key.open(bytes, nonce: nonce, associated: transcript.array) else { throw .decryption }
            output = plaintext
            nonce += 1
        }
        mixHash(bytes)
        return output
    }

    /// The initiator's sending key, then the responder's.
    func split() -> (ChaChaPolyKey, ChaChaPolyKey) {
        let (first, second) = HKDF.noise(chainingKey: chainingKey, input: [])
        return (ChaChaPolyKey(first), ChaChaPolyKey(second))
    }
}

/// The XX pattern: `-> e`, `<- e, ee, s, es`, `-> s, se` (Noise revision 34, section 7.5). Frames and payloads are elsewhere.
struct NoiseHandshake {
    private let isInitiator: Bool
    private let staticSecret: Bytes32
    private let staticPublic: Bytes32
    private let ephemeralSecret: Bytes32
    private var remoteEphemeral: Bytes32 = .zero
    /// The other side's static key, once its message has been read.
    private(set) var remoteStatic: Bytes32?
    private var symmetric: NoiseSymmetricState
    /// Messages written or read so far: 0 ... 3.
    private(set) var messages = 0

    init(isInitiator: Bool, staticSecret: Bytes32, staticPublic: Bytes32, ephemeralSecret: Bytes32, prologue: [UInt8] = []) {
        self.isInitiator = isInitiator
        self.staticSecret = staticSecret
        self.staticPublic = staticPublic
        self.ephemeralSecret = ephemeralSecret
        symmetric = NoiseSymmetricState(prologue: prologue)
    }

    var isComplete: Bool { messages == 3 }
    var isOurTurn: Bool { messages < 3 && (messages == 1) != isInitiator }

    /// The next message of ours, with `payload` inside.
    mutating func write(payload: [UInt8]) throws(NoiseFailure) -> [UInt8] {
        precondition(isOurTurn)
        var output: [UInt8] = []
        if messages < 2 {
            let ephemeral = X25519.publicKey(of: ephemeralSecret).array
            symmetric.mixHash(ephemeral)
            output += ephemeral
        }
        if messages == 1 { try mix(ephemeralSecret, remoteEphemeral) }
        if messages > 0 {
            output += symmetric.encryptAndHash(staticPublic.array)
            try mix(staticSecret, remoteEphemeral)
        }
        output += symmetric.encryptAndHash(payload)
        messages += 1
        return output
    }

    /// Reads the other side's next message and returns its payload.
    mutating func read(_ message: [UInt8]) throws(NoiseFailure) -> [UInt8] {
        guard !isComplete, !isOurTurn else { throw .malformed }
        var reader = ByteReader(message)
        do {
            if messages < 2 {
                remoteEphemeral = try reader.readBytes32()
                symmetric.mixHash(remoteEphemeral.array)
            }
            if messages == 1 { try mix(ephemeralSecret, remoteEphemeral) }
            if messages > 0 {
                let key = try symmetric.decryptAndHash(Array(try reader.readSlice(48)))
                let remote = Bytes32(key) ?? .zero
                remoteStatic = remote
                try mix(ephemeralSecret, remote)
            }
            let payload = try symmetric.decryptAndHash(Array(reader.readRest()))
            messages += 1
            return payload
        } catch let failure as NoiseFailure {
            throw failure
        } catch {
            throw .malformed
        }
    }

    /// Keys for sending and receiving, after the third message.
    func split() -> (send: ChaChaPolyKey, receive: ChaChaPolyKey) {
        let (initiator, responder) = symmetric.split()
        return isInitiator ? (initiator, responder) : (responder, initiator)
    }

    private mutating func mix(_ secret: Bytes32, _ publicKey: Bytes32) throws(NoiseFailure) {
        guard let shared = X25519.sharedSecret(secret, publicKey) else { throw .weakKey }
        symmetric.mixKey(shared)
    }
}

extension NoiseHandshake: CustomStringConvertible, CustomReflectable {
    /// Without the secrets.
    var description: String { "NoiseHandshake(\(messages) of 3)" }
    var customMirror: Mirror { Mirror(self, children: ["messages": messages]) }
}
