import ArgumentParser
import ProofOfRender
import RenderModel
import Roles
import Synchronization

/// Ways to deliver less than was paid for. All of them know the protocol and keep to its form.
enum Cheat: String, ExpressibleByArgument, CaseIterable {
    /// Renders the first quarter of the samples, and passes it off as the other three.
    case quarterOfTheSamples = "quarter-of-the-samples"
    /// Takes the lower half of a tile from its neighbour, the tile rendered before.
    case halfFromANeighbour = "half-from-a-neighbour"
    /// Delivers what another Worker rendered, honestly, for the same tile.
    case anothersResult = "anothers-result"
    /// Commits to honest records, and delivers a picture of one tile in which one bucket of every twentieth pixel is another one.
    case alteredPicture = "altered-picture"
    /// Commits to records of which one bucket of every twentieth pixel is another one, and says that its last sample made it so.
    case alteredSample = "altered-sample"
    /// Is honest, and leaves its results where `anothersResult` finds them.
    case lender = "lender"

    func conduct(folder: String) -> WorkerConduct {
        switch self {
        case .quarterOfTheSamples: Cheat.altering { _, records in records.repeatFirstQuarter() }
        case .halfFromANeighbour: Cheat.halfFromANeighbour()
        case .anothersResult:
            Cheat.altering { offer, records in
                if let lent = Loan(folder: folder, offer: offer).read() { records = lent }
            }
        case .alteredPicture: Cheat.alteredPicture()
        case .alteredSample: Cheat.alteredSample()
        case .lender:
            Cheat.altering { offer, records in Loan(folder: folder, offer: offer).write(records) }
        }
    }

    /// Commits to altered records, and delivers the picture that they add up to.
    private static func altering(_ alter: @escaping @Sendable (Offer, inout TileRecords) -> Void) -> WorkerConduct {
        WorkerConduct { offer, _, records in
            var records = records
            alter(offer, &records)
            return RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
        }
    }

    private static func halfFromANeighbour() -> WorkerConduct {
        let neighbour = Box<TileRecords?>(nil)
        return altering { _, records in
            let honest = records
            neighbour.change { known in
                if let known, known.hasShape(of: records) { records.takeLowerHalf(from: known) }
                known = honest
            }
        }
    }

    private static func alteredSample() -> WorkerConduct {
        WorkerConduct(trace: { claimed, rendered in rendered.dropLast() + [claimed] }) { _, _, records in
            var records = records
            records.changeOneBucketOfEveryTwentiethPixel()
            return RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
        }
    }

    private static func alteredPicture() -> WorkerConduct {
        let isDone = Box(false)
        return WorkerConduct { _, _, records in
            var shown = records
            isDone.change { isDone in
                if !isDone { shown.changeOneBucketOfEveryTwentiethPixel() }
                isDone = true
            }
            return RawPicture(records: shown).map { WorkResult(records: records, picture: $0) }
        }
    }
}

/// What a conduct remembers from tile to tile.
private final class Box<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func change(_ body: (inout Value) -> Void) {
        value.withLock { body(&$0) }
    }
}

extension TileRecords {
    private var pixelCount: Int { rays.count / max(1, bucketCount) }

    func hasShape(of other: TileRecords) -> Bool {
        (tile.width, tile.height, samples) == (other.tile.width, other.tile.height, other.samples)
    }

    private mutating func copy(_ from: Int, to: Int, of other: TileRecords) {
        rays[to] = other.rays[from]
        for channel in 0..<3 { sums[to * 3 + channel] = other.sums[from * 3 + channel] }
    }

    mutating func repeatFirstQuarter() {
        let honest = self
        let quarter = max(1, bucketCount / 4)
        for pixel in 0..<pixelCount {
            for bucket in quarter..<max(quarter, bucketCount) {
                copy(pixel * bucketCount + bucket % quarter, to: pixel * bucketCount + bucket, of: honest)
            }
        }
    }

    mutating func takeLowerHalf(from other: TileRecords) {
        for index in rays.count / 2..<rays.count { copy(index, to: index, of: other) }
    }

    mutating func changeOneBucketOfEveryTwentiethPixel() {
        for pixel in stride(from: 0, to: pixelCount, by: 20) {
            let record = pixel * bucketCount + pixel / 20 % bucketCount
            // Black buckets would change nothing.
            for channel in 0..<3 { sums[record * 3 + channel] = sums[record * 3 + channel] * 0.5 + 0.25 }
        }
    }
}
