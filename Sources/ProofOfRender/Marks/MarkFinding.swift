/// What a check of marks says about one picture: L0 as published, L1 by both filters.
///
/// It is an early warning and costs nobody money: L0 alone changes nothing, a failed L1 makes the challenges more and the committee
/// full.
public struct MarkFinding: Sendable {
    public let laplacian: LaplacianCheck
    public let filter: MatchedFilter
    public let texture: TextureFilter

    /// Hidden marks decide in a linear picture alone: coding to 8 bits may lose them.
    public let isTextureJudged: Bool

    /// L1. Hidden marks that are not applicable cannot fail.
    public var passes: Bool { filter.passes && (!isTextureJudged || texture.passes) }

    /// Nil where the picture does not hold the secret's tile.
    public init?(_ picture: some MarkPicture, secret: MarkSecret) {
        guard
            let laplacian = LaplacianCheck(picture, secret: secret), let filter = MatchedFilter(picture, secret: secret),
            let texture = TextureFilter(picture, secret: secret)
        else { return nil }
        self.laplacian = laplacian
        self.filter = filter
        self.texture = texture
        isTextureJudged = picture.isLinear
    }
}
