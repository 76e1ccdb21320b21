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
