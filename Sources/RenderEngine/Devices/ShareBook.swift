/// Who takes how much next. A member's first share is small; later ones are half of what would end at the same time as the others' at the
/// speeds seen so far, and a member takes nothing more that the fastest one would finish sooner.
struct ShareBook {
    private static let firstShares = 32
    private var next = 0
    private let units: Int
    private var finished: [Int]
    private var seconds: [Double]
    /// Members that take nothing more: nobody leaves the rest to them, whatever their speed was.
    private var hasLeft: [Bool]

    init(units: Int, members: Int) {
        self.units = units
        finished = [Int](repeating: 0, count: members)
        seconds = [Double](repeating: 0, count: members)
        hasLeft = [Bool](repeating: false, count: members)
    }

    mutating func take(_ member: Int) -> Range<Int>? {
        let left = units - next
        guard left > 0 else { return nil }
        // Units a second; 0 before the first share is done.
        let speeds = finished.indices.map { hasLeft[$0] ? 0 : Double(finished[$0]) / max(seconds[$0], 1e-6) }
        var count = max(1, units / (ShareBook.firstShares * speeds.count))
        if speeds[member] > 0 {
            // Never true of the fastest that is still there: so there is always one that takes the rest.
            if speeds.max()! > 2 * Double(left) * speeds[member] {
                hasLeft[member] = true
                return nil
            }
            count = max(1, Int(Double(left) * speeds[member] / speeds.reduce(0, +) / 2))
        }
        let share = next..<next + min(count, left)
        next = share.upperBound
        return share
    }

    mutating func done(_ member: Int, units: Int, seconds: Double) {
        finished[member] += units
        self.seconds[member] += seconds
    }
}
