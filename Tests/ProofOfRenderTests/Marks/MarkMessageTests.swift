import Crypto
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

/// What travels about marks: orders, openings, figures, repairs.
@Suite struct MarkMessageTests {
    private let job = MarkKey(Bytes32(words: 3, 1, 4, 1))
    private let tile = Tile(x: 64, y: 0, width: 256, height: 256)

    private var settings: RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples) = (320, 256, 64)
        return settings
    }

    private var order: MarkOrder {
        MarkOrder(settings: settings, frame: 2, tiles: [tile], worker: Bytes32(words: 8, 0, 0, 8), key: job)
    }

    private func secret(_ regions: [MarkRegion]) -> MarkSecret {
        MarkSecret(width: 320, height: 256, frame: 2, tile: tile, regions: regions, laplacianThreshold: 5, filterThreshold: 2.23)
    }

    private var opening: MarkOpening {
        let key = order.key(of: tile)
        return MarkOpening(key: key, secret: secret(Array(MarkPlacement.drawn(MarkParameters(), key: key, tile: tile).prefix(12))))
    }

    private func offer(_ change: (inout Offer) -> Void = { _ in }) -> Offer {
        var offer = Fixture(width: 320, height: 256, samples: 64, tile: tile).offer
        offer.frame = 2
        offer.markCommitment = opening.key.commitment(salt: opening.salt)
        change(&offer)
        return offer
    }

    /// Every way in which a Manager could show a Verifier other marks than it committed to.
    @Test func anOpeningIsThatOfItsOffer() {
        #expect(opening.opens(offer()))
        #expect(!opening.opens(offer { $0.markCommitment = nil }))
        #expect(!opening.opens(offer { $0.markCommitment = .zero }))
        #expect(!opening.opens(offer { $0.tile.x = 0 }))
        #expect(!opening.opens(offer { $0.frame = 3 }))
        #expect(!opening.opens(offer { $0.settings.width = 640 }))
        var other = opening
        other.salt = .zero
        #expect(!other.opens(offer()))
        other = opening
        other.key = order.key(of: Tile(x: 0, y: 0, width: 256, height: 256))
        #expect(!other.opens(offer()))
        other = opening
        other.secret.regions[3].x += 1
        #expect(!other.opens(offer()), "a region that the key does not draw")
        other = opening
        other.secret.regions = []
        #expect(!other.opens(offer()))
        other = opening
        other.secret.filterThreshold = 0.1
        #expect(!other.opens(offer()))
        other = opening
        other.secret.laplacianThreshold = 0.1
        #expect(!other.opens(offer()))
    }

    @Test func marksComeBackAsTheyWere() throws {
        #expect(try MarkOpening(encoded: opening.encoded[...]) == opening)
        #expect(try MarkOrder(encoded: order.encoded[...]) == order)
        var plain = order
        (plain.parameters.hidesInTextures, plain.parameters.amplitude, plain.parameters.periodDeviation) = (false, 0, 0)
        #expect(try MarkOrder(encoded: plain.encoded[...]) == plain)
        for end in 0..<opening.encoded.count { #expect((try? MarkOpening(encoded: opening.encoded[..<end])) == nil) }
        for end in 0..<order.encoded.count { _ = try? MarkOrder(encoded: order.encoded[..<end]) }
    }

    @Test func ordersOutOfBoundsAreRefused() {
        func isRefused(_ change: (inout MarkOrder) -> Void) -> Bool {
            var order = order
            change(&order)
            return !order.isValid && (try? MarkOrder(encoded: order.encoded[...])) == nil
        }
        #expect(!isRefused { _ in })
        #expect(isRefused { $0.frame = 0 })
        #expect(isRefused { $0.tiles = [] })
        #expect(isRefused { $0.tiles = [Tile(x: 65, y: 0, width: 256, height: 256)] })
        #expect(isRefused { $0.tiles = Array(repeating: $0.tiles[0], count: MarkOrder.tilesMax + 1) })
        #expect(isRefused { $0.parameters.count = 16 })
        #expect(isRefused { $0.parameters.sides = 4...8 })
        #expect(isRefused { $0.parameters.strength = .nan })
    }

    private func repair(_ pixels: [SIMD2<UInt32>]) -> Repair {
        Repair(
            commitment: Bytes32(words: 7, 7, 7, 7),
            repair: PictureRepair(pixels: pixels, values: pixels.map { SIMD3($0.x, $0.y, 0x7fc0_0000) }))
    }

    @Test func repairsComeBackWithinTheirBounds() throws {
        let good = repair([SIMD2(64, 0), SIMD2(65, 9)])
        #expect(try Repair(body: good.body) == good)
        for end in 0..<good.body.count { _ = try? Repair(body: Array(good.body.prefix(end))) }
        #expect(throws: WireError.outOfBounds) { try Repair(body: repair([SIMD2(1, 1), SIMD2(1, 1)]).body) }
        let many = (0...UInt32(PictureRepair.pixelsMax)).map { SIMD2($0, 0) }
        #expect(throws: WireError.outOfBounds) { try Repair(body: repair(many).body) }
        #expect(try Repair(body: repair(Array(many.dropLast())).body).repair.pixels.count == PictureRepair.pixelsMax)
        // A pixel outside of the tile takes nothing out of it.
        let picture = try #require(RawPicture(tile: tile, bytes: [UInt8](repeating: 1, count: tile.pictureSize)))
        #expect(good.repair.applied(to: picture) != nil && repair([SIMD2(63, 0)]).repair.applied(to: picture) == nil)
    }

    @Test func dutiesAndVerdictsCarryTheMarks() throws {
        let fixture = Fixture()
        let claim = fixture.claim(fixture.commitment(TestRenderer.render(fixture.request)))
        var duty = fixture.duty(claim)
        let plain = duty.body
        (duty.intensity, duty.marks) = (10, opening.hash)
        #expect(try Duty(body: duty.body) == duty && duty.body.count > plain.count)
        duty.intensity = 11
        #expect(throws: WireError.outOfBounds) { try Duty(body: duty.body) }

        var run = CheckRun(
            fixture, claim: claim, records: TestRenderer.render(fixture.request),
            picture: PictureDelivery(try #require(RawPicture(records: TestRenderer.render(fixture.request)))), duty: fixture.duty(claim),
            output: .zero, nonce: .zero
        ).verification.verdict!
        let picture = try #require(FloatPicture(tile: tile, pixels: [Float](repeating: 0.25, count: 256 * 256 * 3)))
        run.marks = MarkFigures(try #require(MarkFinding(picture, secret: opening.secret)))
        #expect(run.marks?.passes == false && run.marks?.regions == 12)
        #expect(try Verdict(body: run.body) == run)
        run.marks?.score = .infinity
        #expect(throws: WireError.outOfBounds) { try Verdict(body: run.body) }
    }

    /// More challenges are drawn, as many as messages have room for, and the same ones first.
    @Test func intensityDrawsMore() throws {
        let fixture = Fixture(challenges: 20)
        let claim = fixture.claim(fixture.commitment(TestRenderer.render(fixture.request)))
        let once = ChallengeDraw(claim: claim, output: .zero, nonce: .zero)
        let more = ChallengeDraw(claim: claim, output: .zero, nonce: .zero, intensity: 5)
        #expect(more.rays.count > 4 * once.rays.count && Array(more.rays.prefix(once.rays.count)) == once.rays)
        #expect(more.pixels.count > 4 * once.pixels.count && Array(more.pixels.prefix(once.pixels.count)) == once.pixels)
        #expect(fixture.offer.intensityMax == 10)
        let large = Fixture(width: 1920, height: 1080, samples: 1024).offer
        #expect(large.intensityMax == 1 && large.isValid)

        var duty = fixture.duty(claim)
        duty.intensity = 10
        #expect(Verification(claim: claim, duty: duty, dutyID: .zero, output: .zero, nonce: .zero)?.draw.rays.count ?? 0 > 150)
        var crowded = Fixture(challenges: 4096)
        crowded.offer.settings.samples = 16
        crowded.offer.samples = 0..<16
        let other = crowded.claim(crowded.commitment(TestRenderer.render(crowded.request)))
        var heavy = crowded.duty(other)
        heavy.intensity = 10
        #expect(crowded.offer.intensityMax < 10)
        #expect(Verification(claim: other, duty: heavy, dutyID: .zero, output: .zero, nonce: .zero) == nil)
    }
}
