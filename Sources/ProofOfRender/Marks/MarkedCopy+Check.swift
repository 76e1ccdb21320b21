public import RenderModel
public import Wire

extension MarkedCopy {
    /// Share of the light that a filter may take at most, 0 ... 255: three quarters.
    private static let alphaMax: UInt8 = 191

    /// Whether a scene is another one with marks and nothing else: filters before the camera, and base colours within 1 % of what they
    /// were. What an artist looks at before it takes a picture of a copy.
    ///
    /// - Parameters:
    ///   - manifest: of the copy; `original` is the artist's.
    ///   - block: the bytes of a block of either scene.
    /// - Throws: `SceneFormatError` where a block is missing or wrong.
    public static func isCopy(
        _ manifest: [UInt8], of original: [UInt8], block: @escaping (CID) throws(SceneFormatError) -> [UInt8]?
    ) throws(SceneFormatError) -> Bool {
        let (copy, original) = (try SceneManifest(manifest), try SceneManifest(original))
        guard let additions = try copy.additions(to: original, block: block), additions.alphaMax <= alphaMax else { return false }
        for index in additions.images {
            guard TexelMarks.isVariant(try copy.image(index, block: block), of: try original.image(index, block: block)) else {
                return false
            }
        }
        return true
    }
}
