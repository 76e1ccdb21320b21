public import Identity
public import RenderModel

/// A commitment together with the offer that it answers: what a Worker claims, in a form that can be checked.
public struct Claim: Sendable {
    public let offer: Offer
    public let offerID: RecordID
    public let commitment: Commitment
    public let commitmentID: RecordID
    public let grid: RecordGrid
    public let context: RecordContext

    /// Nil where the offer is not valid, or the commitment answers another offer or profile.
    public init?(offer: Offer, offerID: RecordID, commitment: Commitment, commitmentID: RecordID) {
        guard offer.isValid, let grid = offer.grid, commitment.offer == offerID, commitment.profile == offer.profile else { return nil }
        self.offer = offer
        self.offerID = offerID
        self.commitment = commitment
        self.commitmentID = commitmentID
        self.grid = grid
        context = offer.context(offer: offerID)
    }

    /// What the Verifier's engine renders its places with.
    public var renderRequest: RenderRequest { offer.renderRequest(offer: offerID) }

    /// The committed root.
    public var root: SumNode { SumNode(hash: commitment.root, rays: commitment.totalRays) }

    /// A total that no render of these samples has: rejected before anything is drawn.
    public var impossibility: RejectReason? { grid.totalRays.contains(commitment.totalRays) ? nil : .impossibleTotal }

    /// Rays that a Verifier traces at intensity 1, about: one bucket per ray challenge and all buckets of a pixel per area challenge.
    public var recomputeRays: UInt64 {
        let records = UInt64(grid.pixelCount) * UInt64(grid.bucketCount)
        let places = UInt64(offer.rayChallenges) + UInt64(offer.areaChallenges) * UInt64(grid.bucketCount)
        let (mean, remainder) = commitment.totalRays.quotientAndRemainder(dividingBy: records)
        return min(places, records) &* (mean &+ (remainder == 0 ? 0 : 1))
    }
}
