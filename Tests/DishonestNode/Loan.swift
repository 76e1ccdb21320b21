import NodeRuntime
import ProofOfRender
import RenderModel

/// The records of one tile in a file, named for its place: whoever renders the same tile of another job finds them.
struct Loan {
    private let path: String
    private let offer: Offer

    init(folder: String, offer: Offer) {
        let tile = offer.tile
        path = "\(folder)/\(offer.frame)-\(tile.x)-\(tile.y)-\(tile.width)x\(tile.height)-\(offer.samples.count).records"
        self.offer = offer
    }

    func write(_ records: TileRecords) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.rays.count * 14)
        for sum in records.sums { append(sum.bitPattern, 4, to: &bytes) }
        for rays in records.rays { append(UInt32(rays), 2, to: &bytes) }
        try? TextFile.write(bytes, to: path)
    }

    /// Nil where nobody has lent this tile.
    func read() -> TileRecords? {
        guard let grid = offer.grid, let bytes = try? TextFile.read(path, sizeMax: 1 << 28) else { return nil }
        let count = grid.pixelCount * grid.bucketCount
        guard bytes.count == count * 14 else { return nil }
        func word(_ offset: Int, _ size: Int) -> UInt32 {
            (0..<size).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
        }
        return TileRecords(
            tile: offer.tile, samples: offer.samples, sums: (0..<count * 3).map { Float(bitPattern: word($0 * 4, 4)) },
            rays: (0..<count).map { UInt16(word(count * 12 + $0 * 2, 2)) })
    }

    private func append(_ word: UInt32, _ size: Int, to bytes: inout [UInt8]) {
        for byte in 0..<size { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * byte))) }
    }
}
