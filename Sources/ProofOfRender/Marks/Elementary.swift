/// Elementary functions from + − × ÷ alone, so that a figure of a verdict has the same bits on every machine.
enum Elementary {
    /// Natural logarithm; x is positive, finite and not subnormal. Error below 2⁻²² of the larger of 1 and the result.
    static func log(_ x: Float) -> Float {
        var exponent = Float(x.exponent)
        var mantissa = x.significand
        if mantissa > 1.4142135 {
            mantissa *= 0.5
            exponent += 1
        }
        // log m = 2 artanh((m − 1) / (m + 1)), and the argument is below 0.172.
        let s = (mantissa - 1) / (mantissa + 1)
        let q = s * s
        let series = s * (2 + q * (0.666_666_7 + q * (0.4 + q * (0.285_714_3 + q * 0.222_222_2))))
        return exponent * 0.693_147_2 + series
    }

    /// As above, for eight numbers, each with the bits that it gives alone.
    @inline(__always)
    static func log(_ x: SIMD8<Float>) -> SIMD8<Float> {
        let bits = unsafeBitCast(x, to: SIMD8<Int32>.self)
        // The exponent's bits in the mantissa of 2²³: a conversion that every processor has lanes for.
        var exponent = unsafeBitCast((bits &>> 23) | 0x4b00_0000, to: SIMD8<Float>.self) - 8_388_735
        var mantissa = unsafeBitCast((bits & 0x007f_ffff) | 0x3f80_0000, to: SIMD8<Float>.self)
        let isLarge = mantissa .> 1.4142135
        mantissa.replace(with: mantissa * 0.5, where: isLarge)
        exponent.replace(with: exponent + 1, where: isLarge)
        let s = (mantissa - 1) / (mantissa + 1)
        let q = s * s
        let inner = 0.4 + q * (0.285_714_3 + q * 0.222_222_2)
        let series = s * (2 + q * (0.666_666_7 + q * inner))
        return exponent * 0.693_147_2 + series
    }

    /// As above, in double precision: error below 10⁻¹⁴.
    static func log(_ x: Double) -> Double {
        var exponent = Double(x.exponent)
        var mantissa = x.significand
        if mantissa > 1.414_213_562_373_095 {
            mantissa *= 0.5
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let q = s * s
        var sum = 0.0
        for k in stride(from: 21, through: 1, by: -2) { sum = sum * q + 2 / Double(k) }
        return exponent * 0.693_147_180_559_945_3 + s * sum
    }

    /// For |x| below 700.
    static func exp(_ x: Double) -> Double {
        let whole = (x * 1.442_695_040_888_963_4).rounded()
        let rest = x - whole * 0.693_147_180_559_945_3
        var sum = 1.0
        for k in stride(from: 16, through: 1, by: -1) { sum = 1 + sum * rest / Double(k) }
        return Double(sign: .plus, exponent: Int(whole), significand: 1) * sum
    }

    /// cos(2π·turns), for any finite number of turns.
    static func cosine(turns: Double) -> Double {
        let fraction = turns - turns.rounded(.down)
        // Folded to a quarter turn, where the series is short.
        let half = fraction > 0.5 ? 1 - fraction : fraction
        let isFolded = half > 0.25
        let angle = (isFolded ? 0.5 - half : half) * 6.283_185_307_179_586
        let q = angle * angle
        var sum = 1.0
        for k in stride(from: 20, through: 2, by: -2) { sum = 1 - sum * q / Double(k * (k - 1)) }
        return isFolded ? -sum : sum
    }
}
