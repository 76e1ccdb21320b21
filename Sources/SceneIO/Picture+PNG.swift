import CImageIO
import Glibc

extension Picture {
    /// An 8-bit sRGB PNG; with alpha where the picture has it (PNG stores colour that is not premultiplied).
    ///
    /// - Parameter exposure: stops: radiance is multiplied by 2 to this power.
    public func encodePNG(exposure: Double = 0, view: ViewTransform = .standard) throws(SceneError) -> [UInt8] {
        guard color.width <= 1 << 16, color.height <= 1 << 16 else {
            throw .limit("PNG", "\(color.width) × \(color.height) pixels")
        }
        let channels = alpha == nil ? 3 : 4
        let scale = exp2(exposure)
        var texels = [UInt8](repeating: 0, count: color.width * color.height * channels)
        for pixel in 0..<(color.width * color.height) {
            var opacity = 1.0
            if let alpha {
                // `max` and `min` in this order turn NaN into 0.
                opacity = min(max(0, Double(alpha[pixel])), 1)
                texels[pixel * channels + 3] = Picture.byte(opacity)
            }
            for channel in 0..<3 {
                let radiance = Double(color.pixels[pixel * 3 + channel]) * scale
                texels[pixel * channels + channel] = Picture.byte(view.display(opacity > 0 ? radiance / opacity : 0))
            }
        }
        var output: [UInt8] = []
        var message = [CChar](repeating: 0, count: Int(CIMAGE_MESSAGE_MAX))
        let result = withUnsafeMutablePointer(to: &output) { target in
            cimage_png_encode(
                texels, UInt32(color.width), UInt32(color.height), UInt32(channels),
                { context, bytes, count in
                    guard let context, let bytes else { return 1 }
                    context.assumingMemoryBound(to: [UInt8].self).pointee.append(
                        contentsOf: UnsafeBufferPointer(start: bytes, count: count))
                    return 0
                }, target, &message)
        }
        guard result == 0 else {
            throw SceneError(
                .malformed, at: "PNG", "the picture cannot be encoded (\(DecodedImage.text(message)))", advice: "write OpenEXR instead")
        }
        return output
    }

    private static func byte(_ value: Double) -> UInt8 {
        value >= 1 ? 255 : value > 0 ? UInt8((value * 255).rounded()) : 0
    }
}
