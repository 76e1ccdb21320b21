internal import Determinism

/// Deadlines by name: a heap with lazy deletion. Equal instants go off in the order in which they were set.
struct Timers<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var at: Instant
        var order: UInt64
        var key: Key

        func isBefore(_ other: Entry) -> Bool { at != other.at ? at < other.at : order < other.order }
    }

    private var heap: [Entry] = []
    private var live: [Key: UInt64] = [:]
    private var lastOrder: UInt64 = 0

    var count: Int { live.count }
    var next: Instant? { heap.first?.at }

    func isSet(_ key: Key) -> Bool { live[key] != nil }

    /// Replaces an earlier deadline of the same name.
    mutating func set(_ key: Key, at instant: Instant) {
        lastOrder += 1
        live[key] = lastOrder
        heap.append(Entry(at: instant, order: lastOrder, key: key))
        siftUp(heap.count - 1)
        prune()
    }

    mutating func cancel(_ key: Key) {
        guard live.removeValue(forKey: key) != nil else { return }
        prune()
    }

    /// The first deadline that has passed, taken out.
    mutating func popExpired(now: Instant) -> Key? {
        guard let first = heap.first, first.at <= now else { return nil }
        live[first.key] = nil
        removeFirst()
        prune()
        return first.key
    }

    /// Drops dead entries at the top, and all of them where they outnumber the live ones.
    private mutating func prune() {
        while let first = heap.first, live[first.key] != first.order { removeFirst() }
        guard heap.count > 64, heap.count > 2 * live.count else { return }
        let alive = heap.filter { live[$0.key] == $0.order }
        heap.removeAll(keepingCapacity: true)
        for entry in alive {
            heap.append(entry)
            siftUp(heap.count - 1)
        }
    }

    private mutating func removeFirst() {
        guard let last = heap.popLast() else { return }
        guard !heap.isEmpty else { return }
        heap[0] = last
        var index = 0
        while true {
            let (left, right) = (2 * index + 1, 2 * index + 2)
            var least = index
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if right < heap.count, heap[right].isBefore(heap[least]) { least = right }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }
}
