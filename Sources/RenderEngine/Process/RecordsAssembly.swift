internal import RenderModel

/// Puts the records of a render together as they arrive, in order. The engine handles hostile scenes, so that its answers are
/// checked like those of any other process.
struct RecordsAssembly {
    private let request: RenderRequest
    private let layerFloats: Int
    private var sums: [Float] = []
    private var rays: [UInt16] = []
    private var layers: [Float] = []

    init(_ request: RenderRequest) {
        self.request = request
        layerFloats = request.settings.layers.floats
    }

    /// False where the part does not continue what is there, or exceeds the request.
    mutating func append(_ part: EngineRecords) -> Bool {
        guard part.first == rays.count, !part.rays.isEmpty, part.rays.count <= request.recordCount - rays.count,
            part.sums.count == 3 * part.rays.count, part.layers.count == layerFloats * part.rays.count
        else { return false }
        sums += part.sums
        rays += part.rays
        layers += part.layers
        return true
    }

    /// Nil where records are missing.
    func finish(nonFinite: UInt64) -> TileRecords? {
        guard rays.count == request.recordCount else { return nil }
        var records = TileRecords(tile: request.tile, samples: request.samples, sums: sums, rays: rays)
        records.layers = layers
        records.nonFiniteSamples = nonFinite
        return records
    }
}
