import Determinism
import ProofOfRender
import RenderModel

/// What is shown is not what was rendered: single buckets of many pixels, or the picture beside good records.
enum AlteredPictures {
    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        var rates: [Rate] = []
        for (percent, challenges) in [(5, 133 as UInt32), (5, 12), (1, 60)] {
            let offer = laboratory.offer(challenges: challenges)
            let honest = try laboratory.render(offer)
            for isCommitted in [true, false] {
                var random = Generator(seed: UInt64(percent) << 32 | UInt64(challenges))
                let trials = plan.trials(300, small: 8)
                var (caught, expected) = (0, 0.0)
                for trial in 0..<trials {
                    let altered = oneBucket(honest, share: Double(percent) / 100, &random)
                    let work = isCommitted ? Work(records: altered) : Work(records: honest, picture: RawPicture(records: altered))
                    expected += 1 - laboratory.missProbability(work, honest: honest, offer)
                    if try laboratory.verdict(on: work, offer, trial: UInt64(trial)) != .accept { caught += 1 }
                }
                let name =
                    isCommitted ? "one bucket altered in \(percent) % of the pixels" : "picture altered in \(percent) % of the pixels"
                rates.append(
                    Rate(attack: "\(name), k = \(challenges)", trials: trials, caught: caught, expected: expected / Double(trials)))
            }
        }
        return rates
    }

    private static func oneBucket(_ honest: TileRecords, share: Double, _ random: inout Generator) -> TileRecords {
        var records = honest
        let pixels = honest.rays.count / honest.bucketCount
        for pixel in (0..<pixels).shuffled(using: &random).prefix(Int(Double(pixels) * share)) {
            let record = pixel * honest.bucketCount + Int.random(in: 0..<honest.bucketCount, using: &random)
            for channel in 0..<3 { records.sums[record * 3 + channel] += 0.5 }
        }
        return records
    }
}
