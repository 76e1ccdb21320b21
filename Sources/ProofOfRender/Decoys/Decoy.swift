internal import Identity
public import RenderModel
public import Wire

/// Work that is false on purpose: an honest render of which a share of the pixels was altered, by a key that only its Manager knows. A
/// Verifier cannot tell it from a cheat's commitment; one that accepts what its own challenges show to be false gives itself away
/// (`FalseAccept`).
public struct Decoy: Hashable, Sendable {
    public var key: Bytes32
    /// Of the pixels, in thousandths, 1 ... 1,000.
    public var permille: UInt32

    /// Shares that decoys have: 1, 10 and 50 %.
    public static let permilles: [UInt32] = [10, 100, 500]

    /// Nil for a share outside its range.
    public init?(key: Bytes32, permille: UInt32) {
        guard (1...1000).contains(permille) else { return nil }
        self.key = key
        self.permille = permille
    }

    /// Positions in the tile of the altered pixels, row-major: ⌈pixels · share⌉ of them, at least one.
    public func pixels(_ grid: RecordGrid) -> Set<UInt32> {
        let count = (grid.pixelCount * Int(permille) + 999) / 1000
        var sampler = RejectionSampler(prefix: Labelled.hash("decoy-pixels") { $0.write(key) }.array)
        // The smaller of the altered and the others is drawn, so that this ends soon for any share.
        let isInverse = count > grid.pixelCount / 2
        let drawn = isInverse ? grid.pixelCount - count : count
        var seen: Set<UInt32> = []
        while seen.count < drawn { seen.insert(UInt32(truncatingIfNeeded: sampler.next(below: UInt64(grid.pixelCount)))) }
        return isInverse ? Set(0..<UInt32(truncatingIfNeeded: grid.pixelCount)).subtracting(seen) : seen
    }

    /// The records that the decoy's Worker commits to: altered pixels get the sums of their neighbour, as an upscaled picture would have
    /// them, and keep their counts. Nil where the records are not those of the grid.
    public func altered(_ honest: TileRecords, grid: RecordGrid) -> TileRecords? {
        guard grid.matches(honest) else { return nil }
        var records = honest
        let width = Int(grid.tile.width)
        for pixel in pixels(grid) {
            let neighbour = Int(pixel) % width + 1 < width ? Int(pixel) + 1 : max(Int(pixel) - 1, 0)
            for bucket in 0..<grid.bucketCount {
                let (to, from) = ((Int(pixel) * grid.bucketCount + bucket) * 3, (neighbour * grid.bucketCount + bucket) * 3)
                for channel in 0..<3 { records.sums[to + channel] = honest.sums[from + channel] }
                let isSame = (0..<3).allSatisfy { honest.sums[to + $0].bitPattern == records.sums[to + $0].bitPattern }
                if isSame { records.sums[to] = records.sums[to].nextUp }
            }
        }
        return records
    }

    /// The challenged places that are false, in the order of the places.
    public func falsePlaces(_ located: LocatedPlaces, grid: RecordGrid) -> [RecordPlace] {
        let altered = pixels(grid)
        return located.places.filter { place in
            altered.contains((place.y &- grid.tile.y) &* grid.tile.width &+ (place.x &- grid.tile.x))
        }
    }

    /// Probability that a Verifier which accepts whatever it gets has been shown to by its n-th duty, where `rate` of its duties are
    /// decoys of this share: 1 − (1 − rate · (1 − (1 − f)^(rays + areas)))^n.
    public func caught(duties: Int, rate: Double, rayChallenges: UInt32, areaChallenges: UInt32) -> Double {
        var missed = 1.0
        for _ in 0..<UInt64(rayChallenges) + UInt64(areaChallenges) { missed *= 1 - Double(permille) / 1000 }
        var escaped = 1.0
        for _ in 0..<max(duties, 0) { escaped *= 1 - rate * (1 - missed) }
        return 1 - escaped
    }
}
