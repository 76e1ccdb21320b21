import Determinism
import ProofOfRender
import RenderModel

/// The counts of rays are what is paid for, and what the draw by rays goes by.
enum RayCounts {
    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        let honest = laboratory.honest
        return [
            try rate("counts inflated twofold", laboratory, plan, 133, inflated(honest)),
            try rate("counts inflated in the 5 % of most rays", laboratory, plan, 4) { inflated($0, share: 0.05) },
            try rate("the 10 % of most rays skipped", laboratory, plan, 4) { skipped($0, share: 0.10, claiming: .whatWasDue) },
            try rate("5 % faked where few rays are claimed", laboratory, plan, 8) { skipped($0, share: 0.05, claiming: .onePerSample) },
            try rate("5 % faked where few rays are claimed", laboratory, plan, 133) { skipped($0, share: 0.05, claiming: .onePerSample) },
            try rate("a count below one per sample", laboratory, plan, 133) { records in
                var records = records
                for record in records.rays.indices { records.rays[record] = 15 }
                return records
            },
        ]
    }

    private enum Claim { case whatWasDue, onePerSample }

    private static func rate(
        _ name: String, _ laboratory: Laboratory, _ plan: TrialPlan, _ challenges: UInt32, _ alter: (TileRecords) -> TileRecords
    ) throws -> Rate {
        let offer = laboratory.offer(challenges: challenges)
        let honest = try laboratory.render(offer)
        let work = Work(records: alter(honest))
        let trials = plan.trials(300, small: 10)
        let caught = try (0..<trials).count { try laboratory.verdict(on: work, offer, trial: UInt64($0)) != .accept }
        return Rate(
            attack: "\(name), k = \(challenges)", trials: trials, caught: caught,
            expected: 1 - laboratory.missProbability(work, honest: honest, offer))
    }

    private static func rate(
        _ name: String, _ laboratory: Laboratory, _ plan: TrialPlan, _ challenges: UInt32, _ records: TileRecords
    ) throws -> Rate { try rate(name, laboratory, plan, challenges) { inflated($0) } }

    /// Pixels with the most rays first.
    private static func expensive(_ records: TileRecords, share: Double) -> [Int] {
        let buckets = records.bucketCount
        let count = records.rays.count / buckets
        let cost = (0..<count).map { pixel in (pixel * buckets..<(pixel + 1) * buckets).reduce(0) { $0 + Int(records.rays[$1]) } }
        return Array((0..<count).sorted { (cost[$0], $0) > (cost[$1], $1) }.prefix(Int(Double(count) * share)))
    }

    private static func inflated(_ honest: TileRecords, share: Double = 1) -> TileRecords {
        var records = honest
        for pixel in expensive(honest, share: share) {
            for record in pixel * honest.bucketCount..<(pixel + 1) * honest.bucketCount {
                records.rays[record] = min(2048, records.rays[record] * 2)
            }
        }
        return records
    }

    private static func skipped(_ honest: TileRecords, share: Double, claiming claim: Claim) -> TileRecords {
        var records = honest
        for pixel in expensive(honest, share: share) {
            for record in pixel * honest.bucketCount..<(pixel + 1) * honest.bucketCount {
                for channel in 0..<3 { records.sums[record * 3 + channel] = 0.25 }
                if claim == .onePerSample { records.rays[record] = 16 }
            }
        }
        return records
    }
}
