import Denoise
import Foundation
import ProofOfRender
import RenderEngine
import RenderModel
import SceneIO
import Testing

@testable import NodeCLI

/// What a person sees of a render: how far it is, and the picture while it refines. Neither changes a bit of the result.
@Suite("A render that is looked at")
struct RenderViewTests {
    private static func run(_ flags: [String], _ directory: String) throws -> [String: Any] {
        let scene = directory + "/scene.glb"
        try GLB.cornell().data.write(to: URL(filePath: scene))
        let result = try NodeBinary().run(
            ["render", scene, "--size", "24x16", "--data", directory + "/data", "--device", "native", "--json"] + flags)
        #expect(result.status == 0, "\(result.error)")
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    private var request: RenderRequest {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (20, 17, 100, 4)
        settings.layers = [.albedo, .depth]
        return RenderRequest(
            settings: settings, frame: 1, rngKey: 7, tile: Tile(x: 0, y: 0, width: 20, height: 17), samples: 0..<100)
    }

    @Test("nothing but sky is no picture, but may be a part of one")
    func aPartMayBeOfOneColour() throws {
        var scene = CanonicalScene()
        scene.sky = .constant([0.5, 0.5, 0.5])
        scene.nodes = [SceneNode()]
        scene.nodes[0].camera = 0
        scene.cameras = [SceneCamera()]
        let prepared = try PreparedScene(scene)
        func report(_ tile: Tile) throws -> RenderReport {
            var request = request
            (request.tile, request.settings.layers) = (tile, [])
            var report = RenderReport(request: request)
            report.add(try BandedRender(request).render(prepared, on: NativeDevice(threads: 1)) { _ in })
            return report
        }
        let whole = try report(Tile(x: 0, y: 0, width: 20, height: 17))
        #expect(whole.suspicion == "all its pixels are equal" && whole.notices.isEmpty)
        let part = try report(Tile(x: 4, y: 0, width: 8, height: 17))
        #expect(part.suspicion == nil && part.notices == ["this part of the frame: all its pixels are equal"])
    }

    @Test func passesDoubleAndGiveTheSamePicture() throws {
        let scene = try PreparedScene(KnownAnswers.medley)
        let device = NativeDevice(threads: 2)
        let plain = try BandedRender(request).render(scene, on: device) { _ in }
        var seen: [UInt32] = []
        var previews: [Picture] = []
        var fractions: [Double] = []
        let refined = try BandedRender(request, tile: .init(width: 20, height: 8), isRefining: true).render(scene, on: device) {
            fractions.append($0.fraction)
        } partDone: { sums in
            if seen.last != sums.samples.min() { seen.append(sums.samples.min() ?? 0) }
            previews.append(sums.preview)
        }
        #expect(seen == [0, 16, 32, 64, 100])
        #expect(fractions == fractions.sorted() && fractions.last == 1)
        #expect(refined.raw == plain.raw && refined.rays == plain.rays)
        #expect(refined.layer(.albedo) == plain.layer(.albedo) && refined.layer(.depth) == plain.layer(.depth))
        // The first band is there and the rest transparent; later nothing is.
        #expect(previews.first?.alpha?.first == 1 && previews.first?.alpha?.last == 0)
        #expect(previews.last?.alpha == nil && previews.last?.color.pixels == plain.means)
    }

    /// The rule of rounding is that of the records that Workers commit to.
    @Test func theSumsRoundAsRawPictures() throws {
        let records = try NativeDevice(threads: 2).render(PreparedScene(KnownAnswers.medley), request)
        var sums = PictureSums(tile: request.tile, layers: request.settings.layers)
        sums.add(records)
        #expect(RawPicture(records: records)?.bytes == sums.raw)
    }

    /// The spread of the buckets tells the variance of the mean: over many pixels of one colour, what the means themselves spread.
    @Test func theVarianceIsThatOfTheMeans() throws {
        var scene = KnownAnswers.medley
        scene.sky = .constant([1, 1, 1])
        let prepared = try PreparedScene(scene)
        var request = request
        request.settings.layers = []
        let device = NativeDevice(threads: 2)
        var means: [[Float]] = []
        var expected: [Float] = []
        for key in 0..<24 as Range<UInt64> {
            request.rngKey = key
            let sums = try BandedRender(request, needsVariance: true).render(prepared, on: device) { _ in }
            means.append(sums.means)
            let variance = try #require(sums.variance)
            expected = expected.isEmpty ? variance : zip(expected, variance).map { $0 + $1 }
        }
        var (told, found) = (0.0, 0.0)
        for index in means[0].indices {
            let values = means.map { Double($0[index]) }
            let mean = values.reduce(0, +) / Double(values.count)
            found += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
            told += Double(expected[index]) / Double(means.count)
        }
        #expect(told > 0.8 * found && told < 1.25 * found, "\(told), \(found)")
    }

    @Test func thePreviewEndsAsThePicture() throws {
        try withDirectory { directory in
            let plain = try RenderViewTests.run(["--samples", "50", "-o", directory + "/picture.png"], directory)
            let watched = try RenderViewTests.run(["--samples", "50", "--preview", directory + "/preview.png"], directory)
            #expect(plain["digest"] as? String == watched["digest"] as? String)
            let (picture, preview) = ["picture", "preview"].map { FileManager.default.contents(atPath: "\(directory)/\($0).png") }.pair
            #expect(picture != nil && picture == preview)
            let refused = try NodeBinary().run(["render", directory + "/scene.glb", "--preview", "a.exr"])
            #expect(refused.status == 2 && refused.error.contains("--preview takes the name of a .png file"))
        }
    }

    /// Denoising is a step of its own: the digest is that of the picture before, which stays in the file.
    @Test func noiseIsTakenOutAfterwards() throws {
        try withDirectory { directory in
            let plain = try RenderViewTests.run(["--samples", "32", "-o", directory + "/plain.exr"], directory)
            let smooth = try RenderViewTests.run(["--samples", "32", "--denoise", "-o", directory + "/smooth.exr"], directory)
            #expect(smooth["digest"] as? String == plain["digest"] as? String && smooth["rays"] as? Int == plain["rays"] as? Int)
            #expect(smooth["denoiser"] as? String == "guided" && plain["denoiser"] is NSNull)
            #expect((smooth["seconds_denoise"] as? Double ?? 0) > 0)
            guard case .linear(let before) = try StoredPicture(path: directory + "/plain.exr"),
                case .linear(let after) = try StoredPicture(path: directory + "/smooth.exr")
            else {
                Issue.record("no OpenEXR")
                return
            }
            #expect(before != after && after.suspicion == nil)
            let bytes = try #require(FileManager.default.contents(atPath: directory + "/smooth.exr"))
            #expect(bytes.range(of: Data("noisy.R\0".utf8)) != nil && bytes.range(of: Data("albedo.R\0".utf8)) == nil)
            let refused = try NodeBinary().run(["render", directory + "/scene.glb", "--denoiser", "blur"])
            #expect(refused.status == 2 && refused.error.contains("guided or oidn"))
        }
    }

    @Test(.enabled(if: Denoiser.oidn.obstacle != nil, "Open Image Denoise is installed"))
    func aDenoiserThatIsMissingIsFoundFirst() throws {
        try withDirectory { directory in
            let scene = directory + "/scene.glb"
            try GLB.cornell().data.write(to: URL(filePath: scene))
            let result = try NodeBinary().run(
                [
                    "render", scene, "--denoiser", "oidn", "--size", "8x8", "--samples", "16", "-o", directory + "/picture.exr", "--data",
                    directory,
                ])
            #expect(result.status == 1 && result.error.contains("oidn cannot be used") && result.error.contains("LD_LIBRARY_PATH"))
        }
    }

    @Test func theFirstPixelIsTimed() throws {
        try withDirectory { directory in
            let report = try RenderViewTests.run(["--samples", "16"], directory)
            let seconds = try ["seconds_first_pixel", "seconds_load", "seconds_open", "seconds_build", "seconds_render"].map {
                try #require(report[$0] as? Double)
            }
            #expect(seconds[0] > seconds[1] + seconds[3])
            #expect(seconds[0] <= seconds[1...].reduce(0, +) + 0.01)
        }
    }

    @Test func pathsMayEndEarly() throws {
        try withDirectory { directory in
            let all = try RenderViewTests.run(["--samples", "32"], directory)
            let some = try RenderViewTests.run(["--samples", "32", "--roulette", "1"], directory)
            let (allRays, someRays) = try (#require(all["rays"] as? Int), #require(some["rays"] as? Int))
            #expect(someRays < allRays && someRays > allRays / 8)
            let none = try RenderViewTests.run(["--samples", "32", "--roulette", "0"], directory)
            #expect(none["digest"] as? String == all["digest"] as? String)
            let box = try RenderViewTests.run(["--samples", "32", "--filter", "bh"], directory)
            #expect(box["digest"] as? String != all["digest"] as? String)
            let refused = try NodeBinary().run(["render", directory + "/scene.glb", "--roulette", "65"])
            #expect(refused.status == 2 && refused.error.contains("--roulette is 0 to 64"))
        }
    }

    @Test func theLineTellsShareSamplesSpeedAndTimeLeft() {
        let progress = BandedRender.Progress(fraction: 0.25, rays: 3_000_000)
        #expect(RenderProgressLine.detail(progress, samples: 64, seconds: 2) == "25 %  16 of 64 samples  1.50 Mrays/s  6 s left")
        // Too early to tell.
        #expect(RenderProgressLine.detail(progress, samples: 64, seconds: 0.25) == "25 %  16 of 64 samples  12.00 Mrays/s")
        #expect([0, 59.2, 200, 7_500].map(RenderProgressLine.duration) == ["0 s", "1 min 00 s", "3 min 20 s", "2 h 05 min"])
    }

    @Test func aTerminalGetsTheLine() throws {
        try withDirectory { directory in
            let scene = directory + "/scene.glb"
            try GLB.cornell().data.write(to: URL(filePath: scene))
            let arguments = "render \(scene) --size 64x64 --samples 48 --device native --threads 1 --data \(directory)/data"
            let seen = try NodeBinary().converse(arguments, [])
            #expect(seen.status == 0)
            #expect(seen.output.contains("\r\u{1b}[Krendering  "), "\(seen.output)")
            #expect(seen.output.contains("of 48 samples"), "\(seen.output)")
        }
    }
}

extension [Data?] {
    fileprivate var pair: (Data?, Data?) { (self[0], self[1]) }
}
