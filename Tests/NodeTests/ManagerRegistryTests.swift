import Crypto
import Determinism
import GossipSub
import Identity
import Kademlia
import LibP2P
import Roles
import Testing
import Wire

@testable import Node

/// The table of Managers of a network.
@Suite struct ManagerRegistryTests {
    /// Registries that ask each other at once, with one topic for all; who is asked by nobody in particular is drawn.
    final class Core {
        static let network = NetworkID(Bytes32(words: 1, 2, 3, 4))
        static let secret = Bytes32(words: 8, 8, 8, 8)
        var registries: [ManagerRegistry] = []
        var keys: [Signing] = []
        var now = Instant.origin
        var published: [[UInt8]] = []
        /// How often each has learned of new ones.
        var learned: [Int] = []
        var isGossipLost = false
        /// Bytes of answers so far.
        var answered = 0

        static func signing(_ number: Int) -> Signing {
            .simulated(identity: Hash.blake2b(Array("manager \(number)".utf8)), secret: secret)
        }

        func add(isManager: Bool = true, sequence: UInt64 = 1, _ change: (inout ManagerRegistry.Parameters) -> Void = { _ in }) -> Int {
            let number = registries.count
            keys.append(Core.signing(number))
            var parameters = ManagerRegistry.Parameters()
            change(&parameters)
            registries.append(
                ManagerRegistry(
                    signing: keys[number], network: Core.network, isManager: isManager, firstSequenceNumber: sequence,
                    diversity: Kademlia.Parameters.Diversity(), parameters: parameters, generator: Generator(seed: UInt64(number))))
            learned.append(0)
            return number
        }

        func peer(_ number: Int) -> PeerID { PeerID(ed25519: keys[number].publicKey) }

        static func address(_ number: Int) -> Multiaddr { .tcp4(0x0100_0000 + UInt32(number) << 16, port: 1) }

        func give(_ number: Int, _ input: ManagerRegistry.Input) {
            var effects: [ManagerRegistry.Effect] = []
            registries[number].handle(input, now: now, emit: &effects)
            carryOut(effects, of: number)
        }

        /// A new one listens, and meets another.
        func join(_ number: Int, meeting other: Int) {
            give(number, .addresses([Core.address(number)]))
            give(number, .met(peer(other)))
            give(other, .met(peer(number)))
        }

        func wait(_ duration: Duration) {
            let end = now + duration
            while let next = registries.indices.compactMap({ registries[$0].nextDeadline }).min(), next <= end {
                now = max(now, next)
                for number in registries.indices where registries[number].nextDeadline.map({ $0 <= now }) == true {
                    var effects: [ManagerRegistry.Effect] = []
                    registries[number].handleDeadline(now: now, emit: &effects)
                    carryOut(effects, of: number)
                }
            }
            now = end
        }

        func ask(_ other: Int, from number: Int, _ call: RegistryCall) -> RecordReply? {
            var effects: [ManagerRegistry.Effect] = []
            registries[other].handle(.request(InboundID(1), from: peer(number), call), now: now, emit: &effects)
            let answer = effects.compactMap { if case .respond(_, let bytes) = $0 { try? RecordReply(encoded: bytes) } else { nil } }.first
            carryOut(effects, of: other)
            return answer
        }

        func gossip(_ number: Int, _ bytes: [UInt8]) -> GossipSub.Verdict {
            var effects: [ManagerRegistry.Effect] = []
            let verdict = registries[number].gossip(bytes[...], now: now, emit: &effects)
            carryOut(effects, of: number)
            return verdict
        }

        private func carryOut(_ effects: [ManagerRegistry.Effect], of number: Int) {
            for effect in effects {
                switch effect {
                case .request(let id, let wanted, let bytes):
                    let others = registries.indices.filter { $0 != number }
                    let other =
                        wanted.flatMap { peer in others.first { self.peer($0) == peer } } ?? others[(number * 7 + Int(id)) % others.count]
                    let answer = (try? RegistryCall(encoded: bytes)).flatMap { ask(other, from: number, $0) }
                    answered += answer?.encoded.count ?? 0
                    give(number, .response(id, answer?.encoded))
                case .respond: break
                case .publish(let bytes):
                    published.append(bytes)
                    if !isGossipLost { for other in registries.indices where other != number { _ = gossip(other, bytes) } }
                case .learned: learned[number] += 1
                }
            }
        }

