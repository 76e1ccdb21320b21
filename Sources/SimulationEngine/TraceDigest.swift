/// A running 64-bit digest over every delivery: time, source, destination, kind and the bytes. One flipped bit changes it.
///
/// It is no cryptographic hash: it guards against accidents, not against attackers. Two lanes of multiply and rotate.
public struct TraceDigest: Equatable, Sendable {
    private var a: UInt64 = 0x243f_6a88_85a3_08d3
    private var b: UInt64 = 0x1319_8a2e_0370_7344

    public init() {}

    public var value: UInt64 {
        var x = a ^ (b << 29 | b >> 35)
        x = (x ^ (x >> 32)) &* 0xd6e8_feb8_6659_fd93
        return x ^ (x >> 32)
    }

    @inline(__always)
    public mutating func combine(_ word: UInt64) {
        a = (a ^ word) &* 0x9e37_79b9_7f4a_7c15
        a = a << 31 | a >> 33
        b = (b &+ a) &* 0xc2b2_ae3d_27d4_eb4f
    }

    /// Every byte and the length. Long runs go through four lanes, which do not wait for each other, and then into the two.
    public mutating func combine(bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            if buffer.count >= 64 {
                var lanes: SIMD4<UInt64> = [1, 2, 3, 4]
                while offset + 32 <= buffer.count {
                    var word = SIMD4<UInt64>()
                    for lane in 0..<4 {
                        word[lane] = buffer.loadUnaligned(fromByteOffset: offset + 8 * lane, as: UInt64.self).littleEndian
                    }
                    lanes = (lanes ^ word) &* 0x9e37_79b9_7f4a_7c15
                    lanes ^= lanes &>> 29
                    offset += 32
                }
                for lane in 0..<4 { combine(lanes[lane]) }
            }
            while offset + 8 <= buffer.count {
                combine(buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
                offset += 8
            }
            var tail: UInt64 = 0
            while offset < buffer.count {
                tail = tail << 8 | UInt64(buffer[offset])
                offset += 1
            }
            combine(tail)
            combine(UInt64(buffer.count))
        }
    }
}
