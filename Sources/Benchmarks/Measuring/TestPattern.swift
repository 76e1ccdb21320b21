internal import Determinism

/// Bytes that no layer can compress or has seen before, the same in every run.
enum TestPattern {
    static func block(_ size: Int, number: UInt64) -> [UInt8] {
        var random = Generator(seed: 0x5eed).fork(number)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var word: UInt64 = 0
            for index in 0..<size {
                if index & 7 == 0 { word = random.next() }
                buffer[index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * (index & 7)))
            }
            count = size
        }
    }
}
