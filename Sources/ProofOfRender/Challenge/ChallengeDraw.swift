internal import Identity
public import Wire

/// The challenges of one Verifier: rays by number, pixels by position, each without duplicates and in the order drawn.
public struct ChallengeDraw: Hashable, Sendable {
    /// Ray numbers below the committed total: who claims many rays at a place is asked about it more often.
    public let rays: [UInt64]
    /// Pixels of the tile, row-major: all alike, however few rays they claim.
    public let pixels: [UInt32]

    /// seed = H("chal" ‖ output ‖ root ‖ total ‖ context ‖ nonce); u_j from H(seed ‖ kind ‖ j) by rejection sampling, with kind 0
    /// for rays and 1 for pixels. Draws are with replacement; a ray or pixel drawn again is left out. No more is drawn than exists.
    ///
    /// - Parameter intensity: the duty's: how many times the offer's counts are drawn.
    public init(claim: Claim, output: Bytes32, nonce: Bytes32, intensity: UInt32 = 1) {
        let seed = ChallengeDraw.seed(output: output, root: claim.root, context: claim.context, nonce: nonce)
        let times = UInt64(intensity)
        rays = ChallengeDraw.draw(seed: seed, kind: 0, count: times * UInt64(claim.offer.rayChallenges), bound: claim.root.rays)
        pixels = ChallengeDraw.draw(
            seed: seed, kind: 1, count: times * UInt64(claim.offer.areaChallenges), bound: UInt64(claim.grid.pixelCount)
        ).map { UInt32(truncatingIfNeeded: $0) }
    }

    static func seed(output: Bytes32, root: SumNode, context: RecordContext, nonce: Bytes32) -> Bytes32 {
        Labelled.hash("chal") { writer in
            writer.write(output)
            writer.write(root.hash)
            writer.writeLittleEndian(root.rays)
            writer.write(context.digest)
            writer.write(nonce)
        }
    }

    /// `bound` is positive: a commitment without rays does not decode.
    static func draw(seed: Bytes32, kind: UInt8, count: UInt64, bound: UInt64) -> [UInt64] {
        var sampler = RejectionSampler(prefix: seed.array + [kind])
        var seen: Set<UInt64> = []
        var drawn: [UInt64] = []
        for _ in 0..<min(count, bound) {
            let value = sampler.next(below: bound)
            if seen.insert(value).inserted { drawn.append(value) }
        }
        return drawn
    }
}
