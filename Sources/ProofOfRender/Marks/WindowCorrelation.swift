/// The correlation of one window after another: everything that the filter of hidden marks does for a pixel, eight pixels at a time.
///
/// Sums run in a fixed order in IEEE arithmetic, so that a figure has the same bits on every machine. All arrays have margins of zeros,
/// which the means run into instead of being cut.
struct WindowCorrelation {
    private typealias Lanes = SIMD8<Float>

    private static let side = MarkWindow.side
    /// Of the square whose mean is taken off, from its middle.
    private static let reach = 2
    /// Floats of a row, and before its first pixel.
    private static let stride = side + 16
    private static let margin = 8
    private static let size = stride * (side + 2 * reach)

    /// Six planes of `size`: detail, pattern, weight, and their sums along the row.
    private var planes = [Float](repeating: 0, count: 6 * size)

    /// Appends 64 cells of 8×8 pixels. The picture holds the window.
    mutating func add(_ picture: some MarkPicture, _ window: MarkWindow, to cells: inout [(signal: Float, energy: Float)]) {
        planes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let planes = Planes(base)
            for y in 0..<WindowCorrelation.side { planes.fill(picture, window, row: y) }
            for top in Swift.stride(from: 0, to: WindowCorrelation.side, by: 8) {
                for left in Swift.stride(from: 0, to: WindowCorrelation.side, by: 8) { cells.append(planes.cell(left, top)) }
            }
        }
    }

    /// Pointers into the planes; every offset below is inside of them.
    private struct Planes {
        let detail, pattern, weight, detailSums, patternSums, weightSums: UnsafeMutablePointer<Float>

        init(_ base: UnsafeMutablePointer<Float>) {
            let size = WindowCorrelation.size
            (detail, pattern, weight) = (base, base + size, base + 2 * size)
            (detailSums, patternSums, weightSums) = (base + 3 * size, base + 4 * size, base + 5 * size)
        }

        /// Row `y`: what the light leaves, the pattern, which pixels count, and the sums of each over five pixels.
        @inline(__always)
        func fill(_ picture: some MarkPicture, _ window: MarkWindow, row y: Int) {
            let start = (y + WindowCorrelation.reach) * WindowCorrelation.stride + WindowCorrelation.margin
            let side = WindowCorrelation.side
            picture.luminances(x: window.x, y: window.y + y, into: UnsafeMutableBufferPointer(start: detail + start, count: side))
            window.albedo.withUnsafeBytes { albedo in
                window.pattern.withUnsafeBytes { pattern in
                    for x in Swift.stride(from: 0, to: side, by: 8) {
                        let code = Lanes(albedo.loadUnaligned(fromByteOffset: y * side + x, as: SIMD8<UInt8>.self))
                        let steps = Lanes(pattern.loadUnaligned(fromByteOffset: y * side + x, as: SIMD8<Int8>.self))
                        fill(at: start + x, code: code, steps: steps)
                    }
                }
            }
            for at in Swift.stride(from: start, to: start + side, by: 8) {
                store(across(detail, at), to: detailSums, at)
                store(across(self.pattern, at), to: patternSums, at)
                store(across(weight, at), to: weightSums, at)
            }
        }

        @inline(__always)
        private func fill(at: Int, code: Lanes, steps: Lanes) {
            let isUsable = code .> 0
            var one = Lanes.zero
            one.replace(with: 1, where: isUsable)
            // Negative values and NaN count as black, as in `Luminance.log`.
            let read = load(detail, at)
            var light = Lanes.zero
            light.replace(with: read, where: read .> 0)
            light.replace(with: 1e6, where: light .> 1e6)
            let base = MarkWindow.albedoFloor + code * MarkWindow.albedoStep
            var rest = Elementary.log(light + Luminance.floor) - base
            rest.replace(with: 0, where: .!isUsable)
            store(rest, to: detail, at)
            store(steps * MarkWindow.patternStep * one, to: pattern, at)
            store(one, to: weight, at)
        }

        /// One cell, with the means over the usable pixels of 5×5 taken off.
        @inline(__always)
        func cell(_ left: Int, _ top: Int) -> (signal: Float, energy: Float) {
            var (count, square, signal, energy) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
            for y in top..<top + 8 {
                let at = (y + WindowCorrelation.reach) * WindowCorrelation.stride + WindowCorrelation.margin + left
                let one = load(weight, at)
                var pixels = down(weightSums, at)
                pixels.replace(with: 1, where: pixels .== 0)
                let share = 1 / pixels
                // Beyond this a pixel is an edge or a firefly.
                var value = (load(detail, at) - down(detailSums, at) * share) * one
                value.replace(with: 0.5, where: value .> 0.5)
                value.replace(with: -0.5, where: value .< -0.5)
                let mark = (load(pattern, at) - down(patternSums, at) * share) * one
                count += one
                square += value * value
                signal += mark * value
                energy += mark * mark
            }
            let pixels = WindowCorrelation.sum(count)
            guard pixels > 0 else { return (0, 0) }
            let scale = 1 / (WindowCorrelation.sum(square) / pixels + 1e-4)
            return (WindowCorrelation.sum(signal) * scale, WindowCorrelation.sum(energy) * scale)
        }

        @inline(__always)
        private func across(_ plane: UnsafeMutablePointer<Float>, _ at: Int) -> Lanes {
            (load(plane, at - 2) + load(plane, at - 1)) + load(plane, at) + (load(plane, at + 1) + load(plane, at + 2))
        }

        @inline(__always)
        private func down(_ plane: UnsafeMutablePointer<Float>, _ at: Int) -> Lanes {
            let row = WindowCorrelation.stride
            return (load(plane, at - 2 * row) + load(plane, at - row)) + load(plane, at)
                + (load(plane, at + row) + load(plane, at + 2 * row))
        }

        @inline(__always)
        private func load(_ plane: UnsafeMutablePointer<Float>, _ at: Int) -> Lanes {
            UnsafeRawPointer(plane + at).loadUnaligned(as: Lanes.self)
        }

        @inline(__always)
        private func store(_ lanes: Lanes, to plane: UnsafeMutablePointer<Float>, _ at: Int) {
            UnsafeMutableRawPointer(plane + at).storeBytes(of: lanes, as: Lanes.self)
        }
    }

    /// In one order on every machine.
    @inline(__always)
    private static func sum(_ lanes: Lanes) -> Float {
        let four = lanes.lowHalf + lanes.highHalf
        return (four[0] + four[2]) + (four[1] + four[3])
    }
}
