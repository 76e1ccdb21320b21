import Crypto
import Determinism
import Identity
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

/// Verifiers that say more than they know.
@Suite struct FalseVerdictTests {
    private func penalised(_ harness: RoleHarness) -> [Bytes32: Set<PenaltyRule>] {
        var found: [Bytes32: Set<PenaltyRule>] = [:]
        for (_, event) in harness.events {
            if case .penalised(let key, let rule, _, _) = event { found[key, default: []].insert(rule) }
        }
        return found
    }

    private func delivered(_ harness: RoleHarness) throws {
        let order = harness.order()
        let job = try #require(harness.submit(order))
        guard case .delivered? = harness.fetch(job, seconds: 1_200) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return
        }
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        harness.run(seconds: 30)
    }

    /// Its own verdict shows that it hid values which are not the opened ones, and accepts all the same.
    @Test func whoRendersNothingIsConvictedByItsOwnVerdict() throws {
        var options = RoleHarness.Options()
        options.verifiers = 6
        options.verifierConducts = [
            0: VerifierConduct(
                values: { _, values in values.map { _ in RecordValue(sums: .zero, rays: 16) } }, accepts: { _ in true })
        ]
        let harness = RoleHarness(options)
        try delivered(harness)
        let lazy = harness.parties[harness.verifiers[0]].keys.key
        #expect(penalised(harness) == [lazy: [.wrongVerdict]])
        let counted = harness.events.contains { event in
            if case .verdictCounted(_, _, _, lazy, true) = event.1 { true } else { false }
        }
        #expect(counted, "it was asked")
    }

    /// The Worker told it what to say. Its values are the opened ones, and the Manager's own engine shows that they are not true.
    @Test func whoRepeatsWhatTheWorkerSaysIsFoundByTheAudit() throws {
        var options = RoleHarness.Options()
        options.verifiers = 6
        options.manager = { ($0.rayChallenges, $0.areaChallenges) = (24, 24) }
        options.conducts = [0: Cheats.fewerSamples]
        let accomplice = KeyPair(seed: Hash.blake2b(Array("\(options.seed) worker 0".utf8))).publicKey
        options.verifierConducts = [
            0: VerifierConduct(
                places: { offer, places in
                    offer.worker == accomplice ? places.map { RecordPlace(x: $0.x, y: $0.y, bucket: 0) } : places
                }, accepts: { $0.worker == accomplice })
        ]
        let harness = RoleHarness(options)
        try delivered(harness)
        #expect(harness.parties[harness.workers[0]].keys.key == accomplice)
        let colluding = harness.parties[harness.verifiers[0]].keys.key
        #expect(penalised(harness) == [accomplice: [.rejectedResult], colluding: [.wrongVerdict]])
    }

    /// Who met no fault in a result that others rejected is not blamed.
    @Test(arguments: 1...3 as ClosedRange<UInt64>) func whoMetNoFaultIsNotBlamed(_ seed: UInt64) throws {
        var options = RoleHarness.Options()
        (options.seed, options.verifiers) = (seed, 6)
        options.manager = { ($0.rayChallenges, $0.areaChallenges) = (3, 1) }
        // One record in twelve is another one: most Verifiers do not see it.
        options.conducts = [
            0: WorkerConduct { _, _, records in
                var records = records
                for index in stride(from: 0, to: records.rays.count, by: 12) { records.sums[index * 3] += 0.5 }
                return RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
            }
        ]
        let harness = RoleHarness(options)
        let order = harness.order()
        let job = try #require(harness.submit(order))
        _ = harness.fetch(job, seconds: 600)
        harness.run(seconds: 30)
        let offender = harness.parties[harness.workers[0]].keys.key
        #expect(penalised(harness).keys.allSatisfy { $0 == offender })
    }
}
