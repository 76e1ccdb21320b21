/// L1 on the quads: the filter that is matched to what a mark does to a picture.
///
/// In log luminance a mark is a rectangle that is darker by the same amount whatever lies under it. t_i says how much darker, in units
/// of the spread around it, clipped so that no single region decides; S = Σ t_i / √n. A picture without these marks gives about 0.
///
/// Coarse noise has terms as large as marks have, of both signs, and S of twelve of them passes the threshold once in a hundred times.
/// Marks are all darker, so S has to be `steadinessMin` times the standard deviation of the terms as well: Student's t, which no
/// contrast of the picture can scale. Symmetrical terms reach it with a probability below 2·10⁻⁴.
public struct MatchedFilter: Equatable, Sendable {
    /// t_i, −2 ... 2.
    public let terms: [Float]
    public let threshold: Double

    /// S.
    public var score: Double {
        terms.isEmpty ? 0 : Double(terms.reduce(0, +)) / Double(terms.count).squareRoot()
    }
    /// Student's t of the terms; 0 where there are fewer than two.
    public var steadiness: Double {
        guard terms.count > 1 else { return 0 }
        let mean = Double(terms.reduce(0, +)) / Double(terms.count)
        let squares = terms.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let deviation = (squares / Double(terms.count - 1)).squareRoot()
        return deviation > 0 ? score / deviation : (score > 0 ? .greatestFiniteMagnitude : 0)
    }
    public static let steadinessMin = 5.0
    public var passes: Bool { score >= threshold && steadiness >= MatchedFilter.steadinessMin }

    /// Nil where the picture does not hold the secret's tile.
    public init?(_ picture: some MarkPicture, secret: MarkSecret) {
        guard picture.tile.contains(secret.tile) else { return nil }
        threshold = secret.filterThreshold
        terms = secret.regions.map { region in RegionContrast(region) { picture.logLuminance(x: $0, y: $1) }.darkness }
    }
}
