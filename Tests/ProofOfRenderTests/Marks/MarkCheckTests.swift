import Determinism
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct MarkCheckTests {
    @Test func marksAreSeenAndNothingElseIs() throws {
        let fixture = MarkFixture()
        let secret = try #require(fixture.secret)
        let marked = fixture.picture(marking: secret.regions)
        let found = try #require(MatchedFilter(marked, secret: secret))
        #expect(found.passes && found.score > 6 && found.steadiness > 10)
        let laplacian = try #require(LaplacianCheck(marked, secret: secret))
        #expect(laplacian.regionsPassed >= 9)

        let plain = fixture.picture(marking: [])
        let nothing = try #require(MatchedFilter(plain, secret: secret))
        #expect(!nothing.passes && abs(nothing.score) < 1)
        #expect(try #require(LaplacianCheck(plain, secret: secret)).regionsPassed == 0)

        var stranger = fixture
        stranger.key = MarkKey(Bytes32(words: 7, 7, 7, 7))
        let key = try #require(stranger.secret)
        let wrong = try #require(MatchedFilter(marked, secret: key))
        #expect(!wrong.passes)
    }

    /// A mark that brightens, or a single deep one, does not pass for twelve.
    @Test func noSingleRegionDecides() throws {
        let fixture = MarkFixture()
        let secret = try #require(fixture.secret)
        let brighter = fixture.picture(marking: secret.regions, strength: -0.3)
        #expect(try #require(MatchedFilter(brighter, secret: secret)).score < -5)
        let three = fixture.picture(marking: Array(secret.regions.prefix(3)), strength: 0.9)
        let score = try #require(MatchedFilter(three, secret: secret))
        #expect(!score.passes && score.terms.max() == 2)
    }

    /// Bands of noise reach the score now and then, by terms of both signs; they never do so steadily.
    @Test func coarseNoiseIsNotSteady() throws {
        let tile = Tile(x: 0, y: 0, width: 320, height: 320)
        var generator = Generator(seed: 41)
        var scored = 0
        for _ in 0..<300 {
            let rows = (0..<80).map { _ in Float.random(in: 0.1...0.9, using: &generator) }
            let pixels = (0..<320).flatMap { y in [Float](repeating: rows[y / 4], count: 320 * 3) }
            let regions = (0..<12).map { _ in
                let (width, height) = (Int.random(in: 4...7, using: &generator), Int.random(in: 4...7, using: &generator))
                return MarkRegion(
                    x: Int.random(in: width...320 - 2 * width, using: &generator),
                    y: Int.random(in: height...320 - 2 * height, using: &generator), width: width, height: height)
            }
            let secret = MarkSecret(
                width: 320, height: 320, frame: 1, tile: tile, regions: regions, laplacianThreshold: 5, filterThreshold: 2.23)
            let picture = try #require(FloatPicture(tile: tile, pixels: pixels))
            let filter = try #require(MatchedFilter(picture, secret: secret))
            if filter.score >= filter.threshold { scored += 1 }
            #expect(!filter.passes, "S \(filter.score), t \(filter.steadiness)")
        }
        #expect(scored > 0, "without a score that passes, nothing is shown")
    }

    @Test func valuesThatAreNoneCountForNothing() throws {
        let fixture = MarkFixture()
        let secret = try #require(fixture.secret)
        for value in [Float.nan, .infinity, -.infinity, -5, 0] {
            let picture = FloatPicture(tile: fixture.tile, pixels: [Float](repeating: value, count: 320 * 320 * 3))!
            let filter = try #require(MatchedFilter(picture, secret: secret))
            #expect(!filter.passes && filter.score.isFinite)
            let laplacian = try #require(LaplacianCheck(picture, secret: secret))
            #expect(!laplacian.passes && laplacian.contrasts.allSatisfy(\.isFinite))
        }
    }

    @Test func whatWasEncodedIsChecked() throws {
        let fixture = MarkFixture()
        let secret = try #require(fixture.secret)
        let linear = fixture.picture(marking: secret.regions)
        var bytes: [UInt8] = []
        for y in 0..<320 {
            for x in 0..<320 { for channel in 0..<3 { bytes.append(UInt8(SRGBTable.encode(linear.radiance(x: x, y: y)[channel]))) } }
        }
        let encoded = try #require(EncodedPicture(tile: fixture.tile, pixels: bytes))
        #expect(LaplacianCheck(encoded, secret: secret) == LaplacianCheck(linear, secret: secret))
        #expect(try #require(MatchedFilter(encoded, secret: secret)).passes)
        #expect(EncodedPicture(tile: fixture.tile, pixels: [1, 2, 3]) == nil)
        #expect(FloatPicture(tile: fixture.tile, pixels: [1, 2, 3]) == nil)
    }

    @Test func aPartIsCheckedInItsOwnPlace() throws {
        let tile = Tile(x: 40, y: 56, width: 264, height: 256)
        let fixture = MarkFixture(size: 320, tile: tile)
        let secret = try #require(fixture.secret)
        let part = fixture.picture(marking: secret.regions)
        let whole = MarkFixture(size: 320).picture(marking: secret.regions)
        #expect(MatchedFilter(part, secret: secret) == MatchedFilter(whole, secret: secret))
        #expect(LaplacianCheck(part, secret: secret) == LaplacianCheck(whole, secret: secret))
        #expect(try #require(MatchedFilter(part, secret: secret)).passes)
        #expect(MatchedFilter(MarkFixture(size: 256).picture(marking: []), secret: secret) == nil)
    }

    @Test func secretsAreReadBack() throws {
        let secret = try #require(MarkFixture(size: 320, tile: Tile(x: 40, y: 56, width: 264, height: 256)).secret)
        #expect(try MarkSecret(encoded: secret.encoded) == secret)
    }

    /// No byte string traps, and what is read is what would be written.
    @Test func hostileSecretsAreRefused() throws {
        let good = try #require(MarkFixture().secret).encoded
        var generator = Generator(seed: 11)
        var read = 0
        for _ in 0..<4000 {
            var bytes = good
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
            guard let secret = try? MarkSecret(encoded: bytes) else { continue }
            read += 1
            #expect(secret.encoded == bytes)
            #expect(secret.regions.allSatisfy { $0.fits(secret.tile) })
        }
        #expect(read < 4000)
        var outside = try MarkSecret(encoded: good)
        outside.regions[0].x = 2
        #expect(throws: WireError.outOfBounds) { try MarkSecret(encoded: outside.encoded) }
        outside.regions = []
        outside.tile.x = 8
        #expect(throws: WireError.outOfBounds) { try MarkSecret(encoded: outside.encoded) }
        outside.tile = Tile(x: 65_536, y: 65_536, width: 65_536, height: 65_536)
        #expect(throws: WireError.outOfBounds) { try MarkSecret(encoded: outside.encoded) }
    }
}
