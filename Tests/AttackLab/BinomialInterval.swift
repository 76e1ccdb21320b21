import Foundation

/// The binomial distribution, for rates that were counted. Source: Clopper and Pearson, Biometrika 26 (1934).
struct Binomial {
    let trials: Int

    /// P(X ≤ count) at a probability p, summed from the logarithms of its terms.
    func cumulative(_ count: Int, _ p: Double) -> Double {
        guard count >= 0 else { return 0 }
        guard count < trials, p > 0 else { return 1 }
        guard p < 1 else { return 0 }
        // The shorter tail.
        if Double(count) > p * Double(trials) { return 1 - tail((count + 1)...trials, p) }
        return tail(0...count, p)
    }

    /// Sum of the terms of a range that lies on one side of the mean, from the side of the mean on until nothing is added.
    private func tail(_ range: ClosedRange<Int>, _ p: Double) -> Double {
        let isLow = Double(range.upperBound) <= p * Double(trials)
        var (sum, k) = (0.0, isLow ? range.upperBound : range.lowerBound)
        while range.contains(k) {
            let term = exp(logTerm(k, p))
            sum += term
            if term < sum * 1e-17 { break }
            k += isLow ? -1 : 1
        }
        return min(sum, 1)
    }

    private func logTerm(_ k: Int, _ p: Double) -> Double {
        lgamma(Double(trials) + 1) - lgamma(Double(k) + 1) - lgamma(Double(trials - k) + 1) + Double(k) * log(p)
            + Double(trials - k) * log1p(-p)
    }

    /// Counts that have a two-sided probability of `confidence` at least, where the probability is p.
    func expected(_ p: Double, confidence: Double) -> ClosedRange<Int> {
        let tail = (1 - confidence) / 2
        let low = lowest { cumulative($0, p) > tail }
        let high = lowest { cumulative($0, p) >= 1 - tail }
        return low...max(low, high)
    }

    /// The exact interval of Clopper and Pearson for a rate of which `count` of `trials` were seen.
    func interval(_ count: Int, confidence: Double) -> ClosedRange<Double> {
        let tail = (1 - confidence) / 2
        let low = count == 0 ? 0 : solve { 1 - cumulative(count - 1, $0) < tail }
        let high = count == trials ? 1 : solve { cumulative(count, $0) > tail }
        return low...max(low, high)
    }

    private func lowest(_ holds: (Int) -> Bool) -> Int {
        var (low, high) = (0, trials)
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The largest p for which a condition holds that holds from 0 on.
    private func solve(_ holds: (Double) -> Bool) -> Double {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if holds(middle) { low = middle } else { high = middle }
        }
        return low
    }
}
