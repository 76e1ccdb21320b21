import CImageIO

/// RGBA texels of a PNG or JPEG file, rows from the top; 16-bit channels are little-endian.
struct DecodedImage {
    var width: UInt32
    var height: UInt32
    /// 8 or 16 bits a channel.
    var depth: UInt32
    var texels: [UInt8]

    /// Reads the header, holds it against the limits, and only then allocates and decodes.
    init(_ file: ByteView, _ limits: SceneLimits, _ budget: inout MemoryBudget, at place: String) throws(SceneError) {
        var info = cimage_info()
        var message = [CChar](repeating: 0, count: Int(CIMAGE_MESSAGE_MAX))
        let isPNG = DecodedImage.hasPrefix(file, [0x89, 0x50, 0x4e, 0x47])
        guard isPNG || DecodedImage.hasPrefix(file, [0xff, 0xd8, 0xff]) else {
            throw .unsupported(place, "the image is neither PNG nor JPEG")
        }
        let name = isPNG ? "PNG" : "JPEG"
        let header = file.storage.withUnsafeBufferPointer { storage in
            let start = storage.baseAddress! + file.range.lowerBound
            return isPNG ? cimage_png_info(start, file.count, &info, &message) : cimage_jpeg_info(start, file.count, &info, &message)
        }
        guard header == 0 else {
            throw .malformed(place, "the \(name) cannot be read (\(DecodedImage.text(message)))")
        }
        guard info.width > 0, info.height > 0, Int(info.width) <= limits.imageSideMax, Int(info.height) <= limits.imageSideMax else {
            throw .limit(place, "\(info.width) × \(info.height) pixels, at most \(limits.imageSideMax) a side are read")
        }
        let size = Int(info.width) * Int(info.height) * 4 * Int(info.depth) / 8
        // A progressive JPEG holds its coefficients beside the texels.
        try budget.charge(size, isPNG ? 1 : 3, at: place)
        var texels = [UInt8](repeating: 0, count: size)
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
        if !isPNG { budget.release(2 * size) }
        width = info.width
        height = info.height
        depth = info.depth
        self.texels = texels
    }

    private static func hasPrefix(_ file: ByteView, _ prefix: [UInt8]) -> Bool {
        file.storage[file.range].starts(with: prefix)
    }

    static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
