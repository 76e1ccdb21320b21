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
        var correlation = WindowCorrelation()
        for window in secret.windows { correlation.add(picture, window, to: &cells) }
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
