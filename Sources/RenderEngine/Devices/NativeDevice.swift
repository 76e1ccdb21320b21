internal import CRenderKernels
internal import Glibc
public import RenderModel
internal import Synchronization

/// The kernels compiled for this processor, on threads of their own.
///
/// Work is cut into units of 8×8 pixels and up to 64 buckets, which threads draw from a counter; each unit writes its own
/// records, so neither the number of threads nor the shape of a tile changes a bit.
public struct NativeDevice: RenderDevice {
    /// Instruction sets that the kernels are built for.
    public enum Level: Sendable, CaseIterable { case baseline, avx2, avx512 }

    public let threads: Int
    public let level: Level

    /// - Parameters:
    ///   - threads: at least 1; by default the processors that are online.
    ///   - level: where the processor lacks it, the best below is used.
    public init(threads: Int? = nil, level: Level? = nil) {
        self.threads = max(1, min(threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)), 256))
        self.level = level ?? Level.best
    }

    public var description: DeviceDescription {
        DeviceDescription(name: "native", details: "\(threads) threads, \(level)")
    }

    var kernelLevel: RkLevel { level.kernels }

    public func render(_ scene: PreparedScene, _ request: RenderRequest, progress: (RenderProgress) -> Bool)
        throws(RenderError) -> TileRecords
    {
        let view = try scene.view(request)
        let count = request.recordCount
        var records = TileRecords(
            tile: request.tile, samples: request.samples, sums: [Float](repeating: 0, count: 3 * count),
            rays: [UInt16](repeating: 0, count: count))
        records.layers = [Float](repeating: 0, count: count * request.settings.layers.floats)
        var finished = false
        var nonFinite: UInt64 = 0
        withExtendedLifetime(scene) {
            records.sums.withUnsafeMutableBufferPointer { sums in
                records.rays.withUnsafeMutableBufferPointer { rays in
                    records.layers.withUnsafeMutableBufferPointer { layers in
                        let work = NativeWork(
                            tables: scene.tables.tables, view: view, request: request, level: kernelLevel,
                            output: RkTileOutput(sums: sums.baseAddress, rays: rays.baseAddress, layers: layers.baseAddress))
                        finished = WorkerThreads.run(threads, work, progress: progress)
                        nonFinite = work.nonFinite.load(ordering: .relaxed)
                    }
                }
            }
        }
        guard finished else { throw .cancelled }
        records.nonFiniteSamples = nonFinite
        return records
    }

    public func recompute(_ scene: PreparedScene, _ request: RenderRequest, places: [RecordPlace]) throws(RenderError) -> [RecordValue] {
        let view = try scene.view(request)
        var wanted: [RkRecordPlace] = []
        for place in places {
            let samples = try request.samples(of: place)
            wanted.append(RkRecordPlace(x: place.x, y: place.y, first: samples.lowerBound, last: samples.upperBound))
        }
        return records(scene, view, wanted)
    }

    func records(_ scene: PreparedScene, _ view: RkView, _ places: [RkRecordPlace]) -> [RecordValue] {
        var records = [RkRecord](repeating: RkRecord(), count: places.count)
        var tables = scene.tables.tables
        withUnsafePointer(to: view) { rk_native_records(kernelLevel, &tables, $0, places, places.count, &records) }
        withExtendedLifetime(scene) {}
        return records.map { RecordValue(sums: SIMD3($0.red, $0.green, $0.blue), rays: UInt16(clamping: $0.rays)) }
    }
}

extension NativeDevice.Level {
    /// The best that this processor has.
    static var best: Self { allCases.last { $0.kernels == rk_native_level() } ?? .baseline }

    var kernels: RkLevel {
        switch self {
        case .baseline: RK_LEVEL_BASELINE
        case .avx2: RK_LEVEL_AVX2
        case .avx512: RK_LEVEL_AVX512
        }
    }
}

/// One render, shared by its threads.
///
/// `@unchecked Sendable`: the tables and the view are only read, units write disjoint records, all else is atomic. The thread
/// that started the work keeps the memory behind the pointers until all threads have ended.
final class NativeWork: @unchecked Sendable {
    private let tables: RkTables
    private let view: RkView
    private let shape: RkTileShape
    private let level: RkLevel
    private let output: RkTileOutput
    private let columns: Int
    private let bucketCount: Int
    private let bucketChunks: Int
    let unitCount: Int
    private let next = Atomic<Int>(0)
    let done = Atomic<Int>(0)
    let rays = Atomic<UInt64>(0)
    let nonFinite = Atomic<UInt64>(0)
    let stop = Atomic<Bool>(false)
    let end = EndOfWork()

    private static let side = 8
    private static let bucketsPerUnit = 64

    init(tables: RkTables, view: RkView, request: RenderRequest, level: RkLevel, output: RkTileOutput) {
        self.tables = tables
        self.view = view
        self.level = level
        self.output = output
        shape = RkTileShape(
            tileX: request.tile.x, tileY: request.tile.y, tileWidth: request.tile.width, tileHeight: request.tile.height,
            firstSample: request.samples.lowerBound, lastSample: request.samples.upperBound)
        columns = (Int(request.tile.width) + NativeWork.side - 1) / NativeWork.side
        let rows = (Int(request.tile.height) + NativeWork.side - 1) / NativeWork.side
        bucketCount = request.bucketCount
        bucketChunks = (bucketCount + NativeWork.bucketsPerUnit - 1) / NativeWork.bucketsPerUnit
        unitCount = columns * rows * bucketChunks
    }

    /// Takes units until none is left or the work is stopped.
    func work() {
        while !stop.load(ordering: .relaxed), workOnce() {}
    }

    /// Renders the next unit; false where none is left.
    @discardableResult
    func workOnce() -> Bool {
        let unit = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard unit < unitCount else { return false }
        let (block, chunk) = unit.quotientAndRemainder(dividingBy: bucketChunks)
        let (row, column) = block.quotientAndRemainder(dividingBy: columns)
        let x0 = UInt32(column * NativeWork.side)
        let y0 = UInt32(row * NativeWork.side)
        let firstBucket = chunk * NativeWork.bucketsPerUnit
        var tables = tables
        var shape = shape
        var output = output
        var counts = RkCounts()
        withUnsafePointer(to: view) { view in
            rk_native_render(
                level, &tables, view, &shape, x0, y0, min(x0 + UInt32(NativeWork.side), shape.tileWidth),
                min(y0 + UInt32(NativeWork.side), shape.tileHeight), UInt32(firstBucket),
                UInt32(min(firstBucket + NativeWork.bucketsPerUnit, bucketCount)), &output, &counts)
        }
        rays.add(counts.rays, ordering: .relaxed)
        nonFinite.add(counts.nonFinite, ordering: .relaxed)
        if done.add(1, ordering: .acquiringAndReleasing).newValue == unitCount { end.signal() }
        return true
    }
}
