import Foundation
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct HiddenMarkTests {
    private let key = MarkKey(Bytes32(words: 9, 9, 9, 9))

    @Test func theirOwnPatternIsFound() throws {
        let fixture = HiddenMarkFixture()
        let found = try #require(TextureFilter(fixture.picture(strength: 1), secret: fixture.secret))
        #expect(found.isApplicable && found.passes && abs(found.strength - 1) < 0.1 && abs(found.z / found.expected - 1) < 0.1)
        // Two thirds, as glossy surfaces show them.
        let glossy = try #require(TextureFilter(fixture.picture(strength: 0.67), secret: fixture.secret))
        #expect(glossy.isApplicable && glossy.passes && abs(glossy.strength - 0.67) < 0.1)
    }

    @Test func anotherPatternAndNoneAreMissing() throws {
        let fixture = HiddenMarkFixture()
        let none = try #require(TextureFilter(fixture.picture(strength: 0), secret: fixture.secret))
        #expect(none.isApplicable && !none.passes && abs(none.z) < 5)
        let other = try #require(TextureFilter(fixture.picture(strength: 1), secret: HiddenMarkFixture(seed: 2).secret))
        #expect(other.isApplicable == false || !other.passes)
        #expect(abs(other.z) < 5)
        let inverse = try #require(TextureFilter(fixture.picture(strength: -1), secret: fixture.secret))
        #expect(!inverse.passes && inverse.z < -TextureFilter.threshold)
    }

    @Test func moreThanARenderShowsIsTooStrong() throws {
        let fixture = HiddenMarkFixture()
        let pasted = try #require(TextureFilter(fixture.picture(strength: 3), secret: fixture.secret))
        #expect(pasted.z > TextureFilter.threshold && pasted.isTooStrong && !pasted.passes)
        // Noise is no excuse for what is there.
        let loud = try #require(TextureFilter(fixture.picture(strength: 6, noise: 0.3), secret: fixture.secret))
        #expect(!loud.isApplicable && loud.isTooStrong && !loud.passes)
    }

    @Test func noiseThatHidesMarksIsNoFailure() throws {
        let fixture = HiddenMarkFixture()
        let noisy = try #require(TextureFilter(fixture.picture(strength: 1, noise: 0.5), secret: fixture.secret))
        #expect(!noisy.isApplicable && noisy.passes)
        var few = fixture.secret
        few.windows = Array(few.windows.prefix(TextureFilter.windowsMin - 1))
        #expect(try #require(TextureFilter(fixture.picture(strength: 0), secret: few)).passes)
        var elsewhere = fixture.secret
        elsewhere.tile.x = 0
        #expect(TextureFilter(fixture.picture(strength: 1), secret: elsewhere) == nil)
    }

    /// Coding may lose hidden marks without anybody's fault, so they are told and not judged there.
    @Test func codedPicturesAreNotJudged() throws {
        let fixture = HiddenMarkFixture()
        let (plain, tile) = (fixture.picture(strength: 0), fixture.tile)
        var codes: [UInt8] = []
        for y in Int(tile.y)..<Int(tile.y + tile.height) {
            for x in Int(tile.x)..<Int(tile.x + tile.width) {
                for channel in 0..<3 { codes.append(UInt8(SRGBTable.encode(plain.radiance(x: x, y: y)[channel]))) }
            }
        }
        let linear = try #require(MarkFinding(plain, secret: fixture.secret))
        let picture = try #require(EncodedPicture(tile: tile, pixels: codes))
        let coded = try #require(MarkFinding(picture, secret: fixture.secret))
        #expect(linear.isTextureJudged && !linear.texture.passes && !coded.texture.passes)
        #expect(!coded.isTextureJudged && coded.passes == coded.filter.passes)
    }

    /// Each texel moves by 1 % or not at all, and the flat part of the texture not at all.
    @Test func texelsMoveByOnePercentWhereTheTextureVaries() throws {
        let image = self.image
        let variants = try #require(TexelMarks(key: key).variants(of: image, index: 0))
        let linear = image.texels.enumerated().map { $0.offset & 3 == 3 ? Int($0.element) * 257 : linear16($0.element) }
        for variant in variants {
            #expect(variant.format == .rgba16 && variant.texels.count == linear.count * 2)
            var (changed, flat) = (0, 0)
            for (at, before) in linear.enumerated() {
                let after = Int(variant.texels[2 * at]) | Int(variant.texels[2 * at + 1]) << 8
                if after == before { continue }
                changed += 1
                if at & 3 == 3 || at / 4 / 60 >= 48 { flat += 1 }
                #expect(abs(Double(after - before)) <= 0.01 * Double(before) + 1)
            }
            #expect(flat == 0 && changed > linear.count / 2)
        }
        var uniform = image
        uniform.texels = [UInt8](repeating: 90, count: image.texels.count)
        #expect(TexelMarks(key: key).variants(of: uniform, index: 0) == nil)
    }

    /// Signs of both variants, of another image and of another job are each other's chance.
    @Test func variantsHavePatternsOfTheirOwn() throws {
        let variants = try #require(TexelMarks(key: key).variants(of: image, index: 0))
        let next = try #require(TexelMarks(key: key).variants(of: image, index: 1))
        let job = try #require(TexelMarks(key: MarkKey(.zero)).variants(of: image, index: 0))
        for (one, other) in [(variants[0], variants[1]), (variants[0], next[0]), (variants[0], job[0])] {
            let blocks = stride(from: 0, to: 45, by: 3).flatMap { y in stride(from: 0, to: 60, by: 3).map { (y * 60 + $0) * 8 } }
            let same = blocks.count { one.texels[$0..<$0 + 2] == other.texels[$0..<$0 + 2] }
            #expect(abs(Double(same) / Double(blocks.count) - 0.5) < 0.12)
        }
    }

    /// The choice is even, and another for every Worker.
    @Test func everyWorkerHasItsChoice() {
        let workers = (0..<8 as Range<UInt64>).map { key.worker(Bytes32(words: $0, 1, 1, 1)) }
        let choices = workers.map { worker in (0..<256).map { TexelVariants.choice(worker, image: 3, block: $0) } }
        for (index, one) in choices.enumerated() {
            #expect(abs(one.reduce(0, +) - 128) < 40)
            for other in choices[..<index] { #expect(abs(zip(one, other).count { $0 == $1 } - 128) < 40) }
        }
    }

    @Test func everyVerifierHasItsWindows() throws {
        let windows = try #require(MarkWindows(HiddenMarkFixture().windows))
        let subsets = (0..<6 as Range<UInt64>).map { windows.subset(key, for: Bytes32(words: $0, 2, 2, 2)) }
        #expect(Set(subsets).count == 6 && subsets.allSatisfy { $0.count == 15 })
        #expect(windows.subset(key, for: Bytes32(words: 0, 2, 2, 2)) == subsets[0])
        #expect(windows.subset(MarkKey(.zero), for: Bytes32(words: 0, 2, 2, 2)) != subsets[0])
        for one in subsets { #expect(Set(one).count == 15) }
    }

    private func linear16(_ code: UInt8) -> Int {
        let value = Double(code) / 255
        return Int(((value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)) * 65535).rounded())
    }

    /// Grain above, one colour below.
    private var image: SceneImage {
        var image = SceneImage()
        (image.width, image.height, image.format) = (60, 60, .rgba8sRGB)
        for row in 0..<60 {
            for column in 0..<60 {
                let value = row < 44 ? UInt8(100 + (row &* 37 &+ column &* 61) % 90) : 150
                image.texels += [value, value, value - 20, 200]
            }
        }
        return image
    }
}
