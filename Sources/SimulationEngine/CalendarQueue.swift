import Determinism

/// A calendar queue (Brown 1988) of events in the order of (time, insertion): constant time per event where a heap pays log n.
///
/// Days are fixed slices of time in a ring of one year; events of later years wait in their day until their year comes. Within
/// the current day events are sorted once. Two queues that get the same calls give the same order.
struct CalendarQueue<Element> {
    private struct Entry {
        var time: UInt64
        var sequence: UInt64
        var element: Element
    }

    private let dayShift: UInt64
    private let dayMask: UInt64
    private var days: [[Entry]]
    /// Events of the current day, latest first, so that the next one is popped off the end.
    private var today: [Entry] = []
    private var currentDay: UInt64 = 0
    private var sequence: UInt64 = 0
    private(set) var count = 0

    /// - Parameters:
    ///   - dayShift: length of a day as a power of two, in nanoseconds; 2^20 is about a millisecond.
    ///   - daysPerYearShift: number of days as a power of two.
    init(dayShift: UInt64 = 20, daysPerYearShift: UInt64 = 16) {
        self.dayShift = dayShift
        dayMask = (1 << daysPerYearShift) - 1
        days = Array(repeating: [], count: 1 << Int(daysPerYearShift))
    }

    /// Time may not lie before that of the last event popped; where it does, it is clamped to it.
    mutating func push(_ element: Element, at time: Instant) {
        let day = time.nanoseconds >> dayShift
        let entry = Entry(time: time.nanoseconds, sequence: sequence, element: element)
        sequence &+= 1
        count += 1
        if day <= currentDay {
            insertToday(entry)
        } else {
            days[Int(day & dayMask)].append(entry)
        }
    }

    private mutating func insertToday(_ entry: Entry) {
        var low = 0
        var high = today.count
        while low < high {
            let middle = (low + high) / 2
            if isLater(today[middle], entry) { low = middle + 1 } else { high = middle }
        }
        today.insert(entry, at: low)
    }

    private func isLater(_ a: Entry, _ b: Entry) -> Bool {
        a.time != b.time ? a.time > b.time : a.sequence > b.sequence
    }

    /// The earliest event's time.
    mutating func nextTime() -> Instant? {
        guard count > 0 else { return nil }
        advance()
        return today.last.map { Instant(nanoseconds: $0.time) }
    }

    mutating func pop() -> (time: Instant, element: Element)? {
        guard count > 0 else { return nil }
        advance()
        guard let entry = today.popLast() else { return nil }
        count -= 1
        return (Instant(nanoseconds: entry.time), entry.element)
    }

    /// Makes `today` hold the earliest event.
    private mutating func advance() {
        var emptyDays = 0
        while today.isEmpty {
            currentDay += 1
            emptyDays += 1
            if emptyDays > days.count { currentDay = earliestDay() }
            let index = Int(currentDay & dayMask)
            guard !days[index].isEmpty else { continue }
            let endOfDay = (currentDay + 1) << dayShift
            today.append(contentsOf: days[index].lazy.filter { $0.time < endOfDay })
            if today.count == days[index].count {
                days[index].removeAll(keepingCapacity: true)
            } else if !today.isEmpty {
                days[index].removeAll { $0.time < endOfDay }
            }
            today.sort(by: isLater)
        }
    }

    /// After a whole empty year: jump instead of stepping. Only called where an event exists.
    private func earliestDay() -> UInt64 {
        var earliest = UInt64.max
        for day in days { for entry in day { earliest = min(earliest, entry.time) } }
        return earliest >> dayShift
    }
}
