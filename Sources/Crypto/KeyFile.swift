public import Wire

/// The file that holds a node's identity, plain or encrypted with a passphrase. This is the codec; the shell reads, writes,
/// and refuses files that others may read.
///
/// Binary layout, 1 + 7 bytes of magic and version, then: kind (1), public key (32), and for
/// kind 0 the seed (32); for kind 1 passes (4, big-endian), KiB of memory (4, big-endian), salt (16), nonce (24), and the seed
/// under XChaCha20-Poly1305 (48) with everything before the ciphertext as associated data.
/// The whole is hashed at the end (BLAKE2b-256, first 8 bytes), so that a damaged file is not mistaken for a wrong passphrase.
public enum KeyFile {
    public enum Failure: Error, Equatable, Sendable {
        /// Not a key file, or of a version that this program does not know.
        case unknownFormat
        /// Cut short or changed on disk.
        case damaged
        /// The file is encrypted and no passphrase was given.
        case passphraseNeeded
        case wrongPassphrase
        /// It asks for more memory or time than `Argon2id.Cost.limit`, or memory is short.
        case costRefused
    }

    private static let magic: [UInt8] = [0x8e] + Array("IFXKEY".utf8) + [1]
    private static let plainSize = 8 + 1 + 32 + 32 + 8
    private static let encryptedSize = 8 + 1 + 32 + 4 + 4 + 16 + 24 + 48 + 8

    /// A file without a passphrase.
    public static func plain(_ keyPair: KeyPair) -> [UInt8] {
        checked(magic + [0] + keyPair.publicKey.array + keyPair.exportSeed())
    }

    /// A file under a passphrase; nil where the cost is beyond the limits.
    /// - Parameter entropy: 40 random bytes: salt and nonce.
    public static func encrypted(
        _ keyPair: KeyPair, passphrase: [UInt8], cost: Argon2id.Cost = .standard, entropy: [UInt8]
    ) -> [UInt8]? {
        guard entropy.count == 40 else { return nil }
        let salt = Array(entropy.prefix(16))
        let nonce = Array(entropy.suffix(24))
        guard let key = Argon2id.key(passphrase: passphrase, salt: salt, cost: cost) else { return nil }
        var header = ByteWriter(reserving: encryptedSize)
        header.write(magic)
        header.write(1)
        header.write(keyPair.publicKey.array)
        header.writeBigEndian(cost.passes)
        header.writeBigEndian(cost.memory)
        header.write(salt)
        header.write(nonce)
        return checked(header.bytes + XChaChaPoly.seal(keyPair.exportSeed(), key: key, nonce: nonce, associated: header.bytes))
    }

    /// The public key, without the passphrase.
    public static func publicKey(in file: [UInt8]) throws(Failure) -> Bytes32 {
        let body = try verified(file)
        guard let key = Bytes32(body[9..<41]) else { throw .damaged }
        return key
    }

    public static func isEncrypted(_ file: [UInt8]) throws(Failure) -> Bool { try verified(file)[8] == 1 }

    /// The key pair. Deriving the key takes the time and memory that the file names, up to the limits.
    public static func open(_ file: [UInt8], passphrase: [UInt8]?) throws(Failure) -> KeyPair {
        let body = try verified(file)
        let seed: Bytes32?
        if body[8] == 0 {
            seed = Bytes32(body[41..<73])
        } else {
            guard let passphrase else { throw .passphraseNeeded }
            seed = try decryptSeed(body, passphrase)
        }
        guard let seed, let expected = Bytes32(body[9..<41]) else { throw .damaged }
        let keyPair = KeyPair(seed: seed)
        guard keyPair.publicKey == expected else { throw .damaged }
        return keyPair
    }

    private static func decryptSeed(_ body: [UInt8], _ passphrase: [UInt8]) throws(Failure) -> Bytes32? {
        var reader = ByteReader(body[41...])
        guard let passes = try? reader.readBigEndian(UInt32.self), let memory = try? reader.readBigEndian(UInt32.self) else {
            throw .damaged
        }
        let cost = Argon2id.Cost(passes: passes, memory: memory)
        guard cost.isAcceptable else { throw .costRefused }
        guard let key = Argon2id.key(passphrase: passphrase, salt: Array(body[49..<65]), cost: cost) else { throw .costRefused }
        let seed = XChaChaPoly.open(
            Array(body[89..<137]), key: key, nonce: Array(body[65..<89]), associated: Array(body[..<89]))
        guard let seed else { throw .wrongPassphrase }
        return Bytes32(seed)
    }

    private static func checked(_ body: [UInt8]) -> [UInt8] { body + Hash.blake2b(body).array.prefix(8) }

    /// The file without its check, after the check.
    private static func verified(_ file: [UInt8]) throws(Failure) -> [UInt8] {
        guard file.count >= 9, Array(file.prefix(8)) == magic, file[8] <= 1 else { throw .unknownFormat }
        guard file.count == (file[8] == 0 ? plainSize : encryptedSize) else { throw .damaged }
        let body = Array(file.dropLast(8))
        guard Array(Hash.blake2b(body).array.prefix(8)) == Array(file.suffix(8)) else { throw .damaged }
        return body
    }
}
