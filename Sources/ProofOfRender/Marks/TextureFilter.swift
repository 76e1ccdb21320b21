/// L1 on hidden marks: the whitened correlation of the picture's fine detail with the projected pattern.
///
/// r = log luminance − log base colour leaves light and noise; a local mean is taken off r and off the pattern p, and each cell of 8×8
/// pixels counts by the inverse of its variance. With N = Σ w·p·r and E = Σ w·p², a = N / E is the strength of the marks (1 in an
/// honest render of matt surfaces) and z = N / √Σ(N_c − a·E_c)², over cells c, says how sure that is; a picture of a ≡ 1 and the same
/// noise would give the expected z = z / a. Marks are there where z ≥ 8 and z ≤ 2 × expected z. The upper bound stops a pasted raster;
/// it stops nobody who knows the pattern. Where noise alone hides the marks, they are not applicable: a picture that is made
/// noisy enough fails nothing here, and passes nothing either.
public struct TextureFilter: Hashable, Sendable {
    public static let threshold = 8.0
    public static let strengthMax = 2.0
    /// Fewer windows than this: too little of the picture is textured.
    public static let windowsMin = 4
    /// Below this an honest picture might miss the threshold: glossy surfaces show two thirds of the marks, z spreads by 1.
    public static let expectedMin = 20.0

    public let windows: Int
    public let z: Double
    /// a.
    public let strength: Double

    /// What z would be were the marks there in full, in noise like that of the picture.
    public let expected: Double

    public var isApplicable: Bool { windows >= TextureFilter.windowsMin && expected >= TextureFilter.expectedMin }
    /// Stronger than any render shows them.
    public var isTooStrong: Bool {
        windows >= TextureFilter.windowsMin && z >= TextureFilter.threshold && strength > TextureFilter.strengthMax
    }
    /// Where they are not applicable, hidden marks cannot be missing.
    public var passes: Bool { !isTooStrong && (!isApplicable || z >= TextureFilter.threshold) }

    /// Nil where the picture does not hold the secret's tile.
    public init?(_ picture: some MarkPicture, secret: MarkSecret) {
        guard picture.tile.contains(secret.tile) else { return nil }
        windows = secret.windows.count
        var cells: [(signal: Float, energy: Float)] = []
        cells.reserveCapacity(windows * 64)
        var scratch = WindowScratch()
        for window in secret.windows { scratch.correlate(picture, window, into: &cells) }
        var (signal, energy) = (0.0, 0.0)
        for cell in cells {
            signal += Double(cell.signal)
            energy += Double(cell.energy)
        }
        let strength = energy > 0 ? signal / energy : 0
        var spread = 0.0
        for cell in cells {
            let rest = Double(cell.signal) - strength * Double(cell.energy)
            spread += rest * rest
        }
        let z = spread > 0 ? signal / spread.squareRoot() : 0
        let expected = spread > 0 ? energy / spread.squareRoot() : 0
        self.strength = strength.isFinite ? strength : 0
        self.z = z.isFinite ? z : 0
        self.expected = expected.isFinite ? expected : 0
    }
}

/// Arrays that one window after another is worked out in.
private struct WindowScratch {
    private static let side = MarkWindow.side
    private static let area = side * side
    /// Half the side of the square whose mean is taken off.
    private static let reach = 2

    private var detail = [Float](repeating: 0, count: area)
    private var pattern = [Float](repeating: 0, count: area)
    private var weight = [Float](repeating: 0, count: area)
    private var sums = [SIMD4<Float>](repeating: .zero, count: area)
    private var rows = [SIMD4<Float>](repeating: .zero, count: area)

    mutating func correlate(_ picture: some MarkPicture, _ window: MarkWindow, into cells: inout [(signal: Float, energy: Float)]) {
        let (side, area) = (WindowScratch.side, WindowScratch.area)
        for at in 0..<area {
            let code = window.albedo[at]
            weight[at] = code == 0 ? 0 : 1
            pattern[at] = Float(window.pattern[at]) * MarkWindow.patternStep
            detail[at] =
                code == 0
                ? 0
                : picture.logLuminance(x: window.x + at % side, y: window.y + at / side)
                    - (MarkWindow.albedoFloor + Float(code) * MarkWindow.albedoStep)
        }
        takeOffMeans()
        for top in stride(from: 0, to: side, by: 8) {
            for left in stride(from: 0, to: side, by: 8) { cells.append(cell(left, top)) }
        }
    }

    /// Means over the usable pixels of a square, in two passes.
    private mutating func takeOffMeans() {
        let (side, reach) = (WindowScratch.side, WindowScratch.reach)
        for y in 0..<side {
            for x in 0..<side {
                var sum = SIMD4<Float>.zero
                for k in max(x - reach, 0)...min(x + reach, side - 1) {
                    let at = y * side + k
                    sum += SIMD4(detail[at] * weight[at], pattern[at] * weight[at], weight[at], 0)
                }
                rows[y * side + x] = sum
            }
        }
        for y in 0..<side {
            for x in 0..<side {
                var sum = SIMD4<Float>.zero
                for k in max(y - reach, 0)...min(y + reach, side - 1) { sum += rows[k * side + x] }
                sums[y * side + x] = sum
            }
        }
        for at in 0..<WindowScratch.area where weight[at] > 0 {
            detail[at] -= sums[at].x / sums[at].z
            pattern[at] -= sums[at].y / sums[at].z
        }
    }

    private func cell(_ left: Int, _ top: Int) -> (signal: Float, energy: Float) {
        var (count, square, signal, energy): (Float, Float, Float, Float) = (0, 0, 0, 0)
        for y in top..<top + 8 {
            for x in left..<left + 8 {
                let at = y * WindowScratch.side + x
                guard weight[at] > 0 else { continue }
                // Beyond this a pixel is an edge or a firefly.
                let value = min(max(detail[at], -0.5), 0.5)
                count += 1
                square += value * value
                signal += pattern[at] * value
                energy += pattern[at] * pattern[at]
            }
        }
        guard count > 0 else { return (0, 0) }
        let scale = 1 / (square / count + 1e-4)
        return (signal * scale, energy * scale)
    }
}
