internal import Determinism

/// A binary min-heap of times, each with the serial number of its owner. Entries are never removed early: an owner that no
/// longer waits ignores its call.
struct DeadlineHeap {
    struct Entry {
        var at: Instant
        var serial: UInt64
    }

    private var entries: [Entry] = []

    var first: Entry? { entries.first }
    var count: Int { entries.count }

    mutating func push(_ at: Instant, _ serial: UInt64) {
        entries.append(Entry(at: at, serial: serial))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popFirst() -> Entry? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, isBefore(child + 1, child) { child += 1 }
            guard isBefore(child, parent) else { break }
            entries.swapAt(child, parent)
            parent = child
        }
        return first
    }

    /// By time, then by serial number, so that runs repeat.
    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (entries[a].at, entries[a].serial) < (entries[b].at, entries[b].serial)
    }
}
