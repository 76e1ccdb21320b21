internal import Identity
public import RenderModel
public import Wire

/// How recomputed places decide: by their bits in profile D, by counting where Worker and Verifier have no profile in common.
public enum DecisionRule: Hashable, Sendable {
    /// Any bit that differs is fraud.
    case exact
    /// More mismatches than `CountingTest` allows are, among the rays or among the pixels.
    case counted(RecordTolerance, CountingTest)
    /// As above, by a likelihood ratio over the challenges in their order.
    case sequential(RecordTolerance, SequentialTest.Parameters)

    /// What an offer names as its profile where no bits are promised: H("profile" ‖ "tolerant-counted/1") and so on.
    public static let countedProfile = tolerantProfile("tolerant-counted/1")
    public static let sequentialProfile = tolerantProfile("tolerant-sequential/1")

    /// The rule of an offer, from its profile alone: a third party needs nothing else.
    public init(profile: Bytes32) {
        if profile == DecisionRule.countedProfile {
            self = .counted(RecordTolerance(), CountingTest())
        } else if profile == DecisionRule.sequentialProfile, let parameters = SequentialTest.Parameters() {
            self = .sequential(RecordTolerance(), parameters)
        } else {
            self = .exact
        }
    }

    public var isExact: Bool { self == .exact }

    /// Pixels of a tile that is counted, at least: draws of 218 hardly repeat, so that mismatches may be allowed at all.
    public static let pixelsMin = 1024
    /// Challenges of each kind that the rule takes at least.
    public var challengesMin: UInt32 { isExact ? 1 : 218 }

    public enum Finding: Hashable, Sendable {
        case passed
        case rejected(RejectReason)
        /// The sequential test wants more challenges than there are.
        case undecided
    }

    /// Opened against recomputed values, which are in the order of the places.
    public func judge(located: LocatedPlaces, opened: OpenedValues, recomputed: [RecordValue], grid: RecordGrid) -> Finding {
        switch self {
        case .exact:
            return Judgement.compare(located: located, opened: opened, recomputed: recomputed).map { .rejected($0) } ?? .passed
        case .counted(let tolerance, let test):
            let (rays, pixels) = DecisionRule.trials(
                located, located.claimed(opened), recomputed, tolerance: tolerance, grid: grid)
            let (badRays, badPixels) = (DecisionRule.mismatches(rays), DecisionRule.mismatches(pixels))
            let isPassed = badRays <= test.allowed(trials: rays.count) ?? 0 && badPixels <= test.allowed(trials: pixels.count) ?? 0
            return isPassed ? .passed : .rejected(DecisionRule.reason(badRays, badPixels))
        case .sequential(let tolerance, let parameters):
            let (rays, pixels) = DecisionRule.trials(
                located, located.claimed(opened), recomputed, tolerance: tolerance, grid: grid)
            let decisions = [rays, pixels].map { trials in
                var test = SequentialTest(parameters)
                for trial in trials { test.add(matches: trial) }
                return test.decision
            }
            if decisions.contains(.rejected) {
                return .rejected(DecisionRule.reason(DecisionRule.mismatches(rays), DecisionRule.mismatches(pixels)))
            }
            return decisions.contains(.undecided) ? .undecided : .passed
        }
    }

    /// True where two honest renders of the challenged places may differ like this: bit by bit, or by the rule's own measure.
    public func agree(_ a: [RecordValue], _ b: [RecordValue], located: LocatedPlaces, grid: RecordGrid) -> Bool {
        guard a.count == located.places.count, b.count == a.count else { return false }
        let tolerance: RecordTolerance
        switch self {
        case .exact: return zip(a, b).allSatisfy { $0.isIdentical(to: $1) }
        case .counted(let own, _), .sequential(let own, _): tolerance = own
        }
        let (rays, pixels) = DecisionRule.trials(located, a, b, tolerance: tolerance, grid: grid)
        return [rays, pixels].allSatisfy { DecisionRule.mismatches($0) <= CountingTest().allowed(trials: $0.count) ?? 0 }
    }

    /// One trial per challenged ray, its record, and one per challenged pixel, its mean: what does not show in a pixel is not paid for by
    /// area.
    private static func trials(
        _ located: LocatedPlaces, _ claimed: [RecordValue], _ recomputed: [RecordValue], tolerance: RecordTolerance, grid: RecordGrid
    ) -> (rays: [Bool], pixels: [Bool]) {
        guard claimed.count == located.places.count, recomputed.count == claimed.count else { return ([false], [false]) }
        let rays = located.rayPlaces.map { index in
            let bucket = Int(located.places[index].bucket &- grid.firstBucket)
            return tolerance.matches(claimed[index], recomputed[index], samples: grid.sampleCount(bucket: bucket))
        }
        let pixels = located.pixels.map { pixel in
            (0..<3).allSatisfy { channel in
                func mean(_ values: [RecordValue]) -> Double {
                    pixel.places.reduce(0) { $0 + Double(values[$1].sums[channel]) } / Double(grid.samples.count)
                }
                return tolerance.matches(mean(claimed), mean(recomputed))
            }
        }
        return (rays, pixels)
    }

    private static func mismatches(_ trials: [Bool]) -> Int { trials.reduce(0) { $0 + ($1 ? 0 : 1) } }

    private static func reason(_ rays: Int, _ pixels: Int) -> RejectReason {
        .toleranceExceeded(rays: UInt32(clamping: rays), pixels: UInt32(clamping: pixels))
    }

    private static func tolerantProfile(_ name: StaticString) -> Bytes32 { Labelled.hash("profile") { $0.writeLabel(name) } }
}

extension Claim {
    /// How its places decide.
    public var rule: DecisionRule { DecisionRule(profile: offer.profile) }
}
