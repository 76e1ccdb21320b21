internal import CDenoise

/// Takes the noise out of a finished picture: a step of its own, for people's eyes. What is proven is the picture before it.
public enum Denoiser: String, CaseIterable, Sendable {
    /// Weighted first-order regression over albedo and normal, with weights of non-local means: `guided.c` cites the papers.
    case guided
    /// Open Image Denoise, where the user has installed it.
    case oidn

    /// Parameters of the guided filter.
    public struct Parameters: Sendable {
        /// Pixels to every side that a pixel learns from, at most 15. 7 is 225 pixels: larger windows gained nothing on three scenes.
        public var radius: UInt32 = 7
        /// Pixels to every side that are compared to see how alike two pixels are, at most 5. Smaller keeps more of thin shadows.
        public var patch: UInt32 = 2
        /// Bandwidth of that comparison in standard deviations of the noise. 1 gained most on three scenes at 32 and 64 samples.
        public var bandwidth: Float = 1
        /// The same where the variance is not known: its estimate counts detail as noise, so less of it is trusted.
        public var bandwidthWithoutVariance: Float = 0.7

        public init() {}
    }

    /// Why this one cannot be used here; nil where it can.
    public var obstacle: String? {
        switch self {
        case .guided: nil
        case .oidn: denoise_oidn_open().map { String(cString: $0) }
        }
    }

    /// The picture without noise: three floats a pixel, none negative.
    ///
    /// - Parameter threads: the guided filter gives the same bits on any number of them.
    public func denoise(_ picture: NoisyPicture, _ parameters: Parameters = Parameters(), threads: Int) throws(DenoiseError) -> [Float] {
        guard picture.isWhole else { throw DenoiseError(reason: "the picture's parts differ in size") }
        var output = [Float](repeating: 0, count: picture.color.count)
        let threads = UInt32(clamping: max(1, threads))
        let problem: String? = withInput(picture) { input in
            output.withUnsafeMutableBufferPointer { output in
                guard let target = output.baseAddress else { return "the picture is empty" }
                switch self {
                case .guided:
                    var bounds = DenoiseParameters(
                        radius: parameters.radius, patch: parameters.patch,
                        bandwidth: picture.variance == nil ? parameters.bandwidthWithoutVariance : parameters.bandwidth)
                    return denoise_guided(&input, &bounds, threads, target) ? nil : "its memory or a bound of its parameters is exceeded"
                case .oidn:
                    return denoise_oidn(&input, threads, target).map { "Open Image Denoise: " + String(cString: $0) }
                }
            }
        }
        if let problem { throw DenoiseError(reason: problem) }
        return output
    }

    private func withInput<R>(_ picture: NoisyPicture, _ body: (inout DenoiseInput) -> R) -> R {
        /// Nothing stands for NULL.
        func pointer<T>(_ values: [Float]?, _ use: (UnsafePointer<Float>?) -> T) -> T {
            guard let values else { return use(nil) }
            return values.withUnsafeBufferPointer { use($0.baseAddress) }
        }
        return pointer(picture.color) { color in
            pointer(picture.variance) { variance in
                pointer(picture.albedo) { albedo in
                    pointer(picture.normal) { normal in
                        var input = DenoiseInput(
                            width: UInt32(picture.width), height: UInt32(picture.height), color: color, variance: variance, albedo: albedo,
                            normal: normal)
                        return body(&input)
                    }
                }
            }
        }
    }
}

/// Why a picture keeps its noise.
public struct DenoiseError: Error, Equatable, CustomStringConvertible, Sendable {
    public let reason: String
    public var description: String { reason }
}
