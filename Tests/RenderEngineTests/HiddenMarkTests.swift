import Crypto
import Determinism
import ProofOfRender
import RenderEngine
import RenderModel
import Testing
import Wire

/// Hidden marks in rendered pictures: found with the key, by nobody else, and hardly seen.
@Suite struct HiddenMarkTests {
    private static let job = MarkKey(Bytes32(words: 9, 9, 9, 9))
    private static let workers = (1...2 as ClosedRange<UInt64>).map { Bytes32(words: $0, 0, 0, 0) }

    private static func settings(samples: UInt32 = 32) -> RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (320, 256, samples, 3)
        return settings
    }

    private static func order(_ worker: Bytes32, _ key: MarkKey, samples: UInt32 = 32) -> MarkOrder {
        let settings = settings(samples: samples)
        return MarkOrder(
            settings: settings, frame: 1, tiles: [Tile(x: 0, y: 0, width: settings.width, height: settings.height)], worker: worker,
            key: key)
    }

    /// Everything about one Worker's copy of the wall.
    private struct Copy {
        let original: SceneBundle
        let copy: SceneBundle
        let marked: MarkedScene
        let order: MarkOrder
        var task: (settings: RenderSettings, tile: Tile) { (order.settings, order.tiles[0]) }

        init(_ scene: CanonicalScene = TexturedWall.scene(), worker: Bytes32, job: MarkKey = HiddenMarkTests.job, samples: UInt32 = 32)
            throws
        {
            original = try scene.encode()
            copy = try TexelMarking(original, key: job).copy(for: worker)
            order = HiddenMarkTests.order(worker, job, samples: samples)
            marked = try MarkedScene(
                original, prepared: try PreparedScene(scene), copy: copy, order: order, device: NativeDevice())
        }

        func render(_ bundle: SceneBundle, rngKey: UInt64 = 5) throws -> RawPicture {
            let prepared = try PreparedScene(try CanonicalScene(bundle))
            let request = RenderRequest(
                settings: task.settings, frame: 1, rngKey: rngKey, tile: task.tile, samples: 0..<task.settings.samples)
            return try #require(RawPicture(records: try NativeDevice().render(prepared, request)))
        }
    }

    @Test func marksAreFoundWithTheirKeyAlone() throws {
        let mine = try Copy(worker: HiddenMarkTests.workers[0])
        let picture = try mine.render(mine.marked.bundle)
        for verifier in 1...4 as ClosedRange<UInt64> {
            let secret = mine.marked.secret(for: Bytes32(words: verifier, 1, 1, 1))
            let found = try #require(MarkFinding(picture, secret: secret))
            #expect(found.texture.isApplicable && found.texture.passes && found.passes, "\(found.texture)")
            #expect(abs(found.texture.strength - 1) < 0.2, "\(found.texture)")
            // The windows do not hold the quads: nothing changes where they are missing.
            let plain = try #require(MarkFinding(try mine.render(mine.copy), secret: secret))
            #expect(!plain.filter.passes && plain.texture.passes && abs(plain.texture.z / found.texture.z - 1) < 0.1)
        }
        let secret = mine.marked.secret(for: .zero)
        let unmarked = try #require(TextureFilter(try mine.render(mine.original), secret: secret))
        #expect(unmarked.isApplicable && !unmarked.passes && abs(unmarked.z) < 5, "\(unmarked)")

        let stranger = try Copy(worker: HiddenMarkTests.workers[0], job: MarkKey(Bytes32(words: 8, 8, 8, 8)))
        let wrong = try #require(TextureFilter(picture, secret: stranger.marked.secret(for: .zero)))
        #expect(wrong.isApplicable && !wrong.passes && abs(wrong.z) < 5, "\(wrong)")
    }

    /// A raster with the pattern in it, stronger than any render shows it, is over the upper bound.
    @Test func pastedRastersAreTooGood() throws {
        let mine = try Copy(worker: HiddenMarkTests.workers[0])
        let secret = mine.marked.secret(for: .zero)
        let (plain, marked) = (try mine.render(mine.original), try mine.render(mine.copy))
        var pixels: [Float] = []
        for y in 0..<256 {
            for x in 0..<320 {
                let (one, other) = (plain[x, y], marked[x, y])
                for channel in 0..<3 { pixels.append(max(one[channel] + 4 * (other[channel] - one[channel]), 0)) }
            }
        }
        let pasted = try #require(FloatPicture(tile: mine.task.tile, pixels: pixels))
        let found = try #require(TextureFilter(pasted, secret: secret))
        #expect(found.z > TextureFilter.threshold && found.strength > 3 && !found.passes, "\(found)")
    }

    @Test func marksAreHardlySeenAndQuadsAreTakenOut() throws {
        let mine = try Copy(worker: HiddenMarkTests.workers[1])
        let (plain, marked) = (try mine.render(mine.original), try mine.render(mine.marked.bundle))
        #expect(try #require(PictureFidelity.psnr(plain, marked)) >= 50)
        #expect(PictureFidelity.psnr(plain, plain) == .infinity)

        // Rendered again from the Worker's copy without quads, the picture is that of this copy, bit for bit.
        let secret = mine.marked.secret(for: .zero)
        let pixels = PictureRepair.pixels(of: secret, filter: mine.task.settings.filter)
        let request = RenderRequest(settings: mine.task.settings, frame: 1, rngKey: 5, tile: mine.task.tile, samples: 0..<32)
        let values = try NativeDevice().recompute(
            try PreparedScene(try CanonicalScene(mine.copy)), request, places: PictureRepair.places(pixels, samples: 0..<32))
        let repair = try #require(PictureRepair(pixels: pixels, samples: 0..<32, values: values))
        #expect(try #require(repair.applied(to: marked)).bytes == (try mine.render(mine.copy)).bytes)
    }

    /// Two copies of one job hold the same blocks but for a random choice between two, and no copy holds an artist's texel block.
    @Test func copiesDifferByAChoicePerBlock() throws {
        let scene = TexturedWall.scene(side: 512)
        let original = try scene.encode()
        let marking = try TexelMarking(original, key: HiddenMarkTests.job)
        let known = Set(marking.variants.images[0].blocks.flatMap(\.self))
        #expect(marking.variants.images.count == 1 && marking.variants.images[0].blocks.map(\.count) == [2, 2] && known.count == 4)
        let copies = try (0..<16 as Range<UInt64>).map { try marking.copy(for: Bytes32(words: $0, 3, 3, 3)) }
        let chosen = copies.map { copy in copy.blocks.map(\.id).filter(known.contains) }
        #expect(Set(copies.map(\.root)).count == 4)
        for (copy, blocks) in zip(copies, chosen) {
            #expect(blocks.count == 2)
            let texels = Set(original.blocks.map(\.id)).subtracting(copy.blocks.map(\.id))
            #expect(!texels.isEmpty, "the artist's texels are in no copy")
        }
        let second = Set(marking.variants.images[0].blocks[1])
        let share = Double(chosen.reduce(0) { $0 + $1.count(where: second.contains) }) / 32
        #expect(abs(share - 0.5) < 0.3)
        // Nothing else of the scene changes: geometry, materials and sky are the artist's.
        var (one, other) = (try CanonicalScene(original), try CanonicalScene(copies[0]))
        for index in one.images.indices { (one.images[index].texels, other.images[index].texels) = ([], []) }
        one.images[0].format = .rgba16
        #expect(one == other)
    }

    @Test func subKeysDifferAndAreReadBack() throws {
        let mine = try Copy(worker: HiddenMarkTests.workers[0])
        let secrets = (0..<4 as Range<UInt64>).map { mine.marked.secret(for: Bytes32(words: $0, 2, 2, 2)) }
        #expect(Set(secrets.map(\.windows)).count == 4 && Set(secrets.map(\.regions)).count == 1)
        for secret in secrets {
            #expect(secret.windows.count <= MarkWindow.countMax && secret.windows.count >= TextureFilter.windowsMin)
            #expect(secret.encoded.count < 300_000)
            #expect(try MarkSecret(encoded: secret.encoded) == secret)
            var outside = secret
            outside.windows[0].x = 300
            #expect(throws: WireError.outOfBounds) { try MarkSecret(encoded: outside.encoded) }
        }
        // Nobody who holds one knows all places of another.
        let places = secrets.map { Set($0.windows.map { SIMD2($0.x, $0.y) }) }
        #expect(!places[1].subtracting(places[0]).isEmpty)
    }

    /// A scene without textures has none, and what is too noisy or too small says nothing.
    @Test func whatCannotBeToldIsNotApplicable() throws {
        let bare = try KnownAnswers.night.encode()
        #expect(try TexelMarking(bare, key: HiddenMarkTests.job).isEmpty)
        #expect(try TexelMarking(bare, key: HiddenMarkTests.job).copy(for: .zero) == bare)
        let mine = try Copy(worker: HiddenMarkTests.workers[0])
        let secret = mine.marked.secret(for: .zero)
        let noisy = try mine.render(mine.marked.bundle)
        var generator = Generator(seed: 3)
        var pixels: [Float] = []
        for y in 0..<256 {
            for x in 0..<320 {
                let factor = Float.random(in: 0.2...1.8, using: &generator)
                for channel in 0..<3 { pixels.append(noisy[x, y][channel] * factor) }
            }
        }
        let scattered = try #require(FloatPicture(tile: mine.task.tile, pixels: pixels))
        let found = try #require(TextureFilter(scattered, secret: secret))
        #expect(!found.isApplicable && found.passes)
        var few = secret
        few.windows = Array(few.windows.prefix(TextureFilter.windowsMin - 1))
        #expect(try #require(TextureFilter(noisy, secret: few)).isApplicable == false)
        let empty = try #require(FloatPicture(tile: mine.task.tile, pixels: pixels.map { _ in .nan }))
        let none = try #require(TextureFilter(empty, secret: secret))
        #expect(!none.isApplicable && none.z.isFinite && none.strength.isFinite)
    }
}
