internal import CSodium
public import Wire

/// Key derivation with HMAC-SHA-256 (RFC 5869), in the form that Noise uses (revision 34, section 4.3).
public enum HKDF {
    /// Two outputs of 32 bytes from a chaining key and 0 or 32 bytes of input.
    public static func noise(chainingKey: Bytes32, input: [UInt8]) -> (Bytes32, Bytes32) {
        let secret = Hash.hmacSHA256(key: chainingKey.array, input).array
        let first = Hash.hmacSHA256(key: secret, [1])
        let second = Hash.hmacSHA256(key: secret, first.array + [2])
        return (first, second)
    }

    /// RFC 5869 in full; `count` is at most 255 × 32 bytes.
    public static func sha256(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        precondition((0...255 * 32).contains(count))
        let key = Hash.hmacSHA256(key: salt.isEmpty ? [UInt8](repeating: 0, count: 32) : salt, secret).array
        var output: [UInt8] = []
        var block: [UInt8] = []
        var index: UInt8 = 1
        while output.count < count {
            block = Hash.hmacSHA256(key: key, block + info + [index]).array
            output += block
            index &+= 1
        }
        return Array(output.prefix(count))
    }
}
