/// So many mismatches among the challenges may be chance, one more is not.
///
/// A Worker that faked a share f of what is drawn from passes with P(X ≤ allowed), X binomial over the trials. With risk 10⁻⁶ that gives
/// 3 of 205 for f = 10 % and 5 of 2,532 for 1 %; the challenges that are made, 218 and 2,644, find them though 6 % and 4 % of the faked
/// places lie within the tolerance.
public struct CountingTest: Hashable, Sendable {
    /// Share that has to be found.
    public var faked: Double
    /// Probability to miss it, at most.
    public var risk: Double

    public init(faked: Double = 0.1, risk: Double = 1e-6) {
        self.faked = faked
        self.risk = risk
    }

    /// Largest number of mismatches that keeps the risk. Nil where not even a flawless answer does: there are too few trials.
    public func allowed(trials: Int) -> Int? {
        guard trials > 0 else { return nil }
        var term = CountingTest.power(1 - faked, trials)
        var (sum, count) = (0.0, 0)
        while count <= trials, sum + term <= risk {
            sum += term
            term *= Double(trials - count) / Double(count + 1) * faked / (1 - faked)
            count += 1
        }
        return count == 0 ? nil : count - 1
    }

    /// P(X > allowed) for honest work of which a share differs by chance: what the test rejects of it.
    public static func rejected(trials: Int, allowed: Int, noise: Double) -> Double {
        guard noise < 1 else { return allowed < trials ? 1 : 0 }
        var term = power(1 - noise, trials)
        for count in 0..<min(allowed + 1, trials) { term *= Double(trials - count) / Double(count + 1) * noise / (1 - noise) }
        // The tail itself, since 1 less the rest would lose what is small.
        var (sum, count) = (0.0, allowed + 1)
        while count <= trials, term > sum * 1e-17 {
            sum += term
            term *= Double(trials - count) / Double(count + 1) * noise / (1 - noise)
            count += 1
        }
        return min(sum, 1)
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, square, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}