        func record(_ number: Int, sequence: UInt64, addresses: [Multiaddr]? = nil, signedBy signer: Int? = nil) -> ManagerRegistry.Record {
            var record = ManagerEntry(sequence: sequence, addresses: addresses ?? [Core.address(number)]).signed(
                by: Core.signing(number), network: Core.network)
            if let signer {
                record.signature =
                    ManagerEntry(sequence: sequence, addresses: []).signed(by: Core.signing(signer), network: Core.network).signature
            }
            return record
        }

        /// What a registry would say of itself.
        func summary(of number: Int) -> RegistrySummary { registries[number].summary(after: .zero) }

        func batch(_ records: [ManagerRegistry.Record]) -> [UInt8] { Frame(kind: 1, records: records).encoded }
    }

    /// Joined through one peer of the core, all know all; most by batches, since everybody comes at once.
    @Test func allManagersKnowAll() {
        let core = Core()
        let seed = core.add(isManager: false)
        for _ in 0..<100 { core.join(core.add(), meeting: seed) }
        core.wait(.seconds(10))
        #expect(core.registries.allSatisfy { $0.count == 100 }, "\(core.registries.map(\.count))")
        #expect(core.published.count == 2, "\(core.published.count) batches")
        #expect(Set(core.registries[seed].managers.map(\.id)).count == 100)
        #expect(core.learned.allSatisfy { $0 > 0 })
        #expect(core.registries.allSatisfy { $0.violations.isEmpty })
        // Nobody takes the same ones, and nobody itself.
        let taken = (1...100).map { core.registries[$0].someManagers(countMax: 8).map(\.id) }
        #expect(Set(taken.joined()).count > 90 && (1...100).allSatisfy { !taken[$0 - 1].contains(core.peer($0)) })
    }

    /// Where gossip is lost, neighbours compare; what is the same is not sent again.
    @Test func whatGossipLostIsReconciled() {
        let core = Core()
        core.isGossipLost = true
        let seed = core.add(isManager: false)
        for _ in 0..<70 { core.join(core.add(), meeting: seed) }
        core.wait(.seconds(3_000))
        #expect(core.registries.allSatisfy { $0.count == 70 }, "\(core.registries.map(\.count))")
        let before = core.answered
        core.wait(.seconds(300))
        #expect(core.answered - before < 71 * 100, "\(core.answered - before) bytes although all are the same")
    }

    /// An answer holds 64 lines, those of the lowest keys first: who drew from the first answer would draw what everybody draws.
    @Test func aComparisonIsDrawnFromWhenItIsOver() {
        let core = Core()
        core.isGossipLost = true
        let full = core.add(isManager: false)
        let empty = core.add(isManager: false)
        for number in 0..<3 {
            _ = core.gossip(full, core.batch((10 + number * 50..<60 + number * 50).map { core.record($0, sequence: 1) }))
        }
        core.give(empty, .met(core.peer(full)))
        core.wait(.seconds(61))
        #expect(core.registries[empty].count == 150)
        #expect(core.learned[empty] == 1)
    }

    @Test func aLaterLineReplacesAnEarlierOneAndNeverTheOtherWayRound() {
        let core = Core()
        let member = core.add(isManager: false)
        let new = core.record(9, sequence: 8, addresses: [.tcp4(2, port: 2)])
        #expect(core.gossip(member, core.batch([core.record(9, sequence: 7)])) == .accept)
        #expect(core.gossip(member, core.batch([new])) == .ignore, "too soon after the last")
        core.wait(.seconds(11))
        #expect(core.gossip(member, core.batch([new])) == .accept)
        core.wait(.seconds(11))
        #expect(core.gossip(member, core.batch([core.record(9, sequence: 7)])) == .ignore)
        #expect(core.registries[member].managers == [.init(id: PeerID(ed25519: Core.signing(9).publicKey), addresses: [.tcp4(2, port: 2)])])
    }

