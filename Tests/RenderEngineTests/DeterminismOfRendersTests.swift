import CRenderKernels
import ProofOfRender
import RenderModel
import Testing

@testable import RenderEngine

/// Profile D: the same bits whatever the shape of the work.
@Suite struct DeterminismOfRendersTests {
    private func bits(_ records: TileRecords) -> [UInt32] { records.sums.map(\.bitPattern) + records.rays.map { UInt32($0) } }

    @Test func threadsAndInstructionSetsChangeNothing() throws {
        for scene in [KnownAnswers.medley, KnownAnswers.night, KnownAnswers.gallery] {
            let prepared = try PreparedScene(scene, frame: 2)
            let request = Requests.full(width: 40, height: 24, samples: 33, frame: 2)
            let expected = try NativeDevice(threads: 1, level: .baseline).render(prepared, request)
            #expect(expected.sums.contains { $0 > 0 })
            for (threads, level) in [(1, NativeDevice.Level.avx2), (2, .baseline), (7, .avx2), (1, .avx512), (3, .avx512)] {
                let records = try NativeDevice(threads: threads, level: level).render(prepared, request)
                #expect(bits(records) == bits(expected))
            }
        }
    }

    /// Sums, rays, what was not finite and all layers of a record.
    private func words(_ record: RkRecord) -> [UInt32] {
        withUnsafeBytes(of: record) { Array($0.bindMemory(to: UInt32.self)) }
    }

    @Test("paths side by side have the bits of paths one after the other", arguments: NativeDevice.Level.allCases)
    func sideBySide(level: NativeDevice.Level) throws {
        var lit = 0
        for scene in [KnownAnswers.medley, KnownAnswers.night, KnownAnswers.gallery, LampRoom.scene] {
            let prepared = try PreparedScene(scene, frame: 2)
            for (depth, roulette, ignored) in [
                (1, 0, []), (2, 0, .normalMaps), (7, 0, []), (12, 2, .alpha), (5, 1, .background),
            ] as [(UInt32, UInt32, RenderSettings.Ignored)] {
                var request = Requests.full(width: 21, height: 13, samples: 40, depth: depth, layers: [.alpha, .albedo, .normal, .depth])
                (request.settings.roulette, request.settings.ignore, request.frame) = (roulette, ignored, 2)
                let view = try prepared.view(request)
                // More than a batch holds, and among them records that are not whole, or empty.
                let places = (0..<150 as Range<UInt32>).map { k in
                    let first = k % 3 * 16
                    return RkRecordPlace(x: k * 5 % 21, y: k * 7 % 13, first: first, last: k % 50 == 49 ? 0 : min(first + 16 - k % 4, 40))
                }
                var together = [RkRecord](repeating: RkRecord(), count: places.count)
                for k in places.indices { together[k].rays = 7 }
                var tables = prepared.tables.tables
                withUnsafePointer(to: view) { view in
                    rk_native_records(level.kernels, &tables, view, places, places.count, &together)
                    for (place, record) in zip(places, together) {
                        var (place, alone) = (place, RkRecord())
                        rk_test_record(prepared.handle, view, &place, &alone)
                        #expect(words(record) == words(alone), "depth \(depth) at \(place)")
                        if alone.red > 0 { lit += 1 }
                    }
                }
                withExtendedLifetime(prepared) {}
            }
        }
        #expect(lit > 1000)
    }

    @Test func tilesAndSampleSplitsGiveTheSameRecords() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        let device = NativeDevice(threads: 2)
        let request = Requests.full(width: 36, height: 20, samples: 48)
        let whole = try device.render(prepared, request)
        for (tile, samples) in [
            (Tile(x: 8, y: 8, width: 11, height: 5), 0..<UInt32(48)), (Tile(x: 0, y: 16, width: 36, height: 4), 16..<48),
            (Tile(x: 35, y: 19, width: 1, height: 1), 32..<48),
        ] {
            var part = request
            (part.tile, part.samples) = (tile, samples)
            let records = try device.render(prepared, part)
            for y in 0..<Int(tile.height) {
                for x in 0..<Int(tile.width) {
                    for bucket in 0..<records.bucketCount {
                        let here = (y * Int(tile.width) + x) * records.bucketCount + bucket
                        let pixel = (y + Int(tile.y)) * 36 + x + Int(tile.x)
                        let there = pixel * whole.bucketCount + bucket + Int(samples.lowerBound) / 16
                        #expect(records.rays[here] == whole.rays[there])
                        for k in 0..<3 { #expect(records.sums[3 * here + k].bitPattern == whole.sums[3 * there + k].bitPattern) }
                    }
                }
            }
        }
    }

