internal import Crypto
public import Determinism
public import Wire

/// Where a machine takes its ephemeral keys from: a capability of the shell, or a seed in tests and simulations.
public enum EntropySource: Sendable {
    /// Returns as many unpredictable bytes as are asked for.
    case shell(@Sendable (_ count: Int) -> [UInt8])
    /// Repeatable, and known to whoever knows the seed: never for real keys.
    case seeded(Generator)

    public mutating func bytes32() -> Bytes32 {
        switch self {
        case .shell(let fill): return Bytes32(fill(32)) ?? Entropy.bytes32()
        case .seeded(var generator):
            let value = Bytes32(words: generator.next(), generator.next(), generator.next(), generator.next())
            self = .seeded(generator)
            return value
        }
    }
}
