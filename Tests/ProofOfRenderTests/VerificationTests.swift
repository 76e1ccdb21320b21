import Crypto
import Determinism
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct VerificationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var width: UInt32
        var height: UInt32
        var samples: UInt32
        var tile: Tile?
        var range: Range<UInt32>?
        var testDescription: String { "\(width)×\(height) \(samples) \(String(describing: tile)) \(String(describing: range))" }
    }

    static let cases = [
        Case(width: 1, height: 1, samples: 1),
        Case(width: 3, height: 2, samples: 17),
        Case(width: 37, height: 21, samples: 50),
        Case(width: 64, height: 40, samples: 16),
        Case(width: 45, height: 19, samples: 64, tile: Tile(x: 40, y: 16, width: 5, height: 3)),
        Case(width: 45, height: 19, samples: 64, tile: Tile(x: 8, y: 8, width: 16, height: 8), range: 16..<48),
        Case(width: 24, height: 24, samples: 70, tile: Tile(x: 16, y: 0, width: 8, height: 24), range: 48..<70),
    ]

    @Test("honest work of any size is accepted", arguments: cases)
    func honest(_ size: Case) {
        let fixture = Fixture(width: size.width, height: size.height, samples: size.samples, tile: size.tile, range: size.range)
        let records = TestRenderer.render(fixture.request)
        for nonce in 0..<3 as Range<UInt64> {
            #expect(CheckRun(fixture, records: records, nonce: nonce).outcome == .accept)
        }
    }

    @Test func pictureOfSeveralBlocks() {
        let fixture = Fixture(width: 320, height: 280, samples: 1, challenges: 200)
        let records = TestRenderer.render(fixture.request)
        let picture = RawPicture(records: records)!
        #expect(picture.blocks().blocks.count == 3)
        #expect(CheckRun(fixture, records: records).outcome == .accept)

        // The last pixel of the first block lies across the border.
        let claim = fixture.claim(fixture.commitment(records))
        let draw = ChallengeDraw(claim: claim, output: .zero, nonce: .zero)
        guard case .sample(let sample) = PictureSample.check(PictureDelivery(picture), claim: claim, draw: draw) else {
            Issue.record("an honest picture was refused")
            return
        }
        for (pixel, bits) in zip(draw.pixels, sample.pixels) {
            let expected = picture[Int(pixel) % 320, Int(pixel) / 320]
            for channel in 0..<3 { #expect(expected[channel].bitPattern == bits[channel]) }
        }
    }

    @Test("a changed value is found where it is challenged, with its place")
    func changedValue() throws {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        var records = TestRenderer.render(fixture.request)
        records.sums[5 * 3 + 1] = records.sums[5 * 3 + 1].nextUp
        let run = CheckRun(fixture, records: records)
        let place = RecordPlace(x: 5, y: 0, bucket: 0)
        #expect(run.outcome == .reject(.valueMismatch(place)))

        let transcript = run.transcript
        let proof = FraudProof(
            claim: run.verification.claim, output: Bytes32(words: 1, 1, 1, 1), nonce: run.verification.nonce,
            reason: .valueMismatch(place), locators: try transcript.locators?.decoded(), openings: try transcript.openings?.decoded(),
            picture: nil)
        #expect(proof.check() == .recompute(place))
        let request = run.verification.claim.renderRequest
        #expect(proof.check(recomputed: TestRenderer.value(request, place)) == .holds)
        let claimed = RecordValue(sums: [records.sums[15], records.sums[16], records.sums[17]], rays: records.rays[5])
        #expect(proof.check(recomputed: claimed) == .refuted)
    }

    @Test func changedRayCount() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        var records = TestRenderer.render(fixture.request)
        records.rays[9] += 1
        #expect(CheckRun(fixture, records: records).outcome == .reject(.rayCountMismatch(RecordPlace(x: 1, y: 1, bucket: 0))))
        records.rays[9] = 15
        #expect(CheckRun(fixture, records: records).outcome == .reject(.rayCountTooLow(RecordPlace(x: 1, y: 1, bucket: 0))))
        records.rays[9] = 2049
        #expect(CheckRun(fixture, records: records).outcome == .reject(.rayCountTooHigh(RecordPlace(x: 1, y: 1, bucket: 0))))
    }

    @Test func alteredPicture() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        let records = TestRenderer.render(fixture.request)
        var bytes = RawPicture(records: records)!.bytes
        bytes[12 * 10] ^= 1
        let altered = RawPicture(tile: fixture.offer.tile, bytes: bytes)!
        #expect(CheckRun(fixture, records: records, picture: altered).outcome == .reject(.pictureMismatch(x: 2, y: 1)))
    }

    @Test func pictureOfTheWrongShape() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        let records = TestRenderer.render(fixture.request)
        var commitment = fixture.commitment(records)
        func outcome(_ delivery: PictureDelivery) -> Verdict.Outcome? {
            let claim = fixture.claim(commitment)
            return CheckRun(
                fixture, claim: claim, records: records, picture: delivery, duty: fixture.duty(claim), output: .zero, nonce: .zero
            ).outcome
        }
        let bytes = RawPicture(records: records)!.bytes
        // Not what the CID names: says nothing about the Worker.
        #expect(outcome(PictureDelivery(root: bytes + [0])) == .cannot(.pictureUnavailable))
        commitment.result = Hash.cid(of: bytes + [0])
        #expect(outcome(PictureDelivery(root: bytes + [0])) == .reject(.wrongImageSize))
        commitment.result = Hash.cid(of: bytes)
        commitment.imageHash = .zero
        #expect(outcome(PictureDelivery(root: bytes)) == .reject(.wrongImageHash))
    }

    @Test("stale frames, other Workers and other settings hash to another root")
    func context() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        let records = TestRenderer.render(fixture.request)
        let honest = fixture.tree(records).root.hash
        let offer = fixture.offer
        func root(_ change: (inout Offer) -> Void) -> Bytes32 {
            var other = offer
            change(&other)
            let context = other.context(offer: fixture.offerID)
            return SumTree(records: records, grid: fixture.grid, context: context)!.root.hash
        }
        #expect(root { _ in } == honest)
        #expect(root { $0.frame += 1 } != honest)
        #expect(root { $0.task += 1 } != honest)
        #expect(root { $0.worker = .zero } != honest)
        #expect(root { $0.profile = .zero } != honest)
        #expect(root { $0.sceneRoot.digest = .zero } != honest)
        #expect(root { $0.settings.depth -= 1 } != honest)
        #expect(offer.context(offer: .zero) != fixture.context)
    }

    @Test("any altered part of the locators is found before a value is seen", arguments: 0..<60)
    func tamperedLocators(_ seed: UInt64) {
        let fixture = Fixture(width: 21, height: 13, samples: 40, challenges: 5)
        let records = TestRenderer.render(fixture.request)
        var random = Generator(seed: seed)
        var tampering = CheckRun.Tampering()
        tampering.locators = { locators in
            switch Int.random(in: 0..<9, using: &random) {
            case 0: locators.rays[0].leaf.counts[3] ^= 1
            case 1: locators.rays[1].leaf.valuesHash = .zero
            case 2: locators.rays[2].path[Int.random(in: 0..<locators.rays[2].path.count, using: &random)].rays += 1
            case 3: locators.rays[3].path[0].hash = .zero
            case 4: locators.rays[4].bucket = (locators.rays[4].bucket + 1) % 3
            case 5: locators.rays[0].block = (locators.rays[0].block + 1) % 24
            case 6: locators.areas[1].leaves[2].counts[Int.random(in: 0..<16, using: &random)] += 1
            case 7: locators.areas[2].path.removeLast()
            default: locators.areas.swapAt(0, 1)
            }
        }
        let run = CheckRun(fixture, records: records, tampering: tampering)
        guard case .reject(let reason) = run.outcome else {
            Issue.record("accepted")
            return
        }
        #expect(reason.restsOnLocators, "\(reason)")
        #expect(run.verification.places.isEmpty)
        let proof = FraudProof(
            claim: run.verification.claim, output: Bytes32(words: 1, 1, 1, 1), nonce: run.verification.nonce, reason: reason,
            locators: try? run.transcript.locators?.decoded(), openings: nil, picture: nil)
        #expect(proof.check() == .holds)
    }

    @Test func tamperedOpenings() {
        let fixture = Fixture(width: 21, height: 13, samples: 40, challenges: 5)
        let records = TestRenderer.render(fixture.request)
        var tampering = CheckRun.Tampering()
        tampering.openings = { $0.values[200] ^= 1 }
        guard case .reject(.wrongOpening) = CheckRun(fixture, records: records, tampering: tampering).outcome else {
            Issue.record("accepted")
            return
        }
        tampering.openings = { $0.values.removeLast(192) }
        #expect(CheckRun(fixture, records: records, tampering: tampering).outcome == .reject(.malformedOpenings))
    }

    @Test func impossibleTotalIsDecidedAtOnce() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        var commitment = fixture.commitment(TestRenderer.render(fixture.request))
        commitment.totalRays = 8 * 8 * 16 - 1
        let claim = fixture.claim(commitment)
        let check = Verification(claim: claim, duty: fixture.duty(claim), dutyID: .zero, output: .zero, nonce: .zero)!
        #expect(check.outcome == .reject(.impossibleTotal))
        commitment.totalRays = 8 * 8 * 16 * 128
        #expect(fixture.claim(commitment).impossibility == nil)
        commitment.totalRays += 1
        #expect(fixture.claim(commitment).impossibility == .impossibleTotal)
    }

    @Test("a total that the tree does not add up to is rejected: nobody is paid for rays that no leaf counts")
    func totalOfAnotherTree() {
        let fixture = Fixture(width: 8, height: 8, samples: 16, challenges: 3)
        let records = TestRenderer.render(fixture.request)
        var commitment = fixture.commitment(records)
        let picture = PictureDelivery(RawPicture(records: records)!)
        commitment.totalRays += 1
        // Challenges are below the honest total as well for almost every nonce; one of these answers is enough.
        let outcomes = (0..<4).map { nonce in
            let claim = fixture.claim(commitment)
            return CheckRun(
                fixture, claim: claim, records: records, picture: picture, duty: fixture.duty(claim), output: .zero,
                nonce: Bytes32(words: UInt64(nonce), 0, 0, 0)
            ).outcome
        }
        #expect(outcomes.allSatisfy { if case .reject(.badSum) = $0 { true } else { false } }, "\(outcomes)")
    }

    @Test("leaves that were not asked for do not answer a challenge, however good their paths are")
    func answersToAnotherChallenge() {
        let fixture = Fixture(width: 24, height: 16, samples: 48, challenges: 9)
        let records = TestRenderer.render(fixture.request)
        let claim = fixture.claim(fixture.commitment(records))
        for nonce in 1..<6 as Range<UInt64> {
            let easier = ChallengeDraw(claim: claim, output: Bytes32(words: 1, 1, 1, 1), nonce: Bytes32(words: nonce + 100, 0, 0, 0))
            var tampering = CheckRun.Tampering()
            tampering.locators = { locators in
                guard
                    let others = Locators.make(challenge: locators.challenge, draw: easier, tree: fixture.tree(records), records: records),
                    others.rays.count == locators.rays.count
                else { return }
                locators.rays = others.rays
            }
            let outcome = CheckRun(fixture, records: records, nonce: nonce, tampering: tampering).outcome
            guard case .reject(.wrongLeaf) = outcome else {
                Issue.record("\(String(describing: outcome))")
                return
            }
        }
    }

    @Test func stepsOutOfOrderChangeNothing() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        let records = TestRenderer.render(fixture.request)
        let claim = fixture.claim(fixture.commitment(records))
        var check = Verification(claim: claim, duty: fixture.duty(claim), dutyID: .zero, output: .zero, nonce: .zero)!
        #expect(check.recomputed([], salt: .zero) == nil)
        #expect(check.receive(openings: Openings(duty: .zero, blind: .zero, values: []), id: .zero) == .unexpected)
        #expect(check.receive(locators: Locators(challenge: .zero, rays: [], areas: []), id: .zero) == .unexpected)
        #expect(check.phase == .awaitingLocators)
        #expect(check.verdict == nil)
        // In the right phase, but to another request.
        check.sent(challenge: words(1))
        let tree = fixture.tree(records)
        func locators(_ challenge: Bytes32) -> Locators {
            Locators.make(challenge: challenge, draw: check.draw, tree: tree, records: records)!
        }
        #expect(check.receive(locators: locators(words(2)), id: words(9)) == .unexpected)
        #expect(check.receive(locators: locators(words(1)), id: words(9)) == .next)
        _ = check.recomputed(check.places.map { TestRenderer.value(claim.renderRequest, $0) }, salt: .zero)
        check.sent(blind: words(3))
        let openings = Openings.make(
            duty: check.dutyID, blind: words(4), located: check.located!, grid: claim.grid, records: records)!
        #expect(check.receive(openings: openings, id: words(9)) == .unexpected)
        #expect(check.phase == .awaitingOpenings)
        check.giveUp(.sceneTooLarge)
        #expect(check.verdict?.outcome == .cannot(.sceneTooLarge))
        #expect(check.giveUp(.draining) == .unexpected)
    }

    @Test func foreignDutyIsRefused() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        let claim = fixture.claim(fixture.commitment(TestRenderer.render(fixture.request)))
        var duty = fixture.duty(claim)
        duty.attempt += 1
        #expect(Verification(claim: claim, duty: duty, dutyID: .zero, output: .zero, nonce: .zero) == nil)
        var commitment = claim.commitment
        commitment.offer = .zero
        #expect(Claim(offer: fixture.offer, offerID: fixture.offerID, commitment: commitment, commitmentID: .zero) == nil)
    }

    @Test("faked shares are found at the binomial rate", arguments: [0.05, 0.2, 0.5], [2 as UInt32, 6])
    func detectionRate(_ share: Double, _ k: UInt32) {
        let fixture = Fixture(width: 24, height: 16, samples: 16, challenges: k)
        var random = Generator(seed: UInt64(share * 1000) + UInt64(k))
        let honest = TestRenderer.render(fixture.request)
        let trials = 60
        var caught = 0
        var expected = 0.0
        for trial in 0..<trials {
            var records = honest
            var fakedRays = 0
            var faked = 0
            for place in 0..<records.rays.count where random.chance(share) {
                records.sums[place * 3] += 1
                fakedRays += Int(records.rays[place])
                faked += 1
            }
            let total = records.rays.reduce(0) { $0 + Int($1) }
            let (byRays, byArea) = (Double(fakedRays) / Double(total), Double(faked) / Double(records.rays.count))
            expected += 1 - power(1 - byRays, k) * power(1 - byArea, k)
            if CheckRun(fixture, records: records, nonce: UInt64(trial)).outcome != .accept { caught += 1 }
        }
        let mean = expected / Double(trials)
        let deviation = (mean * (1 - mean) * Double(trials)).squareRoot()
        #expect(abs(Double(caught) - expected) <= 4 * deviation + 1, "caught \(caught) of \(trials), expected \(expected)")
    }

    private func power(_ base: Double, _ exponent: UInt32) -> Double { (0..<exponent).reduce(1) { product, _ in product * base } }
}
