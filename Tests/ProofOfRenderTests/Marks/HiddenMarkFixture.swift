import Determinism
import RenderModel
import Wire

@testable import ProofOfRender

/// Windows with a random pattern, and pictures that show it in light and noise.
struct HiddenMarkFixture {
    let windows: [MarkWindow]
    let tile = Tile(x: 8, y: 16, width: 320, height: 256)

    init(seed: UInt64 = 1) {
        var generator = Generator(seed: seed)
        windows = (0..<20).map { index in
            let (row, column) = index.quotientAndRemainder(dividingBy: 5)
            let area = MarkWindow.side * MarkWindow.side
            return MarkWindow(
                x: 8 + column * MarkWindow.side, y: 16 + row * MarkWindow.side,
                pattern: (0..<area).map { _ in Bool.random(using: &generator) ? 70 : -70 },
                albedo: (0..<area).map { _ in UInt8.random(in: 150...190, using: &generator) })
        }
    }

    var secret: MarkSecret {
        var secret = MarkSecret(
            width: 640, height: 480, frame: 1, tile: tile, regions: [], laplacianThreshold: 5, filterThreshold: 2.23)
        secret.windows = windows
        return secret
    }

    /// Base colour times uneven light, with the pattern `strength` times as strong as the windows say, and noise.
    func picture(strength: Float, noise: Float = 0.05) -> FloatPicture {
        var generator = Generator(seed: 77)
        var pixels = [Float](repeating: 0, count: Int(tile.width) * Int(tile.height) * 3)
        for window in windows {
            for at in 0..<MarkWindow.side * MarkWindow.side {
                let (x, y) = (window.x - 8 + at % MarkWindow.side, window.y - 16 + at / MarkWindow.side)
                let color = Elementary.exp(Double(MarkWindow.albedoFloor + Float(window.albedo[at]) * MarkWindow.albedoStep))
                let light = 0.6 + 0.001 * Float(x) + Float.random(in: -noise...noise, using: &generator)
                let value = Float(color) * light * (1 + strength * Float(window.pattern[at]) * MarkWindow.patternStep)
                for channel in 0..<3 { pixels[(y * Int(tile.width) + x) * 3 + channel] = value }
            }
        }
        return FloatPicture(tile: tile, pixels: pixels)!
    }
}
