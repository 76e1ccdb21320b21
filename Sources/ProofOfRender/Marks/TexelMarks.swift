internal import Wire
public import RenderModel

/// Hidden marks: base-colour texels, lighter or darker by 1 % in blocks of 3×3, by signs that follow from the job's key.
///
/// Listing the scene does not show them: only where the texture varies by at least as much is it changed. Texels are stored as 16-bit
/// linear values, since 1 % does not fit 8 bits. Each image exists in two variants with signs of their own; of each block of the
/// store a Worker gets one of the two (`TexelVariants`).
public struct TexelMarks: Sendable {
    static let blockSide = 3
    /// Change of the linear value, and least deviation of the logarithm of the luminance around a block.
    static let depth: Float = 0.01
    /// Images that are changed: at most 4096 × 4096, and not so small that they hold few blocks.
    public static let texels = 2304...1 << 24

    private let key: MarkKey

    /// - Parameter key: the job's.
    public init(key: MarkKey) { self.key = key }

    /// Whether an image can carry marks.
    public static func suits(_ image: SceneImage) -> Bool {
        (image.format == .rgba8sRGB || image.format == .rgba16) && texels.contains(Int(image.width) * Int(image.height))
            && min(image.width, image.height) >= UInt32(4 * blockSide)
    }

    /// Both variants of an image, or nil where it carries none: the format does not suit, or hardly anything in it varies.
    ///
    /// - Parameter index: of the image in the scene.
    public func variants(of image: SceneImage, index: Int) -> [SceneImage]? {
        guard TexelMarks.suits(image) else { return nil }
        let (width, height) = (Int(image.width), Int(image.height))
        guard image.texels.count == width * height * image.format.bytesPerTexel else { return nil }
        let linear = TexelMarks.linear16(image)
        let blocks = TexelBlocks(linear, width: width, height: height)
        guard blocks.variedShare > 0.02 else { return nil }
        return [0, 1].map { variant in
            var marked = image
            marked.format = .rgba16
            marked.texels = blocks.modulated(linear, signs: signs(image: index, variant: variant, count: blocks.count))
            return marked
        }
    }

    /// One bit a block.
    private func signs(image: Int, variant: Int, count: Int) -> [UInt64] {
        let own = key.derived("mark-texels") { writer in
            writer.writeLittleEndian(UInt32(truncatingIfNeeded: image))
            writer.writeLittleEndian(UInt32(truncatingIfNeeded: variant))
        }
        var stream = MarkStream(own, "mark-signs")
        return (0..<(count + 63) / 64).map { _ in stream.next() }
    }

    /// Whether an image may be a marked variant of another: every number within 1 % of what it was, and a step.
    static func isVariant(_ marked: SceneImage, of image: SceneImage) -> Bool {
        let count = Int(image.width) * Int(image.height)
        guard suits(image), image.texels.count == count * image.format.bytesPerTexel, marked.texels.count == count * 8 else { return false }
        let (own, other) = (linear16(image), linear16(marked))
        return zip(own, other).allSatisfy { (Float($0) - Float($1)).magnitude <= Float($0) * depth + 1 }
    }

    /// Texels as four linear numbers of 16 bits.
    private static func linear16(_ image: SceneImage) -> [UInt16] {
        let texels = image.texels
        if image.format == .rgba16 {
            return (0..<texels.count / 2).map { UInt16(texels[2 * $0]) | UInt16(texels[2 * $0 + 1]) << 8 }
        }
        let table = SRGBTable.decoded.map { UInt16(($0 * 65535).rounded()) }
        return texels.enumerated().map { index, byte in index & 3 == 3 ? UInt16(byte) * 257 : table[Int(byte)] }
    }
}

/// The blocks of an image, and where they are varied enough to hide a mark.
private struct TexelBlocks {
    let width: Int
    let height: Int
    let across: Int
    let down: Int
    /// One flag a block.
    let isVaried: [Bool]

    var count: Int { across * down }
    var variedShare: Double { Double(isVaried.count { $0 }) / Double(max(isVaried.count, 1)) }

    init(_ texels: [UInt16], width: Int, height: Int) {
        let side = TexelMarks.blockSide
        (self.width, self.height) = (width, height)
        let (across, down) = ((width + side - 1) / side, (height + side - 1) / side)
        (self.across, self.down) = (across, down)
        var (counts, sums, squares) = (
            [Float](repeating: 0, count: across * down), [Float](repeating: 0, count: across * down),
            [Float](repeating: 0, count: across * down)
        )
        for y in 0..<height {
            for x in 0..<width {
                let at = (y * width + x) * 4
                let color = SIMD3(Float(texels[at]), Float(texels[at + 1]), Float(texels[at + 2])) / 65535
                // Below this floor a step of 8 bits alone is a variation.
                let value = Elementary.log(Luminance.weighted(color) + 0.01)
                let block = y / side * across + x / side
                counts[block] += 1
                sums[block] += value
                squares[block] += value * value
            }
        }
        isVaried = (0..<across * down).map { block in
            let (row, column) = block.quotientAndRemainder(dividingBy: across)
            var (count, sum, square): (Float, Float, Float) = (0, 0, 0)
            for y in max(row - 1, 0)...min(row + 1, down - 1) {
                for x in max(column - 1, 0)...min(column + 1, across - 1) {
                    count += counts[y * across + x]
                    sum += sums[y * across + x]
                    square += squares[y * across + x]
                }
            }
            let mean = sum / count
            return square / count - mean * mean >= TexelMarks.depth * TexelMarks.depth
        }
    }

    /// The bytes of the texels with each varied block made lighter or darker. Alpha stays.
    func modulated(_ texels: [UInt16], signs: [UInt64]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: texels.count * 2)
        for y in 0..<height {
            for x in 0..<width {
                let block = y / TexelMarks.blockSide * across + x / TexelMarks.blockSide
                let isLighter = signs[block >> 6] >> UInt64(block & 63) & 1 == 1
                let factor = isVaried[block] ? (isLighter ? 1 + TexelMarks.depth : 1 - TexelMarks.depth) : 1
                let at = (y * width + x) * 4
                for channel in 0..<4 {
                    let value = texels[at + channel]
                    let changed = channel == 3 ? value : UInt16(min((Float(value) * factor).rounded(), 65535))
                    bytes[2 * (at + channel)] = UInt8(truncatingIfNeeded: changed)
                    bytes[2 * (at + channel) + 1] = UInt8(truncatingIfNeeded: changed >> 8)
                }
            }
        }
        return bytes
    }
}
