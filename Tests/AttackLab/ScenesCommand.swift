import ArgumentParser
import Foundation
import ProofOfRender
import RenderEngine
import RenderModel
import SceneIO
import Wire

/// What marks do to whole scenes: how surely they are found, by whom, and how much is seen of them.
struct ScenesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenes", abstract: "Mark scenes, render them with and without, and print what the checks say and what is seen.")

    @Argument(help: ArgumentHelp("Files of scenes.", valueName: "scene")) var scenes: [String]
    @Option(help: "Pixels of each side.") var size: UInt32 = 512
    @Option(help: "Samples of each pixel.") var samples: UInt32 = 1024
    @Option(help: "Longest path.") var depth: UInt32 = 8
    @Option(help: "Keys of other jobs, whose windows are held against the picture.") var strangers = 8

    func run() throws {
        print("| Scene | S | without | hidden z | expected | a | other keys | another Worker | PSNR, dB | repaired |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for path in scenes {
            print("| " + (try row(path)).joined(separator: " | ") + " |")
            fflush(nil)
        }
    }

    private func row(_ path: String) throws -> [String] {
        let scene = try SceneReader().load(path: path).scene
        let (original, prepared, device) = (try scene.encode(), try PreparedScene(scene), NativeDevice())
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (size, size, samples, depth)
        let tile = Tile(x: 0, y: 0, width: size, height: size)
        let request = RenderRequest(settings: settings, frame: 1, rngKey: 7, tile: tile, samples: 0..<samples)
        func picture(_ scene: PreparedScene) throws -> RawPicture {
            guard let picture = RawPicture(records: try device.render(scene, request)) else { throw Laboratory.Failure(text: "no picture") }
            return picture
        }
        func marked(job: UInt64, worker: UInt64) throws -> (scene: MarkedScene, copy: SceneBundle) {
            let (key, worker) = (MarkKey(Bytes32(words: job, 6, 6, 6)), Bytes32(words: worker, 7, 7, 7))
            let copy = try TexelMarking(original, key: key).copy(for: worker)
            let order = MarkOrder(settings: settings, frame: 1, tiles: [tile], worker: worker, key: key)
            return (try MarkedScene(original, prepared: prepared, copy: copy, order: order, device: device), copy)
        }
        let mine = try marked(job: 1, worker: 1)
        let secret = mine.scene.secret(for: .zero)
        let (plain, shown) = (try picture(prepared), try picture(try PreparedScene(try CanonicalScene(mine.scene.bundle))))
        guard let found = MarkFinding(shown, secret: secret), let without = MarkFinding(plain, secret: secret) else {
            throw Laboratory.Failure(text: "the picture does not hold the task")
        }
        let unquadded = try PreparedScene(try CanonicalScene(mine.copy))
        let pixels = PictureRepair.pixels(of: secret, filter: settings.filter)
        let values = try device.recompute(unquadded, request, places: PictureRepair.places(pixels, samples: request.samples))
        let repaired = PictureRepair(pixels: pixels, samples: request.samples, values: values)?.applied(to: shown)
        var line = [path.split(separator: "/").last.map(String.init) ?? path, text(found.filter.score), text(without.filter.score)]
        if secret.windows.isEmpty {
            line += ["none", "", "", "", ""]
        } else {
            line += [text(found.texture.z), text(found.texture.expected), text(found.texture.strength)]
            let others = try (0..<strangers).compactMap { number in
                TextureFilter(shown, secret: try marked(job: 100 + UInt64(number), worker: 1).scene.secret(for: .zero))?.z
            }
            line.append("\(others.map { text($0) }.joined(separator: ", "))")
            line.append(TextureFilter(shown, secret: try marked(job: 1, worker: 2).scene.secret(for: .zero)).map { text($0.z) } ?? "")
        }
        line.append(text(PictureFidelity.psnr(plain, shown) ?? 0))
        // Without hidden marks the repaired picture has to be the unmarked one.
        if secret.windows.isEmpty { line.append(repaired?.bytes == plain.bytes ? "the same bits" : "OTHER BITS") } else { line.append("") }
        return line
    }

    private func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
