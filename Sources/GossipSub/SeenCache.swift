internal import Determinism
internal import Wire

/// Short name of a message inside one node: a keyed hash of author and sequence number. The key is secret and differs from node to
/// node, so nobody can make two messages with one name.
struct MessageKey: Hashable, Sendable {
    var high: UInt64
    /// Never 0.
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
    private struct Window: Sendable {
        var keys: [MessageKey] = []
        var serials: [UInt32] = []
        var count = 0

        func find(_ key: MessageKey) -> Int? {
            guard count > 0 else { return nil }
            let mask = keys.count - 1
            var index = Int(truncatingIfNeeded: key.high) & mask
            while keys[index].low != 0 {
                if keys[index] == key { return index }
                index = (index + 1) & mask
            }
            return nil
        }

        mutating func insert(_ key: MessageKey, _ serial: UInt32) {
            if 3 * (count + 1) > 2 * keys.count { grow() }
            let mask = keys.count - 1
            var index = Int(truncatingIfNeeded: key.high) & mask
            while keys[index].low != 0 { index = (index + 1) & mask }
            keys[index] = key
            serials[index] = serial
            count += 1
        }

        private mutating func grow() {
            var larger = Window()
            let size = max(16, 2 * keys.count)
            larger.keys = [MessageKey](repeating: MessageKey(high: 0, low: 0), count: size)
            larger.serials = [UInt32](repeating: 0, count: size)
            for (key, serial) in zip(keys, serials) where key.low != 0 { larger.insert(key, serial) }
            self = larger
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
        if let index = current.find(key) { return current.serials[index] }
        if let index = previous.find(key) { return previous.serials[index] }
        if let index = oldest.find(key) { return oldest.serials[index] }
        return nil
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
