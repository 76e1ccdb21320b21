import Foundation

/// The lossy half of JPEG for one plane: cosine transform of 8×8 pixels, and its quantisation. ITU-T T.81.
struct JPEGTransform {
    enum Table {
        case luma
        case chroma
    }

    private let steps: [Float]
    /// cosines[frequency × 8 + position], orthonormal.
    private static let cosines: [Float] = (0..<64).map { at in
        let (frequency, position) = (at / 8, at % 8)
        let scale = frequency == 0 ? (0.125 as Double).squareRoot() : 0.5
        return Float(scale * cos(Double((2 * position + 1) * frequency) * Double.pi / 16))
    }

    init(_ table: Table, quality: Int) {
        let scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
        steps = (table == .luma ? JPEGTransform.luma : JPEGTransform.chroma).map { Float(min(max(($0 * scale + 50) / 100, 1), 255)) }
    }

    /// A plane of 0 ... 255, coded and decoded again.
    func quantised(_ plane: [Float], width: Int, height: Int) -> [Float] {
        var result = plane
        var (block, rows) = ([Float](repeating: 0, count: 64), [Float](repeating: 0, count: 64))
        for top in stride(from: 0, to: height, by: 8) {
            for left in stride(from: 0, to: width, by: 8) {
                for at in 0..<64 {
                    block[at] = plane[min(top + at / 8, height - 1) * width + min(left + at % 8, width - 1)] - 128
                }
                apply(&block, &rows, isInverse: false)
                for at in 0..<64 { block[at] = (block[at] / steps[at]).rounded() * steps[at] }
                apply(&block, &rows, isInverse: true)
                for at in 0..<64 where top + at / 8 < height && left + at % 8 < width {
                    result[(top + at / 8) * width + left + at % 8] = min(max(block[at] + 128, 0), 255)
                }
            }
        }
        return result
    }

    private func apply(_ block: inout [Float], _ rows: inout [Float], isInverse: Bool) {
        for at in 0..<64 {
            let (row, column) = (at / 8, at % 8)
            var sum: Float = 0
            for k in 0..<8 { sum += block[row * 8 + k] * JPEGTransform.cosines[isInverse ? k * 8 + column : column * 8 + k] }
            rows[at] = sum
        }
        for at in 0..<64 {
            let (row, column) = (at / 8, at % 8)
            var sum: Float = 0
            for k in 0..<8 { sum += rows[k * 8 + column] * JPEGTransform.cosines[isInverse ? k * 8 + row : row * 8 + k] }
            block[at] = sum
        }
    }

    private static let luma = [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100,
        103,
        99,
    ]
    private static let chroma = [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ]
}
