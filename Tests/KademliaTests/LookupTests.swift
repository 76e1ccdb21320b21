import Determinism
import Identity
import Testing
import Wire

@testable import Kademlia

@Suite struct LookupTests {
    let target = MemoryNetwork.id(1_000).dhtKey

    func contact(_ number: UInt64) -> Contact { Contact(id: MemoryNetwork.id(number), addresses: AddressList([.tcp4(1, port: 1)])) }

    /// Contacts nearest first.
    func sorted(_ count: UInt64) -> [Contact] {
        (0..<count).map { contact($0) }.sorted { ($0.id.dhtKey ^ target) < ($1.id.dhtKey ^ target) }
    }

    func lookup(required: Int, _ change: (inout Kademlia.Parameters) -> Void = { _ in }) -> Lookup {
        var parameters = Kademlia.Parameters()
        change(&parameters)
        return Lookup(target: target, required: required, parameters: parameters)
    }

    /// All that may be asked now.
    func drain(_ lookup: inout Lookup, now: Instant) -> (asked: [Contact], last: Lookup.Step) {
        var asked: [Contact] = []
        while true {
            let step = lookup.next(now: now)
            #expect(lookup.violations.isEmpty)
            guard case .ask(let contact) = step else { return (asked, step) }
            asked.append(contact)
        }
    }

    @Test func asksTheNearestFirstAndAlphaAtOnce() {
        var lookup = lookup(required: 3) { $0.alpha = 4 }
        let order = sorted(30)
        for contact in order.reversed() { lookup.add(contact) }
        let (asked, last) = drain(&lookup, now: .origin)
        #expect(asked == Array(order.prefix(4)))
        #expect(last == .wait(until: .origin + .milliseconds(1500)))
        lookup.answered(order[1].id)
        #expect(drain(&lookup, now: .origin).asked == [order[4]])
    }

    @Test func endsWhenBetaNearestHaveAnswered() {
        var lookup = lookup(required: 3)
        let order = sorted(40)
        for contact in order { lookup.add(contact) }
        _ = drain(&lookup, now: .origin)
        for index in [1, 2, 3] { lookup.answered(order[index].id) }
        #expect(lookup.next(now: .origin) != .finished)  // the nearest is still asked
        lookup.failed(order[0].id)
        #expect(lookup.next(now: .origin) == .finished)
        #expect(lookup.closest(countMax: 20) == Array(order[1...3]))
    }

    @Test func nearerNewsKeepItGoing() {
        var lookup = lookup(required: 1) { $0.alpha = 1 }
        let order = sorted(10)
        lookup.add(order[5])
        #expect(lookup.next(now: .origin) == .ask(order[5]))
        lookup.add(order[0])
        lookup.answered(order[5].id)
        #expect(lookup.next(now: .origin) == .ask(order[0]))
        lookup.answered(order[0].id)
        #expect(lookup.next(now: .origin) == .finished)
        #expect(lookup.closest(countMax: 1) == [order[0]])
    }

    @Test func slowPeersFreeTheirPlaceAndStillCount() {
        var lookup = lookup(required: 2) { $0.alpha = 2 }
        let order = sorted(6)
        for contact in order { lookup.add(contact) }
        #expect(drain(&lookup, now: .origin).asked.count == 2)
        let later = Instant.origin + .seconds(2)
        #expect(drain(&lookup, now: later).asked == [order[2], order[3]])
        let wasAsked = lookup.answered(order[0].id)
        #expect(wasAsked)
        lookup.answered(order[2].id)
        #expect(lookup.next(now: later) == .finished)
        #expect(lookup.closest(countMax: 2) == [order[0], order[2]])
        let again = [lookup.answered(order[0].id), lookup.failed(MemoryNetwork.id(77))]
        #expect(again == [false, false])
    }

    /// Silent peers lie behind nearer ones that were learned later: they free their places all the same. A wait never lies in the past.
    @Test func slowPeersBehindNearerOnesFreeTheirPlace() {
        var lookup = lookup(required: 2) { $0.alpha = 2 }
        let order = sorted(4)
        for contact in order[2...] { lookup.add(contact) }
        #expect(drain(&lookup, now: .origin).asked == Array(order[2...]))
        for contact in order[..<2] { lookup.add(contact) }
        #expect(drain(&lookup, now: .origin).asked == [])
        let later = Instant.origin + .seconds(2)
        #expect(drain(&lookup, now: later).asked == Array(order[..<2]))
        if case .wait(let until) = lookup.next(now: later) { #expect(until > later) }
        #expect(lookup.violations.isEmpty)
    }

    @Test func keepsTheNearestOfAFlood() {
        var lookup = lookup(required: 20)
        let order = sorted(600)
        for contact in order.shuffled() { lookup.add(contact) }
        #expect(lookup.candidates.map(\.id) == order.prefix(128).map(\.id))
        #expect(lookup.violations.isEmpty)
    }

    @Test func endsWhenNobodyIsLeft() {
        var lookup = lookup(required: 20)
        #expect(lookup.next(now: .origin) == .finished)
        for contact in sorted(3) { lookup.add(contact) }
        for contact in drain(&lookup, now: .origin).asked { lookup.failed(contact.id) }
        #expect(lookup.next(now: .origin) == .finished)
        #expect(lookup.closest(countMax: 20).isEmpty)
    }
}
