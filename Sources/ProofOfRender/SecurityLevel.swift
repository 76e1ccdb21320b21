/// How much a job pays for certainty. Source: `docs/proof-of-render.md`, "Committee".
public enum SecurityLevel: UInt32, Hashable, Sendable, CaseIterable {
    case standard = 1
    case high = 2

    /// Verdicts that decide, m. Two is the published quorum; six makes b^m ≤ 10⁻⁶ for a share b = 10 % of bad Verifiers.
    public var verifiers: Int {
        switch self {
        case .standard: 2
        case .high: 6
        }
    }
}

/// Sizes of the challenge.
public enum ChallengeCount {
    /// Finds "at least 10 % faked" with probability 1 − 10⁻⁶: ⌈ln 10⁻⁶ / ln 0.9⌉ = 132, and one.
    public static let standard: UInt32 = 133
    /// The same for 1 %.
    public static let thorough: UInt32 = 1391
    /// Bound on what an offer may ask for, of each kind.
    public static let max: UInt32 = 4096
}
