public import RenderModel

extension Openings {
    /// Checks that the values are those that the leaves hold: no recomputation yet.
    public func verify(located: LocatedPlaces, grid: RecordGrid) -> Checked<OpenedValues> {
        guard values.count == located.leaves.count * LeafSummary.valuesSize else { return .rejected(.malformedOpenings) }
        for (position, leaf) in located.leaves.enumerated() {
            let slice = values[position * LeafSummary.valuesSize..<(position + 1) * LeafSummary.valuesSize]
            guard LeafSummary.hash(values: slice) == leaf.summary.valuesHash else {
                return .rejected(
                    .wrongOpening(
                        block: grid.blockNumber(leaf.block), bucket: grid.firstBucket + UInt32(truncatingIfNeeded: leaf.bucket)))
            }
        }
        return .passed(OpenedValues(bytes: values))
    }
}

/// The values of the located leaves, checked against their hashes.
public struct OpenedValues: Equatable, Sendable {
    let bytes: [UInt8]

    /// The three sums of one pixel in one leaf.
    func sums(leaf: Int, lane: Int) -> SIMD3<Float> {
        let offset = leaf * LeafSummary.valuesSize + lane * 12
        var sums = SIMD3<Float>.zero
        for channel in 0..<3 {
            var bits: UInt32 = 0
            for byte in 0..<4 { bits |= UInt32(bytes[offset + channel * 4 + byte]) << UInt32(8 * byte) }
            sums[channel] = Float(bitPattern: bits)
        }
        return sums
    }
}

/// The last step: what the Worker opened against what was recomputed and what was delivered.
public enum Judgement {
    /// The first recomputed place that differs in any bit; nil where none does. `recomputed` is in the order of the places.
    public static func compare(
        located: LocatedPlaces, opened: OpenedValues, recomputed: [RecordValue]
    ) -> RejectReason? {
        for (index, place) in located.places.enumerated() where index < recomputed.count {
            if let reason = compare(located: located, opened: opened, index: index, place: place, recomputed: recomputed[index]) {
                return reason
            }
        }
        return nil
    }

    /// The same for one place: how a third party checks a mismatch that a verdict names. Nil also where the place was not opened.
    public static func compare(
        located: LocatedPlaces, opened: OpenedValues, place: RecordPlace, recomputed: RecordValue
    ) -> RejectReason? {
        guard let index = located.places.firstIndex(of: place) else { return nil }
        return compare(located: located, opened: opened, index: index, place: place, recomputed: recomputed)
    }

    private static func compare(
        located: LocatedPlaces, opened: OpenedValues, index: Int, place: RecordPlace, recomputed: RecordValue
    ) -> RejectReason? {
        let claimed = located.claimed(opened, at: index)
        if claimed.rays != recomputed.rays { return .rayCountMismatch(place) }
        return claimed.isIdentical(to: recomputed) ? nil : .valueMismatch(place)
    }

    /// The first challenged pixel whose delivered value is not the mean of its opened sums.
    public static func compare(
        located: LocatedPlaces, opened: OpenedValues, picture: PictureSample, grid: RecordGrid
    ) -> RejectReason? {
        for (pixel, delivered) in zip(located.pixels, picture.pixels) {
            for channel in 0..<3 {
                var sum = 0.0
                let lane = (pixel.y & 3) * 4 + pixel.x & 3
                for leaf in pixel.leaves { sum += Double(opened.sums(leaf: leaf, lane: lane)[channel]) }
                let expected = RawPicture.round(sum, samples: grid.samples.count)
                guard expected.bitPattern == delivered[channel] else {
                    return .pictureMismatch(
                        x: grid.tile.x + UInt32(truncatingIfNeeded: pixel.x), y: grid.tile.y + UInt32(truncatingIfNeeded: pixel.y))
                }
            }
        }
        return nil
    }
}
