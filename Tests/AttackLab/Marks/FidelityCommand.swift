import ArgumentParser
import Determinism
import Foundation
import ProofOfRender
import RenderEngine
import RenderModel
import SceneIO
import Wire

/// How much of the marks is seen, with the same random numbers on both sides: what a delivered picture would lose were it not repaired.
struct FidelityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fidelity", abstract: "Measure the PSNR between marked and unmarked renders, in 8-bit sRGB.",
        discussion: """
            Quads are seen by camera rays alone, so that without hidden marks only their own pixels differ, and only these are rendered. \
            Elsewhere one pixel in --every is, at random.
            """)

    @Argument(help: ArgumentHelp("Files of scenes.", valueName: "scene")) var scenes: [String]
    @Option(help: "Pixels of each side.") var size: UInt32 = 256
    @Option(help: "Samples of each pixel.") var samples: UInt32 = 1024
    @Option(help: "Longest path.") var depth: UInt32 = 8
    @Option(help: "Of the pixels outside of quads one in so many is rendered.") var every: UInt32 = 16
    @Option(help: "Keys, each with marks of its own.") var keys: UInt64 = 1

    func run() throws {
        guard every > 0, keys > 0 else { throw ValidationError("--every and --keys take 1 and more") }
        print("| Scene | Hidden marks | Pixels of quads | Others rendered | PSNR, dB | repaired |\n|---|---|---|---|---|---|")
        for path in scenes {
            for key in 1...keys {
                print("| " + (try row(path, key: key)).joined(separator: " | ") + " |")
                fflush(nil)
            }
        }
    }

    private func row(_ path: String, key number: UInt64) throws -> [String] {
        let scene = try SceneReader().load(path: path).scene
        let (original, prepared, device) = (try scene.encode(), try PreparedScene(scene), NativeDevice())
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (size, size, samples, depth)
        let tile = Tile(x: 0, y: 0, width: size, height: size)
        let order = MarkOrder(
            settings: settings, frame: 1, tiles: [tile], worker: Bytes32(words: 1, 7, 7, 7), key: MarkKey(Bytes32(words: number, 6, 6, 6)))
        let copy = try TexelMarking(original, key: order.key).copy(for: order.worker)
        let hasHidden = copy.root != original.root
        let marked = try MarkedScene(original, prepared: prepared, copy: copy, order: order, device: device)
        let shown = try PreparedScene(try CanonicalScene(marked.bundle))
        let request = RenderRequest(settings: settings, frame: 1, rngKey: 7, tile: tile, samples: 0..<samples)

        let quads = PictureRepair.pixels(of: marked.secret(for: .zero), filter: settings.filter)
        var random = Generator(seed: number)
        let isQuad = Set(quads)
        let others =
            hasHidden
            ? (0..<size * size).map { SIMD2($0 % size, $0 / size) }
                .filter { !isQuad.contains($0) && UInt32.random(in: 0..<every, using: &random) == 0 } : []
        func codes(_ scene: PreparedScene, _ pixels: [SIMD2<UInt32>]) throws -> [SIMD3<Int>] {
            let values = try device.recompute(scene, request, places: PictureRepair.places(pixels, samples: request.samples))
            guard let part = PictureRepair(pixels: pixels, samples: request.samples, values: values) else {
                throw Laboratory.Failure(text: "no values")
            }
            return part.codes
        }
        func squares(_ pixels: [SIMD2<UInt32>]) throws -> Double {
            guard !pixels.isEmpty else { return 0 }
            return zip(try codes(prepared, pixels), try codes(shown, pixels)).reduce(0) { sum, pair in
                let difference = pair.0 &- pair.1
                return sum + Double((difference &* difference).wrappedSum())
            }
        }
        let rest = Double(size * size) - Double(quads.count)
        let outside = others.isEmpty ? 0 : try squares(others) * rest / Double(others.count)
        let mean = (try squares(quads) + outside) / (3 * Double(size * size))
        let psnr = mean > 0 ? 10 * log10(255 * 255 / mean) : .infinity
        return [
            path.split(separator: "/").last.map(String.init) ?? path, hasHidden ? "yes" : "none", "\(quads.count)", "\(others.count)",
            "\((psnr * 10).rounded() / 10)",
            try codes(try PreparedScene(try CanonicalScene(copy)), quads) == codes(prepared, quads) ? "the same" : "other light",
        ]
    }
}
