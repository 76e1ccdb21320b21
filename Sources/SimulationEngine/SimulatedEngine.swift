import Crypto
import Determinism
import RenderModel
import Roles
public import Wire

/// Rendering by its cost only: sums and ray counts are a hash of what the real engine's depend on, so that commitments,
/// challenges and recomputations are the real ones while no ray is traced.
public struct SimulatedEngine: Sendable {
    /// Paths per second of a Worker, and of a Verifier's recomputation.
    public var pathsPerSecond: Double = 20_000_000
    public var inspectionTime: Duration = .milliseconds(50)
    /// To hash the records of a tile.
    public var provingTime: Duration = .milliseconds(20)
    /// Fixed cost of one piece of work: loading, building.
    public var startTime: Duration = .milliseconds(100)
    /// Nodes that alter what they render, and the share of the records that they alter.
    public var cheats: [UInt32: Double] = [:]

    public init() {}

    // MARK: Scenes

    /// A scene of the given number of blocks: the root lists them. Contents depend on the seed alone.
    public static func scene(blocks count: Int, bytes: Int, seed: UInt64) -> (root: CID, blocks: [(CID, [UInt8])]) {
        var random = Generator(seed: seed).fork("scene")
        var blocks: [(CID, [UInt8])] = []
        var writer = ByteWriter()
        for _ in 0..<count {
            let block = (0..<bytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let cid = Hash.cid(of: block)
            writer.write(cid.bytes)
            blocks.append((cid, block))
        }
        let root = Hash.cid(of: writer.bytes)
        return (root, [(root, writer.bytes)] + blocks)
    }

    func survey(_ root: CID, scope: Bytes32, disk: inout SimulatedDisk) -> SceneSurvey {
        guard let manifest = disk.block(root) else { return .missing([root]) }
        disk.hold(root, scope: scope)
        var missing: [CID] = []
        var bytes = UInt64(manifest.count)
        var reader = ByteReader(manifest)
        while let cid = try? CID(reading: &reader) {
            if let block = disk.block(cid) {
                disk.hold(cid, scope: scope)
                bytes += UInt64(block.count)
            } else {
                missing.append(cid)
            }
        }
        return missing.isEmpty ? .complete(bytes: bytes) : .missing(missing)
    }

    func inspect(_ root: CID, disk: SimulatedDisk) -> SceneInspection {
        .valid(SceneFacts(bytes: UInt64(disk.block(root)?.count ?? 0), cameras: 1, triangles: 1000, memory: 1 << 20))
    }

    // MARK: Rendering

    func render(_ request: RenderRequest, on node: UInt32) -> (TileRecords, Duration) {
        let tile = request.tile
        let buckets = (request.samples.count + Int(TileRecords.bucketSamples) - 1) / Int(TileRecords.bucketSamples)
        let count = Int(tile.width) * Int(tile.height) * buckets
        var sums: [Float] = []
        var rays: [UInt16] = []
        sums.reserveCapacity(count * 3)
        rays.reserveCapacity(count)
        let cheat = cheats[node]
        var random = Generator(seed: request.rngKey).fork("cheat")
        let first = request.samples.lowerBound / TileRecords.bucketSamples
        for y in tile.y..<tile.y + tile.height {
            for x in tile.x..<tile.x + tile.width {
                for bucket in 0..<UInt32(buckets) {
                    let place = RecordPlace(x: x, y: y, bucket: first + bucket)
                    var value = SimulatedEngine.value(at: place, frame: request.frame, rngKey: request.rngKey)
                    if let cheat, random.chance(cheat) { value.sums.x += 0.5 }
                    sums.append(value.sums.x)
                    sums.append(value.sums.y)
                    sums.append(value.sums.z)
                    rays.append(value.rays)
                }
            }
        }
        let paths = Double(tile.width) * Double(tile.height) * Double(request.samples.count)
        return (TileRecords(tile: tile, samples: request.samples, sums: sums, rays: rays), startTime + .seconds(paths / pathsPerSecond))
    }

    func recompute(_ places: [RecordPlace], frame: UInt32, rngKey: UInt64) -> ([RecordValue], Duration) {
        let values = places.map { SimulatedEngine.value(at: $0, frame: frame, rngKey: rngKey) }
        return (values, startTime + .seconds(Double(places.count) * Double(TileRecords.bucketSamples) / pathsPerSecond))
    }

    private static func value(at place: RecordPlace, frame: UInt32, rngKey: UInt64) -> RecordValue {
        var mixer = Generator(seed: rngKey ^ UInt64(place.x) << 40 ^ UInt64(place.y) << 20 ^ UInt64(place.bucket) ^ UInt64(frame) << 58)
        let word = mixer.next()
        let unit = { (shift: UInt64) in Float(word >> shift & 0xffff) / 65536 }
        return RecordValue(sums: [unit(0), unit(16), unit(32)], rays: UInt16(32 + (word >> 48 & 63)))
    }
}
