import Foundation
import Store
import Testing

@Suite struct FileTests {
    @Test func filesAreReplacedWhole() throws {
        try withDirectory { directory in
            let path = directory + "/key"
            #expect(try AtomicFile.read(path, max: 10) == nil)
            try AtomicFile.write(path, [1, 2, 3], mode: 0o600)
            #expect(try mode(path) == 0o600)
            try AtomicFile.write(path, Array(repeating: 7, count: 100_000), mode: 0o640)
            #expect(try mode(path) == 0o640)
            #expect(try AtomicFile.read(path, max: 100_000) == Array(repeating: 7, count: 100_000))
            #expect(throws: StoreError.tooLarge(count: 100_000, max: 99_999)) { try AtomicFile.read(path, max: 99_999) }
            #expect(try files(directory) == ["key"])
        }
    }

    @Test func aFailedWriteLeavesTheOldFile() throws {
        try withDirectory { directory in
            let path = directory + "/key"
            // A directory in the way: the rename fails.
            try FileManager.default.createDirectory(atPath: path + "/inside", withIntermediateDirectories: true)
            #expect(throws: StoreError.self) { try AtomicFile.write(path, [1]) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["key"])
            #expect(throws: StoreError.self) { try AtomicFile.write(directory + "/no/such/place", [1]) }
        }
    }

    @Test func directoriesAreMadeForThisUserAlone() throws {
        try withDirectory { directory in
            try Directory.create(directory + "/a/b/c/")
            #expect(try mode(directory + "/a/b/c") == 0o700)
            try Directory.create(directory + "/a")
            try overwrite(directory + "/file", [1])
            #expect(throws: StoreError.self) { try Directory.create(directory + "/file") }
            #expect(throws: StoreError.self) { try Directory.create(directory + "/file/below") }
        }
    }

    @Test func theSecondHolderOfADirectoryIsRefusedWithThePid() throws {
        try withDirectory { directory in
            var first: DirectoryLock? = try DirectoryLock(directory)
            #expect(first?.directory == directory)
            for _ in 0..<2 {
                #expect(throws: StoreError.locked(directory: directory, pid: getpid())) { try DirectoryLock(directory) }
            }
            first = nil
            #expect(try DirectoryLock(directory).directory == directory)
        }
    }

    /// Between fork and exec a child has every descriptor of ours.
    @Test func aCopyOfTheDescriptorDoesNotKeepTheLock() throws {
        try withDirectory { directory in
            var first: DirectoryLock? = try DirectoryLock(directory)
            let lock = URL(filePath: directory + "/lock").resolvingSymlinksInPath().path
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init)
            let own = try #require(
                descriptors.first { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == lock })
            let copy = dup(own)
            defer { close(copy) }
            #expect(first != nil)
            first = nil
            #expect(try DirectoryLock(directory).directory == directory)
        }
    }

    @Test func aLockHoldsAcrossProcessesAndEndsWithThem() throws {
        try withDirectory { directory in
            // Another process that takes the lock the way this one does, and says so.
            let other = Process()
            other.executableURL = URL(fileURLWithPath: "/bin/sh")
            other.arguments = [
                "-c", "exec 9<>\"$1/lock\"; flock -n 9 || exit 1; echo $$ >&9; echo ready; exec sleep 1000", "sh", directory,
            ]
            let output = Pipe()
            other.standardOutput = output
            try other.run()
            defer { other.waitUntilExit() }
            let said = output.fileHandleForReading.readData(ofLength: 6)
            let pid = other.processIdentifier
            #expect(said == Data("ready\n".utf8))
            let error = #expect(throws: StoreError.locked(directory: directory, pid: pid)) { try DirectoryLock(directory) }
            #expect(error?.description.contains("pid \(pid)") == true)
            kill(pid, SIGKILL)
            other.waitUntilExit()
            let lock = try DirectoryLock(directory)
            #expect(try bytes(directory + "/lock") == Array("\(getpid())\n".utf8))

            let refused = Process()
            refused.executableURL = URL(fileURLWithPath: "/bin/sh")
            refused.arguments = ["-c", "flock -n \"$1/lock\" true", "sh", directory]
            try refused.run()
            refused.waitUntilExit()
            #expect(refused.terminationStatus == 1)
            #expect(lock.directory == directory)
        }
    }
}
