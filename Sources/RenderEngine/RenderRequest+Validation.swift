public import RenderModel

extension RenderRequest {
    /// Bytes of records that one request may ask for: larger pictures are rendered in several requests.
    public static let recordBytesMax = 1 << 30

    /// Buckets of 16 samples in this request.
    public var bucketCount: Int { (samples.count + Int(TileRecords.bucketSamples) - 1) / Int(TileRecords.bucketSamples) }

    /// Number of records: pixels × buckets.
    public var recordCount: Int { Int(tile.width) * Int(tile.height) * bucketCount }

    /// Refuses what can't be rendered. After this no arithmetic on the request overflows.
    public func validate() throws(RenderError) {
        guard (1...65_536).contains(settings.width), (1...65_536).contains(settings.height) else {
            throw .invalidRequest(rule: "a picture has 1 to 65,536 pixels a side")
        }
        guard (1...64).contains(settings.depth) else { throw .invalidRequest(rule: "the depth is 1 to 64") }
        guard settings.roulette <= 64 else { throw .invalidRequest(rule: "paths may end after 1 to 64 bounces, or 0 for never") }
        guard frame >= 1 else { throw .invalidRequest(rule: "frames start at 1") }
        guard tile.width >= 1, tile.height >= 1, UInt64(tile.x) + UInt64(tile.width) <= UInt64(settings.width),
            UInt64(tile.y) + UInt64(tile.height) <= UInt64(settings.height)
        else { throw .invalidRequest(rule: "a tile has at least one pixel and lies within the picture") }
        guard !samples.isEmpty, samples.lowerBound % TileRecords.bucketSamples == 0, samples.upperBound <= settings.samples else {
            throw .invalidRequest(rule: "samples start at a multiple of 16, are not empty and end within the settings' samples")
        }
        let bytesPerRecord = 3 * 4 + 2 + 4 * settings.layers.floats
        guard recordCount <= RenderRequest.recordBytesMax / bytesPerRecord else {
            throw .invalidRequest(rule: "the records of one request take at most \(RenderRequest.recordBytesMax >> 20) MiB: use tiles")
        }
    }

    /// The samples of a place's bucket. Buckets count from sample 0 of the job.
    func samples(of place: RecordPlace) throws(RenderError) -> Range<UInt32> {
        let size = UInt64(TileRecords.bucketSamples)
        let first = UInt64(place.bucket) * size
        guard place.x >= tile.x, place.x - tile.x < tile.width, place.y >= tile.y, place.y - tile.y < tile.height,
            first >= UInt64(samples.lowerBound), first < UInt64(samples.upperBound)
        else { throw .invalidRequest(rule: "a place lies within the tile and the samples") }
        return UInt32(first)..<UInt32(min(first + size, UInt64(samples.upperBound)))
    }
}
