internal import ProofOfRender
internal import RenderEngine
internal import RenderModel

/// A picture rendered part by part, so that the records in memory stay few whatever its size: in bands of rows, and for a picture that is
/// looked at meanwhile, in passes of more and more samples.
struct BandedRender {
    /// Records of one part: 14 bytes each, and up to 32 for layers.
    private static let recordsMax = 4 << 20
    /// Records of the first part of a refining picture, about a million samples.
    private static let recordsFirst = 1 << 16

    /// How far a render is.
    struct Progress {
        /// 0 to 1, of all samples of all pixels.
        var fraction: Double
        var rays: UInt64
    }

    private let request: RenderRequest
    private let tile: PictureFlags.Size?
    private let isRefining: Bool
    private let needsVariance: Bool

    /// - Parameters:
    ///   - tile: nil for bands as large as memory suggests; a size in place of them, which changes no bit.
    ///   - isRefining: first 16 samples everywhere, then twice as many, and so on.
    init(_ request: RenderRequest, tile: PictureFlags.Size? = nil, isRefining: Bool = false, needsVariance: Bool = false) {
        self.request = request
        self.tile = tile
        self.isRefining = isRefining
        self.needsVariance = needsVariance
    }

    /// - Parameters:
    ///   - progress: called a few times a second.
    ///   - partDone: called after each part with all sums so far.
    func render(
        _ scene: PreparedScene, on device: some RenderDevice, progress: (Progress) -> Void, partDone: (PictureSums) -> Void = { _ in }
    ) throws(RenderError) -> PictureSums {
        var sums = PictureSums(tile: request.tile, layers: request.settings.layers, variance: needsVariance)
        let total = Double(request.tile.width) * Double(request.tile.height) * Double(request.samples.count)
        var done = 0.0
        var records = isRefining ? BandedRender.recordsFirst : BandedRender.recordsMax
        for samples in passes {
            var y: UInt32 = 0
            while y < request.tile.height {
                let row = parts(from: y, samples, records)
                var clock = Stopwatch()
                for part in row {
                    var piece = request
                    (piece.tile, piece.samples) = (part, samples)
                    let work = Double(part.width) * Double(part.height) * Double(samples.count)
                    let rays = sums.rays
                    let rendered = try device.render(scene, piece) { step in
                        progress(
                            Progress(fraction: (done + work * Double(step.permille) / 1000) / total, rays: rays + step.rays))
                        return true
                    }
                    guard rendered.sums.count == piece.recordCount * 3 else {
                        throw .deviceFailed(reason: "its records do not fit the tile")
                    }
                    sums.add(rendered)
                    done += work
                    // A device need not report the end of its work, nor anything of work that is short.
                    progress(Progress(fraction: done / total, rays: sums.rays))
                    partDone(sums)
                }
                y += row.first?.height ?? request.tile.height
                // A fast device gets larger parts.
                if clock.lap() < 0.5 { records = min(records * 2, BandedRender.recordsMax) }
            }
        }
        return sums
    }

    /// The samples that are rendered one after another.
    private var passes: [Range<UInt32>] {
        guard isRefining else { return [request.samples] }
        var passes: [Range<UInt32>] = []
        var next = request.samples.lowerBound
        var count = TileRecords.bucketSamples
        while next < request.samples.upperBound {
            let end = min(request.samples.upperBound, next + count)
            passes.append(next..<end)
            // As many again as are done by then.
            count = max(count, end - request.samples.lowerBound)
            next = end
        }
        return passes
    }

    /// The parts of the band that starts at a row.
    private func parts(from y: UInt32, _ samples: Range<UInt32>, _ records: Int) -> [Tile] {
        let whole = request.tile
        let columns = min(tile?.width ?? whole.width, whole.width)
        let buckets = (samples.count + Int(TileRecords.bucketSamples) - 1) / Int(TileRecords.bucketSamples)
        // Whole blocks of eight rows.
        let blocks = max(1, records / max(1, Int(columns) * buckets) / 8)
        let rows = min(tile?.height ?? UInt32(clamping: blocks * 8), whole.height - y)
        return stride(from: 0, to: whole.width, by: Int(columns)).map { x in
            Tile(x: whole.x + x, y: whole.y + y, width: min(columns, whole.width - x), height: rows)
        }
    }
}
