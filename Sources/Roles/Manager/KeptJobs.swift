internal import Identity
internal import Wire

/// Ended jobs whose scene and pictures are still there to be fetched, and until which round.
struct KeptJobs: Sendable {
    struct Entry: Hashable, Sendable {
        var until: UInt64
        var job: RecordID
    }

    /// By round.
    private(set) var entries: [Entry] = []

    mutating func insert(_ entry: Entry) {
        var index = entries.count
        while index > 0, entries[index - 1].until > entry.until { index -= 1 }
        entries.insert(entry, at: index)
    }

    /// Those whose time is over.
    mutating func popDue(round: UInt64) -> [Entry] {
        let due = entries.prefix { $0.until <= round }
        entries.removeFirst(due.count)
        return Array(due)
    }
}
