/// The newest events, for `status`. The oldest make room.
struct EventRing {
    struct Entry: Equatable {
        var time: WallClock
        var text: String
    }

    let countMax: Int
    private var entries: [Entry] = []
    private var next = 0

    init(countMax: Int) { self.countMax = countMax }

    mutating func append(_ entry: Entry) {
        if entries.count < countMax {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % countMax
        }
    }

    /// Oldest first.
    var list: [Entry] { Array(entries[next...] + entries[..<next]) }
}
