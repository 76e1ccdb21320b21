internal import Determinism

/// Deadlines that all lie the same time ahead, so that they come in order: no heap is needed.
///
/// Nothing is taken out of the middle. What is no longer wanted is found to be so when its time comes.
struct DeadlineQueue<Element: Sendable>: Sendable {
    private var entries: [(due: Instant, element: Element)] = []
    private var head = 0

    var next: Instant? { head < entries.count ? entries[head].due : nil }
    var count: Int { entries.count - head }

    mutating func append(_ element: Element, due: Instant) { entries.append((due, element)) }

    /// The first element whose time has come.
    mutating func pop(due now: Instant) -> Element? {
        guard head < entries.count, entries[head].due <= now else { return nil }
        defer { removeFirst() }
        return entries[head].element
    }

    /// For the caller to drop what is no longer wanted from the front, so that nobody is woken for it.
    var first: Element? { head < entries.count ? entries[head].element : nil }

    mutating func removeFirst() {
        head += 1
        if head == entries.count {
            entries.removeAll(keepingCapacity: entries.capacity <= 64)
            head = 0
        } else if head >= 64, 2 * head >= entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }
}
