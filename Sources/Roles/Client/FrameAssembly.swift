public import RenderModel

/// Puts the tiles of one frame together. Raw pictures: rows from the top, three little-endian float32 a pixel.
public struct FrameAssembly: Sendable {
    public let width: Int
    public let height: Int
    /// width × height × 3, linear; 0 where no tile has come yet.
    public private(set) var pixels: [Float]
    /// Pixels that have come.
    public private(set) var pixelsPresent = 0
    private var tiles: Set<Tile> = []

    public init(settings: RenderSettings) {
        width = Int(settings.width)
        height = Int(settings.height)
        pixels = [Float](repeating: 0, count: width * height * 3)
    }

    public var isComplete: Bool { pixelsPresent == width * height }

    /// False where the tile lies outside the frame or the bytes are not its size. A tile that came before changes nothing.
    public mutating func insert(_ tile: Tile, _ bytes: [UInt8]) -> Bool {
        let (x, y, across, down) = (Int(tile.x), Int(tile.y), Int(tile.width), Int(tile.height))
        guard x + across <= width, y + down <= height, bytes.count == across * down * 12 else { return false }
        guard tiles.insert(tile).inserted else { return true }
        bytes.withUnsafeBytes { raw in
            for row in 0..<down {
                let target = ((y + row) * width + x) * 3
                for index in 0..<across * 3 {
                    let bits = raw.loadUnaligned(fromByteOffset: (row * across * 3 + index) * 4, as: UInt32.self)
                    pixels[target + index] = Float(bitPattern: UInt32(littleEndian: bits))
                }
            }
        }
        pixelsPresent += across * down
        return true
    }
}
