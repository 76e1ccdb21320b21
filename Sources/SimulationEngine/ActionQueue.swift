import Determinism

/// What a scenario wants to do, in the order of (time, insertion): a binary heap.
struct ActionQueue {
    private struct Action {
        var time: Instant
        var serial: UInt64
        var number: UInt64

        func precedes(_ other: Action) -> Bool { time != other.time ? time < other.time : serial < other.serial }
    }

    private var heap: [Action] = []
    private var serial: UInt64 = 0

    var earliest: Instant? { heap.first?.time }

    mutating func push(_ number: UInt64, at time: Instant) {
        heap.append(Action(time: time, serial: serial, number: number))
        serial += 1
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> UInt64? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.number }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least]) { least = child }
            guard least != parent else { return first.number }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
