internal import ProofOfRender
internal import RenderModel
internal import SceneIO

/// A picture on its way: the sums of the samples that are done so far.
///
/// Buckets are added pixel by pixel in their order and in double precision, as `RawPicture` adds them: however a render is cut into tiles
/// and ranges of samples, the finished picture has the same bits.
struct PictureSums {
    let tile: Tile
    let layersAsked: RenderSettings.Layers
    private(set) var rays: UInt64 = 0
    private(set) var nonFinite: UInt64 = 0
    /// Samples done per pixel.
    private(set) var samples: [UInt32]
    private var color: [Double]
    private var layers: [Double]
    /// Per channel the sum over buckets of sum² / samples; empty where no variance is asked for.
    private var squares: [Double]
    /// Buckets done per pixel.
    private var buckets: [UInt32]

    /// - Parameter variance: whether `variance` will be asked for.
    init(tile: Tile, layers asked: RenderSettings.Layers, variance: Bool = false) {
        let pixels = Int(tile.width) * Int(tile.height)
        self.tile = tile
        layersAsked = asked
        samples = [UInt32](repeating: 0, count: pixels)
        color = [Double](repeating: 0, count: pixels * 3)
        layers = [Double](repeating: 0, count: pixels * asked.floats)
        squares = [Double](repeating: 0, count: variance ? pixels * 3 : 0)
        buckets = [UInt32](repeating: 0, count: variance ? pixels : 0)
    }

    /// Adds the records of a part of the picture; samples of a pixel must come in their order.
    mutating func add(_ records: TileRecords) {
        let (width, count, floats) = (Int(records.tile.width), records.bucketCount, layersAsked.floats)
        let corner = Int(records.tile.y - tile.y) * Int(tile.width) + Int(records.tile.x - tile.x)
        for pixel in 0..<width * Int(records.tile.height) {
            let target = corner + pixel / width * Int(tile.width) + pixel % width
            for bucket in 0..<count {
                let record = pixel * count + bucket
                for channel in 0..<3 { color[target * 3 + channel] += Double(records.sums[record * 3 + channel]) }
                for layer in 0..<floats { layers[target * floats + layer] += Double(records.layers[record * floats + layer]) }
            }
            samples[target] += UInt32(records.samples.count)
            if !squares.isEmpty { addSquares(records, pixel, to: target) }
        }
        for count in records.rays { rays += UInt64(count) }
        nonFinite += records.nonFiniteSamples
    }

    private mutating func addSquares(_ records: TileRecords, _ pixel: Int, to target: Int) {
        let size = Int(TileRecords.bucketSamples)
        for bucket in 0..<records.bucketCount {
            let samples = min(size, records.samples.count - bucket * size)
            for channel in 0..<3 {
                let sum = Double(records.sums[(pixel * records.bucketCount + bucket) * 3 + channel])
                squares[target * 3 + channel] += sum * sum / Double(samples)
            }
        }
        buckets[target] += UInt32(records.bucketCount)
    }

    /// The means as `RawPicture` rounds them: three little-endian floats a pixel.
    var raw: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(color.count * 4)
        for mean in means {
            let bits = mean.bitPattern
            for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
        return bytes
    }

    /// Three floats a pixel; 0 where nothing is done yet.
    var means: [Float] {
        color.indices.map { index in
            let count = samples[index / 3]
            guard count > 0 else { return 0 }
            let mean = Float(color[index] / Double(count))
            return mean.isNaN ? Float(bitPattern: 0x7fc0_0000) : mean
        }
    }

    /// Variance of each channel's mean, three floats a pixel, from what the buckets differ by; nil where a pixel has fewer than two.
    var variance: [Float]? {
        guard !buckets.isEmpty, buckets.allSatisfy({ $0 > 1 }) else { return nil }
        return squares.indices.map { index in
            let (count, number) = (Double(samples[index / 3]), Double(buckets[index / 3]))
            let spread = max(0, squares[index] - color[index] * color[index] / count)
            return Float(spread / (number - 1) / count)
        }
    }

    /// Means of one layer, interleaved; nil where it was not asked for.
    func layer(_ layer: RenderSettings.Layers) -> [Float]? {
        guard layersAsked.contains(layer) else { return nil }
        let count = layer.floats
        let first = PictureSums.order.prefix { $0 != layer }.reduce(0) { $0 + (layersAsked.contains($1) ? $1.floats : 0) }
        var values: [Float] = []
        values.reserveCapacity(samples.count * count)
        for (pixel, done) in samples.enumerated() {
            for member in 0..<count {
                values.append(done > 0 ? Float(layers[pixel * layersAsked.floats + first + member] / Double(done)) : 0)
            }
        }
        return values
    }
    private static let order: [RenderSettings.Layers] = [.alpha, .albedo, .normal, .depth]

    /// - Parameters:
    ///   - color: in place of the means, such as the same without noise.
    ///   - wanted: layers that the file gets.
    func picture(color: [Float]? = nil, layers wanted: RenderSettings.Layers) -> Picture {
        var picture = Picture(color: RGBImage(width: Int(tile.width), height: Int(tile.height), pixels: color ?? means))
        if wanted.contains(.alpha) { picture.alpha = layer(.alpha) }
        if wanted.contains(.albedo), let values = layer(.albedo) {
            picture.layers.append(.init(name: "albedo", channels: ["R", "G", "B"], values: values))
        }
        if wanted.contains(.normal), let values = layer(.normal) {
            picture.layers.append(.init(name: "normal", channels: ["X", "Y", "Z"], values: values))
        }
        if wanted.contains(.depth), let values = layer(.depth) {
            picture.layers.append(.init(name: "depth", channels: ["Z"], values: values))
        }
        return picture
    }

    /// What is there so far: transparent where nothing is done yet.
    var preview: Picture {
        var picture = picture(layers: .alpha)
        if samples.contains(0) {
            let alpha = picture.alpha
            picture.alpha = samples.indices.map { samples[$0] > 0 ? alpha?[$0] ?? 1 : 0 }
        }
        return picture
    }
}
