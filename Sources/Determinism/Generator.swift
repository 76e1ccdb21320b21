/// A seeded pseudo-random generator (xoshiro256**, Blackman and Vigna 2018) with labelled forks.
///
/// Every state machine owns its own fork, so that adding a draw in one place changes nothing elsewhere. It is not for keys,
/// nonces or anything an attacker must not guess: those are inputs.
public struct Generator: RandomNumberGenerator, Sendable {
    @usableFromInline var s0: UInt64
    @usableFromInline var s1: UInt64
    @usableFromInline var s2: UInt64
    @usableFromInline var s3: UInt64

    public init(seed: UInt64) {
        var mixer = SplitMix(state: seed)
        s0 = mixer.next()
        s1 = mixer.next()
        s2 = mixer.next()
        s3 = mixer.next()
    }

    /// A generator that depends on this one's seed state and on the label alone; this one does not advance.
    public func fork(_ label: StaticString) -> Generator {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        label.withUTF8Buffer { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
        return fork(hash)
    }

    /// As above, by number: one per node, per job, and so on.
    public func fork(_ label: UInt64) -> Generator {
        var mixer = SplitMix(state: s0 ^ (label &* 0x9e37_79b9_7f4a_7c15))
        return Generator(seed: mixer.next() ^ s1 ^ (s2 << 1) ^ (s3 >> 1))
    }

    @inlinable
    public mutating func next() -> UInt64 {
        let product = s1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// Uniform in 0 ..< 1, with 53 bits.
    @inlinable
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True with the given probability.
    @inlinable
    public mutating func chance(_ probability: Double) -> Bool { unit() < probability }
}

/// SplitMix64, used to spread a seed over the state.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
