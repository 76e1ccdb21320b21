/// A linear RGB picture: 3 floats per pixel, rows from the top.
public struct RGBImage: Equatable, Sendable {
    public var width: Int
    public var height: Int
    /// width × height × 3.
    public var pixels: [Float]

    /// Black.
    public init(width: Int, height: Int) {
        self.init(width: width, height: height, pixels: [Float](repeating: 0, count: max(0, width) * max(0, height) * 3))
    }

    /// `pixels` must hold width × height × 3 values.
    public init(width: Int, height: Int, pixels: [Float]) {
        precondition(width > 0 && height > 0 && pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// What makes a picture suspicious: black, constant, or with values that are not finite. nil: nothing.
    public var suspicion: String? {
        guard pixels.allSatisfy(\.isFinite) else { return "it holds values that are not finite" }
        let constant = stride(from: 3, to: pixels.count, by: 3).allSatisfy {
            pixels[$0] == pixels[0] && pixels[$0 + 1] == pixels[1] && pixels[$0 + 2] == pixels[2]
        }
        guard constant, pixels.count > 3 else { return nil }
        return pixels.allSatisfy { $0 == 0 } ? "it is black" : "all its pixels are equal"
    }
}

/// A rendered picture with its layers, ready to be written.
public struct Picture: Equatable, Sendable {
    /// A further layer of an OpenEXR file.
    public struct Layer: Equatable, Sendable {
        /// Prefix of its channels, such as `albedo`.
        public var name: String
        /// Names after the dot, such as `R`, `G`, `B`, or `X`, `Y`, `Z`, or `Z` alone.
        public var channels: [String]
        /// width × height × channels.count, interleaved.
        public var values: [Float]

        public init(name: String, channels: [String], values: [Float]) {
            self.name = name
            self.channels = channels
            self.values = values
        }
    }

    public var color: RGBImage
    /// width × height, or nil for an opaque picture. Colour is premultiplied.
    public var alpha: [Float]?
    public var layers: [Layer] = []

    public init(color: RGBImage, alpha: [Float]? = nil, layers: [Layer] = []) {
        precondition(alpha.map { $0.count == color.width * color.height } ?? true)
        precondition(layers.allSatisfy { $0.values.count == color.width * color.height * $0.channels.count })
        self.color = color
        self.alpha = alpha
        self.layers = layers
    }
}
