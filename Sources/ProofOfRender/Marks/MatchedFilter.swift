/// L1 on the quads: the filter that is matched to what a mark does to a picture.
///
/// In log luminance a mark is a rectangle that is darker by the same amount whatever lies under it. t_i says how much darker, in units
/// of the spread around it, clipped so that no single region decides; S = Σ t_i / √n. A picture without these marks gives about 0.
public struct MatchedFilter: Equatable, Sendable {
    /// t_i, −2 ... 2.
    public let terms: [Float]
    public let threshold: Double

    /// S.
    public var score: Double {
        terms.isEmpty ? 0 : Double(terms.reduce(0, +)) / Double(terms.count).squareRoot()
    }
    public var passes: Bool { score >= threshold }

    /// Nil where the picture does not hold the secret's tile.
    public init?(_ picture: some MarkPicture, secret: MarkSecret) {
        guard picture.tile.contains(secret.tile) else { return nil }
        threshold = secret.filterThreshold
        terms = secret.regions.map { region in RegionContrast(region) { picture.logLuminance(x: $0, y: $1) }.darkness }
    }
}
