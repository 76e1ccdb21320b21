/// The marks of a network. Counts, imprint, pattern and the Laplacian's threshold are those of the published scheme; strength and the
/// filter's threshold were measured on our own renders (`docs/proof-of-render.md`).
public struct MarkParameters: Hashable, Sendable {
    /// Marks of one task, 8 ... 15.
    public var count = 12
    /// Side of an imprint in pixels, 4 ... 7.
    public var sides = 4...7
    /// Share of the light that a mark takes on average. More is found more easily and seen more easily.
    public var strength = 0.15
    /// A: how deep the pattern modulates the strength, 0 ... 1.
    public var amplitude = 0.5
    /// μ and σ of the periods X and Y, in pixels.
    public var periodMean = 2.0
    public var periodDeviation = 0.25
    /// T of the published check, on 8-bit values.
    public var laplacianThreshold = 5.0
    /// S of the matched filter from which a picture counts as marked.
    public var filterThreshold = 2.23
    /// Tasks with a shorter side carry no marks.
    public var tileSideMin: UInt32 = 256
    /// Whether textures carry marks as well, where they are rich enough.
    public var hidesInTextures = true

    /// Candidates drawn for each mark; the smoothest of them are looked at.
    var candidatesPerMark = 25
    /// Share of the candidates that counts as preferred regions.
    var preferredShare = 0.15
    /// Linear luminance that a preferred region has: below, little is seen; above, the mark shows more than it has to, and a file of
    /// 8 bits may be clipped.
    var luminances: ClosedRange<Float> = 0.02...0.6
    /// Marks below which a task goes without.
    var countMin: Int { min(8, count) }

    public init() {}

    /// Bounds of the published scheme, and numbers that make sense.
    public var isValid: Bool {
        (8...15).contains(count) && sides.lowerBound >= 4 && sides.upperBound <= 7 && strength > 0 && strength <= 0.5 && amplitude >= 0
            && amplitude <= 1 && periodMean > 0 && periodDeviation >= 0 && periodMean > 4 * periodDeviation && laplacianThreshold > 0
            && filterThreshold > 0 && tileSideMin >= 64
    }
}
