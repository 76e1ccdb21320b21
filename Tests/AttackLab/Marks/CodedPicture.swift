import Foundation
import ProofOfRender
import RenderModel

/// A picture of 8-bit sRGB values, and what is usually done to one.
struct CodedPicture {
    let width: Int
    let height: Int
    /// 0 ... 255, one plane a channel.
    private(set) var planes: [[Float]]

    init(width: Int, height: Int, _ value: (Int, Int) -> SIMD3<Float>) {
        (self.width, self.height) = (width, height)
        planes = Array(repeating: [Float](repeating: 0, count: width * height), count: 3)
        for y in 0..<height {
            for x in 0..<width {
                let color = value(x, y)
                for channel in 0..<3 { planes[channel][y * width + x] = min(max(color[channel].rounded(), 0), 255) }
            }
        }
    }

    init(_ picture: RawPicture) {
        self.init(width: Int(picture.tile.width), height: Int(picture.tile.height)) { x, y in
            let color = picture[x, y]
            return SIMD3(CodedPicture.code(color.x), CodedPicture.code(color.y), CodedPicture.code(color.z))
        }
    }

    private static func code(_ value: Float) -> Float {
        let clamped = min(max(value, 0), 1)
        return 255 * (clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * powf(clamped, 1 / 2.4) - 0.055)
    }

    /// As a check reads it.
    var encoded: EncodedPicture? {
        var bytes = [UInt8](repeating: 0, count: 3 * width * height)
        for channel in 0..<3 { for at in 0..<width * height { bytes[3 * at + channel] = UInt8(planes[channel][at]) } }
        return EncodedPicture(tile: Tile(x: 0, y: 0, width: UInt32(width), height: UInt32(height)), pixels: bytes)
    }

    private func mapped(_ change: ([Float], Int, Int) -> Float) -> CodedPicture {
        var result = self
        for channel in 0..<3 {
            for y in 0..<height {
                for x in 0..<width {
                    result.planes[channel][y * width + x] = min(max(change(planes[channel], x, y).rounded(), 0), 255)
                }
            }
        }
        return result
    }

    private func neighbours(_ plane: [Float], _ x: Int, _ y: Int, reach: Int, _ body: (Int, Int, Float) -> Void) {
        for dy in -reach...reach {
            let row = min(max(y + dy, 0), height - 1) * width
            for dx in -reach...reach { body(dx, dy, plane[row + min(max(x + dx, 0), width - 1)]) }
        }
    }

    /// Weights 1, 2, 1 in both directions.
    var blurred: CodedPicture {
        mapped { plane, x, y in
            var sum: Float = 0
            neighbours(plane, x, y, reach: 1) { sum += $2 * Float((2 - abs($0)) * (2 - abs($1))) }
            return sum / 16
        }
    }

    /// The median of 3×3 pixels.
    var median: CodedPicture {
        mapped { plane, x, y in
            var values: [Float] = []
            neighbours(plane, x, y, reach: 1) { values.append($2) }
            return values.sorted()[4]
        }
    }

    /// A denoiser that keeps edges: bilateral, 5×5, σ = 1.5 pixels and 12 codes. Tomasi and Manduchi, ICCV 1998.
    var denoised: CodedPicture {
        mapped { plane, x, y in
            let centre = plane[y * width + x]
            var (sum, weights): (Float, Float) = (0, 0)
            neighbours(plane, x, y, reach: 2) { dx, dy, value in
                let weight = expf(-Float(dx * dx + dy * dy) / 4.5 - (value - centre) * (value - centre) / 288)
                sum += weight * value
                weights += weight
            }
            return sum / weights
        }
    }

    /// What JPEG loses: 4:2:0, the tables of Annex K scaled as the IJG's library does. The coding of what remains is lossless.
    func jpeg(quality: Int) -> CodedPicture {
        let luma = plane { 0.299 * $0.x + 0.587 * $0.y + 0.114 * $0.z }
        let blue = plane { 128 - 0.168736 * $0.x - 0.331264 * $0.y + 0.5 * $0.z }
        let red = plane { 128 + 0.5 * $0.x - 0.418688 * $0.y - 0.081312 * $0.z }
        let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
        let y = JPEGTransform(.luma, quality: quality).quantised(luma, width: width, height: height)
        let chroma = JPEGTransform(.chroma, quality: quality)
        let (cb, cr) = (
            chroma.quantised(halved(blue), width: halfWidth, height: halfHeight),
            chroma.quantised(halved(red), width: halfWidth, height: halfHeight)
        )
        return CodedPicture(width: width, height: height) { column, row in
            let half = row / 2 * halfWidth + column / 2
            let (l, b, r) = (y[row * width + column], cb[half] - 128, cr[half] - 128)
            return SIMD3(l + 1.402 * r, l - 0.344136 * b - 0.714136 * r, l + 1.772 * b)
        }
    }

    private func plane(_ value: (SIMD3<Float>) -> Float) -> [Float] {
        (0..<width * height).map { value(SIMD3(planes[0][$0], planes[1][$0], planes[2][$0])) }
    }

    private func halved(_ plane: [Float]) -> [Float] {
        let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
        return (0..<halfWidth * halfHeight).map { at in
            let (x, y) = (at % halfWidth * 2, at / halfWidth * 2)
            let (right, below) = (min(x + 1, width - 1), min(y + 1, height - 1))
            return (plane[y * width + x] + plane[y * width + right] + plane[below * width + x] + plane[below * width + right]) / 4
        }
    }
}
