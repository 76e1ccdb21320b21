import RenderModel
import Synchronization
import Testing

@testable import RenderEngine

/// Devices that render together give what one of them gives alone.
@Suite struct DeviceGroupTests {
    /// Another device's bits, as slowly as told; or a failure after some calls.
    private final class Member: RenderDevice {
        let description: DeviceDescription
        let calls = Atomic<Int>(0)
        private let device = NativeDevice(threads: 1)
        private let failsAt: Int?

        init(_ name: String, failsAt: Int? = nil) {
            description = DeviceDescription(name: name, details: "a test's")
            self.failsAt = failsAt
        }

        func render(_ scene: PreparedScene, _ request: RenderRequest, progress: (RenderProgress) -> Bool)
            throws(RenderError) -> TileRecords
        {
            let call = calls.add(1, ordering: .relaxed).newValue
            if call == failsAt { throw .deviceFailed(reason: "call \(call)") }
            return try device.render(scene, request, progress: progress)
        }

        func recompute(_ scene: PreparedScene, _ request: RenderRequest, places: [RecordPlace]) throws(RenderError) -> [RecordValue] {
            calls.add(1, ordering: .relaxed)
            return try device.recompute(scene, request, places: places)
        }
    }

    /// Rows are shared, and the buckets of a flat tile.
    @Test func sharesGiveTheRecordsOfTheWhole() throws {
        let prepared = try PreparedScene(KnownAnswers.medley)
        for (width, height, samples, count) in [(29, 83, 20, 3), (31, 8, 200, 2), (8, 5, 8, 2), (17, 1, 17, 4)]
            as [(UInt32, UInt32, UInt32, Int)]
        {
            let members = (0..<count).map { Member("\($0)") }
            var request = Requests.full(width: width + 6, height: height + 9, samples: samples, layers: [.albedo, .depth])
            request.tile = Tile(x: 5, y: 7, width: width, height: height)
            let expected = try NativeDevice(threads: 1).render(prepared, request)
            let shared = try DeviceGroup(members).render(prepared, request)
            #expect(shared == expected, "\(width)x\(height)")
            #expect(members.reduce(0) { $0 + $1.calls.load(ordering: .relaxed) } > (samples > 8 && height > 1 ? 1 : 0))
        }
    }

    @Test("who takes the rest is not measured by one that has left")
    func somebodyTakesTheRest() {
        var book = ShareBook(units: 64, members: 2)
        for seconds in [(0, 0.001), (1, 1.0)] { book.done(seconds.0, units: book.take(seconds.0)?.count ?? 0, seconds: seconds.1) }
        #expect(book.take(1) == nil)
        book.done(0, units: book.take(0)?.count ?? 0, seconds: 1e6)
        #expect(book.take(0) != nil)
    }

    @Test func placesAreComputedInTheirOrder() throws {
        let prepared = try PreparedScene(KnownAnswers.night)
        let request = Requests.full(width: 24, height: 18, samples: 40)
        let places = (0..<37 as Range<UInt32>).map { RecordPlace(x: $0 * 5 % 24, y: $0 * 7 % 18, bucket: $0 % 3) }
        let members = (0..<3).map { Member("\($0)") }
        let values = try DeviceGroup(members).recompute(prepared, request, places: places)
        #expect(try values == NativeDevice(threads: 1).recompute(prepared, request, places: places))
        #expect(members.allSatisfy { $0.calls.load(ordering: .relaxed) == 1 })
        #expect(try DeviceGroup(members).recompute(prepared, request, places: []).isEmpty)
    }

    @Test func aFailureAndARefusalEndTheWhole() throws {
        let prepared = try PreparedScene(KnownAnswers.night)
        let request = Requests.full(width: 64, height: 128, samples: 16)
        let group = DeviceGroup([Member("good"), Member("bad", failsAt: 1)])
        #expect(throws: RenderError.deviceFailed(reason: "call 1")) { try group.render(prepared, request) }
        #expect(throws: RenderError.cancelled) { try DeviceGroup([Member("a"), Member("b")]).render(prepared, request) { _ in false } }
        var other = request
        other.frame = 2
        #expect(throws: RenderError.self) { try DeviceGroup([Member("a")]).render(prepared, other) }
    }

    /// Shares grow with speed, one that is too slow leaves the rest to the others, and every unit is taken once.
    @Test func theFastTakeMore() {
        var book = ShareBook(units: 6400, members: 2)
        var (taken, clock, amounts) = ([Bool](repeating: false, count: 6400), [0.0, 0.0], [0, 0])
        let speeds = [1000.0, 10.0]
        var waiting: Set = [0, 1]
        while let member = waiting.min(by: { clock[$0] < clock[$1] }) {
            guard let share = book.take(member) else {
                waiting.remove(member)
                continue
            }
            for unit in share {
                #expect(!taken[unit])
                taken[unit] = true
            }
            let seconds = Double(share.count) / speeds[member]
            clock[member] += seconds
            amounts[member] += share.count
            book.done(member, units: share.count, seconds: seconds)
        }
        #expect(!taken.contains(false))
        // The slow one's first share, no more: it takes longer than the fast one needs for all.
        #expect(amounts[1] == 100 && clock[1] < 11)
    }

    /// A share is half of what a member does of the rest while the others do theirs, at the speeds so far; and these change.
    @Test func sharesFollowTheSpeeds() {
        var book = ShareBook(units: 6400, members: 2)
        #expect(book.take(0) == 0..<100 && book.take(1) == 100..<200)
        book.done(0, units: 100, seconds: 0.125)
        book.done(1, units: 100, seconds: 0.5)
        // 800 units a second beside 200: of 6200 units, then of 3720.
        #expect(book.take(0)?.count == 2480)
        #expect(book.take(1)?.count == 372)
        // It has slowed down to 160 beside 200: of 3348 units.
        book.done(0, units: 2480, seconds: 16)
        #expect(book.take(0)?.count == 744)
    }

    @Test func choicesAreReadAndWritten() throws {
        for text in ["native", "opencl:3", "opencl:0,opencl:1", "native,opencl:0,opencl:0", "all"] {
            #expect(try #require(DeviceChoice(text)).description == text)
        }
        #expect(DeviceChoice("opencl") == .openCL(index: 0))
        for text in [
            "", ",", "native,", "all,native", "opencl:-1", "opencl:1024", "gpu", String(repeating: "native,", count: 64) + "native",
        ] {
            #expect(DeviceChoice(text) == nil, "\(text)")
        }
        #expect(try DeviceChoice.several([.native, .native]).open(threads: 1).description.name == "native,native")
        #expect(!DeviceChoice.several([.native, .native]).usesOpenCL && DeviceChoice.several([.native, .openCL(index: 0)]).usesOpenCL)
    }
}
