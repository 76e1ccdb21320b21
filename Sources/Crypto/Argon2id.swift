internal import CSodium
public import Wire

/// Passphrase hashing (RFC 9106, Argon2id, one lane).
public enum Argon2id {
    public static let saltSize = 16

    /// Cost of one derivation.
    public struct Cost: Hashable, Sendable {
        /// Passes over the memory.
        public var passes: UInt32
        /// Memory, KiB.
        public var memory: UInt32

        /// Three passes over 64 MiB: about 0.2 s, and within reach of the smallest node.
        public static let standard = Cost(passes: 3, memory: 64 * 1024)
        /// What a file from elsewhere may ask for: 16 passes over 1 GiB at most.
        public static let limit = Cost(passes: 16, memory: 1024 * 1024)

        public init(passes: UInt32, memory: UInt32) {
            self.passes = passes
            self.memory = memory
        }

        public var isAcceptable: Bool {
            (1...Cost.limit.passes).contains(passes) && (8...Cost.limit.memory).contains(memory)
        }
    }

    /// A key of 32 bytes; nil where the cost is beyond the limits, the salt has another size or memory is short.
    public static func key(passphrase: [UInt8], salt: [UInt8], cost: Cost) -> Bytes32? {
        guard cost.isAcceptable, salt.count == saltSize else { return nil }
        var valid = false
        let key = digest { output in
            valid =
                passphrase.withUnsafeBytes { passphrase in
                    crypto_pwhash(
                        output, 32, passphrase.baseAddress?.assumingMemoryBound(to: CChar.self) ?? Argon2id.empty, UInt64(passphrase.count),
                        salt, UInt64(cost.passes), Int(cost.memory) * 1024, crypto_pwhash_alg_argon2id13())
                } == 0
        }
        return valid ? key : nil
    }

    /// An address for the passphrase of no bytes. Never written.
    private static nonisolated(unsafe) let empty = UnsafePointer<CChar>(UnsafeMutablePointer<CChar>.allocate(capacity: 1))
}
