import Crypto
import Determinism
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct DecisionTests {
    @Test func toleranceIsRelativeAboveAFloor() {
        let tolerance = RecordTolerance()
        #expect(tolerance.matches(100, 101) && !tolerance.matches(100, 101.1))
        #expect(tolerance.matches(-2, -2.01) && !tolerance.matches(-2, 2))
        // Below the floor of 10⁻³ differences up to 10⁻⁵ are none.
        #expect(tolerance.matches(0, 1e-5) && !tolerance.matches(0, 1.1e-5))
        #expect(!tolerance.matches(.nan, .nan) && !tolerance.matches(.infinity, 1))
    }

    @Test func recordsMatchByMeansAndByCounts() {
        let tolerance = RecordTolerance()
        func value(_ sum: Float, _ rays: UInt16) -> RecordValue { RecordValue(sums: [sum, 1, 1], rays: rays) }
        #expect(tolerance.matches(value(16, 200), value(16.1, 202), samples: 16))
        #expect(!tolerance.matches(value(16, 200), value(16.2, 200), samples: 16))
        #expect(!tolerance.matches(value(16, 200), value(16, 203), samples: 16))
        // The floor is one of means: a sum of 16 samples may differ by 16 · 10⁻⁵.
        #expect(tolerance.matches(value(0, 16), value(1.5e-4, 16), samples: 16))
        #expect(!tolerance.matches(value(0, 1), value(1.5e-4, 1), samples: 1))
    }

    @Test("the published pairs follow from the risk: 3 of 218 for 10 %, 5 of 2,644 for 1 %")
    func countingPairs() {
        #expect(CountingTest().allowed(trials: 218) == 3)
        #expect(CountingTest().allowed(trials: 205) == 3 && CountingTest().allowed(trials: 204) == 2)
        #expect(CountingTest(faked: 0.01).allowed(trials: 2644) == 5)
        #expect(CountingTest(faked: 0.01).allowed(trials: 2532) == 5 && CountingTest(faked: 0.01).allowed(trials: 2531) == 4)
        // Faked places that lie within the tolerance are not found: so much may be lost of them.
        #expect(CountingTest(faked: 0.1 * 0.94).allowed(trials: 218) == 3)
        #expect(CountingTest(faked: 0.01 * 0.96).allowed(trials: 2644) == 5)
        // 132 flawless answers are the least that says so much: 0.9^132 = 9.1 · 10⁻⁷.
        #expect(CountingTest().allowed(trials: 132) == 0)
        #expect(CountingTest().allowed(trials: 131) == nil && CountingTest().allowed(trials: 0) == nil)
    }

    @Test func honestRejectsFollowTheNoise() {
        // P(X > 0) of one trial is the noise itself; of two, 1 − (1 − p)².
        #expect(abs(CountingTest.rejected(trials: 1, allowed: 0, noise: 0.25) - 0.25) < 1e-15)
        #expect(abs(CountingTest.rejected(trials: 2, allowed: 0, noise: 0.25) - 0.4375) < 1e-15)
        #expect(CountingTest.rejected(trials: 218, allowed: 3, noise: 3e-4) < 1e-6)
        #expect(CountingTest.rejected(trials: 218, allowed: 3, noise: 3e-3) > 1e-3)
        #expect(CountingTest.rejected(trials: 218, allowed: 218, noise: 0.5) == 0)
        #expect(CountingTest.rejected(trials: 218, allowed: 3, noise: 1) == 1)
    }

    @Test("132 matches accept, a third mismatch among the first rejects")
    func sequentialBounds() throws {
        let parameters = try #require(SequentialTest.Parameters())
        var honest = SequentialTest(parameters)
        while honest.decision == .undecided { honest.add(matches: true) }
        // ln 0.9 a match: 13.8 / 0.10536 = 130.98.
        #expect(honest.decision == .accepted && honest.trials == 131)
        var faked = SequentialTest(parameters)
        for _ in 0..<2 { faked.add(matches: false) }
        #expect(faked.decision == .undecided)
        faked.add(matches: false)
        // ln(0.10027 / 0.0003) = 5.81 a mismatch.
        #expect(faked.decision == .rejected && abs(faked.nats - 3 * 5.8117) < 1e-3)
        let before = faked
        faked.add(matches: true)
        #expect(faked == before)
        #expect(SequentialTest.Parameters(noise: 0) == nil && SequentialTest.Parameters(faked: 1) == nil)
        #expect(SequentialTest.Parameters(bound: .infinity) == nil)
    }

    @Test("both kinds of error stay below their bounds", arguments: [0.0, 0.1])
    func sequentialErrors(_ share: Double) throws {
        // With 4.6 nats errors are near 1 %, so that they can be counted.
        let parameters = try #require(SequentialTest.Parameters(noise: 0.01, bound: 4.6))
        var random = Generator(seed: 3)
        var wrong = 0
        for _ in 0..<2000 {
            var test = SequentialTest(parameters)
            while test.decision == .undecided { test.add(matches: !random.chance(0.01 + share * 0.99)) }
            if (test.decision == .rejected) != (share > 0) { wrong += 1 }
        }
        #expect(wrong > 0 && wrong <= 30, "\(wrong) of 2000")
    }
}

