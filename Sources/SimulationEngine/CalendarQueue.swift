import Determinism

/// A calendar queue (Brown 1988) of events in the order of (time, insertion): constant time per event where a heap pays log n.
///
/// Days are fixed slices of time in a ring of one year; events of later years wait in their day until their year comes. Events lie in
/// one pool, each day is a chain through it, and only the current day is sorted, by place: nothing is allocated per event or per day.
/// Two queues that get the same calls give the same order.
struct CalendarQueue<Element> {
    private struct Entry {
        /// Nil where the entry is free.
        var element: Element?
        var time: UInt64
        var sequence: UInt64
        /// The next of the same day, or of the free ones.
        var next: UInt32
    }

    private struct Place {
        var time: UInt64
        var sequence: UInt64
        var index: UInt32
    }

    private static var none: UInt32 { .max }

    private let dayShift: UInt64
    private let dayMask: UInt64
    private var pool: [Entry] = []
    private var free = CalendarQueue.none
    /// The first entry of each day.
    private var days: [UInt32]
    /// Events of the current day, latest first, so that the next one is popped off the end.
    private var today: [Place] = []
    private var currentDay: UInt64 = 0
    private var sequence: UInt64 = 0
    private(set) var count = 0

    /// - Parameters:
    ///   - dayShift: length of a day as a power of two, in nanoseconds; 2^17 is about an eighth of a millisecond.
    ///   - daysPerYearShift: number of days as a power of two.
    init(dayShift: UInt64 = 17, daysPerYearShift: UInt64 = 19) {
        self.dayShift = dayShift
        dayMask = (1 << daysPerYearShift) - 1
        days = Array(repeating: CalendarQueue.none, count: 1 << Int(daysPerYearShift))
    }

    /// Time may not lie before that of the last event popped; where it does, it is clamped to it.
    mutating func push(_ element: Element, at time: Instant) {
        let day = time.nanoseconds >> dayShift
        let index = take(element, time.nanoseconds)
        count += 1
        if day <= currentDay {
            insertToday(Place(time: time.nanoseconds, sequence: pool[Int(index)].sequence, index: index))
        } else {
            pool[Int(index)].next = days[Int(day & dayMask)]
            days[Int(day & dayMask)] = index
        }
    }

    /// An entry of the pool for a new event.
    private mutating func take(_ element: Element, _ time: UInt64) -> UInt32 {
        defer { sequence &+= 1 }
        guard free != CalendarQueue.none else {
            pool.append(Entry(element: element, time: time, sequence: sequence, next: CalendarQueue.none))
            return UInt32(pool.count - 1)
        }
        let index = free
        free = pool[Int(index)].next
        pool[Int(index)] = Entry(element: element, time: time, sequence: sequence, next: CalendarQueue.none)
        return index
    }

    private mutating func insertToday(_ place: Place) {
        var low = 0
        var high = today.count
        while low < high {
            let middle = (low + high) / 2
            if CalendarQueue.isLater(today[middle], place) { low = middle + 1 } else { high = middle }
        }
        today.insert(place, at: low)
    }

    private static func isLater(_ a: Place, _ b: Place) -> Bool {
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
        guard let place = today.popLast() else { return nil }
        let element = pool[Int(place.index)].element.take()
        pool[Int(place.index)].next = free
        free = place.index
        guard let element else { return nil }
        count -= 1
        return (Instant(nanoseconds: place.time), element)
    }

    /// Makes `today` hold the earliest event.
    private mutating func advance() {
        var emptyDays = 0
        while today.isEmpty {
            currentDay += 1
            emptyDays += 1
            if emptyDays > days.count { currentDay = earliestDay() }
            let day = Int(currentDay & dayMask)
            guard days[day] != CalendarQueue.none else { continue }
            gather(day, before: (currentDay + 1) << dayShift)
        }
    }

    /// Moves the events of this year from a day into `today`; those of later years stay.
    private mutating func gather(_ day: Int, before end: UInt64) {
        var index = days[day]
        var rest = CalendarQueue.none
        while index != CalendarQueue.none {
            let next = pool[Int(index)].next
            if pool[Int(index)].time < end {
                today.append(Place(time: pool[Int(index)].time, sequence: pool[Int(index)].sequence, index: index))
            } else {
                pool[Int(index)].next = rest
                rest = index
            }
            index = next
        }
        days[day] = rest
        if today.count > 1 { today.sort(by: CalendarQueue.isLater) }
    }

    /// After a whole empty year: jump instead of stepping. Only called where an event exists.
    private func earliestDay() -> UInt64 {
        var earliest = UInt64.max
        for first in days {
            var index = first
            while index != CalendarQueue.none {
                earliest = min(earliest, pool[Int(index)].time)
                index = pool[Int(index)].next
            }
        }
        return earliest >> dayShift
    }
}
