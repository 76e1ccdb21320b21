import Glibc

/// The transfer function of IEC 61966-2-1. Used only where files are read and written: the kernels have their own.
enum SRGBCurve {
    static func decode(_ value: Double) -> Double {
        value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    static func encode(_ value: Double) -> Double {
        value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055
    }

    /// RGBA of 16-bit little-endian channels: sRGB colour to linear, alpha untouched.
    static func linear16(_ texels: [UInt8]) -> [UInt8] {
        let table = (0...65535).map { UInt16((decode(Double($0) / 65535) * 65535).rounded()) }
        var result = texels
        for texel in 0..<(texels.count / 8) {
            for channel in 0..<3 {
                let at = texel * 8 + channel * 2
                let value = table[Int(texels[at]) | Int(texels[at + 1]) << 8]
                result[at] = UInt8(truncatingIfNeeded: value)
                result[at + 1] = UInt8(truncatingIfNeeded: value >> 8)
            }
        }
        return result
    }
}
