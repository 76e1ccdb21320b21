/// The sequential probability ratio test: challenges are looked at in their order until they say enough, which honest work reaches
/// with fewer than a fixed number. Source: Wald, Annals of Mathematical Statistics 16 (1945).
///
/// The ratio is that of "a share `faked` is faked, and honest noise beside it" to "honest noise". Bounds of ±13.8 nats keep both errors
/// near 10⁻⁶.
public struct SequentialTest: Hashable, Sendable {
    public struct Parameters: Hashable, Sendable {
        /// Share that has to be found.
        public var faked: Double
        /// Share of honest places that differ by chance.
        public var noise: Double
        /// In nats.
        public var bound: Double

        /// Nil unless 0 < noise < 1, 0 < faked < 1 and the bound is positive and finite.
        public init?(faked: Double = 0.1, noise: Double = 3e-4, bound: Double = 13.8) {
            guard noise > 1e-300, noise < 1, faked > 0, faked < 1, bound > 0, bound.isFinite else { return nil }
            (self.faked, self.noise, self.bound) = (faked, noise, bound)
        }
    }

    public enum Decision: Hashable, Sendable {
        case accepted
        case rejected
        /// Looks at one more.
        case undecided
    }

    public let parameters: Parameters
    /// Logarithm of the likelihood ratio of faked to honest.
    public private(set) var nats = 0.0
    public private(set) var decision = Decision.undecided
    /// Trials that were looked at.
    public private(set) var trials = 0

    private let match: Double
    private let mismatch: Double

    public init(_ parameters: Parameters) {
        self.parameters = parameters
        let (p0, p1) = (parameters.noise, parameters.noise + parameters.faked * (1 - parameters.noise))
        match = Elementary.log((1 - p1) / (1 - p0))
        mismatch = Elementary.log(p1 / p0)
    }

    /// One more trial; changes nothing once there is a decision.
    public mutating func add(matches: Bool) {
        guard decision == .undecided else { return }
        trials += 1
        nats += matches ? match : mismatch
        if nats >= parameters.bound { decision = .rejected }
        if nats <= -parameters.bound { decision = .accepted }
    }
}
