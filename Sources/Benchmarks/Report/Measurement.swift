/// One figure of a benchmark: the value that each run gave.
public struct Measurement: Equatable, Sendable {
    /// Stable: scripts look figures up by it, together with the subject that it is of.
    public let name: String
    /// What was measured, in words.
    public let title: String
    public let unit: String
    /// One per run, in their order; never empty, all finite.
    public let values: [Double]

    /// Values that are not finite, such as a rate over no time, are left out. Nil where none is left.
    public init?(_ name: String, _ title: String, _ unit: String, _ values: [Double]) {
        let finite = values.filter(\.isFinite)
        guard !finite.isEmpty else { return nil }
        self.name = name
        self.title = title
        self.unit = unit
        self.values = finite
    }

    /// The middle value, or the mean of the two in the middle.
    public var median: Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    public var min: Double { values.reduce(values[0], Swift.min) }
    public var max: Double { values.reduce(values[0], Swift.max) }
}
