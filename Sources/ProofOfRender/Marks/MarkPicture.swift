public import RenderModel

/// A decoded part of a frame, as a check of marks sees it. Coordinates are those of the full frame.
public protocol MarkPicture {
    var tile: Tile { get }
    /// Whether it holds the radiance that was rendered, and not codes of 8 bits, in which hidden marks may be lost.
    var isLinear: Bool { get }
    /// Linear radiance.
    func radiance(x: Int, y: Int) -> SIMD3<Float>
    /// Luma of the 8-bit sRGB value, 0 ... 255.
    func luma(x: Int, y: Int) -> Float
    /// Luminances of the pixels of a row from x on, as many as `row` holds; all lie in the tile.
    func luminances(x: Int, y: Int, into row: UnsafeMutableBufferPointer<Float>)
}

extension MarkPicture {
    public func luminances(x: Int, y: Int, into row: UnsafeMutableBufferPointer<Float>) {
        for index in row.indices { row[index] = Luminance.weighted(radiance(x: x + index, y: y)) }
    }

    public var isLinear: Bool { true }

    public func luma(x: Int, y: Int) -> Float {
        let color = radiance(x: x, y: y)
        return Luminance.weighted(
            SIMD3(Float(SRGBTable.encode(color.x)), Float(SRGBTable.encode(color.y)), Float(SRGBTable.encode(color.z))))
    }

    /// Logarithm of the luminance, with a floor that keeps black finite.
    func logLuminance(x: Int, y: Int) -> Float { Luminance.log(radiance(x: x, y: y)) }
}

extension Tile {
    func contains(_ other: Tile) -> Bool {
        other.x >= x && other.y >= y && other.x - x + other.width <= width && other.y - y + other.height <= height
    }
}

/// A picture of linear floats.
public struct FloatPicture: MarkPicture {
    public let tile: Tile
    /// Three a pixel, rows from the top.
    let pixels: [Float]

    /// Nil where the number of floats is not that of the tile.
    public init?(tile: Tile, pixels: [Float]) {
        guard pixels.count == Int(tile.width) * Int(tile.height) * 3 else { return nil }
        self.tile = tile
        self.pixels = pixels
    }

    public func radiance(x: Int, y: Int) -> SIMD3<Float> {
        let at = ((y - Int(tile.y)) * Int(tile.width) + x - Int(tile.x)) * 3
        return SIMD3(pixels[at], pixels[at + 1], pixels[at + 2])
    }
}

extension RawPicture: MarkPicture {
    public func radiance(x: Int, y: Int) -> SIMD3<Float> { self[x - Int(tile.x), y - Int(tile.y)] }

    public func luminances(x: Int, y: Int, into row: UnsafeMutableBufferPointer<Float>) {
        let start = ((y - Int(tile.y)) * Int(tile.width) + x - Int(tile.x)) * RawPicture.bytesPerPixel
        precondition(start >= 0 && start + row.count * RawPicture.bytesPerPixel <= bytes.count)
        bytes.withUnsafeBytes { bytes in
            for index in row.indices {
                let at = start + index * RawPicture.bytesPerPixel
                func float(_ offset: Int) -> Float {
                    Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + offset, as: UInt32.self)))
                }
                row[index] = Luminance.weighted(SIMD3(float(0), float(4), float(8)))
            }
        }
    }
}

/// A picture of 8-bit sRGB values.
public struct EncodedPicture: MarkPicture {
    public let tile: Tile
    public var isLinear: Bool { false }
    /// Three bytes a pixel, rows from the top.
    let pixels: [UInt8]

    /// Nil where the number of bytes is not that of the tile.
    public init?(tile: Tile, pixels: [UInt8]) {
        guard pixels.count == Int(tile.width) * Int(tile.height) * 3 else { return nil }
        self.tile = tile
        self.pixels = pixels
    }

    private func offset(_ x: Int, _ y: Int) -> Int { ((y - Int(tile.y)) * Int(tile.width) + x - Int(tile.x)) * 3 }

    public func radiance(x: Int, y: Int) -> SIMD3<Float> {
        let at = offset(x, y)
        return SIMD3(SRGBTable.decoded[Int(pixels[at])], SRGBTable.decoded[Int(pixels[at + 1])], SRGBTable.decoded[Int(pixels[at + 2])])
    }

    public func luma(x: Int, y: Int) -> Float {
        let at = offset(x, y)
        return Luminance.weighted(SIMD3(Float(pixels[at]), Float(pixels[at + 1]), Float(pixels[at + 2])))
    }
}

enum Luminance {
    /// Rec. 709.
    static func weighted(_ color: SIMD3<Float>) -> Float { (color.x * 0.2126 + color.y * 0.7152) + color.z * 0.0722 }

    static let floor: Float = 0.004

    /// log(luminance + 0.004); negative values and NaN count as black, 10⁶ is the most.
    static func log(_ color: SIMD3<Float>) -> Float {
        let value = weighted(color)
        return Elementary.log((value > 0 ? min(value, 1e6) : 0) + floor)
    }
}

/// The transfer function of IEC 61966-2-1 for 8-bit values.
enum SRGBTable {
    /// Linear value of each code.
    static let decoded: [Float] = (0..<256).map { Float(decode(Double($0) / 255)) }
    /// Linear value from which the code is k + 1 rather than k.
    private static let steps: [Float] = (0..<255).map { Float(decode((Double($0) + 0.5) / 255)) }

    private static func decode(_ value: Double) -> Double {
        value <= 0.04045 ? value / 12.92 : Elementary.exp(2.4 * Elementary.log((value + 0.055) / 1.055))
    }

    /// The nearest code; NaN is 0.
    static func encode(_ value: Float) -> Int {
        var (low, high) = (0, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if value >= steps[middle] { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
