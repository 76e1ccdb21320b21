import NodeRuntime
import Roles
import Testing

@testable import NodeCLI

@Suite("Orders and figures as text")
struct TextTests {
    @Test(
        arguments: [
            ("1", [(1, 1)]), ("1-30,45", [(1, 30), (45, 45)]), ("2, 4-5", [(2, 2), (4, 5)]),
        ] as [(String, [(UInt32, UInt32)])])
    func framesAreRanges(text: String, expected: [(UInt32, UInt32)]) throws {
        #expect(try FrameList.parse(text) == expected.map { FrameRange(first: $0.0, last: $0.1) })
    }

    @Test(arguments: ["", "0", "5-4", "3,2", "1,1", "1-2-3", "a", "1,", "-", "4294967296", "1-3,3"])
    func otherFramesAreRefused(text: String) {
        #expect(throws: (any Error).self) { try FrameList.parse(text) }
    }

    @Test(arguments: [("12.50", 1250), ("12.5", 1250), ("12", 1200), ("0.01", 1), ("0", 0)] as [(String, UInt64)])
    func moneyIsWhole(text: String, expected: UInt64) throws {
        #expect(try Money.parse(text, places: 2, flag: "--budget") == expected)
    }

    @Test(arguments: ["", ".", "1.234", "-1", "1,5", "1e3", "99999999999999999999", "1.5.0", " 1"])
    func otherMoneyIsRefused(text: String) {
        #expect(throws: (any Error).self) { try Money.parse(text, places: 2, flag: "--budget") }
    }

    @Test func theSummaryCountsPerWorker() throws {
        func task(_ worker: String, _ rays: Int, _ phase: JSON = "verified") -> JSON {
            .object([
                "worker": .text(worker), "rays": .integer(rays), "accepts": .integer(2), "rejects": .integer(0),
                "render_seconds": .number(1.5), "phase": phase,
            ])
        }
        let status = JSON.object([
            "seconds": .number(12.34), "tasks": .array([task("B", 1000), task("A", 10), task("B", 2000), task("C", 5, "rendering")]),
        ])
        let lines = JobText.summary(status).split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(
            lines == [
                "WORKER TILES RAYS PROOFS VERDICTS RENDER S", "A 1 10 1 2 accept, 0 reject 1.5", "B 2 3.0 k 2 4 accept, 0 reject 3.0",
                "all, in 12.3 s 3 3.0 k 3 6 accept, 0 reject 4.5",
            ])
    }
}
