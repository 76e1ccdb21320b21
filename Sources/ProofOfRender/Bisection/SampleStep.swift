public import RenderModel

/// One sample of a frame.
public struct SamplePlace: Hashable, Sendable {
    public var x: UInt32
    public var y: UInt32
    /// Counted from sample 0 of the frame.
    public var sample: UInt32

    public init(x: UInt32, y: UInt32, sample: UInt32) {
        self.x = x
        self.y = y
        self.sample = sample
    }
}

/// One step of a trace: what the Worker says the record was before a sample and after it. Whoever renders that sample alone sees
/// whether the one follows from the other; nothing else of the frame is needed.
public struct SampleStep: Hashable, Sendable {
    public let place: SamplePlace
    private let before: RecordValue
    private let after: RecordValue

    /// Nil where the trace does not fit the opened record, or has no such sample. `sample` counts from sample 0 of the frame.
    public init?(_ trace: SampleTrace, sample: UInt32, of place: RecordPlace, claimed: RecordValue, grid: RecordGrid) {
        let bucket = Int(place.bucket) - Int(grid.firstBucket)
        guard (0..<grid.bucketCount).contains(bucket), trace.fits(claimed, samples: grid.sampleCount(bucket: bucket)) else { return nil }
        let index = Int(sample) - Int(place.bucket) * Int(TileRecords.bucketSamples)
        guard trace.prefixes.indices.contains(index) else { return nil }
        self.place = SamplePlace(x: place.x, y: place.y, sample: sample)
        before = index == 0 ? RecordValue(sums: .zero, rays: 0) : trace.prefixes[index - 1]
        after = trace.prefixes[index]
    }

    /// The first sample at which a trace and a render of the same prefixes part; nil where they do not, or are not as many.
    public static func firstDifference(_ trace: SampleTrace, _ rendered: [RecordValue], of place: RecordPlace) -> UInt32? {
        guard rendered.count == trace.prefixes.count else { return nil }
        let index = zip(trace.prefixes, rendered).enumerated().first { !$1.0.isIdentical(to: $1.1) }?.offset
        return index.map { place.bucket &* TileRecords.bucketSamples &+ UInt32(truncatingIfNeeded: $0) }
    }

    /// Whether a sample of this value leads from the record before to the record after, bit for bit: floats are added in the order of
    /// the samples.
    public func follows(from value: RecordValue) -> Bool {
        let (rays, overflow) = before.rays.addingReportingOverflow(value.rays)
        guard !overflow else { return false }
        return RecordValue(sums: before.sums + value.sums, rays: rays).isIdentical(to: after)
    }

    public static func == (a: SampleStep, b: SampleStep) -> Bool {
        a.place == b.place && a.before.isIdentical(to: b.before) && a.after.isIdentical(to: b.after)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(place) }
}
