internal import Crypto
internal import Wire

/// What the cryptography of every connection costs on one processor: no node is faster, and a slow machine slows both.
struct MachineRates {
    /// MiB per second that ChaCha20-Poly1305 opens in frames of 64 KiB: the rate that no encrypted stream exceeds.
    let cipher: Double
    /// Ed25519 signatures of 1 KiB verified per second: the rate that no relay of signed messages exceeds.
    let verification: Double
    /// Milliseconds of curve arithmetic in a handshake: a Curve25519 key made, three exchanges, a signature verified.
    let handshake: Double

    /// - Parameter bytes: of the stream that the cipher is measured with.
    static func measure(runs: Int, bytes: Int, into report: inout BenchmarkReport) -> MachineRates {
        let count = max(16, bytes >> 16)
        let section = "this machine"
        func add(_ name: String, _ title: String, _ unit: String, _ measure: () -> Double) -> Double {
            let values = (0..<runs).map { _ in measure() }
            report.add(section, name, title, unit, values)
            return Measurement("", "", "", values)?.median ?? .nan
        }
        return MachineRates(
            cipher: add("cipher", "ChaCha20-Poly1305, opening frames of 64 KiB", "MiB/s") { cipherRate(count: count) },
            verification: add("verification", "Ed25519, verifying signatures of 1 KiB", "1/s") { verificationRate(count: count) },
            handshake: add("handshake_curves", "curve arithmetic of a handshake", "ms") { handshakeTime(count: max(16, count / 4)) * 1e3 })
    }

    private static func cipherRate(count: Int) -> Double {
        let frame = 65_519
        let key = ChaChaPolyKey(Hash.blake2b([1]))
        var buffer = [UInt8](repeating: 7, count: frame + ChaChaPolyKey.tagSize)
        var sealed = buffer
        return buffer.withUnsafeMutableBytes { buffer in
            sealed.withUnsafeMutableBytes { sealed in
                key.seal(UnsafeRawBufferPointer(rebasing: buffer[..<frame]), nonce: 1, into: sealed)
                var watch = Stopwatch()
                var isWhole = true
                for _ in 0..<count { isWhole = key.open(UnsafeRawBufferPointer(sealed), nonce: 1, into: buffer) && isWhole }
                return isWhole ? Double(count * frame) / Double(1 << 20) / watch.lap() : .nan
            }
        }
    }

    private static func verificationRate(count: Int) -> Double {
        let key = KeyPair(seed: Hash.blake2b([2]))
        let message = [UInt8](repeating: 7, count: 1024)
        let signature = key.sign(message)
        var watch = Stopwatch()
        var isTrue = true
        for _ in 0..<count { isTrue = Ed25519.verify(signature, of: message, by: key.publicKey) && isTrue }
        return isTrue ? Double(count) / watch.lap() : .nan
    }

    private static func handshakeTime(count: Int) -> Double {
        let key = KeyPair(seed: Hash.blake2b([3]))
        let message = [UInt8](repeating: 7, count: 56)
        let signature = key.sign(message)
        let secret = Hash.blake2b([4])
        let remote = X25519.publicKey(of: Hash.blake2b([5]))
        var watch = Stopwatch()
        var isWhole = true
        for _ in 0..<count {
            isWhole = X25519.publicKey(of: secret) != .zero && isWhole
            for _ in 0..<3 { isWhole = X25519.sharedSecret(secret, remote) != nil && isWhole }
            isWhole = Ed25519.verify(signature, of: message, by: key.publicKey) && isWhole
        }
        return isWhole ? watch.lap() / Double(count) : .nan
    }
}
