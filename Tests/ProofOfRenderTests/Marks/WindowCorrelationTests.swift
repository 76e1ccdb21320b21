import Determinism
import RenderModel
import Testing

@testable import ProofOfRender

@Suite struct WindowCorrelationTests {
    @Test func logarithmsOfEightHaveTheBitsOfOne() {
        var random = Generator(seed: 5)
        for _ in 0..<2000 {
            var lanes = SIMD8<Float>.zero
            for lane in 0..<8 {
                lanes[lane] = Float(sign: .plus, exponent: Int.random(in: -40...40, using: &random), significand: Float(1 + random.unit()))
            }
            let logs = Elementary.log(lanes)
            for lane in 0..<8 { #expect(logs[lane].bitPattern == Elementary.log(lanes[lane]).bitPattern) }
        }
    }

    /// A picture with holes, black, negative and infinite pixels, and a window over it in which some pixels say nothing.
    private func sample(_ random: inout Generator) -> (picture: FloatPicture, window: MarkWindow) {
        let tile = Tile(x: 16, y: 8, width: 90, height: 80)
        var pixels = (0..<90 * 80 * 3).map { _ in Float(random.unit() * random.unit() * 3) }
        for value in [.nan, -1, 0, .infinity, 1e30] as [Float] {
            for _ in 0..<40 { pixels[Int.random(in: 0..<pixels.count, using: &random)] = value }
        }
        let area = MarkWindow.side * MarkWindow.side
        let window = MarkWindow(
            x: 30, y: 20, pattern: (0..<area).map { _ in Int8.random(in: -127...127, using: &random) },
            albedo: (0..<area).map { _ in random.chance(0.2) ? 0 : UInt8.random(in: 1...255, using: &random) })
        return (FloatPicture(tile: tile, pixels: pixels)!, window)
    }

    /// The definition, pixel by pixel in double precision: mean over the usable pixels of 5×5 taken off, cells weighted by variance.
    private func reference(_ picture: FloatPicture, _ window: MarkWindow) -> [(signal: Double, energy: Double)] {
        let side = MarkWindow.side
        func at(_ x: Int, _ y: Int) -> Int? {
            (0..<side).contains(x) && (0..<side).contains(y) && window.albedo[y * side + x] > 0 ? y * side + x : nil
        }
        let detail = (0..<side * side).map { index in
            Double(picture.logLuminance(x: window.x + index % side, y: window.y + index / side))
                - Double(MarkWindow.albedoFloor + Float(window.albedo[index]) * MarkWindow.albedoStep)
        }
        let pattern = window.pattern.map { Double($0) * 1e-4 }
        func less(_ values: [Double], _ x: Int, _ y: Int) -> Double {
            let near = (-2...2).flatMap { dy in (-2...2).compactMap { dx in at(x + dx, y + dy).map { values[$0] } } }
            return values[y * side + x] - near.reduce(0, +) / Double(near.count)
        }
        return (0..<64).map { cell in
            var (count, square, signal, energy) = (0.0, 0.0, 0.0, 0.0)
            for y in cell / 8 * 8..<cell / 8 * 8 + 8 {
                for x in cell % 8 * 8..<cell % 8 * 8 + 8 where at(x, y) != nil {
                    let (value, mark) = (min(max(less(detail, x, y), -0.5), 0.5), less(pattern, x, y))
                    (count, square) = (count + 1, square + value * value)
                    (signal, energy) = (signal + mark * value, energy + mark * mark)
                }
            }
            guard count > 0 else { return (0, 0) }
            return (signal / (square / count + 1e-4), energy / (square / count + 1e-4))
        }
    }

    @Test func cellsAreThoseOfTheDefinition() {
        var random = Generator(seed: 11)
        var correlation = WindowCorrelation()
        for round in 0..<3 {
            var (picture, window) = sample(&random)
            if round == 2 { for index in 0..<64 * 20 { window.albedo[index] = 0 } }
            var cells: [(signal: Float, energy: Float)] = []
            correlation.add(picture, window, to: &cells)
            let expected = reference(picture, window)
            #expect(cells.count == 64)
            for (cell, wanted) in zip(cells, expected) {
                #expect(abs(Double(cell.energy) - wanted.energy) <= 1e-4 * wanted.energy)
                #expect(abs(Double(cell.signal) - wanted.signal) <= 1e-3 * wanted.energy + 1e-9, "\(cell) \(wanted)")
            }
            if round == 2 { #expect(cells[0] == (0, 0) && cells[63].energy > 0) }
        }
    }

    @Test func rowsHaveTheLuminancesOfTheirPixels() {
        var random = Generator(seed: 12)
        let (picture, _) = sample(&random)
        var bytes: [UInt8] = []
        for value in picture.pixels { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += Array($0) } }
        let raw = RawPicture(tile: picture.tile, bytes: bytes)!
        var row = [Float](repeating: 0, count: 20)
        for y in [8, 50, 87] {
            row.withUnsafeMutableBufferPointer { raw.luminances(x: 86, y: y, into: $0) }
            for (index, value) in row.enumerated() {
                let expected = Luminance.weighted(picture.radiance(x: 86 + index, y: y))
                #expect(value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN)
            }
        }
    }
}
