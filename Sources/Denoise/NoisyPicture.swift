/// A picture and what its renderer knows about each pixel; rows from the top, three interleaved floats a pixel.
public struct NoisyPicture: Equatable, Sendable {
    public var width: Int
    public var height: Int
    /// Linear radiance.
    public var color: [Float]
    /// Variance of each channel of `color`; nil where it is not known.
    public var variance: [Float]?
    public var albedo: [Float]?
    public var normal: [Float]?

    public init(
        width: Int, height: Int, color: [Float], variance: [Float]? = nil, albedo: [Float]? = nil, normal: [Float]? = nil
    ) {
        self.width = width
        self.height = height
        self.color = color
        self.variance = variance
        self.albedo = albedo
        self.normal = normal
    }

    /// Whether all members have the size that they say.
    var isWhole: Bool {
        (1...65_536).contains(width) && (1...65_536).contains(height)
            && [color, variance, albedo, normal].allSatisfy { $0.map { $0.count == width * height * 3 } ?? true }
    }
}
