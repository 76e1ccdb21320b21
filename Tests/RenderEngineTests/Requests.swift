import RenderModel

enum Requests {
    /// A whole frame.
    static func full(
        width: UInt32, height: UInt32, samples: UInt32, depth: UInt32 = 6, layers: RenderSettings.Layers = [], key: UInt64 = 77,
        frame: UInt32 = 1
    ) -> RenderRequest {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (width, height, samples, depth)
        settings.layers = layers
        return RenderRequest(
            settings: settings, frame: frame, rngKey: key, tile: Tile(x: 0, y: 0, width: width, height: height), samples: 0..<samples)
    }
}
