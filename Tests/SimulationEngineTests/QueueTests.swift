import Determinism
import Testing

@testable import SimulationEngine

@Suite struct CalendarQueueTests {
    private struct Key: Comparable {
        let time: UInt64
        let cause: UInt32
        let serial: UInt32

        init(_ event: Event) { (time, cause, serial) = (event.time, event.cause, event.serial) }

        static func < (a: Key, b: Key) -> Bool { (a.time, a.cause, a.serial) < (b.time, b.cause, b.serial) }
    }

    /// Against a list, with clusters, ties, gaps of whole years, windows of any length, and events that cause others at once.
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func eachNodeGetsItsEventsInOrder(seed: UInt64) {
        var random = Generator(seed: seed)
        let stride: UInt32 = 3
        var queue = CalendarQueue(stride: stride, dayShift: 4, daysPerYearShift: 3)
        var model: [Event] = []
        var now: UInt64 = 0
        var serial: UInt32 = 0
        var taken = 0
        func new(node: UInt32, from time: UInt64) -> Event {
            let gap = random.chance(0.02) ? 100_000 : random.next() % 200
            serial += 1
            return Event(time: time + gap, node: node, cause: UInt32(random.next() % 3), serial: serial, kind: .deadline)
        }
        for _ in 0..<400 {
            for _ in 0..<random.next() % 20 {
                let event = new(node: UInt32(random.next() % 5) * stride + 1, from: now)
                queue.push(event)
                model.append(event)
            }
            #expect(queue.earliestTime() == model.map(\.time).min())
            guard let earliest = model.map(\.time).min() else { continue }
            let end = earliest + 1 + random.next() % (random.chance(0.1) ? 5_000 : 60)
            queue.open(before: end)
            let nodes = Set(model.filter { $0.time < end }.map { $0.node / stride })
            #expect(Set(queue.agenda) == nodes && queue.agenda.count == nodes.count)
            for place in queue.agenda {
                while let event = queue.pop(place) {
                    let own = model.filter { $0.node / stride == place && $0.time < end }
                    #expect(own.map { Key($0) }.min() == Key(event))
                    model.removeAll { $0.serial == event.serial }
                    taken += 1
                    guard random.chance(0.3) else { continue }
                    // At the same node at any time, or at another when the window is over.
                    let isOwn = random.chance(0.5)
                    let next = new(node: isOwn ? event.node : 1, from: isOwn ? event.time : end)
                    queue.push(next)
                    model.append(next)
                }
                #expect(!model.contains { $0.node / stride == place && $0.time < end })
            }
            queue.close()
            now = end
        }
        #expect(taken > 1000 && queue.count == model.count)
    }

    /// A shard that has nothing to do for long hears of something early.
    @Test func whatComesBeforeTheEarliestIsFound() throws {
        var queue = CalendarQueue(dayShift: 4, daysPerYearShift: 3)
        queue.push(Event(time: 10_000, node: 0, cause: 0, serial: 0, kind: .deadline))
        #expect(queue.earliestTime() == 10_000)
        queue.push(Event(time: 500, node: 0, cause: 0, serial: 1, kind: .deadline))
        #expect(queue.earliestTime() == 500)
        queue.open(before: 600)
        try #require(queue.agenda == [0])
        #expect(queue.pop(0)?.time == 500)
        #expect(queue.pop(0) == nil)
        queue.close()
        #expect(queue.earliestTime() == 10_000)
    }
}

@Suite struct ActionQueueTests {
    @Test(arguments: [1, 2] as [UInt64])
    func numbersComeInTheOrderOfTimeThenInsertion(seed: UInt64) {
        var random = Generator(seed: seed)
        var queue = ActionQueue()
        var model: [(time: UInt64, number: UInt64)] = []
        for number in 0..<2000 as Range<UInt64> {
            if random.chance(0.6) {
                let time = random.next() % 50
                queue.push(number, at: Instant(nanoseconds: time))
                model.append((time, number))
            } else {
                let least = model.indices.min { (model[$0].time, $0) < (model[$1].time, $1) }
                #expect(queue.earliest?.nanoseconds == least.map { model[$0].time })
                #expect(queue.pop() == least.map { model.remove(at: $0).number })
            }
        }
        #expect(model.count > 100)
    }
}

@Suite struct LinkTableTests {
    /// Against a dictionary, with peers that fall on each other's places, from none to hundreds and back.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func findsWhatIsThere(seed: UInt64) {
        var random = Generator(seed: seed)
        var table = LinkTable()
        var model: [UInt32: UInt32] = [:]
        for step in 0..<6000 as Range<UInt32> {
            let peer = UInt32(random.next() % 400)
            let grows = step % 2000 < 1000
            if model[peer] == nil, random.chance(grows ? 0.9 : 0.2) {
                table.insert(LinkTable.Link(peer: peer, epoch: step, since: 0, lastArrival: 0))
                model[peer] = step
            } else if random.chance(grows ? 0.1 : 0.9) {
                #expect(table.remove(peer)?.epoch == model.removeValue(forKey: peer))
            }
            #expect(table.count == model.count)
            let other = UInt32(random.next() % 400)
            #expect(table.epoch(of: other) == model[other])
        }
        #expect(table.sorted.map(\.peer) == model.keys.sorted())
        #expect(table.sorted.allSatisfy { model[$0.peer] == $0.epoch })
    }
}
