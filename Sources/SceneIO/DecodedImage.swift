import CImageIO

/// RGBA texels of a PNG or JPEG file, rows from the top; 16-bit channels are little-endian.
struct DecodedImage: Sendable {
    var width: UInt32
    var height: UInt32
    /// 8 or 16 bits a channel.
    var depth: UInt32
    var texels: [UInt8]

    /// Reads the header, holds it against the limits, and only then allocates and decodes.
    init(_ file: ByteView, _ limits: SceneLimits, _ budget: inout MemoryBudget, at place: String) throws(SceneError) {
        let file = try ImageFile(file, limits, &budget, at: place)
        try budget.charge(file.workspace, 1, at: place)
        self = try file.decode()
        budget.release(file.workspace)
    }

    fileprivate init(_ file: ImageFile, _ texels: [UInt8]) {
        (width, height, depth) = (file.width, file.height, file.depth)
        self.texels = texels
    }

    static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// A PNG or JPEG file whose header has been held against the limits, and whose texels, not yet there, against the budget.
struct ImageFile: Sendable {
    let file: ByteView
    private let info: cimage_info
    private let isPNG: Bool
    let place: String

    var width: UInt32 { info.width }
    var height: UInt32 { info.height }
    /// 8 or 16 bits a channel.
    var depth: UInt32 { info.depth }
    /// Bytes of the texels.
    var size: Int { Int(width) * Int(height) * 4 * Int(depth) / 8 }
    /// Bytes that decoding holds beside the texels: a progressive JPEG has its coefficients.
    var workspace: Int { isPNG ? 0 : 2 * size }

    /// Charges for the texels, and sees that there is room for the workspace beside them.
    init(_ file: ByteView, _ limits: SceneLimits, _ budget: inout MemoryBudget, at place: String) throws(SceneError) {
        var info = cimage_info()
        var message = [CChar](repeating: 0, count: Int(CIMAGE_MESSAGE_MAX))
        let isPNG = ImageFile.hasPrefix(file, [0x89, 0x50, 0x4e, 0x47])
        guard isPNG || ImageFile.hasPrefix(file, [0xff, 0xd8, 0xff]) else {
            throw .unsupported(place, "the image is neither PNG nor JPEG")
        }
        let header = file.storage.withUnsafeBufferPointer { storage in
            let start = storage.baseAddress! + file.range.lowerBound
            return isPNG ? cimage_png_info(start, file.count, &info, &message) : cimage_jpeg_info(start, file.count, &info, &message)
        }
        (self.file, self.info, self.isPNG, self.place) = (file, info, isPNG, place)
        guard header == 0 else {
            throw .malformed(place, "the \(name) cannot be read (\(DecodedImage.text(message)))")
        }
        guard info.width > 0, info.height > 0, Int(info.width) <= limits.imageSideMax, Int(info.height) <= limits.imageSideMax else {
            throw .limit(place, "\(info.width) × \(info.height) pixels, at most \(limits.imageSideMax) a side are read")
        }
        try budget.charge(size + workspace, 1, at: place)
        budget.release(workspace)
    }

    func decode() throws(SceneError) -> DecodedImage {
        var texels = [UInt8](repeating: 0, count: size)
        var message = [CChar](repeating: 0, count: Int(CIMAGE_MESSAGE_MAX))
        let result = file.storage.withUnsafeBufferPointer { storage in
            texels.withUnsafeMutableBufferPointer { target in
                let start = storage.baseAddress! + file.range.lowerBound
                return isPNG
                    ? cimage_png_decode(start, file.count, info, target.baseAddress!, &message)
                    : cimage_jpeg_decode(start, file.count, info, target.baseAddress!, &message)
            }
        }
        guard result == 0 else {
            throw .malformed(place, "the \(name) cannot be decoded (\(DecodedImage.text(message)))")
        }
        return DecodedImage(self, texels)
    }

    private var name: String { isPNG ? "PNG" : "JPEG" }

    private static func hasPrefix(_ file: ByteView, _ prefix: [UInt8]) -> Bool {
        file.storage[file.range].starts(with: prefix)
    }
}
