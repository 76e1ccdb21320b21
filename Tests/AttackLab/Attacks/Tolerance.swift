import Determinism
import ProofOfRender
import RenderModel

/// The rules for Workers and Verifiers without a common profile: what they reject of honest noise, and how much they find.
enum Tolerance {
    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        try [3e-4, 3e-3, 1e-2, 0.05].map { try counted(noise: $0, plan) } + sequential(plan) + checks(laboratory, plan)
    }

    /// 218 challenges of which a share differs: the count against its formula.
    private static func counted(noise: Double, _ plan: TrialPlan) throws -> Rate {
        var random = Generator(seed: UInt64(noise * 1e6))
        guard let allowed = CountingTest().allowed(trials: 218), allowed >= 3 else { throw Laboratory.Failure(text: "no count") }
        let trials = plan.trials(100_000, small: 1_000)
        let rejected = (0..<trials).count { _ in (0..<218).count { _ in random.chance(noise) } > 3 }
        return Rate(
            attack: "count of 218, \(noise * 100) % differ by chance, rejected", trials: trials, caught: rejected,
            expected: CountingTest.rejected(trials: 218, allowed: 3, noise: noise))
    }

    /// Both errors of the likelihood ratio are near 10⁻⁶, so that none is seen.
    private static func sequential(_ plan: TrialPlan) throws -> [Rate] {
        guard let parameters = SequentialTest.Parameters() else { throw Laboratory.Failure(text: "no test") }
        let trials = plan.trials(100_000, small: 1_000)
        return [0, parameters.noise, 0.1 + 0.9 * parameters.noise, 0.5].map { share in
            var random = Generator(seed: UInt64(share * 1e6))
            var (rejected, looked) = (0, 0)
            for _ in 0..<trials {
                var test = SequentialTest(parameters)
                while test.decision == .undecided { test.add(matches: !random.chance(share)) }
                rejected += test.decision == .rejected ? 1 : 0
                looked += test.trials
            }
            let mean = Double(looked * 10 / trials) / 10
            return Rate(
                attack: "sequential, \(share * 100) % differ, rejected after \(mean) challenges", trials: trials, caught: rejected,
                expected: share < 0.05 ? 0 : 1)
        }
    }

    /// Whole checks of work that is off by a thousandth everywhere, and of the same with a tenth of it faked.
    private static func checks(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        var rates: [Rate] = []
        for (name, profile) in [("counted", DecisionRule.countedProfile), ("sequential", DecisionRule.sequentialProfile)] {
            var offer = laboratory.offer(challenges: 300)
            offer.profile = profile
            let honest = try laboratory.render(offer)
            for percent in [0, 10, 50] {
                var random = Generator(seed: UInt64(percent))
                let trials = plan.trials(300, small: 3)
                let rejected = try (0..<trials).count { trial in
                    var records = FakedShares.fake(honest, .black, share: Double(percent) / 100, &random)
                    for index in records.sums.indices { records.sums[index] *= 1.001 }
                    return try laboratory.verdict(on: Work(records: records), offer, trial: UInt64(trial)) != .accept
                }
                rates.append(
                    Rate(
                        attack: "\(name), off by 0.1 % and \(percent) % faked, k = 300", trials: trials, caught: rejected,
                        expected: percent > 0 ? 1 : 0))
            }
        }
        return rates
    }
}
