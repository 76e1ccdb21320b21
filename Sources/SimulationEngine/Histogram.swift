/// Counts of durations in buckets of 1/32 relative width: percentiles within 3 % in constant memory.
public struct Histogram: Equatable, Sendable {
    private static let subBits = 5
    private var counts = [UInt64](repeating: 0, count: 64 << subBits)
    public private(set) var count: UInt64 = 0
    public private(set) var sum: Double = 0
    public private(set) var maximum: UInt64 = 0

    public init() {}

    public mutating func record(nanoseconds value: UInt64) {
        counts[Histogram.index(value)] += 1
        count += 1
        sum += Double(value)
        maximum = max(maximum, value)
    }

    /// Upper edge of the bucket that holds the quantile, in nanoseconds; nil where nothing was recorded.
    public func quantile(_ q: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let target = UInt64((Double(count) * q).rounded(.up))
        var seen: UInt64 = 0
        for (index, n) in counts.enumerated() where n > 0 {
            seen += n
            if seen >= target { return min(Histogram.upperEdge(index), maximum) }
        }
        return maximum
    }

    public var mean: Double? { count > 0 ? sum / Double(count) : nil }

    private static func index(_ value: UInt64) -> Int {
        if value < 1 << subBits { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let mantissa = Int(value >> UInt64(exponent - subBits)) & ((1 << subBits) - 1)
        return (exponent - subBits + 1) << subBits | mantissa
    }

    private static func upperEdge(_ index: Int) -> UInt64 {
        if index < 1 << subBits { return UInt64(index) }
        let shift = UInt64(index >> subBits) - 1
        let mantissa = UInt64(index & ((1 << subBits) - 1)) | 1 << UInt64(subBits)
        return ((mantissa + 1) << shift) &- 1
    }
}
