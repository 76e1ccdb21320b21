import Determinism
import Identity
import LibP2P
import Testing
import Wire

@testable import Blocks

/// One machine that serves a peer with the manners that the test wants.
@Suite struct ServeTests {
    struct Server {
        var machine: BlockExchange
        var now = Instant.origin
        var loads: [(cid: CID, token: LoadToken)] = []
        var probes: [(cid: CID, token: LoadToken)] = []

        init(parameters: BlockExchange.Parameters = .init(), peers: Int = 1) {
            machine = BlockExchange(parameters: parameters)
            for number in 0..<peers { _ = give(.peerAdded(BlockNetwork.handle(number), BlockNetwork.id(number))) }
        }

        mutating func give(_ input: BlockExchange.Input) -> [BlockExchange.Effect] {
            var effects: [BlockExchange.Effect] = []
            machine.handle(input, now: now, emit: &effects)
            return note(effects)
        }

        mutating func pass(_ duration: Duration) -> [BlockExchange.Effect] {
            now = now + duration
            var effects: [BlockExchange.Effect] = []
            while let deadline = machine.nextDeadline, deadline <= now { machine.handleDeadline(now: now, emit: &effects) }
            return note(effects)
        }

        private mutating func note(_ effects: [BlockExchange.Effect]) -> [BlockExchange.Effect] {
            #expect(machine.violations.isEmpty)
            for effect in effects {
                if case .load(let cid, let token) = effect { loads.append((cid, token)) }
                if case .probe(let cid, let token) = effect { probes.append((cid, token)) }
            }
            return effects
        }

        mutating func hear(_ message: BitswapMessage, from number: Int = 0) -> [BlockExchange.Effect] {
            give(.message(from: BlockNetwork.handle(number), message.encode()))
        }
    }

    func cid(_ number: Int) -> CID { CID(digest: Bytes32(words: 0, 0, 0, UInt64(number))) }

    func wantlist(_ range: Range<Int>, kind: BitswapMessage.Entry.Kind = .block, isFull: Bool = false) -> BitswapMessage {
        BitswapMessage(entries: range.map { .init(cid: cid($0), kind: kind) }, isFull: isFull)
    }

    func messages(_ effects: [BlockExchange.Effect]) -> [BitswapMessage] {
        effects.compactMap { if case .send(_, let bytes, _) = $0 { try? BitswapMessage(decoding: bytes) } else { nil } }
    }

    @Test func loadsAreBoundedAndFair() {
        var server = Server(peers: 20)
        for peer in 0..<20 { _ = server.hear(wantlist(0..<100), from: peer) }
        #expect(server.loads.count == 32)
        #expect(server.machine.peers.allSatisfy { $0.loadCount <= 4 })
        // As places become free, everybody gets a turn.
        for index in 0..<200 { _ = server.give(.loaded(server.loads[index].token, [1])) }
        let sent = server.machine.peers.map(\.ledger.sent)
        #expect(sent.allSatisfy { $0 >= 4 })
    }

