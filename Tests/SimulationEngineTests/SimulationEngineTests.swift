import Determinism
import Testing

@testable import SimulationEngine

@Suite struct TraceDigestTests {
    @Test(arguments: [37, 64, 133] as [UInt8])
    func everyBitCounts(count: UInt8) {
        let bytes = [UInt8](0..<count)
        var base = TraceDigest()
        base.combine(bytes: bytes)
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                var digest = TraceDigest()
                digest.combine(bytes: changed)
                #expect(digest.value != base.value)
            }
        }
    }

    @Test func orderCounts() {
        var a = TraceDigest()
        a.combine(1)
        a.combine(2)
        var b = TraceDigest()
        b.combine(2)
        b.combine(1)
        #expect(a != b)
    }
}

@Suite struct HistogramTests {
    @Test func quantilesAreWithinTheBucketWidth() throws {
        var histogram = Histogram()
        for value in 1...100_000 { histogram.record(nanoseconds: UInt64(value)) }
        for q in [0.01, 0.5, 0.9, 0.99, 1] {
            let estimate = Double(try #require(histogram.quantile(q)))
            #expect(abs(estimate / (q * 100_000) - 1) < 0.04)
        }
        #expect(Histogram().quantile(0.5) == nil)
    }
}

@Suite struct RegionMatrixTests {
    @Test func readsTheTable() throws {
        let matrix = try RegionMatrix(parsing: "# comment\nnorth 3 1 40\nsouth 1 42 2 # tail\n")
        #expect(matrix.names == ["north", "south"])
        #expect(matrix.nanoseconds(from: 0, to: 1) == 40_000_000)
        #expect(matrix.nanoseconds(from: 1, to: 0) == 42_000_000)
        #expect(matrix.region(at: 0.74) == 0)
        #expect(matrix.region(at: 0.76) == 1)
        #expect(matrix.shortest == 1_000_000)
    }

    /// Or a window of time would be empty, and time would stand still.
    @Test func nothingIsAtOnce() throws {
        #expect(try RegionMatrix(parsing: "here 1 0").shortest == RegionMatrix.latencyMin)
    }

    @Test(arguments: ["", "a 1 2 3", "a 1 x", "a 1 -1", "a 0 1"])
    func refusesWhatIsNoTable(text: String) {
        #expect(throws: RegionMatrix.Failure.self) { try RegionMatrix(parsing: text) }
    }
}
