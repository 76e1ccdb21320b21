import Glibc

/// How linear radiance becomes display values. Applied when an 8-bit picture is written, never before.
public enum ViewTransform: String, CaseIterable, Sendable {
    /// The transfer function of sRGB, values clipped to 0...1.
    case standard
    /// A shoulder instead of a clip: per channel the response of Naka and Rushton (1966), y = xⁿ / (xⁿ + sⁿ) with n = 1.2 and s such
    /// that middle grey, 0.18, stays where it is; then the transfer function of sRGB.
    case filmic

    /// Display value of one channel, 0...1. NaN and negative radiance are black.
    public func display(_ radiance: Double) -> Double {
        guard radiance > 0 else { return 0 }
        switch self {
        case .standard:
            return radiance < 1 ? SRGBCurve.encode(radiance) : 1
        case .filmic:
            guard radiance.isFinite else { return 1 }
            let n = 1.2
            // 0.18ⁿ / (0.18ⁿ + sⁿ) = 0.18.
            let sn = pow(0.18, n) * (1 - 0.18) / 0.18
            let xn = pow(radiance, n)
            return xn.isFinite ? SRGBCurve.encode(xn / (xn + sn)) : 1
        }
    }
}