    @Test func falseLinesAreRejected() {
        let core = Core()
        let member = core.add(isManager: false)
        #expect(core.gossip(member, core.batch([core.record(9, sequence: 7, signedBy: 8)])) == .reject)
        #expect(core.gossip(member, core.batch([])) == .reject)
        #expect(core.gossip(member, [1, 2, 3]) == .reject)
        #expect(core.gossip(member, Frame(kind: 2, records: [core.record(9, sequence: 7)]).encoded) == .reject)
        let foreign = ManagerEntry(sequence: 7, addresses: [Core.address(9)]).signed(
            by: Core.signing(9), network: NetworkID(Bytes32(words: 4, 3, 2, 1)))
        #expect(core.gossip(member, core.batch([foreign])) == .reject, "of another network")
        #expect(core.registries[member].count == 0)
    }

    /// Nobody speaks for another; the answer to an own line that is not new says so.
    @Test func onlyOwnLinesAreAnnounced() {
        let core = Core()
        let (member, other) = (core.add(isManager: false), core.add())
        #expect("\(String(describing: core.ask(member, from: other, .announce(core.record(7, sequence: 5)))))".contains("notYours"))
        #expect("\(String(describing: core.ask(member, from: other, .announce(core.record(1, sequence: 5)))))".contains("acknowledged"))
        #expect("\(String(describing: core.ask(member, from: other, .announce(core.record(1, sequence: 5)))))".contains("acknowledged"))
        #expect("\(String(describing: core.ask(member, from: other, .announce(core.record(1, sequence: 6)))))".contains("tooMany"))
        #expect(core.registries[member].count == 1)
    }

    @Test func aManagerThatGoesIsNotAskedForAnyMore() {
        let core = Core()
        let seed = core.add(isManager: false)
        for _ in 0..<5 { core.join(core.add(), meeting: seed) }
        core.wait(.seconds(20))
        core.give(3, .withdraw)
        #expect(core.registries.allSatisfy { $0.count == 4 })
        // Neither does an old line bring it back, nor a comparison.
        #expect(core.gossip(seed, core.batch([core.record(3, sequence: 2)])) == .ignore)
        core.wait(.seconds(1_000))
        #expect(core.registries.allSatisfy { $0.count == 4 })
    }

    @Test func aManagerThatIsSilentIsForgottenAndNotBroughtBack() {
        let core = Core()
        let (first, second) = (core.add(isManager: false), core.add(isManager: false))
        let line = core.record(9, sequence: 7)
        #expect(core.gossip(first, core.batch([line])) == .accept)
        core.wait(.seconds(9_000))
        #expect(core.gossip(second, core.batch([line])) == .accept)
        core.wait(.seconds(3_000))
        #expect(core.registries[first].count == 0 && core.registries[second].count == 1)
        core.give(first, .met(core.peer(second)))
        core.wait(.seconds(600))
        #expect(core.registries[first].count == 0)
        #expect(core.gossip(first, core.batch([line])) == .ignore)
        // A later life is another matter; and in the end nothing is left.
        core.wait(.seconds(3 * 86_400))
        #expect(core.gossip(first, core.batch([core.record(9, sequence: 8)])) == .accept)
        #expect(core.registries[first].count == 1)
    }

    /// A live Manager stays known through its renewals, and goes on from numbers that its disk has forgotten.
    @Test func linesAreRenewed() {
        let core = Core()
        let seed = core.add(isManager: false)
        #expect(core.gossip(seed, core.batch([core.record(1, sequence: 1_000)])) == .accept)
        core.wait(.seconds(20))
        core.join(core.add(), meeting: seed)
        core.wait(.seconds(86_400))
        #expect(core.registries[seed].count == 1 && core.registries[1].count == 1)
        core.give(1, .addresses([.tcp4(77, port: 7)]))
        core.wait(.seconds(60))
        #expect(core.registries[seed].managers.map(\.addresses) == [[.tcp4(77, port: 7)]])
    }

