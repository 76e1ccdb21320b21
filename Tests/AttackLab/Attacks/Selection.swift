import Dispatch
import ProofOfRender
import RenderModel
import Synchronization
import Wire

/// The draws of challenges alone: no render and no message.
enum Selection {
    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        // As the protocol makes them, and few enough that many get through.
        let plans: [(challenges: UInt32, trials: Int)] = [
            (133, plan.trials(10_000_000, small: 100)), (13, plan.trials(1_000_000, small: 2_000)),
        ]
        return try plans.flatMap { try misses(laboratory, challenges: $0.challenges, trials: $0.trials) }
            + [grinding(laboratory, trials: plan.trials(1 << 20, small: 1 << 11))]
    }

    /// A tenth of the rays is false, and a tenth of the pixels.
    private static func misses(_ laboratory: Laboratory, challenges: UInt32, trials: Int) throws -> [Rate] {
        let claim = try laboratory.claim(Work(records: laboratory.honest), laboratory.offer(challenges: challenges))
        let (rays, pixels) = (claim.root.rays, UInt32(claim.grid.pixelCount))
        let (falseRays, falsePixels) = (rays / 10, pixels / 10)
        let caught = count(trials) { trial in
            let draw = ChallengeDraw(claim: claim, output: Bytes32(words: trial, 0, 0, 1), nonce: Bytes32(words: 0, trial, 1, 0))
            return (draw.rays.contains { $0 < falseRays }, draw.pixels.contains { $0 < falsePixels })
        }
        func rate(_ what: String, _ caught: Int, _ share: Double) -> Rate {
            let miss = (0..<challenges).reduce(1.0) { product, _ in product * (1 - share) }
            return Rate(attack: "draws of \(challenges) \(what), 10 % faked", trials: trials, caught: caught, expected: 1 - miss)
        }
        return [
            rate("rays", caught.0, Double(falseRays) / Double(rays)), rate("pixels", caught.1, Double(falsePixels) / Double(pixels)),
        ]
    }

    /// A Worker chooses among commitments before the output is known: of two it takes the one that the output which it guesses would
    /// spare. The real output is another, so its choice gains nothing.
    private static func grinding(_ laboratory: Laboratory, trials: Int) throws -> Rate {
        var other = laboratory.honest
        other.sums[0] += 1
        let offer = laboratory.offer(challenges: 1)
        let claims = try [laboratory.honest, other].map { try laboratory.claim(Work(records: $0), offer) }
        @Sendable func isFound(_ claim: Claim, _ output: UInt64) -> Bool {
            ChallengeDraw(claim: claim, output: Bytes32(words: output, 0, 0, 2), nonce: .zero).rays[0] < claim.root.rays / 10
        }
        let caught = count(trials) { trial in
            let choice = isFound(claims[0], 2 * trial) ? claims[1] : claims[0]
            return (isFound(choice, 2 * trial + 1), false)
        }
        let share = Double(claims[0].root.rays / 10) / Double(claims[0].root.rays)
        return Rate(attack: "grinding of commitments, one ray, 10 % faked", trials: trials, caught: caught.0, expected: share)
    }

    /// Counts over all processors; trials are independent, so their order does not matter.
    private static func count(_ trials: Int, _ body: @Sendable (UInt64) -> (Bool, Bool)) -> (Int, Int) {
        let parts = 64
        let sums = Mutex((0, 0))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            var (first, second) = (0, 0)
            for trial in part * trials / parts..<(part + 1) * trials / parts {
                let hits = body(UInt64(trial))
                first += hits.0 ? 1 : 0
                second += hits.1 ? 1 : 0
            }
            let found = (first, second)
            sums.withLock { $0 = ($0.0 + found.0, $0.1 + found.1) }
        }
        return sums.withLock { $0 }
    }
}
