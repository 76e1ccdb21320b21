import Determinism

/// Who was to hear of each message, and who did.
///
/// Two audiences: everybody who was up when it was published; and of these the steady ones, up for `margin` before it was published and up
/// for `margin` behind: a node that has just come has no mesh yet, and one that goes hears no more.
struct DeliveryLedger: Sendable {
    static let margin: Duration = .seconds(10)

    private struct Message {
        let published: Instant
        /// A bit a node.
        var audience: [UInt64]
        var steady: [UInt64]
        var heard: [UInt64]
    }

    private var messages: [Message] = []
    private var upSince: [Instant?]
    private(set) var deliveries: UInt64 = 0
    private(set) var expected: UInt64 = 0
    private(set) var histogram = Histogram()
    /// Deliveries that took longer than a second.
    private(set) var lateCount: UInt64 = 0

    /// - Parameter nodes: those that are counted have numbers below it.
    init(nodes: Int) { upSince = [Instant?](repeating: nil, count: nodes) }

    var count: Int { messages.count }

    mutating func started(_ node: Int, at now: Instant) { if node < upSince.count { upSince[node] = now } }

    mutating func crashed(_ node: Int, at now: Instant) {
        guard node < upSince.count else { return }
        upSince[node] = nil
        for index in messages.indices.reversed() {
            guard now - messages[index].published < DeliveryLedger.margin else { break }
            messages[index].steady[node >> 6] &= ~(1 << UInt64(node & 63))
        }
    }

    func isSteady(_ node: Int, at now: Instant) -> Bool { upSince[node].map { now - $0 >= DeliveryLedger.margin } ?? false }

    /// - Parameter counts: whether a node is among those whose deliveries are counted.
    mutating func published(by author: Int, at now: Instant, counts: (Int) -> Bool) {
        let words = (upSince.count + 63) / 64
        var message = Message(
            published: now, audience: [UInt64](repeating: 0, count: words), steady: [UInt64](repeating: 0, count: words),
            heard: [UInt64](repeating: 0, count: words))
        for node in upSince.indices where node != author && upSince[node] != nil && counts(node) {
            message.audience[node >> 6] |= 1 << UInt64(node & 63)
            if isSteady(node, at: now) { message.steady[node >> 6] |= 1 << UInt64(node & 63) }
            expected += 1
        }
        messages.append(message)
    }

    mutating func heard(_ number: Int, by node: Int, at now: Instant) {
        guard number < messages.count, node < upSince.count else { return }
        let bit: UInt64 = 1 << UInt64(node & 63)
        let isNew = messages[number].heard[node >> 6] & bit == 0
        guard isNew, messages[number].audience[node >> 6] & bit != 0 else { return }
        messages[number].heard[node >> 6] |= bit
        deliveries += 1
        let duration = now - messages[number].published
        if duration > .seconds(1) { lateCount += 1 }
        histogram.record(nanoseconds: duration.nanosecondsClamped)
    }

    /// Deliveries to steady nodes that were to be, and that were not.
    var steady: (expected: UInt64, missing: UInt64) {
        var sums: (expected: UInt64, missing: UInt64) = (0, 0)
        for message in messages {
            for (steady, heard) in zip(message.steady, message.heard) {
                sums.expected += UInt64(steady.nonzeroBitCount)
                sums.missing += UInt64((steady & ~heard).nonzeroBitCount)
            }
        }
        return sums
    }
}