    @Test func linesAreBounded() {
        let core = Core()
        let member = core.add(isManager: false) { ($0.linesMax, $0.linesPerGroupMax) = (20, 3) }
        for number in 0..<10 {
            _ = core.gossip(
                member, core.batch([core.record(100 + number, sequence: 1, addresses: [.tcp4(0x0505_0000 + UInt32(number), port: 1)])]))
        }
        #expect(core.registries[member].count == 3, "of one place")
        for number in 0..<40 { _ = core.gossip(member, core.batch([core.record(200 + number, sequence: 1)])) }
        #expect(core.registries[member].count == 20)
    }

    /// Whoever keeps no registry gets a few, not always the same.
    @Test func leavesAreToldAFew() {
        let core = Core()
        let member = core.add(isManager: false)
        for number in 0..<50 { _ = core.gossip(member, core.batch([core.record(100 + number, sequence: 1)])) }
        let leaf = core.add(isManager: false)
        func sample() -> Set<Bytes32> {
            guard case .records(let records)? = core.ask(member, from: leaf, .reconcile(.init(digests: [], after: .zero))) else {
                return []
            }
            return Set(records.map(\.author))
        }
        let (first, second) = (sample(), sample())
        #expect(first.count == 16 && second.count == 16 && first != second)
    }

    /// Who is drawn is who would be if all lines were shuffled, however few are read for it; before and after lines come and go.
    @Test func drawsAreThoseOfAllLines() {
        let core = Core()
        let member = core.add()
        core.give(member, .addresses([Core.address(0)]))
        var generator = Generator(seed: UInt64(member))
        for round in 0..<6 {
            _ = core.gossip(member, core.batch((100 + round * 50..<150 + round * 50).map { core.record($0, sequence: 1) }))
            core.wait(.seconds(11))
            let gone = stride(from: 100, to: 150 + round * 50, by: round + 3).map {
                core.record($0, sequence: UInt64(round + 2), addresses: [])
            }
            _ = core.gossip(member, core.batch(Array(gone.prefix(64))))
            let others = core.registries[member].managers.filter { $0.id != core.peer(member) }
            let expected = others.shuffled(using: &generator).prefix(20)
            #expect(core.registries[member].someManagers(countMax: 20) == Array(expected))
            #expect(core.registries[member].count == others.count + 1 && core.registries[member].violations.isEmpty)
        }
    }

    /// What was compared once is compared anew after a change: by the line that came, and by the one that was forgotten.
    @Test func comparisonsKnowOfEveryChange() {
        let core = Core()
        let (member, other) = (core.add(isManager: false), core.add(isManager: false))
        func missing() -> Int? {
            guard case .records(let records)? = core.ask(member, from: other, .reconcile(core.summary(of: other))) else { return nil }
            return records.count
        }
        #expect(missing() == 0)
        _ = core.gossip(member, core.batch([core.record(7, sequence: 1)]))
        #expect(missing() == 1)
        _ = core.gossip(other, core.batch([core.record(7, sequence: 1)]))
        #expect(missing() == 0)
        core.wait(.seconds(9_000))
        _ = core.gossip(member, core.batch([core.record(7, sequence: 2)]))
        #expect(missing() == 1)
        core.wait(.seconds(2_000))
        #expect(core.registries[other].count == 0 && missing() == 1, "forgotten by one, known to the other")
        #expect(core.registries.allSatisfy { $0.violations.isEmpty })
    }

    @Test func malformedSummariesAreRefused() {
        for count in [0, 31, 33, 32 + 2047, 32 + 2049] {
            #expect(throws: WireError.self) {
                try RegistryCall(encoded: Frame(kind: 4, payload: [UInt8](repeating: 0, count: count)).encoded)
            }
        }
        #expect(throws: Never.self) { try RegistryCall(encoded: Frame(kind: 4, payload: [UInt8](repeating: 0, count: 32 + 2048)).encoded) }
    }
}
