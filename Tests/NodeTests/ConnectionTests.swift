import Crypto
import Determinism
import Identity
import Kademlia
import LibP2P
import Roles
import Testing
import Wire

@testable import Blocks
@testable import GossipSub
@testable import Node

/// Connections that we opened and that nobody needs any more.
@Suite struct ConnectionTests {
    /// One node, told by hand what its network does.
    struct Lab {
        var node: Node
        var now = Instant.origin
        private static let secret = Bytes32(words: 8, 8, 8, 8)

        /// What it did when it started.
        private(set) var begun: [NodeEffect] = []

        init(_ place: Discovery.Place = .leaf, roles: [RoleName] = [], remembering known: Acquaintances = Acquaintances()) {
            let network = NetworkParameters(
                id: Bytes32(words: 1, 2, 3, 4), prefix: "simulated", bootstrap: [(Lab.peer(0), [.tcp4(1, port: 1)])], round: .seconds(2),
                shards: 1)
            let parameters = NodeParameters(
                signing: .simulated(identity: Bytes32(words: 7, 7, 7, 7), secret: Lab.secret), network: network, place: place, roles: roles,
                profile: .zero, generator: Generator(seed: 5))
            node = Node(parameters, firstSequenceNumber: 1)
            begun = give(.remembered(known)) + give(.started(entropy: .zero, restored: []))
        }

        mutating func command(_ command: RoleCommand) -> [NodeEffect] {
            give(.command(.verifier, Roles.QueryID(1), command))
        }

        static func peer(_ number: UInt32) -> PeerID { PeerID(ed25519: Bytes32(words: 9, UInt64(number), 9, 9)) }

        mutating func give(_ input: NodeInput) -> [NodeEffect] {
            var effects: [NodeEffect] = []
            node.handle(input, now: now, emit: &effects)
            return effects
        }

        mutating func connect(_ number: UInt32, _ direction: ConnectionDirection) {
            _ = give(.network(.connected(PeerHandle(index: number), Lab.peer(number), direction, address: nil)))
            let information = PeerInformation(protocols: [.gossip, .bitswap], listenAddresses: [.tcp4(number, port: 1)])
            _ = give(.network(.identified(PeerHandle(index: number), information)))
        }

        mutating func subscribe(_ number: UInt32) {
            let name = Array(Topic.shard(0).name(prefix: "simulated").utf8)
            let frame = RPC.subscriptions([name], subscribe: true)
            _ = give(.network(.message(from: PeerHandle(index: number), .gossip, frame)))
        }

        /// Lets time pass; the connections that were closed in it, each of which goes at once.
        mutating func wait(_ duration: Duration) -> [UInt32] {
            let end = now + duration
            var closed: [UInt32] = []
            while let deadline = node.nextDeadline, deadline <= end {
                now = max(now, deadline)
                var effects: [NodeEffect] = []
                node.handleDeadline(now: now, emit: &effects)
                for case .network(.disconnect(let handle, .idle)) in effects {
                    closed.append(handle.index)
                    _ = give(.network(.disconnected(handle, .idle)))
                }
            }
            now = end
            return closed
        }
    }

    @Test func aConnectionThatASearchLeftBehindIsClosed() {
        var lab = Lab()
        lab.connect(1, .outbound)
        lab.connect(2, .inbound)
        #expect(lab.wait(.seconds(9)) == [])
        #expect(lab.wait(.seconds(2)) == [1], "and not the one that the other side opened")
        #expect(lab.wait(.seconds(600)) == [])
        #expect(lab.node.peers.count == 1)
    }

    @Test func useKeepsItOpen() {
        var lab = Lab()
        lab.connect(1, .outbound)
        #expect(lab.wait(.seconds(8)) == [])
        _ = lab.give(.network(.request(from: PeerHandle(index: 1), .admin, InboundID(1), [])))
        #expect(lab.wait(.seconds(9)) == [])
        _ = lab.give(.network(.message(from: PeerHandle(index: 1), .bitswap, BitswapMessage().encode())))
        #expect(lab.wait(.seconds(9)) == [])
        #expect(lab.wait(.seconds(2)) == [1])
    }

