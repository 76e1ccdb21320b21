import Determinism
import ProofOfRender
import RenderModel

/// A share of the rays is not traced: the pixels are filled with something cheaper that looks alike.
enum FakedShares {
    enum Filling: String, CaseIterable {
        /// The first bucket stands for all.
        case fewerSamples = "fewer samples"
        /// From the pixel to the left.
        case upscaled = "upscaled"
        /// The mean of the surroundings.
        case denoised = "denoised"
        /// Black, with the counts of rays of the honest work.
        case black = "black"
    }

    /// Shares in percent, each with the challenges that the protocol makes and with few enough that some get through.
    static let plans: [(percent: Int, challenges: UInt32)] = [(1, 133), (1, 40), (5, 133), (5, 8), (10, 133), (10, 4), (50, 133), (50, 1)]

    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        var rates: [Rate] = []
        for (percent, challenges) in plans {
            let offer = laboratory.offer(challenges: challenges)
            let honest = try laboratory.render(offer)
            for filling in Filling.allCases {
                var random = Generator(seed: UInt64(percent) << 32 | UInt64(challenges))
                let trials = plan.trials(300, small: 6)
                var (caught, expected) = (0, 0.0)
                for trial in 0..<trials {
                    let work = Work(records: fake(honest, filling, share: Double(percent) / 100, &random))
                    expected += 1 - laboratory.missProbability(work, honest: honest, offer)
                    if try laboratory.verdict(on: work, offer, trial: UInt64(trial)) != .accept { caught += 1 }
                }
                let name = "\(percent) % of the rays faked, \(filling.rawValue), k = \(challenges)"
                rates.append(Rate(attack: name, trials: trials, caught: caught, expected: expected / Double(trials)))
            }
        }
        return rates
    }

    /// Pixels in random order, until they hold the share of all rays.
    static func fake(_ honest: TileRecords, _ filling: Filling, share: Double, _ random: inout Generator) -> TileRecords {
        var records = honest
        let buckets = honest.bucketCount
        let all = honest.rays.reduce(0) { $0 + Int($1) }
        var rest = Int(Double(all) * share)
        for pixel in (0..<honest.rays.count / buckets).shuffled(using: &random) where rest > 0 {
            for record in pixel * buckets..<(pixel + 1) * buckets {
                rest -= Int(honest.rays[record])
                fill(&records, record, filling, honest)
            }
        }
        return records
    }

    private static func fill(_ records: inout TileRecords, _ record: Int, _ filling: Filling, _ honest: TileRecords) {
        let (buckets, width) = (honest.bucketCount, Int(honest.tile.width))
        switch filling {
        case .fewerSamples: records.copy(record / buckets * buckets, to: record, of: honest)
        case .upscaled: records.copy(record / buckets % width == 0 ? record + buckets : record - buckets, to: record, of: honest)
        case .denoised:
            let near = [-width, -1, 0, 1, width].map { record + $0 * buckets }.filter(honest.rays.indices.contains)
            for channel in 0..<3 {
                records.sums[record * 3 + channel] = near.reduce(0) { $0 + honest.sums[$1 * 3 + channel] } / Float(near.count)
            }
        case .black: for channel in 0..<3 { records.sums[record * 3 + channel] = 0 }
        }
    }
}
