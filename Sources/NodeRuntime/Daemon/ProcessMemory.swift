internal import CHeap
internal import Glibc

/// What this process holds.
enum ProcessMemory {
    /// Bytes that are allocated and not freed.
    static var live: Int { Int(clamping: heap_live_bytes()) }

    /// Bytes; nil where the system doesn't say.
    static var resident: Int? {
        guard let fields = try? TextFile.readText("/proc/self/statm").split(separator: " "), fields.count > 1, let pages = Int(fields[1])
        else { return nil }
        return pages * Int(getpagesize())
    }

    /// Lets go of what only starting, or a burst of work, needed: free pages of the heap, and pages of files that were never written to,
    /// program text above all. Those stay in the page cache, and are mapped again in a few microseconds when they are used.
    static func release() {
        heap_trim()
        guard let text = try? TextFile.readText("/proc/self/smaps") else { return }
        for range in untouchedFiles(smaps: text) {
            madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    /// Mappings of files that cannot be written to and have no page of the process's own: relocated pages and breakpoints are such.
    ///
    /// - Parameter smaps: as in proc(5).
    static func untouchedFiles(smaps: String) -> [Range<UInt>] {
        var found: [Range<UInt>] = []
        var candidate: Range<UInt>?
        for line in smaps.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " ")).prefix(6).map { String(Substring($0)) }
            if fields.count > 1, let dash = fields[0].firstIndex(of: "-") {
                let from = UInt(fields[0][..<dash], radix: 16)
                let to = UInt(fields[0][fields[0].index(after: dash)...], radix: 16)
                candidate = nil
                guard let from, let to, from < to, fields.count == 6 else { continue }
                if fields[5].hasPrefix("/"), !fields[1].contains("w") { candidate = from..<to }
            } else if fields.first == "Anonymous:" {
                if let range = candidate, fields.dropFirst().first == "0" { found.append(range) }
                candidate = nil
            }
        }
        return found
    }

    /// Open files and sockets, without the one that counts them.
    static var descriptorCount: Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // This folder, its parent, and the folder's own descriptor.
        return max(0, count - 3)
    }
}
