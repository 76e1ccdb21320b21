import Denoise
import Foundation
import RenderEngine
import RenderModel
import SceneIO
import Testing

/// Noise goes, edges stay: on pictures made by arithmetic, and on renders against converged ones.
@Suite struct DenoiseTests {
    // MARK: Pictures made by arithmetic

    private static let (width, height) = (75, 37)

    /// Normally distributed, seeded.
    private struct Noise {
        private var state: UInt64
        init(_ seed: UInt64) { state = seed }
        private mutating func unit() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) + 0.5) * 0x1p-53
        }
        mutating func next() -> Float { Float((-2 * log(unit())).squareRoot() * cos(2 * .pi * unit())) }
    }

    /// A picture that is `truth` plus noise of known variance.
    private static func noisy(_ truth: [Float], deviation: Float, albedo: [Float]? = nil, normal: [Float]? = nil) -> NoisyPicture {
        var noise = Noise(42)
        return NoisyPicture(
            width: width, height: height, color: truth.map { $0 + deviation * noise.next() },
            variance: truth.map { _ in deviation * deviation }, albedo: albedo, normal: normal)
    }

    private static func pixels(_ value: (Int, Int) -> SIMD3<Float>) -> [Float] {
        (0..<height).flatMap { y in (0..<width).flatMap { x in (0..<3).map { value(x, y)[$0] } } }
    }

    private static func meanSquare(_ a: [Float], _ b: [Float], where isCounted: (Int, Int) -> Bool = { _, _ in true }) -> Float {
        var (sum, count) = (Float(0), 0)
        for index in a.indices where isCounted(index / 3 % width, index / 3 / width) {
            sum += (a[index] - b[index]) * (a[index] - b[index])
            count += 1
        }
        return sum / Float(count)
    }

    @Test func evenSurfacesLoseTheirNoise() throws {
        let truth = DenoiseTests.pixels { _, _ in [0.5, 0.4, 0.3] }
        let picture = DenoiseTests.noisy(truth, deviation: 0.1)
        let smooth = try Denoiser.guided.denoise(picture, threads: 2)
        #expect(DenoiseTests.meanSquare(picture.color, truth) > 25 * DenoiseTests.meanSquare(smooth, truth))
        // And nothing becomes lighter or darker.
        let means = [picture.color, smooth].map { $0.reduce(0, +) / Float($0.count) }
        #expect(abs(means[0] - means[1]) < 0.002)
    }

    /// Tiles of a floor under a light that falls off: the albedo shows the edges, so the colour keeps them although the noise is larger
    /// than the difference.
    @Test func edgesOfTheAlbedoStay() throws {
        let albedo = DenoiseTests.pixels { x, y in (x / 6 + y / 6) % 2 == 0 ? [0.6, 0.5, 0.4] : [0.5, 0.5, 0.5] }
        let truth = albedo.enumerated().map { index, value in value * (1 + Float(index / 3 % DenoiseTests.width) / 75) }
        let picture = DenoiseTests.noisy(truth, deviation: 0.15, albedo: albedo)
        let smooth = try Denoiser.guided.denoise(picture, threads: 2)
        func isEdge(_ x: Int, _ y: Int) -> Bool { x % 6 == 0 || x % 6 == 5 || y % 6 == 0 || y % 6 == 5 }
        let noise = DenoiseTests.meanSquare(picture.color, truth, where: isEdge)
        #expect(noise > 15 * DenoiseTests.meanSquare(smooth, truth, where: isEdge))
        // Red steps by 0.1 of the light there and blue by the same the other way: both steps are still there.
        for channel in [0, 2] {
            let (even, odd) = ([0, 1] as [Int]).map { parity in
                let chosen = smooth.indices.filter {
                    let (x, y) = ($0 / 3 % DenoiseTests.width, $0 / 3 / DenoiseTests.width)
                    return $0 % 3 == channel && (x / 6 + y / 6) % 2 == parity && isEdge(x, y)
                }
                return chosen.reduce(0) { $0 + smooth[$1] / (1 + Float($1 / 3 % DenoiseTests.width) / 75) } / Float(chosen.count)
            }.pair
            let step = channel == 0 ? even - odd : odd - even
            #expect(step > 0.08 && step < 0.12, "\(step)")
        }
    }

    /// A shadow that no feature shows.
    @Test func edgesOfLightStay() throws {
        let truth = DenoiseTests.pixels { x, y in x + y / 2 < 40 ? [0.8, 0.8, 0.8] : [0.2, 0.2, 0.2] }
        let picture = DenoiseTests.noisy(truth, deviation: 0.08)
        let smooth = try Denoiser.guided.denoise(picture, threads: 2)
        func isEdge(_ x: Int, _ y: Int) -> Bool { abs(x + y / 2 - 40) <= 1 }
        #expect(DenoiseTests.meanSquare(picture.color, truth, where: isEdge) > 2 * DenoiseTests.meanSquare(smooth, truth, where: isEdge))
        #expect(DenoiseTests.meanSquare(picture.color, truth) > 12 * DenoiseTests.meanSquare(smooth, truth))
    }

    @Test func pixelsWithoutNoiseStay() throws {
        var noise = Noise(7)
        let truth = DenoiseTests.pixels { _, _ in [abs(noise.next()), abs(noise.next()), abs(noise.next())] }
        var picture = DenoiseTests.noisy(truth, deviation: 0)
        picture.color = truth
        let smooth = try Denoiser.guided.denoise(picture, threads: 1)
        #expect(DenoiseTests.meanSquare(smooth, truth) < 1e-8)
    }

    @Test func threadsChangeNoBit() throws {
        let albedo = DenoiseTests.pixels { x, y in [Float(x % 9) / 9, Float(y % 5) / 5, 0.5] }
        let picture = DenoiseTests.noisy(albedo.map { $0 * 2 }, deviation: 0.2, albedo: albedo, normal: albedo)
        let one = try Denoiser.guided.denoise(picture, threads: 1)
        #expect(try Denoiser.guided.denoise(picture, threads: 5) == one)
    }

    /// Pictures may hold anything: finite pixels come out, and none below 0.
    @Test func anythingIsAPicture() throws {
        for (width, height) in [(1, 1), (2, 1), (1, 40), (65, 17)] {
            let count = width * height * 3
            for value in [0, -1, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, 1e-38] as [Float] {
                var picture = NoisyPicture(width: width, height: height, color: [Float](repeating: 0.5, count: count))
                picture.color[count / 2] = value
                for variance in [nil, [Float](repeating: value, count: count)] {
                    picture.variance = variance
                    (picture.albedo, picture.normal) = (picture.color, variance)
                    let smooth = try Denoiser.guided.denoise(picture, threads: 2)
                    #expect(smooth.allSatisfy { $0.isFinite && $0 >= 0 }, "\(width)x\(height), \(value)")
                }
            }
        }
    }

    @Test func partsOfOtherSizesAreRefused() {
        let picture = NoisyPicture(width: 4, height: 4, color: [Float](repeating: 0, count: 48), albedo: [0])
        #expect(throws: DenoiseError.self) { try Denoiser.guided.denoise(picture, threads: 1) }
        #expect(throws: DenoiseError.self) {
            var parameters = Denoiser.Parameters()
            parameters.radius = 16
            _ = try Denoiser.guided.denoise(NoisyPicture(width: 1, height: 1, color: [0, 0, 0]), parameters, threads: 1)
        }
    }

    // MARK: Renders

    /// Sums of a render's records, pixel by pixel, and what denoising needs beside them.
    private static func render(_ samples: UInt32, key: UInt64, layers: RenderSettings.Layers) throws -> NoisyPicture {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let scene = try PreparedScene(SceneReader().load(path: top.appending(path: "scenes/cornell.glb").path).scene)
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth, settings.layers) = (64, 64, samples, 4, layers)
        let request = RenderRequest(
            settings: settings, frame: 1, rngKey: key, tile: Tile(x: 0, y: 0, width: 64, height: 64), samples: 0..<samples)
        let records = try NativeDevice().render(scene, request)
        let (buckets, count) = (records.bucketCount, Float(samples))
        func sum(_ values: [Float], _ stride: Int, _ first: Int) -> [Float] {
            (0..<64 * 64 * 3).map { index in
                (0..<buckets).reduce(0) { $0 + values[(index / 3 * buckets + $1) * stride + first + index % 3] } / count
            }
        }
        var picture = NoisyPicture(width: 64, height: 64, color: sum(records.sums, 3, 0))
        if !layers.isEmpty { (picture.albedo, picture.normal) = (sum(records.layers, 6, 0), sum(records.layers, 6, 3)) }
        guard buckets > 1 else { return picture }
        picture.variance = picture.color.indices.map { index in
            let means = (0..<buckets).map { records.sums[(index / 3 * buckets + $0) * 3 + index % 3] / 16 }
            let squares = means.reduce(0) { $0 + ($1 - picture.color[index]) * ($1 - picture.color[index]) }
            return squares / Float(buckets - 1) / Float(buckets)
        }
        return picture
    }

    private static let converged = Result { try render(768, key: 99, layers: []).color }

    /// Mean of (a − b)² / (b² + 0.01).
    private static func relativeError(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / ($1.1 * $1.1 + 0.01) } / Float(a.count)
    }

    /// 2.9 times each was measured; the small picture is nearly all edges. Fewer samples give one bucket, so no variance.
    @Test(arguments: [(16, 2.5), (32, 2.5)] as [(UInt32, Float)])
    func theErrorOfARenderFalls(samples: UInt32, factor: Float) throws {
        let truth = try DenoiseTests.converged.get()
        let noisy = try DenoiseTests.render(samples, key: 3, layers: [.albedo, .normal])
        #expect((noisy.variance == nil) == (samples == 16))
        let before = DenoiseTests.relativeError(noisy.color, truth)
        let after = DenoiseTests.relativeError(try Denoiser.guided.denoise(noisy, threads: 2), truth)
        #expect(before > factor * after, "\(before) became \(after)")
    }

    @Test(.enabled(if: Denoiser.oidn.obstacle == nil, "\(Denoiser.oidn.obstacle ?? "")"))
    func openImageDenoiseWorksWhereItIsInstalled() throws {
        let truth = try DenoiseTests.converged.get()
        let noisy = try DenoiseTests.render(32, key: 3, layers: [.albedo, .normal])
        let smooth = try Denoiser.oidn.denoise(noisy, threads: 2)
        #expect(DenoiseTests.relativeError(noisy.color, truth) > 2.5 * DenoiseTests.relativeError(smooth, truth))
    }

    @Test(.enabled(if: Denoiser.oidn.obstacle != nil, "Open Image Denoise is installed"))
    func withoutOpenImageDenoiseItsAbsenceIsNamed() {
        #expect(Denoiser.oidn.obstacle?.contains("libOpenImageDenoise") == true)
        #expect(throws: DenoiseError.self) {
            try Denoiser.oidn.denoise(NoisyPicture(width: 1, height: 1, color: [0, 0, 0]), threads: 1)
        }
    }
}

extension [Float] {
    fileprivate var pair: (Float, Float) { (self[0], self[1]) }
}
