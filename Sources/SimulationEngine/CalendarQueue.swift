import Determinism

/// A calendar queue (Brown 1988) of the events of a shard's nodes, which are taken a window of time at once and node by node.
///
/// Days are fixed slices of time in a ring of one year; events of later years wait in their day until their year comes. Events lie in
/// one pool and each day is a chain through it: nothing is allocated or sorted per event or per day. `open` moves the events of a
/// window from their days to their nodes, each node's in the order of `Event.precedes`; a node finds its own memory in the cache
/// for all of them.
struct CalendarQueue {
    private struct Entry {
        var event: Event
        /// The next of the same day, of the same node, or of the free ones.
        var next: UInt32
    }

    private static var none: UInt32 { .max }

    private let dayShift: UInt64
    private let dayMask: UInt64
    /// Nodes of the shard are `number`, `number + stride`, …
    private let stride: UInt32
    private var pool: [Entry] = []
    private var free = CalendarQueue.none
    /// The first entry of each day.
    private var days: [UInt32]
    /// The first day that may hold an event.
    private var currentDay: UInt64 = 0
    /// Where it is known, the time of the earliest event.
    private var earliest: UInt64?
    /// The end of the open window; events before it lie with their nodes.
    private var horizon: UInt64 = 0
    /// First and last entry of each node in the open window, by place in the shard.
    private var chains: [(first: UInt32, last: UInt32)] = []
    /// Places of the nodes to which something happens in the open window.
    private(set) var agenda: [UInt32] = []
    private(set) var count = 0

    /// - Parameters:
    ///   - dayShift: length of a day as a power of two, in nanoseconds; 2^20 is about a millisecond.
    ///   - daysPerYearShift: number of days as a power of two.
    init(stride: UInt32 = 1, dayShift: UInt64 = 20, daysPerYearShift: UInt64 = 16) {
        self.stride = stride
        self.dayShift = dayShift
        dayMask = (1 << daysPerYearShift) - 1
        days = Array(repeating: CalendarQueue.none, count: 1 << Int(daysPerYearShift))
    }

    /// An event of an open window must be of the node whose events are being taken; all others lie behind the window.
    mutating func push(_ event: Event) {
        let index = take(event)
        count += 1
        if event.time < horizon { return insert(index, at: Int(event.node / stride)) }
        if let known = earliest { earliest = min(known, event.time) }
        let day = event.time >> dayShift
        // An event from another shard, or one of the scenario's, before the earliest that was known.
        currentDay = min(currentDay, day)
        pool[Int(index)].next = days[Int(day & dayMask)]
        days[Int(day & dayMask)] = index
    }

    /// An entry of the pool for a new event.
    private mutating func take(_ event: Event) -> UInt32 {
        guard free != CalendarQueue.none else {
            pool.append(Entry(event: event, next: CalendarQueue.none))
            return UInt32(pool.count - 1)
        }
        let index = free
        free = pool[Int(index)].next
        pool[Int(index)].event = event
        return index
    }

    /// The time of the earliest event; no window may be open.
    mutating func earliestTime() -> UInt64? {
        guard count > 0 else { return nil }
        if let earliest { return earliest }
        var emptyDays = 0
        while true {
            if let time = earliest(of: currentDay) {
                earliest = time
                return time
            }
            currentDay += 1
            emptyDays += 1
            if emptyDays > days.count { currentDay = earliestDay() }
        }
    }

    /// The earliest event of this year in a day.
    private func earliest(of day: UInt64) -> UInt64? {
        let end = (day + 1) << dayShift
        var found: UInt64?
        var index = days[Int(day & dayMask)]
        while index != CalendarQueue.none {
            let time = pool[Int(index)].event.time
            if time < end { found = min(found ?? .max, time) }
            index = pool[Int(index)].next
        }
        return found
    }

    /// After a whole empty year: jump instead of stepping. Only called where an event exists.
    private func earliestDay() -> UInt64 {
        var earliest = UInt64.max
        for first in days {
            var index = first
            while index != CalendarQueue.none {
                earliest = min(earliest, pool[Int(index)].event.time)
                index = pool[Int(index)].next
            }
        }
        return earliest >> dayShift
    }

    // MARK: Windows

    /// Opens the window of all events before `end`; `agenda` says to which nodes something happens.
    mutating func open(before end: UInt64) {
        horizon = end
        let last = end >> dayShift
        // A year has each day once: of a longer window the rest would bring nothing more.
        for day in currentDay..<max(currentDay, min(last + 1, currentDay + UInt64(days.count))) {
            gather(Int(day & dayMask), before: end)
        }
        currentDay = max(currentDay, last)
        earliest = nil
    }

    /// Closes the window, of which every event must have been taken.
    mutating func close() {
        horizon = 0
        agenda.removeAll(keepingCapacity: true)
    }

    /// Who causes the next event of a node in the open window.
    func nextCause(_ place: UInt32) -> UInt32? {
        let index = chains[Int(place)].first
        return index == CalendarQueue.none ? nil : pool[Int(index)].event.cause
    }

    /// The next event of a node in the open window.
    mutating func pop(_ place: UInt32) -> Event? {
        let index = chains[Int(place)].first
        guard index != CalendarQueue.none else { return nil }
        chains[Int(place)].first = pool[Int(index)].next
        var event = Event(time: 0, node: 0, cause: 0, serial: 0, kind: .none)
        swap(&event, &pool[Int(index)].event)
        pool[Int(index)].next = free
        free = index
        count -= 1
        return event
    }

    /// Moves the events before `end` from a day to their nodes; the others stay.
    private mutating func gather(_ day: Int, before end: UInt64) {
        var index = days[day]
        var rest = CalendarQueue.none
        while index != CalendarQueue.none {
            let next = pool[Int(index)].next
            if pool[Int(index)].event.time < end {
                let place = pool[Int(index)].event.node / stride
                while chains.count <= Int(place) { chains.append((CalendarQueue.none, CalendarQueue.none)) }
                if chains[Int(place)].first == CalendarQueue.none { agenda.append(place) }
                insert(index, at: Int(place))
            } else {
                pool[Int(index)].next = rest
                rest = index
            }
            index = next
        }
        days[day] = rest
    }

    /// Puts an entry where it belongs among those of its node: mostly at the end.
    private mutating func insert(_ index: UInt32, at place: Int) {
        let first = chains[place].first
        pool[Int(index)].next = CalendarQueue.none
        if first == CalendarQueue.none {
            chains[place] = (index, index)
        } else if pool[Int(chains[place].last)].event.precedes(pool[Int(index)].event) {
            pool[Int(chains[place].last)].next = index
            chains[place].last = index
        } else if pool[Int(index)].event.precedes(pool[Int(first)].event) {
            pool[Int(index)].next = first
            chains[place].first = index
        } else {
            var before = first
            while pool[Int(pool[Int(before)].next)].event.precedes(pool[Int(index)].event) { before = pool[Int(before)].next }
            pool[Int(index)].next = pool[Int(before)].next
            pool[Int(before)].next = index
        }
    }
}
