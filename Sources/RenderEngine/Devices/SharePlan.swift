internal import RenderModel

/// How a request is cut into units: bands of eight rows, or, where it is flat and has many samples, buckets.
struct SharePlan {
    private static let side = 8
    let units: Int
    private let isByRows: Bool
    private let width: Int
    private let height: Int
    private let buckets: Int

    init(_ request: RenderRequest, members: Int) {
        (width, height, buckets) = (Int(request.tile.width), Int(request.tile.height), request.bucketCount)
        let bands = (height + SharePlan.side - 1) / SharePlan.side
        isByRows = bands >= buckets || bands >= 8 * members
        units = isByRows ? bands : buckets
    }

    func part(of request: RenderRequest, _ units: Range<Int>) -> RenderRequest {
        var part = request
        if isByRows {
            let (first, last) = rows(units)
            (part.tile.y, part.tile.height) = (request.tile.y + UInt32(first), UInt32(last - first))
        } else {
            let first = request.samples.lowerBound + UInt32(units.lowerBound) * TileRecords.bucketSamples
            let last = request.samples.lowerBound + UInt32(units.upperBound) * TileRecords.bucketSamples
            part.samples = first..<min(last, request.samples.upperBound)
        }
        return part
    }

    private func rows(_ units: Range<Int>) -> (first: Int, last: Int) {
        (units.lowerBound * SharePlan.side, min(units.upperBound * SharePlan.side, height))
    }

    func copy(_ part: TileRecords, into whole: inout TileRecords, _ units: Range<Int>) {
        let layers = whole.layers.count / max(1, whole.rays.count)
        // Runs of records that lie side by side in both: all of it, or the buckets of one pixel.
        let run = isByRows ? part.rays.count : units.count
        let start = isByRows ? rows(units).first * width * buckets : units.lowerBound
        let step = isByRows ? run : buckets
        for k in 0..<part.rays.count / max(1, run) {
            let (from, to) = (k * run, start + k * step)
            whole.rays.replaceSubrange(to..<to + run, with: part.rays[from..<from + run])
            whole.sums.replaceSubrange(3 * to..<3 * (to + run), with: part.sums[3 * from..<3 * (from + run)])
            if layers > 0 {
                whole.layers.replaceSubrange(layers * to..<layers * (to + run), with: part.layers[layers * from..<layers * (from + run)])
            }
        }
    }
}
