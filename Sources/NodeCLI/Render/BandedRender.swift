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
    private let columns: UInt32

    /// - Parameter tile: nil for bands as large as memory suggests; a size in place of them, which changes no bit.
    init(_ request: RenderRequest, tile: PictureFlags.Size? = nil) {
        self.request = request
        columns = min(tile?.width ?? request.tile.width, request.tile.width)
        let perRow = max(1, Int(columns) * request.bucketCount)
        // Whole blocks of eight rows.
        let blocks = max(1, BandedRender.recordsMax / perRow / 8)
        rows = min(tile?.height ?? UInt32(clamping: blocks * 8), request.tile.height)
    }

    /// - Parameter progress: permille of the whole picture, and rays so far.
    func render(_ scene: PreparedScene, on device: some RenderDevice, progress: (Int, UInt64) -> Void) throws(RenderError) -> Result {
        let (width, height) = (Int(request.tile.width), Int(request.tile.height))
        let floats = request.settings.layers.floats
        var result = Result()
        result.raw = [UInt8](repeating: 0, count: width * height * RawPicture.bytesPerPixel)
        result.layers = [Float](repeating: 0, count: width * height * floats)
        var done = 0
        for part in parts {
            let before = (result.rays, done)
            let area = Int(part.width) * Int(part.height)
            var band = request
            band.tile = Tile(x: request.tile.x + part.x, y: request.tile.y + part.y, width: part.width, height: part.height)
            let records = try device.render(scene, band) { step in
                progress((before.1 * 1000 + area * step.permille) / (width * height), before.0 + step.rays)
                return true
            }
            guard let picture = RawPicture(records: records) else { throw .deviceFailed(reason: "its records do not fit the tile") }
            let means = layerMeans(records)
            for row in 0..<Int(part.height) {
                let from = row * Int(part.width)
                let to = (Int(part.y) + row) * width + Int(part.x)
                copy(picture.bytes, from, to: &result.raw, to, Int(part.width), RawPicture.bytesPerPixel)
                copy(means, from, to: &result.layers, to, Int(part.width), floats)
            }
            for rays in records.rays { result.rays += UInt64(rays) }
            result.nonFinite += records.nonFiniteSamples
            done += area
        }
        return result
    }

    /// The pieces in which the picture is rendered, relative to its own corner.
    private var parts: [Tile] {
        let (width, height) = (request.tile.width, request.tile.height)
        return stride(from: 0, to: height, by: Int(rows)).flatMap { y in
            stride(from: 0, to: width, by: Int(columns)).map { x in
                Tile(x: x, y: y, width: min(columns, width - x), height: min(rows, height - y))
            }
        }
    }

    /// Copies a run of pixels; places and count in pixels of `size` elements.
    private func copy<T>(_ source: [T], _ from: Int, to target: inout [T], _ to: Int, _ count: Int, _ size: Int) {
        target.replaceSubrange(to * size..<(to + count) * size, with: source[from * size..<(from + count) * size])
    }

    private func layerMeans(_ records: TileRecords) -> [Float] {
        let floats = request.settings.layers.floats
        let buckets = records.bucketCount
        var means: [Float] = []
        guard floats > 0 else { return means }
        for pixel in 0..<records.rays.count / buckets {
            for layer in 0..<floats {
                var sum = 0.0
                for bucket in 0..<buckets { sum += Double(records.layers[(pixel * buckets + bucket) * floats + layer]) }
                means.append(Float(sum / Double(records.samples.count)))
            }
        }
        return means
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