    /// A search asks over it again and again: the longest of the waits for an answer counts.
    @Test func anOpenRequestKeepsItOpen() {
        var lab = Lab()
        lab.connect(1, .outbound)
        let address = Multiaddr.tcp4(1, port: 1)
        let serves = PeerInformation(protocols: [.kademlia], listenAddresses: [address])
        let effects = lab.give(.network(.identified(PeerHandle(index: 1), serves)))
        let asked = effects.contains { if case .network(.request(_, Lab.peer(1), _, .kademlia, _, _)) = $0 { true } else { false } }
        #expect(asked)
        #expect(lab.wait(.seconds(11)) == [])
    }

    /// Whom it knew before a restart it asks at once, whether a bootstrap peer is there or not.
    @Test func whoIsRememberedIsAskedAgain() {
        func contact(_ number: UInt32) -> Contact { Contact(id: Lab.peer(number), addresses: AddressList([.tcp4(number << 16, port: 1)])) }
        var known = Acquaintances()
        known.managers = [contact(1), contact(2)]
        known.servers = (3..<60).map(contact)
        var lab = Lab(remembering: known)
        let dialled = lab.begun.compactMap { if case .network(.dial(let peer, _)) = $0 { peer } else { nil } }
        #expect(dialled == [0, 1, 2].map { Lab.peer($0) })
        var asked: Set<PeerID> = []
        while let deadline = lab.node.nextDeadline, deadline <= .origin + .seconds(5) {
            var effects: [NodeEffect] = []
            lab.node.handleDeadline(now: deadline, emit: &effects)
            for case .network(.request(_, let peer, let addresses, .kademlia, _, _)) in effects where !addresses.isEmpty {
                asked.insert(peer)
            }
        }
        #expect(asked == Set((3..<19).map { Lab.peer($0) }), "sixteen of them at most")
        // Once they are connected they are what the next run knows.
        lab.connect(1, .outbound)
        #expect(lab.node.acquaintances.managers.map(\.id) == [1, 2].map { Lab.peer($0) })
    }

    /// Whoever opened them, and whatever they were needed for; nothing is dialled before it is resumed.
    @Test func whoIsParkedHoldsNone() {
        var lab = Lab(roles: [.verifier])
        lab.connect(0, .outbound)
        lab.connect(1, .outbound)
        lab.connect(2, .inbound)
        let events = lab.command(.park).compactMap { if case .event(.parked) = $0 { true } else { nil } }
        #expect(events.count == 1 && lab.node.isParked)
        #expect(Set(lab.wait(.seconds(11))) == [0, 1, 2])
        lab.connect(3, .inbound)
        #expect(lab.wait(.seconds(11)) == [3])
        #expect(lab.node.nextDeadline == nil && lab.node.peers.count == 0)

        let effects = lab.command(.resume)
        #expect(effects.contains { if case .network(.dial(Lab.peer(0), _)) = $0 { true } else { false } })
        lab.connect(0, .outbound)
        #expect(lab.wait(.seconds(600)) == [])
    }

    /// Topics that it subscribed to keep no connection either.
    @Test func whoIsParkedHasNoMesh() {
        var lab = Lab(roles: [.verifier])
        _ = lab.give(.subscribe(Topic.shard(0).name(prefix: "simulated")))
        lab.connect(1, .outbound)
        lab.subscribe(1)
        #expect(lab.wait(.seconds(60)) == [], "a member of its topic")
        _ = lab.command(.park)
        #expect(lab.wait(.seconds(11)) == [1])
    }

    @Test func whatDiscoveryKeepsStays() {
        var lab = Lab()
        lab.connect(0, .outbound)
        #expect(lab.wait(.seconds(600)) == [], "a bootstrap peer, while no Manager is known")
    }

    /// Members of our topics stay up to a number, and beyond it those in the mesh; the others go one by one.
    @Test func membersOfOurTopicsStayUpToANumber() {
        var lab = Lab(.manager)
        for number in 1...40 as ClosedRange<UInt32> {
            lab.connect(number, .outbound)
            lab.subscribe(number)
        }
        let closed = lab.wait(.seconds(120))
        #expect(Set(closed).count == 16)
        #expect(lab.node.peers.count == GossipSub.Parameters().membersWanted)
        let topic = lab.node.gossip.topics.find(Array(Topic.shard(0).name(prefix: "simulated").utf8)[...])
        let mesh = topic.map { lab.node.gossip.mesh(of: $0) } ?? []
        #expect(mesh.count >= 6)
        #expect(mesh.allSatisfy { lab.node.peers[$0] != nil })
    }
}
