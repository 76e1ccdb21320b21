internal import RenderModel

/// How far two pictures lie apart as they are looked at: 8-bit sRGB.
public enum PictureFidelity {
    /// Peak signal-to-noise ratio in decibels over all channels; infinite where the codes are equal, nil where the tiles are not.
    public static func psnr(_ a: RawPicture, _ b: RawPicture) -> Double? {
        guard a.tile == b.tile else { return nil }
        var squares = 0
        let tile = a.tile
        for y in Int(tile.y)..<Int(tile.y) + Int(tile.height) {
            for x in Int(tile.x)..<Int(tile.x) + Int(tile.width) {
                let (one, other) = (a.radiance(x: x, y: y), b.radiance(x: x, y: y))
                for channel in 0..<3 {
                    let difference = SRGBTable.encode(one[channel]) - SRGBTable.encode(other[channel])
                    squares += difference * difference
                }
            }
        }
        guard squares > 0 else { return .infinity }
        let mean = Double(squares) / Double(3 * Int(tile.width) * Int(tile.height))
        return 10 / Elementary.log(10.0) * Elementary.log(255 * 255 / mean)
    }
}
