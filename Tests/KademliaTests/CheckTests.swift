import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Kademlia

/// Check before adding: what identify says puts nobody into the table.
@Suite struct CheckTests {
    var machine = Kademlia(localID: MemoryNetwork.id(1), mode: .server, requestNamespace: 0, generator: Generator(seed: 1))
    var effects: [Kademlia.Effect] = []
    let answer = KademliaMessage(kind: .findNode, key: [1]).encode()
    let later = Instant.origin + .seconds(1)

    mutating func identify(_ number: UInt64, at now: Instant = .origin) {
        machine.handle(
            .identified(MemoryNetwork.id(number), servesKademlia: true, addresses: [.tcp4(UInt32(number) << 16, port: 1)]), now: now,
            emit: &effects)
    }

    /// Takes the questions out of the effects.
    mutating func questions() -> [(id: RequestID, peer: PeerID)] {
        defer { effects = [] }
        return effects.compactMap { if case .request(let id, let peer, _, _, _) = $0 { (id, peer) } else { nil } }
    }

    @Test mutating func whoAnswersIsAdded() throws {
        identify(2)
        #expect(machine.table.count == 0 && effects.isEmpty)
        #expect(machine.nextDeadline == later)
        machine.handleDeadline(now: later, emit: &effects)
        let asked = questions()
        let question = try #require(asked.first)
        #expect(asked.count == 1 && question.peer == MemoryNetwork.id(2) && machine.violations.isEmpty)
        machine.handle(.response(question.id, answer), now: later, emit: &effects)
        #expect(machine.table.count == 1 && machine.unchecked.isEmpty && machine.violations.isEmpty)
        // Once is enough.
        identify(2, at: later)
        #expect(machine.unchecked.isEmpty)
    }

    @Test(arguments: [true, false]) mutating func whoDoesNotAnswerIsNot(failing: Bool) throws {
        identify(2)
        machine.handleDeadline(now: later, emit: &effects)
        let questionAsked = questions()
        let question = try #require(questionAsked.first)
        machine.handle(failing ? .requestFailed(question.id) : .response(question.id, [0xff]), now: later, emit: &effects)
        #expect(machine.table.count == 0 && machine.unchecked.isEmpty && machine.violations.isEmpty)
        // And may try again.
        identify(2, at: later)
        #expect(machine.unchecked.count == 1)
    }

    @Test mutating func whoLeavesIsForgotten() {
        identify(2)
        machine.handle(.disconnected(MemoryNetwork.id(2)), now: .origin, emit: &effects)
        #expect(machine.unchecked.isEmpty && machine.nextDeadline == nil)
    }

    /// The answer to a search is an answer: no second question.
    @Test mutating func searchesCheckToo() throws {
        identify(2)
        machine.handle(.start(QueryID(1), .findClosest([9])), now: .origin, emit: &effects)
        let questionAsked = questions()
        let question = try #require(questionAsked.first)
        machine.handleDeadline(now: later, emit: &effects)
        let again = questions()
        #expect(again.isEmpty, "asked by the search already")
        machine.handle(.response(question.id, answer), now: later, emit: &effects)
        #expect(machine.table.count == 1 && machine.violations.isEmpty)
    }

    /// Identify may come behind the answer, while the search still goes on.
    @Test mutating func anAnswerBeforeIdentifyCounts() throws {
        identify(2)
        machine.handle(.start(QueryID(1), .findClosest([9])), now: .origin, emit: &effects)
        let firstAsked = questions()
        let first = try #require(firstAsked.first)
        let named = [3, 4].map { Contact(id: MemoryNetwork.id($0), addresses: AddressList([.tcp4(9, port: 9)])) }
        let naming = KademliaMessage(kind: .findNode, key: [9], closerPeers: named).encode()
        machine.handle(.response(first.id, naming), now: .origin, emit: &effects)
        let asked = questions()
        #expect(asked.count == 2)
        let second = try #require(asked.first)
        machine.handle(.response(second.id, answer), now: .origin, emit: &effects)
        #expect(machine.table.entry(second.peer) == nil, "identify has said nothing of it")
        machine.handle(.identified(second.peer, servesKademlia: true, addresses: []), now: .origin, emit: &effects)
        #expect(machine.table.entry(second.peer) != nil && machine.violations.isEmpty)
    }

    /// A crowd at the door takes a bounded room, and none of the table.
    @Test mutating func aCrowdTakesNoRoom() {
        for number in 2..<500 as Range<UInt64> { identify(number) }
        #expect(machine.unchecked.count == machine.parameters.uncheckedMax)
        machine.handleDeadline(now: later, emit: &effects)
        for question in questions() { machine.handle(.requestFailed(question.id), now: later, emit: &effects) }
        #expect(machine.table.count == 0 && machine.unchecked.isEmpty && machine.violations.isEmpty)
    }

    /// The end of a search takes its questions with it: those that waited for the answer are asked themselves.
    @Test mutating func anEndedSearchLeavesNobodyWaiting() throws {
        identify(2)
        machine.handle(.start(QueryID(1), .findClosest([9])), now: .origin, emit: &effects)
        machine.handleDeadline(now: later, emit: &effects)
        machine.handle(.cancel(QueryID(1)), now: later, emit: &effects)
        _ = questions()
        machine.handleDeadline(now: later + .seconds(1), emit: &effects)
        let asked = questions()
        #expect(asked.map(\.peer) == [MemoryNetwork.id(2)])
    }

    @Test func silentServersAreInNobodysTable() {
        var network = MemoryNetwork(seed: 2)
        network.believes = false
        for _ in 0..<30 { network.add() }
        for index in 20..<30 { network.isSilent[index] = true }
        for a in 0..<30 { for b in 0..<a { network.introduce(a, b) } }
        network.run()
        for index in 0..<20 {
            let table = network.nodes[index].table
            #expect(table.count >= 15)
            #expect((20..<30).allSatisfy { table.entry(network.ids[$0]) == nil })
        }
    }
}
