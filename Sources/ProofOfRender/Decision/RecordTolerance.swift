public import RenderModel

/// When two renders that need not have the same bits count as the same. Source: `docs/proof-of-render.md`, "Without a common profile".
public struct RecordTolerance: Hashable, Sendable {
    /// Largest |a − b| / max(|a|, |b|, floor).
    public var relative: Double
    /// Radiance below which differences are taken as absolute: a mean of one sample, not a sum.
    public var floor: Double

    public init(relative: Double = 1e-2, floor: Double = 1e-3) {
        self.relative = relative
        self.floor = floor
    }

    /// Means of radiance. What is not finite matches nothing, not even itself: an honest render has no such sums, and an infinite
    /// difference would be within 1 % of infinity.
    public func matches(_ a: Double, _ b: Double) -> Bool {
        guard a.isFinite, b.isFinite else { return false }
        return abs(a - b) <= relative * max(abs(a), abs(b), floor)
    }

    /// Records of one place with so many samples: each channel's mean, and the counts of rays, which are what is paid for.
    public func matches(_ a: RecordValue, _ b: RecordValue, samples: Int) -> Bool {
        let (few, many) = (Double(min(a.rays, b.rays)), Double(max(a.rays, b.rays)))
        guard many - few <= relative * many else { return false }
        return (0..<3).allSatisfy { matches(Double(a.sums[$0]) / Double(samples), Double(b.sums[$0]) / Double(samples)) }
    }
}
