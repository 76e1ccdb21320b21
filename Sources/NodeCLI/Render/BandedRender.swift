internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import SceneIO

/// A picture rendered in bands of rows, so that the records in memory stay few whatever its size.
struct BandedRender {
    /// Records of one band: 14 bytes each, and up to 32 for layers.
    private static let recordsMax = 4 << 20

    struct Result {
        /// Three floats a pixel, as `RawPicture` rounds them.
        var raw: [UInt8] = []
        /// Means of the layers, `RenderSettings.Layers.floats` a pixel.
        var layers: [Float] = []
        var rays: UInt64 = 0
        var nonFinite: UInt64 = 0
    }

    private let request: RenderRequest
    private let rows: UInt32

    init(_ request: RenderRequest) {
        self.request = request
        let perRow = max(1, Int(request.tile.width) * request.bucketCount)
        // Whole blocks of eight rows.
        let blocks = max(1, BandedRender.recordsMax / perRow / 8)
        rows = UInt32(clamping: min(blocks * 8, Int(request.tile.height)))
    }

    /// - Parameter progress: permille of the whole picture, and rays so far.
    func render(_ scene: PreparedScene, on device: some RenderDevice, progress: (Int, UInt64) -> Void) throws(RenderError) -> Result {
        var result = Result()
        result.raw.reserveCapacity(Int(request.tile.width) * Int(request.tile.height) * RawPicture.bytesPerPixel)
        var done: UInt32 = 0
        while done < request.tile.height {
            var band = request
            band.tile.y = request.tile.y + done
            band.tile.height = min(rows, request.tile.height - done)
            let before = result.rays
            let records = try device.render(scene, band) { part in
                let permille = (UInt64(done) * 1000 + UInt64(band.tile.height) * UInt64(part.permille)) / UInt64(request.tile.height)
                progress(Int(permille), before + part.rays)
                return true
            }
            guard let picture = RawPicture(records: records) else { throw .deviceFailed(reason: "its records do not fit the tile") }
            result.raw += picture.bytes
            for rays in records.rays { result.rays += UInt64(rays) }
            result.nonFinite += records.nonFiniteSamples
            addLayers(records, to: &result)
            done += band.tile.height
        }
        return result
    }

    private func addLayers(_ records: TileRecords, to result: inout Result) {
        let floats = request.settings.layers.floats
        guard floats > 0 else { return }
        let buckets = records.bucketCount
        for pixel in 0..<records.rays.count / buckets {
            for layer in 0..<floats {
                var sum = 0.0
                for bucket in 0..<buckets { sum += Double(records.layers[(pixel * buckets + bucket) * floats + layer]) }
                result.layers.append(Float(sum / Double(records.samples.count)))
            }
        }
    }
}

extension BandedRender.Result {
    /// The pixels as floats.
    var pixels: [Float] {
        stride(from: 0, to: raw.count, by: 4).map { start in
            var bits: UInt32 = 0
            for byte in 0..<4 { bits |= UInt32(raw[start + byte]) << UInt32(8 * byte) }
            return Float(bitPattern: bits)
        }
    }

    func picture(_ request: RenderRequest, transparent: Bool) -> Picture {
        let color = RGBImage(width: Int(request.tile.width), height: Int(request.tile.height), pixels: pixels)
        var found: [(RenderSettings.Layers, [Float])] = []
        let (layersAsked, floats) = (request.settings.layers, request.settings.layers.floats)
        var first = 0
        for (layer, count) in [(RenderSettings.Layers.alpha, 1), (.albedo, 3), (.normal, 3), (.depth, 1)] where layersAsked.contains(layer)
        {
            var values: [Float] = []
            for pixel in stride(from: first, to: layers.count, by: floats) { values += layers[pixel..<pixel + count] }
            found.append((layer, values))
            first += count
        }
        var picture = Picture(color: color)
        for (layer, values) in found {
            switch layer {
            case .alpha: picture.alpha = values
            case .albedo: picture.layers.append(.init(name: "albedo", channels: ["R", "G", "B"], values: values))
            case .normal: picture.layers.append(.init(name: "normal", channels: ["X", "Y", "Z"], values: values))
            default: picture.layers.append(.init(name: "depth", channels: ["Z"], values: values))
            }
        }
        return picture
    }
}
