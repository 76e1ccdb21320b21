/// A set of slots, a bit each: which of a hundred records need a look, without looking at them.
struct SlotSet: Sendable {
    private var words: [UInt64] = []

    func contains(_ slot: Int) -> Bool { slot >> 6 < words.count && words[slot >> 6] & bit(slot) != 0 }

    mutating func insert(_ slot: Int) {
        while words.count <= slot >> 6 { words.append(0) }
        words[slot >> 6] |= bit(slot)
    }

    private mutating func erase(_ slot: Int) { if slot >> 6 < words.count { words[slot >> 6] &= ~bit(slot) } }

    /// A record goes, and the last takes its slot.
    mutating func remove(_ slot: Int, last: Int) {
        if contains(last) { insert(slot) } else { erase(slot) }
        erase(last)
    }

    /// In ascending order.
    mutating func removeAll(where isDone: (Int) -> Bool) {
        for index in words.indices {
            var left = words[index]
            while left != 0 {
                let slot = index << 6 | left.trailingZeroBitCount
                left &= left - 1
                if isDone(slot) { words[index] &= ~bit(slot) }
            }
        }
    }

    private func bit(_ slot: Int) -> UInt64 { 1 << UInt64(slot & 63) }
}
