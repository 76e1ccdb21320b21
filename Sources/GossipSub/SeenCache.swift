internal import Determinism
internal import Wire

/// Short name of a message inside one node: a keyed hash of author and sequence number. The key is secret and differs from node to
/// node, so nobody can make two messages with one name.
struct MessageKey: Hashable, Sendable {
    var high: UInt64
    /// Odd.
    var low: UInt64
}

/// The secret behind `MessageKey`.
struct MessageHasher: Sendable {
    private let secret: (UInt64, UInt64)

    init(generator: inout Generator) { secret = (generator.next(), generator.next()) }

    func key(author: Bytes32, sequenceNumber: UInt64) -> MessageKey {
        let (a, b, c, d) = author.words
        let first = fold(a ^ secret.0, b ^ secret.1)
        let second = fold(c ^ secret.1, d ^ secret.0 ^ 0x9e37_79b9_7f4a_7c15)
        let high = fold(first ^ sequenceNumber ^ secret.0, second ^ 0xbf58_476d_1ce4_e5b9)
        let low = fold(second ^ sequenceNumber ^ secret.1, first ^ 0x94d0_49bb_1331_11eb)
        return MessageKey(high: high, low: low | 1)
    }

    private func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}

/// Which messages were seen, and where they stand in the message cache: 33 bytes for each at half load.
///
/// Three open hash tables, each of half of the time to live: a message is known for between once and one and a half times
/// `seenFor`. There is no timer per message and nothing is deleted singly.
struct SeenCache: Sendable {
    /// Key and serial number in 20 bytes, which mostly lie in one cache line: the halves of the key would be aligned to 8.
    private struct Cell: Sendable {
        private let high: (UInt32, UInt32)
        private let low: (UInt32, UInt32)
        let serial: UInt32

        static let vacant = Cell(MessageKey(high: 0, low: 0), 0)

        init(_ key: MessageKey, _ serial: UInt32) {
            high = (UInt32(truncatingIfNeeded: key.high >> 32), UInt32(truncatingIfNeeded: key.high))
            low = (UInt32(truncatingIfNeeded: key.low >> 32), UInt32(truncatingIfNeeded: key.low))
            self.serial = serial
        }

        var key: MessageKey {
            MessageKey(high: UInt64(high.0) << 32 | UInt64(high.1), low: UInt64(low.0) << 32 | UInt64(low.1))
        }

        /// The low half of a key is never even.
        var isVacant: Bool { low.1 == 0 }
    }

    private struct Window: Sendable {
        private var cells: [Cell] = []
        private(set) var count = 0

        func serial(of key: MessageKey) -> UInt32? {
            guard count > 0 else { return nil }
            let mask = cells.count - 1
            var index = Int(truncatingIfNeeded: key.high) & mask
            while !cells[index].isVacant {
                if cells[index].key == key { return cells[index].serial }
                index = (index + 1) & mask
            }
            return nil
        }

        mutating func insert(_ key: MessageKey, _ serial: UInt32) {
            if 3 * (count + 1) > 2 * cells.count { grow() }
            insert(Cell(key, serial))
            count += 1
        }

        private mutating func insert(_ cell: Cell) {
            let mask = cells.count - 1
            var index = Int(truncatingIfNeeded: cell.key.high) & mask
            while !cells[index].isVacant { index = (index + 1) & mask }
            cells[index] = cell
        }

        private mutating func grow() {
            let old = cells
            cells = [Cell](repeating: .vacant, count: max(16, 2 * old.count))
            for cell in old where !cell.isVacant { insert(cell) }
        }
    }

    private var current = Window()
    private var previous = Window()
    private var oldest = Window()
    private var rotateAt: Instant?
    private let windowLength: Duration
    private let windowMax: Int

    init(seenFor: Duration, perWindowMax: Int) {
        windowLength = seenFor / 2
        windowMax = perWindowMax
    }

    var count: Int { current.count + previous.count + oldest.count }

    /// Serial number in the message cache of a message that was seen.
    func serial(of key: MessageKey) -> UInt32? {
        current.serial(of: key) ?? previous.serial(of: key) ?? oldest.serial(of: key)
    }

    mutating func insert(_ key: MessageKey, serial: UInt32, now: Instant) {
        expire(now: now)
        if current.count >= windowMax { rotate(now: now) }
        if rotateAt == nil { rotateAt = now + windowLength }
        current.insert(key, serial)
    }

    /// Forgets what is old enough.
    mutating func expire(now: Instant) {
        while let due = rotateAt, due <= now { rotate(now: due) }
    }

    private mutating func rotate(now: Instant) {
        oldest = previous
        previous = current
        current = Window()
        rotateAt = previous.count + oldest.count > 0 ? now + windowLength : nil
    }
}
