import Determinism
import ProofOfRender
import RenderModel
import Wire

/// Verifiers that do not render, and decoys among their duties.
enum Decoys {
    /// One duty in twenty is a decoy.
    static let rate = 0.05

    static func rates(_ laboratory: Laboratory, _ plan: TrialPlan) throws -> [Rate] {
        let offer = laboratory.offer(challenges: ChallengeCount.standard)
        let honest = try laboratory.render(offer)
        var rates = [try madeUp(laboratory, offer, honest, plan), try honestVerifier(laboratory, offer, honest, plan)]
        for permille in Decoy.permilles {
            for duties in [1, 20, 100] {
                rates.append(try colluding(laboratory, offer, honest, permille: permille, duties: duties, plan.trials(300, small: 4)))
            }
        }
        return rates
    }

    private static func altered(_ honest: TileRecords, _ offer: Offer, _ decoy: Decoy) throws -> Work {
        guard let grid = offer.grid, let records = decoy.altered(honest, grid: grid) else { throw Laboratory.Failure(text: "no decoy") }
        return Work(records: records)
    }

    private static func decoy(_ number: Int, _ permille: UInt32) throws -> Decoy {
        guard let decoy = Decoy(key: Bytes32(words: UInt64(number), 3, 3, 3), permille: permille) else {
            throw Laboratory.Failure(text: "no decoy")
        }
        return decoy
    }

    /// It states values of its own making: seen at its first duty, decoy or not, and without a render.
    private static func madeUp(_ laboratory: Laboratory, _ offer: Offer, _ honest: TileRecords, _ plan: TrialPlan) throws -> Rate {
        let trials = plan.trials(300, small: 6)
        let caught = try (0..<trials).count { trial in
            let heard = try laboratory.hear(Work(records: honest), offer, trial: UInt64(trial)) { _, places in
                places.map { _ in RecordValue(sums: SIMD3(0.5, 0.5, 0.5), rays: 80) }
            }
            if case .isShown(.ownValues) = try heard.accepting(heard.verdict?.values ?? []).check() { return true }
            return false
        }
        return Rate(attack: "Verifier accepts with made-up values, one duty", trials: trials, caught: caught, expected: 1)
    }

    /// It renders, and is never accused, by decoys nor by others.
    private static func honestVerifier(_ laboratory: Laboratory, _ offer: Offer, _ honest: TileRecords, _ plan: TrialPlan) throws -> Rate {
        let trials = plan.trials(300, small: 6)
        let accused = try (0..<trials).count { trial in
            let work = trial % 2 == 0 ? Work(records: honest) : try altered(honest, offer, try decoy(trial, 10))
            let heard = try laboratory.hear(work, offer, trial: UInt64(trial))
            guard let verdict = heard.verdict else { throw Laboratory.Failure(text: "no verdict") }
            let check = heard.accusation(verdict)
            guard case .recompute(let places) = check.check() else { return check.check() != .none }
            return try check.check(recomputed: laboratory.recompute(heard.claim.renderRequest, places)) != .none
        }
        return Rate(attack: "honest Verifiers, accused", trials: trials, caught: accused, expected: 0)
    }

    /// It has all values from the Worker and accepts: only a decoy's Worker does not give them, and then it copies what is opened, if it
    /// can. It is given that here, so that nothing but its own challenges convicts it.
    private static func colluding(
        _ laboratory: Laboratory, _ offer: Offer, _ honest: TileRecords, permille: UInt32, duties: Int, _ trials: Int
    ) throws -> Rate {
        var random = Generator(seed: UInt64(permille) << 32 | UInt64(duties))
        let caught = try (0..<trials).count { trial in
            for duty in 0..<duties where random.chance(rate) {
                let decoy = try decoy(trial * 1000 + duty, permille)
                let work = try altered(honest, offer, decoy)
                let heard = try laboratory.hear(work, offer, trial: random.next())
                guard let located = heard.located else { throw Laboratory.Failure(text: "no places") }
                let check = try heard.accepting(heard.opened(from: work.records))
                let suspects = decoy.falsePlaces(located, grid: heard.claim.grid)
                guard case .recompute(let places) = check.check(suspects: suspects), let first = places.first else { continue }
                let values = try laboratory.recompute(heard.claim.renderRequest, [first])
                if case .isShown(.copied) = check.check(suspects: [first], recomputed: values) { return true }
            }
            return false
        }
        let expected = try decoy(0, permille).caught(
            duties: duties, rate: rate, rayChallenges: offer.rayChallenges, areaChallenges: offer.areaChallenges)
        return Rate(
            attack: "Verifier accepts the Worker's values, \(duties) duties, one in 20 a decoy with \(Double(permille) / 10) % faked",
            trials: trials, caught: caught, expected: expected)
    }
}
