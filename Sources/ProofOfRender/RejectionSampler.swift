internal import Crypto
internal import Wire

/// Numbers below a bound without modulo bias, from H(prefix ‖ j) for j = 0, 1, …: the first 8 bytes, little-endian, are taken
/// where they lie below the largest multiple of the bound, else the next j is tried. Fewer than two tries on average.
struct RejectionSampler: Sendable {
    private var bytes: [UInt8]
    private let prefixSize: Int
    private(set) var counter: UInt64 = 0

    init(prefix: [UInt8]) {
        bytes = prefix + [UInt8](repeating: 0, count: 8)
        prefixSize = prefix.count
    }

    /// Uniform in 0 ..< bound; `bound` is positive.
    mutating func next(below bound: UInt64) -> UInt64 {
        // 2^64 mod bound numbers at the top would favour the small remainders.
        let excess = (UInt64.max % bound + 1) % bound
        while true {
            let value = nextWord()
            if value <= UInt64.max - excess { return value % bound }
        }
    }

    private mutating func nextWord() -> UInt64 {
        for index in 0..<8 { bytes[prefixSize + index] = UInt8(truncatingIfNeeded: counter >> UInt64(8 * index)) }
        counter &+= 1
        return Hash.blake2b(bytes).words.0.byteSwapped
    }
}