/// The tolerant class through the whole check: a Worker whose renderer differs a little everywhere, and much in some places.
@Suite struct ToleranceVerificationTests {
    private func fixture(_ profile: Bytes32) -> Fixture {
        var fixture = Fixture(width: 64, height: 40, samples: 32, challenges: 256)
        fixture.offer.profile = profile
        return fixture
    }

    /// Every sum by 0.1 %, a share of the records by a half.
    private func noisy(_ fixture: Fixture, share: Double, seed: UInt64) -> TileRecords {
        var (records, random) = (TestRenderer.render(fixture.request), Generator(seed: seed))
        for record in records.rays.indices {
            let factor: Float = random.chance(share) ? 1.5 : 1.001
            for channel in 0..<3 { records.sums[record * 3 + channel] = (records.sums[record * 3 + channel] + 0.01) * factor }
        }
        return records
    }

    @Test("small differences everywhere are accepted, faked ones are not", arguments: [false, true])
    func decides(_ isSequential: Bool) {
        let fixture = fixture(isSequential ? DecisionRule.sequentialProfile : DecisionRule.countedProfile)
        for nonce in 1..<4 as Range<UInt64> {
            var honest = TestRenderer.render(fixture.request)
            for index in honest.sums.indices { honest.sums[index] *= 1.001 }
            #expect(CheckRun(fixture, records: honest, nonce: nonce).outcome == .accept)
            let outcome = CheckRun(fixture, records: noisy(fixture, share: 0.2, seed: nonce), nonce: nonce).outcome
            guard case .reject(.toleranceExceeded(let rays, let pixels)) = outcome else {
                Issue.record("\(String(describing: outcome))")
                return
            }
            #expect(rays > 3 && pixels > 3)
        }
    }

    @Test func theExactClassTakesNoNoise() {
        let fixture = fixture(Fixture.profile)
        var records = TestRenderer.render(fixture.request)
        for index in records.sums.indices { records.sums[index] *= 1.001 }
        guard case .reject(.valueMismatch) = CheckRun(fixture, records: records).outcome else {
            Issue.record("accepted")
            return
        }
    }

    @Test("the third and last mismatch that may be chance is taken, and one more is not")
    func theLimitIsMet() {
        let fixture = fixture(DecisionRule.countedProfile)
        let honest = TestRenderer.render(fixture.request)
        let claim = fixture.claim(fixture.commitment(honest))
        // Which places the challenges of nonce 1 lead to depends on the counts and the root alone, so values change the draw: the number
        // of mismatches is looked for.
        var seen: Set<Int> = []
        for count in 1...60 {
            var records = honest
            for record in 0..<count { records.sums[record * 37 % records.rays.count * 3] += 1000 }
            let run = CheckRun(fixture, records: records, nonce: UInt64(count))
            guard let located = run.verification.located else { continue }
            let changed = Set((0..<count).map { $0 * 37 % records.rays.count })
            let rays = located.rayPlaces.count { changed.contains(record(located.places[$0], in: claim.grid)) }
            let pixels = located.pixels.count { pixel in
                pixel.places.contains { changed.contains(record(located.places[$0], in: claim.grid)) }
            }
            let allowed = [located.rayPlaces.count, located.pixels.count].map { CountingTest().allowed(trials: $0)! }
            #expect((run.outcome == .accept) == (rays <= allowed[0] && pixels <= allowed[1]), "\(count): \(rays), \(pixels)")
            seen.insert(rays)
        }
        #expect(seen.contains(3) && seen.contains(4))
    }

    private func record(_ place: RecordPlace, in grid: RecordGrid) -> Int {
        (Int(place.y) * Int(grid.tile.width) + Int(place.x)) * grid.bucketCount + Int(place.bucket)
    }

    @Test func aThirdPartyReplaysTheCount() throws {
        let fixture = fixture(DecisionRule.countedProfile)
        let run = CheckRun(fixture, records: noisy(fixture, share: 0.3, seed: 9))
        guard case .reject(let reason) = run.outcome else {
            Issue.record("accepted")
            return
        }
        let proof = FraudProof(
            claim: run.verification.claim, output: Bytes32(words: 1, 1, 1, 1), nonce: run.verification.nonce, reason: reason,
            locators: try run.transcript.locators?.decoded(), openings: try run.transcript.openings?.decoded(), picture: nil)
        #expect(proof.check() == .recomputeAll)
        #expect(reason.needsRecomputation && reason.disputedPlace == nil)
        // A third renderer, a little off as well, finds about as many.
        let values = proof.places.map { place in
            let value = TestRenderer.value(run.verification.claim.renderRequest, place)
            return RecordValue(sums: value.sums * 0.9995, rays: value.rays)
        }
        #expect(proof.check(recomputed: values) == .holds)
        let located = try #require(run.verification.located)
        let opened = OpenedValues(bytes: try #require(try run.transcript.openings?.decoded(as: Openings.self)).values)
        #expect(proof.check(recomputed: located.claimed(opened)) == .refuted)
    }

    @Test func offersWithoutAProfileNeedChallengesAndPixels() {
        var offer = fixture(DecisionRule.countedProfile).offer
        #expect(offer.isValid)
        offer.areaChallenges = 217
        #expect(!offer.isValid)
        offer.areaChallenges = 218
        offer.tile.height = 8
        #expect(!offer.isValid)
        offer.profile = Fixture.profile
        #expect(offer.isValid)
    }
}
