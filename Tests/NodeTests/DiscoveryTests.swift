import Determinism
import Identity
import Testing
import Wire

@testable import Node

@Suite struct DiscoveryTests {
    let own = PeerID(ed25519: Bytes32(words: 1, 1, 1, 1))
    let seedPeer = PeerID(ed25519: Bytes32(words: 2, 2, 2, 2))
    let address = Multiaddr.tcp4(0x7f00_0001, port: 4001)

    func manager(_ number: UInt64) -> PeerID { PeerID(ed25519: Bytes32(words: 9, number, 9, 9)) }

    func started(_ place: Discovery.Place) -> (Discovery, [Discovery.Effect]) {
        var discovery = Discovery(place: place, own: own, bootstrap: [(seedPeer, [address]), (own, [address])], parameters: .init())
        var effects: [Discovery.Effect] = []
        discovery.start(now: .origin, emit: &effects)
        return (discovery, effects)
    }

    @Test func dialsBootstrapPeersButNeverItself() {
        let (_, effects) = started(.leaf)
        #expect(effects == [.dial(seedPeer, [address])])
    }

    @Test func waitsDoubleUntilABootstrapPeerAnswers() {
        var (discovery, _) = started(.leaf)
        var waits: [Duration] = []
        var now = Instant.origin
        for _ in 0..<9 {
            discovery.dialFailed(seedPeer, now: now)
            guard let deadline = discovery.nextDeadline else { return #expect(Bool(false), "no retry was planned") }
            waits.append(deadline - now)
            now = deadline
            var effects: [Discovery.Effect] = []
            discovery.handleDeadline(now: now, emit: &effects)
            #expect(effects == [.dial(seedPeer, [address])])
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { Duration.seconds($0) })
    }

    private func leaf(finding count: UInt64, _ effects: inout [Discovery.Effect]) -> Discovery {
        var (discovery, _) = started(.leaf)
        discovery.connected(seedPeer, servesDHT: true, now: .origin, emit: &effects)
        #expect(effects == [.refreshTable, .findManagers])
        effects = []
        discovery.managersFound((1...count).map { (manager($0), [address]) }, isConnected: { _ in false }, now: .origin, emit: &effects)
        return discovery
    }

    @Test func aLeafFindsManagersAndKeepsThree() {
        var effects: [Discovery.Effect] = []
        var discovery = leaf(finding: 8, &effects)
        #expect(effects == (1...6).map { .dial(manager($0), [address]) }, "two for each place")
        effects = []
        for number in 1...3 as ClosedRange<UInt64> { discovery.connected(manager(number), servesDHT: true, now: .origin, emit: &effects) }
        #expect(effects == [.managersChanged, .managersChanged, .managersChanged])
        #expect(discovery.connectedManagers == [manager(1), manager(2), manager(3)])
        for number in 4...6 as ClosedRange<UInt64> { discovery.dialFailed(manager(number), now: .origin) }

        effects = []
        discovery.disconnected(manager(2), now: .origin, emit: &effects)
        #expect(effects == [.managersChanged])
        effects = []
        discovery.handleDeadline(now: .origin, emit: &effects)
        #expect(effects == [.dial(manager(7), [address]), .dial(manager(8), [address])], "a lost Manager is replaced at once")
    }

    /// The near ones answer first; the one that was drawn has its place however far it is.
    @Test func aLeafKeepsTheNearAndOneThatWasDrawn() {
        var effects: [Discovery.Effect] = []
        var discovery = leaf(finding: 6, &effects)
        for number in [5, 3, 6, 4] as [UInt64] { discovery.connected(manager(number), servesDHT: true, now: .origin, emit: &effects) }
        #expect(Set(discovery.connectedManagers) == [manager(5), manager(3)], "one place waits")
        discovery.connected(manager(1), servesDHT: true, now: .origin, emit: &effects)
        discovery.connected(manager(2), servesDHT: true, now: .origin, emit: &effects)
        #expect(Set(discovery.connectedManagers) == [manager(5), manager(3), manager(1)])
        #expect(!discovery.keeps(manager(6)) && !discovery.keeps(manager(2)))
    }

    /// Of a /16 one is dialled as long as there are others; private addresses, all of one network, do not count.
    @Test func aLeafDialsManagersOfDifferentNetworks() {
        func dialled(_ places: [UInt32]) -> [PeerID] {
            var (discovery, _) = started(.leaf)
            var effects: [Discovery.Effect] = []
            let found = places.enumerated().map { (manager(UInt64($0)), [Multiaddr.tcp4($1 << 16 + 7, port: 1)]) }
            discovery.managersFound(found, isConnected: { _ in false }, now: .origin, emit: &effects)
            return effects.compactMap { if case .dial(let peer, _) = $0, peer != seedPeer { peer } else { nil } }
        }
        #expect(dialled([0x0102, 0x0102, 0x0102, 3, 3, 4, 5, 6, 7, 8].map { $0 + 0x0800 }) == [0, 3, 5, 6, 7, 8].map { manager($0) })
        #expect(dialled([9, 9, 9, 9, 0x0808, 9, 9].map { $0 + 0x0800 }) == [0, 4, 1, 2, 3, 5].map { manager($0) })
        #expect(dialled([UInt32](repeating: 0x0a00, count: 7)) == (0..<6).map { manager($0) })
    }

    /// Who is of no use is the last to be asked again.
    @Test func aManagerThatIsGivenUpIsReplaced() {
        var effects: [Discovery.Effect] = []
        var discovery = leaf(finding: 8, &effects)
        for number in 1...6 as ClosedRange<UInt64> { discovery.connected(manager(number), servesDHT: true, now: .origin, emit: &effects) }
        #expect(Set(discovery.connectedManagers) == [manager(1), manager(2), manager(3)])
        effects = []
        discovery.giveUp(manager(2), now: .origin, emit: &effects)
        #expect(Set(discovery.connectedManagers) == [manager(1), manager(3), manager(4)])
        #expect(effects.contains(.managersChanged) && !discovery.keeps(manager(2)))
        effects = []
        discovery.giveUp(manager(5), now: .origin, emit: &effects)
        #expect(effects.isEmpty, "it was none of ours")
        for number in [4, 5, 6] as [UInt64] { discovery.disconnected(manager(number), now: .origin, emit: &effects) }
        effects = []
        discovery.handleDeadline(now: .origin + .seconds(1), emit: &effects)
        #expect(effects.prefix(2) == [.dial(manager(4), [address]), .dial(manager(5), [address])])
    }

    /// One place is drawn anew every epoch; who is in use keeps it for a minute more, as often as that is so.
    @Test func thePlaceThatIsDrawnIsDrawnAgain() {
        var effects: [Discovery.Effect] = []
        var discovery = leaf(finding: 8, &effects)
        for number in [1, 5, 3] as [UInt64] { discovery.connected(manager(number), servesDHT: true, now: .origin, emit: &effects) }
        for number in [2, 4, 6] as [UInt64] { discovery.dialFailed(manager(number), now: .origin) }
        let end = Instant.origin + Discovery.Parameters().drawInterval
        func redraws(_ time: Instant) -> [Discovery.Effect] {
            effects = []
            discovery.handleDeadline(now: time, emit: &effects)
            return effects.filter { if case .redraw = $0 { true } else { false } }
        }
        #expect(redraws(end - .seconds(1)) == [])
        #expect(redraws(end) == [.redraw(manager(1))])
        #expect(redraws(end + .seconds(59)) == [])
        #expect(redraws(end + .seconds(60)) == [.redraw(manager(1))])
        effects = []
        discovery.giveUp(manager(1), now: end + .seconds(60), emit: &effects)
        #expect(effects.contains(.dial(manager(2), [address])) && !discovery.keeps(manager(1)))
        discovery.connected(manager(4), servesDHT: true, now: end + .seconds(61), emit: &effects)
        #expect(!discovery.keeps(manager(4)), "the place waits for the one that was drawn")
        discovery.connected(manager(2), servesDHT: true, now: end + .seconds(62), emit: &effects)
        #expect(Set(discovery.connectedManagers) == [manager(2), manager(3), manager(5)])
        #expect(redraws(end + .seconds(200)) == [])
        #expect(redraws(end + .seconds(60) + Discovery.Parameters().drawInterval) == [.redraw(manager(2))])
    }

    @Test func whereThereIsNobodyElseTheDrawnOneStays() {
        var effects: [Discovery.Effect] = []
        var discovery = leaf(finding: 3, &effects)
        for number in 1...3 as ClosedRange<UInt64> { discovery.connected(manager(number), servesDHT: true, now: .origin, emit: &effects) }
        let interval = Discovery.Parameters().drawInterval
        effects = []
        for time in [interval, interval + .seconds(60), interval * 2] { discovery.handleDeadline(now: .origin + time, emit: &effects) }
        #expect(!effects.contains(.redraw(manager(1))))
        #expect(discovery.nextDeadline == .origin + interval * 3, "and nothing is looked at before")
    }

    @Test func whoWasDrawnAndDoesNotAnswerLeavesItsPlace() {
        var effects: [Discovery.Effect] = []
        var discovery = leaf(finding: 6, &effects)
        for number in [5, 3, 6] as [UInt64] { discovery.connected(manager(number), servesDHT: true, now: .origin, emit: &effects) }
        discovery.dialFailed(manager(1), now: .origin)
        effects = []
        discovery.handleDeadline(now: .origin, emit: &effects)
        #expect(Set(discovery.connectedManagers) == [manager(5), manager(3), manager(6)] && effects == [.managersChanged])
    }

    /// Bootstrap peers are left alone once there are enough Managers, and asked again where one goes and no other is known.
    @Test func enoughManagersMakeBootstrapPeersUnneeded() {
        var (discovery, _) = started(.leaf)
        var effects: [Discovery.Effect] = []
        discovery.connected(seedPeer, servesDHT: true, now: .origin, emit: &effects)
        #expect(discovery.keeps(seedPeer))
        discovery.managersFound((1...3).map { (manager($0), [address]) }, isConnected: { _ in true }, now: .origin, emit: &effects)
        #expect(!discovery.keeps(seedPeer))
        #expect((1...3).allSatisfy { discovery.keeps(manager($0)) })
        effects = []
        discovery.disconnected(seedPeer, now: .origin, emit: &effects)
        discovery.handleDeadline(now: .origin + .seconds(100), emit: &effects)
        #expect(!effects.contains { if case .dial(seedPeer, _) = $0 { true } else { false } })
        effects = []
        discovery.disconnected(manager(2), now: .origin + .seconds(100), emit: &effects)
        discovery.handleDeadline(now: .origin + .seconds(100), emit: &effects)
        #expect(effects.contains(.dial(seedPeer, [address])))
    }

    /// What was begun with a Manager goes on with it, whoever else connects.
    @Test func aLeafDoesNotChangeItsManagersWithoutNeed() {
        var (discovery, _) = started(.leaf)
        var effects: [Discovery.Effect] = []
        discovery.managersFound(
            (1...6).map { (manager($0), [address]) }, isConnected: { $0 != self.manager(1) }, now: .origin, emit: &effects)
        #expect(discovery.connectedManagers == [manager(2), manager(3), manager(4)])
        discovery.connected(manager(1), servesDHT: true, now: .origin, emit: &effects)
        #expect(discovery.connectedManagers == [manager(2), manager(3), manager(4)])
        #expect(!discovery.keeps(manager(5)))
        discovery.disconnected(manager(3), now: .origin, emit: &effects)
        #expect(discovery.connectedManagers == [manager(1), manager(2), manager(4)])
    }

    /// The network may have no more: the waits double up to those of a leaf that has enough.
    @Test func aLeafWithTooFewGoesOnLooking() {
        var (discovery, _) = started(.leaf)
        var effects: [Discovery.Effect] = []
        discovery.connected(seedPeer, servesDHT: true, now: .origin, emit: &effects)
        var now = Instant.origin
        var waits: [Duration] = []
        for _ in 0..<9 {
            discovery.managersFound([(manager(1), [address])], isConnected: { _ in true }, now: now, emit: &effects)
            guard let deadline = discovery.nextDeadline else { return #expect(Bool(false), "no search was planned") }
            waits.append(deadline - now)
            now = deadline
            effects = []
            discovery.handleDeadline(now: now, emit: &effects)
            #expect(effects.contains(.findManagers))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 120, 120].map { Duration.seconds($0) })
    }

    @Test func whoIsParkedKeepsAndSeeksNobody() {
        var (discovery, _) = started(.leaf)
        var effects: [Discovery.Effect] = []
        discovery.connected(seedPeer, servesDHT: true, now: .origin, emit: &effects)
        discovery.managersFound((1...2).map { (manager($0), [address]) }, isConnected: { _ in true }, now: .origin, emit: &effects)
        effects = []
        discovery.park(emit: &effects)
        #expect(effects == [.managersChanged])
        #expect(discovery.connectedManagers == [] && !discovery.keeps(seedPeer) && !discovery.keeps(manager(1)))
        effects = []
        // Answers to what was asked before.
        discovery.managersFound([(manager(3), [address])], isConnected: { _ in true }, now: .origin, emit: &effects)
        for peer in [seedPeer, manager(1), manager(2), manager(3)] { discovery.disconnected(peer, now: .origin, emit: &effects) }
        discovery.handleDeadline(now: .origin + .seconds(3_600), emit: &effects)
        #expect(effects == [] && discovery.nextDeadline == nil)

        discovery.resume(now: .origin + .seconds(3_600), emit: &effects)
        #expect(effects == [.dial(seedPeer, [address])] + (1...3).map { .dial(manager($0), [address]) })
        #expect(discovery.nextDeadline == .origin + .seconds(3_601), "and looks for others")
    }

    @Test func anEmptySearchIsRepeated() {
        var (discovery, _) = started(.leaf)
        var effects: [Discovery.Effect] = []
        discovery.connected(seedPeer, servesDHT: true, now: .origin, emit: &effects)
        effects = []
        discovery.managersFound([], isConnected: { _ in false }, now: .origin, emit: &effects)
        #expect(discovery.nextDeadline == .origin + .seconds(1))
        discovery.handleDeadline(now: .origin + .seconds(1), emit: &effects)
        #expect(effects == [.findManagers])
    }

    @Test func aManagerAnnouncesItself() {
        var (discovery, _) = started(.manager)
        var effects: [Discovery.Effect] = []
        discovery.connected(seedPeer, servesDHT: true, now: .origin, emit: &effects)
        #expect(effects == [.refreshTable, .findManagers, .announceManager])
        discovery.announced(successfully: false, now: .origin)
        effects = []
        discovery.handleDeadline(now: .origin + .seconds(1), emit: &effects)
        #expect(effects == [.announceManager], "announced again after a failure")
    }

    /// Whatever happens in whatever order, peers of ours or of nobody's: the deadline is that of the state, though most inputs leave both.
    @Test(arguments: [Discovery.Place.leaf, .manager, .bootstrap])
    func theDeadlineIsAlwaysThatOfTheState(place: Discovery.Place) {
        var generator = Generator(seed: 3)
        var (discovery, effects) = started(place)
        var now = Instant.origin
        for step in 0..<4_000 {
            now = now + .milliseconds(Int64(generator.next() % 5_000))
            let number = generator.next() % 120
            let peer = number == 0 ? seedPeer : manager(number)
            switch generator.next() % 12 {
            case 0...2: discovery.connected(peer, servesDHT: generator.chance(0.5), now: now, emit: &effects)
            case 3...4: discovery.disconnected(peer, now: now, emit: &effects)
            case 5: discovery.dialFailed(peer, now: now)
            case 6:
                discovery.managersFound(
                    (number..<number + 5).map { (manager($0), [address]) }, isConnected: { $0 == peer }, now: now, emit: &effects)
            case 7: discovery.learned([(peer, [address])], isConnected: { _ in false }, now: now, emit: &effects)
            case 8: discovery.giveUp(peer, now: now, emit: &effects)
            case 9 where number < 10: discovery.park(emit: &effects)
            case 9: discovery.resume(now: now, emit: &effects)
            case 10: discovery.announced(successfully: number < 60, now: now)
            default: discovery.handleDeadline(now: now, emit: &effects)
            }
            #expect(discovery.violations.isEmpty, "\(discovery.violations) after \(step) inputs")
            #expect(discovery.keeps(peer) == (discovery.connectedManagers.contains(peer) || discovery.keeps(seedPeer) && peer == seedPeer))
        }
    }

    @Test func candidatesAreBounded() {
        var (discovery, _) = started(.leaf)
        var effects: [Discovery.Effect] = []
        for batch in 0..<10 {
            let found = (0..<20).map { (manager(UInt64(batch * 20 + $0)), [Multiaddr]()) }
            discovery.managersFound(found, isConnected: { _ in false }, now: .origin, emit: &effects)
        }
        #expect(discovery.managers.count == Discovery.Parameters().candidatesMax)
    }
}