    @Test("samples alone add up to the record, sample by sample: a third party renders one of them")
    func samplesAddUpToTheRecord() throws {
        var seen: Set<SIMD3<Float>> = []
        for scene in [KnownAnswers.medley, KnownAnswers.night] {
            let prepared = try PreparedScene(scene)
            let device = NativeDevice(threads: 1)
            let request = Requests.full(width: 12, height: 9, samples: 40)
            for place in [RecordPlace(x: 6, y: 6, bucket: 1), RecordPlace(x: 3, y: 4, bucket: 0), RecordPlace(x: 11, y: 8, bucket: 2)] {
                let places = (place.bucket * 16..<min(place.bucket * 16 + 16, 40)).map { SamplePlace(x: place.x, y: place.y, sample: $0) }
                let samples = try device.samples(prepared, request, at: places)
                seen.formUnion(samples.map(\.sums))
                var record = RecordValue(sums: .zero, rays: 0)
                for (prefix, sample) in zip(request.prefixes(of: place), samples) {
                    record = RecordValue(sums: record.sums + sample.sums, rays: record.rays + sample.rays)
                    #expect(try device.recompute(prepared, prefix, places: [place])[0].isIdentical(to: record))
                }
                #expect(try device.recompute(prepared, request, places: [place])[0].isIdentical(to: record))
            }
            #expect(throws: RenderError.self) { try device.samples(prepared, request, at: [SamplePlace(x: 0, y: 0, sample: 40)]) }
            #expect(throws: RenderError.self) { try device.samples(prepared, request, at: [SamplePlace(x: 12, y: 0, sample: 0)]) }
        }
        #expect(seen.count > 8)
    }

    @Test func recomputedPlacesEqualTheRender() throws {
        let prepared = try PreparedScene(KnownAnswers.night)
        let device = NativeDevice(threads: 2)
        let request = Requests.full(width: 24, height: 18, samples: 40)
        let records = try device.render(prepared, request)
        var places: [RecordPlace] = []
        for k in 0..<200 as Range<UInt32> { places.append(RecordPlace(x: k * 5 % 24, y: k * 7 % 18, bucket: k % 3)) }
        let values = try device.recompute(prepared, request, places: places)
        for (place, value) in zip(places, values) {
            let index = Int(place.y * 24 + place.x) * 3 + Int(place.bucket)
            #expect(value.rays == records.rays[index])
            for k in 0..<3 { #expect(value.sums[k].bitPattern == records.sums[3 * index + k].bitPattern) }
        }
        #expect(throws: RenderError.self) { try device.recompute(prepared, request, places: [RecordPlace(x: 24, y: 0, bucket: 0)]) }
        #expect(throws: RenderError.self) { try device.recompute(prepared, request, places: [RecordPlace(x: 0, y: 0, bucket: 3)]) }
    }

    @Test func anotherKeyFrameOrSampleGivesOtherNumbers() throws {
        let prepared = try PreparedScene(KnownAnswers.night)
        let device = NativeDevice(threads: 1)
        let base = try device.render(prepared, Requests.full(width: 16, height: 16, samples: 16))
        let other = try device.render(prepared, Requests.full(width: 16, height: 16, samples: 16, key: 78))
        #expect(base.sums != other.sums)
    }

    @Test func raysAreCountedWithinTheirBounds() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        let records = try NativeDevice(threads: 2).render(prepared, Requests.full(width: 24, height: 24, samples: 32, depth: 64))
        #expect(records.rays.allSatisfy { (16...2048).contains($0) })
    }

    @Test func requestsOutOfBoundsAreRefused() throws {
        let prepared = try PreparedScene(KnownAnswers.night)
        let device = NativeDevice(threads: 1)
        let changes: [(inout RenderRequest) -> Void] = [
            { $0.tile.width = 17 }, { $0.tile.x = .max }, { $0.tile.height = 0 }, { $0.samples = 8..<16 }, { $0.samples = 0..<17 },
            { $0.samples = 0..<0 }, { $0.settings.depth = 0 }, { $0.settings.depth = 65 }, { $0.settings.width = 0 }, { $0.frame = 2 },
            { $0.frame = 0 }, { $0.settings.camera = 1 },
        ]
        for change in changes {
            var request = Requests.full(width: 16, height: 16, samples: 16)
            change(&request)
            #expect(throws: RenderError.self) { try device.render(prepared, request) }
        }
    }

    @Test func aRenderCanBeCancelled() throws {
        let prepared = try PreparedScene(KnownAnswers.night)
        let request = Requests.full(width: 256, height: 256, samples: 1024)
        for threads in [1, 2] {
            #expect(throws: RenderError.cancelled) { try NativeDevice(threads: threads).render(prepared, request) { _ in false } }
        }
    }
}