    @Test func whatIsThereIsSentAndWhatIsNotIsSaid() {
        var server = Server()
        _ = server.hear(wantlist(0..<2))
        _ = server.hear(wantlist(2..<4, kind: .have))
        #expect(server.loads.map(\.cid) == [cid(0), cid(1)] && server.probes.map(\.cid) == [cid(2), cid(3)])
        let block = messages(server.give(.loaded(server.loads[0].token, [7, 7])))
        #expect(block == [BitswapMessage(blocks: [.init(codec: .raw, hash: .sha256, data: [7, 7])])])
        #expect(
            messages(server.give(.loaded(server.loads[1].token, nil))) == [BitswapMessage(presences: [.init(cid: cid(1), isThere: false)])])
        #expect(
            messages(server.give(.probed(server.probes[0].token, size: 9))) == [
                BitswapMessage(presences: [.init(cid: cid(2), isThere: true)])
            ])
        #expect(
            messages(server.give(.probed(server.probes[1].token, size: nil))) == [
                BitswapMessage(presences: [.init(cid: cid(3), isThere: false)])
            ])
        #expect(server.give(.loaded(server.loads[0].token, [7, 7])).isEmpty)
        #expect(server.machine.peers[0].wantlist.map(\.cid) == [cid(1), cid(3)])
        #expect(server.machine.ledger(of: BlockNetwork.handle(0)) == Ledger(sent: 2, received: 0))
    }

    @Test func aCancelledWantIsNotSent() {
        var server = Server()
        _ = server.hear(wantlist(0..<10))
        #expect(server.loads.count == 4)
        _ = server.hear(BitswapMessage(entries: (0..<9).map { .init(cid: cid($0), isCancel: true) }))
        for index in 0..<4 { #expect(messages(server.give(.loaded(server.loads[index].token, [1]))).isEmpty) }
        #expect(server.loads.map(\.cid).last == cid(9) && server.loads.count == 5)
    }

    @Test func aFullListReplacesWhatWasThere() {
        var server = Server()
        _ = server.hear(wantlist(0..<10))
        _ = server.hear(wantlist(20..<22, isFull: true))
        for index in 0..<4 { _ = server.give(.loaded(server.loads[index].token, nil)) }
        #expect(server.loads.dropFirst(4).map(\.cid) == [cid(20), cid(21)])
    }

    @Test func listsAreBounded() {
        var server = Server()
        var overflows = 0
        for start in stride(from: 0, to: 5000, by: 500) {
            let effects = server.hear(wantlist(start..<(start + 500)))
            overflows += effects.count { if case .penalise(_, .wantlistOverflow) = $0 { true } else { false } }
        }
        #expect(server.machine.peers[0].wantlist.count == 1024)
        #expect(overflows == 8)
        // Asking and cancelling over and over does not grow the queue.
        for round in 0..<40 {
            _ = server.hear(BitswapMessage(entries: (0..<500).map { .init(cid: cid($0), isCancel: true) }))
            _ = server.hear(wantlist(0..<500))
            if round.isMultiple(of: 10) { #expect(server.machine.peers[0].queue.count <= 2048) }
        }
    }

    @Test func aPeerIsServedNoFasterThanItReads() {
        var parameters = BlockExchange.Parameters()
        parameters.serveBurst = 4000
        parameters.serveRate = 1000
        var server = Server(parameters: parameters)
        _ = server.hear(wantlist(0..<100))
        var answered = 0
        func answer(_ server: inout Server) {
            while answered < server.loads.count {
                _ = server.give(.loaded(server.loads[answered].token, [UInt8](repeating: 0, count: 1000)))
                answered += 1
            }
        }
        answer(&server)
        let burst = answered
        #expect(burst >= 5 && burst <= 9)
        #expect(server.machine.nextDeadline != nil)
        for _ in 0..<100 {
            _ = server.pass(.milliseconds(100))
            answer(&server)
        }
        #expect(answered - burst >= 6 && answered - burst <= 14)
    }

    @Test func aCongestedPeerIsLeftAlone() {
        var server = Server()
        _ = server.give(.congested(BlockNetwork.handle(0)))
        _ = server.hear(wantlist(0..<3))
        #expect(server.loads.isEmpty)
        _ = server.pass(.milliseconds(999))
        #expect(server.loads.isEmpty)
        _ = server.pass(.milliseconds(2))
        #expect(server.loads.count == 3)
    }

    @Test func aStoreThatDoesNotAnswerBlocksNobodyForEver() {
        var server = Server()
        _ = server.hear(wantlist(0..<8))
        #expect(server.loads.count == 4)
        _ = server.pass(.seconds(31))
        #expect(server.loads.count == 8)
        _ = server.pass(.seconds(31))
        #expect(server.machine.loads.isEmpty && server.machine.nextDeadline == nil)
    }

    @Test func unaskedBlocksArePaidForAndNotKept() {
        var server = Server()
        let effects = server.hear(BitswapMessage(blocks: [.init(codec: .raw, hash: .sha256, data: [1])]))
        guard effects.count == 1, case .penalise(_, .unrequestedBlock) = effects[0] else {
            Issue.record("\(effects)")
            return
        }
        #expect(server.give(.message(from: BlockNetwork.handle(0), [0xff])).count == 1)
        #expect(server.give(.message(from: BlockNetwork.handle(9), [0xff])).isEmpty)
    }

    @Test func aLateBlockIsWelcome() {
        let data: [UInt8] = [4, 5, 6]
        let block = BitswapMessage.Block(codec: .raw, hash: .sha256, data: data[...])
        var server = Server()
        _ = server.give(.want([.init(id: WantID(1), cid: block.computedCID)], from: [BlockNetwork.handle(0)]))
        _ = server.pass(.seconds(11))
        #expect(server.machine.peers[0].inFlight == 0)
        let effects = server.hear(BitswapMessage(blocks: [block]))
        guard case .store(block.computedCID, data) = effects.first, case .finished(WantID(1), .received) = effects.dropFirst().first else {
            Issue.record("\(effects)")
            return
        }
        #expect(server.machine.peers[0].questions == 0 && server.machine.peers[0].strayAllowance == 0)
    }

    @Test func hostileBytesNeverTrap() {
        var generator = Generator(seed: 44)
        var server = Server(peers: 2)
        let wanted = BitswapMessage.Block(codec: .raw, hash: .sha256, data: [1, 2, 3])
        let good = BitswapMessage(
            entries: (0..<4).map { .init(cid: cid($0), isCancel: $0 == 3, kind: $0 == 2 ? .have : .block) }, blocks: [wanted],
            presences: [.init(cid: wanted.computedCID, isThere: false), .init(cid: cid(1), isThere: true)]
        ).encode()
        for round in 0..<1000 {
            var bytes = good
            for _ in 0...Int(generator.next() % 4) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            _ = server.give(.want([.init(id: WantID(UInt64(round)), cid: wanted.computedCID)], from: [BlockNetwork.handle(round % 2)]))
            _ = server.give(.message(from: BlockNetwork.handle(Int(generator.next() % 2)), bytes))
            if let load = server.loads.popLast() { _ = server.give(.loaded(load.token, generator.chance(0.5) ? [1] : nil)) }
            if let probe = server.probes.popLast() { _ = server.give(.probed(probe.token, size: nil)) }
            if generator.chance(0.01) {
                _ = server.give(.peerRemoved(BlockNetwork.handle(0)))
                _ = server.give(.peerAdded(BlockNetwork.handle(0), BlockNetwork.id(0)))
            }
            if generator.chance(0.05) { _ = server.pass(.seconds(7)) }
        }
    }
}
