import EventLoop
import Foundation
import Testing

@testable import Benchmarks

@Suite struct MeasuringTests {
    @Test func memoryIsReadFromTheStatus() throws {
        let memory = ProcessMemory.resident(status: "Name:\tnode\nVmPeak:\t  99 kB\nVmHWM:\t   14 kB\nVmRSS:\t   12 kB\nThreads:\t1\n")
        #expect(memory?.now == 12 << 10)
        #expect(memory?.peak == 14 << 10)
        #expect(ProcessMemory.resident(status: "Name:\tnode\n") == nil)
        let own = try #require(ProcessMemory.resident(of: getpid()))
        #expect(own.now > 1 << 20)
        #expect(own.peak >= own.now)
    }

    @Test func processorTimeOfAnotherProcessIsSeen() throws {
        let loop = try EventLoop()
        let busy = try ChildProcess(loop: loop, ChildProcess.Command("/bin/sh", ["-c", "while :; do :; done"]))
        let before = try #require(Clock.processorTime(of: busy.processID))
        while try #require(Clock.processorTime(of: busy.processID)) < before + 0.01 { usleep(1000) }
        busy.kill(SIGKILL)
        #expect(try loop.run(for: .seconds(60)) { busy.exitStatus != nil })
        #expect(Clock.processorTime(of: busy.processID) == nil)
        try loop.shutdown()
    }

    @Test func lapsAddUp() {
        let began = Clock.monotonic
        var watch = Stopwatch()
        let laps = (0..<3).map { _ in
            usleep(1000)
            return watch.lap()
        }
        #expect(laps.allSatisfy { $0 >= 0.001 })
        #expect(laps.reduce(0, +) <= Clock.monotonic - began)
    }

    @Test func scratchDirectoriesGoWithEverythingInThem() throws {
        let outside = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID())").path
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: outside) }
        var scratch: ScratchDirectory? = try ScratchDirectory(in: outside)
        let path = try #require(scratch?.path)
        try FileManager.default.createDirectory(atPath: path + "/a/b", withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(filePath: path + "/a/b/file"))
        try Data("kept".utf8).write(to: URL(filePath: outside + "/kept"))
        try FileManager.default.createSymbolicLink(atPath: path + "/a/link", withDestinationPath: outside)
        scratch = nil
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["kept"])
        #expect(throws: BenchmarkFailure.self) { try ScratchDirectory(in: outside + "/nowhere") }
    }

    @Test func patternsDifferByNumber() {
        let block = TestPattern.block(1003, number: 1)
        #expect(block.count == 1003)
        #expect(block == TestPattern.block(1003, number: 1))
        #expect(block != TestPattern.block(1003, number: 2))
    }
}
