import Glibc
import Testing

@testable import NodeRuntime

@Suite struct ProcessMemoryTests {
    private func mapping(_ range: String, _ permissions: String, _ path: String, anonymous: Int) -> String {
        """
        \(range) \(permissions) 00000000 08:01 42    \(path)
        Size:                  8 kB
        Rss:                   4 kB
        Anonymous:             \(anonymous) kB
        AnonHugePages:         0 kB
        VmFlags: rd ex mr mw me

        """
    }

    @Test func onlyFilesThatWereNeverWrittenToAreLetGo() {
        let smaps =
            mapping("1000-3000", "r-xp", "/usr/bin/node", anonymous: 0) + mapping("3000-4000", "r--p", "/usr/bin/node", anonymous: 4)
            + mapping("4000-5000", "rw-p", "/usr/bin/node", anonymous: 0) + mapping("5000-6000", "r--p", "/with a space/x", anonymous: 0)
            + mapping("6000-7000", "r-xp", "[vdso]", anonymous: 0) + mapping("7000-8000", "r--p", "", anonymous: 0)
            + mapping("9000-8000", "r--p", "/a", anonymous: 0) + mapping("g000-h000", "r--p", "/a", anonymous: 0)
        #expect(ProcessMemory.untouchedFiles(smaps: smaps) == [0x1000..<0x3000, 0x5000..<0x6000])
        #expect(ProcessMemory.untouchedFiles(smaps: "Anonymous: 0 kB\n\n-") == [])
    }

    /// The process goes on, with less of its program mapped.
    @Test func memoryIsReleased() throws {
        let smaps = try TextFile.readText("/proc/self/smaps")
        #expect(!ProcessMemory.untouchedFiles(smaps: smaps).isEmpty)
        let text = UnsafeRawPointer(bitPattern: try #require(ProcessMemory.untouchedFiles(smaps: smaps).first).lowerBound)
        let before = try #require(text).load(as: UInt64.self)
        ProcessMemory.release()
        #expect(try #require(text).load(as: UInt64.self) == before)
    }
}
