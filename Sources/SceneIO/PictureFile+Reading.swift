import Glibc

/// A picture as a file holds it.
public enum StoredPicture: Equatable, Sendable {
    /// OpenEXR: linear.
    case linear(RGBImage)
    /// PNG or JPEG: three bytes a pixel, rows from the top, as displayed.
    case encoded(width: Int, height: Int, pixels: [UInt8])

    public var width: Int {
        switch self {
        case .linear(let image): image.width
        case .encoded(let width, _, _): width
        }
    }

    public var height: Int {
        switch self {
        case .linear(let image): image.height
        case .encoded(_, let height, _): height
        }
    }

    /// Reads an OpenEXR, PNG or JPEG file; which one it is, its first bytes say. Channels of 16 bits are cut to 8.
    public init(path: String, limits: SceneLimits = SceneLimits()) throws(SceneError) {
        let max = min(limits.fileMax, limits.memoryMax)
        self = try SceneFiles.withFile(path: path, name: path, max: max) { (descriptor, size) throws(SceneError) in
            var start = [UInt8](repeating: 0, count: StoredPicture.magic.count)
            if pread(descriptor, &start, start.count, 0) == start.count, start == StoredPicture.magic {
                return .linear(try RGBImage.decodeEXR(descriptor: descriptor, size: size, limits: limits, at: path))
            }
            return try StoredPicture(bytes: try SceneFiles.contents(descriptor, size: size, name: path), limits: limits, place: path)
        }
    }

    /// Of OpenEXR.
    private static let magic: [UInt8] = [0x76, 0x2f, 0x31, 0x01]

    public init(bytes: [UInt8], limits: SceneLimits = SceneLimits(), place: String = "picture") throws(SceneError) {
        if bytes.starts(with: StoredPicture.magic) {
            self = .linear(try RGBImage.decodeEXR(bytes, limits: limits))
            return
        }
        var budget = MemoryBudget(limits)
        let image = try DecodedImage(ByteView(storage: bytes, range: 0..<bytes.count), limits, &budget, at: place)
        let (width, height) = (Int(image.width), Int(image.height))
        let step = image.depth == 16 ? 2 : 1
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for pixel in 0..<width * height {
            // The second byte of a little-endian pair is the high one.
            for channel in 0..<3 { pixels[pixel * 3 + channel] = image.texels[(pixel * 4 + channel) * step + step - 1] }
        }
        self = .encoded(width: width, height: height, pixels: pixels)
    }
}
