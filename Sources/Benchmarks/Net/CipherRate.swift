internal import Crypto

/// What the cipher of every connection does on one processor: the rate that no encrypted stream can exceed.
enum CipherRate {
    /// MiB per second of each run.
    static func measure(runs: Int, size: Int) -> [Double] {
        let frame = 65_519
        let count = max(1, size / frame)
        let key = ChaChaPolyKey(Hash.blake2b([1]))
        var buffer = [UInt8](repeating: 7, count: frame + ChaChaPolyKey.tagSize)
        var sealed = buffer
        return (0..<runs).map { _ in
            buffer.withUnsafeMutableBytes { buffer in
                sealed.withUnsafeMutableBytes { sealed in
                    key.seal(UnsafeRawBufferPointer(rebasing: buffer[..<frame]), nonce: 1, into: sealed)
                    var watch = Stopwatch()
                    var isWhole = true
                    for _ in 0..<count {
                        isWhole = key.open(UnsafeRawBufferPointer(sealed), nonce: 1, into: buffer) && isWhole
                    }
                    return isWhole ? Double(count * frame) / Double(1 << 20) / watch.lap() : .nan
                }
            }
        }
    }
}
