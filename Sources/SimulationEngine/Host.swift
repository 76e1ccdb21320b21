import Determinism
import Identity
import LibP2P
import Node
import Wire

/// What a node's machine has of the network: its links, and what is under way on them. Nothing but the node's own events changes it.
struct Host {
    struct Dial {
        var peer: UInt32
        /// Distinguishes a dial from earlier ones.
        var number: UInt32
    }

    struct Request {
        var id: RequestID
        var peer: UInt32
        var name: ProtocolName
        /// Kept until the connection stands.
        var unsent: [UInt8]?
    }

    /// A request that the node has not answered yet.
    struct Inbound {
        var id: InboundID
        var peer: UInt32
        var epoch: UInt32
        /// As the peer has named it.
        var request: RequestID
    }

    var isUp = false
    var upFree: UInt64 = 0
    var downFree: UInt64 = 0
    /// Of jitter and loss.
    var random: Generator
    var protocols: Set<ProtocolName> = []
    var links = LinkTable()
    var dials: [Dial] = []
    var requests: [Request] = []
    var inbound: [Inbound] = []
    var dialCount: UInt32 = 0
    var acceptCount: UInt32 = 0
    var inboundCount: UInt64 = 0
    /// Events that this node caused.
    var eventCount: UInt32 = 0
    /// Bytes, headers included.
    var bytesUp: UInt64 = 0
    var bytesDown: UInt64 = 0

    init(random: Generator) { self.random = random }

    func dial(to peer: UInt32) -> Int? { dials.firstIndex { $0.peer == peer } }

    mutating func removeRequest(_ id: RequestID) -> Bool {
        guard let index = requests.firstIndex(where: { $0.id == id }) else { return false }
        requests.remove(at: index)
        requests.releaseSlack()
        return true
    }

    /// Takes out the requests to a peer.
    mutating func removeRequests(to peer: UInt32) -> [Request] {
        guard requests.contains(where: { $0.peer == peer }) else { return [] }
        let removed = requests.filter { $0.peer == peer }
        requests.removeAll { $0.peer == peer }
        requests.releaseSlack()
        return removed
    }
}

/// What all nodes of a simulation have in common; it changes only between windows.
struct World {
    /// Of a node's machine; never changes.
    struct Place {
        var region: UInt8
        /// Nanoseconds per byte.
        var upCost: UInt64
        var downCost: UInt64
    }

    let seed: UInt64
    let regions: RegionMatrix
    let links: LinkParameters
    var places: [Place] = []
    var adversaries = Adversaries()
    var engine = SimulatedEngine()
    /// Whether a scenario wants to hear of what a node tells its owner.
    var hears: @Sendable (NodeEvent) -> Bool

    func latency(_ a: UInt32, _ b: UInt32) -> UInt64 {
        regions.nanoseconds(from: places[Int(a)].region, to: places[Int(b)].region)
    }

    func peer(_ node: UInt32) -> PeerID { PeerID(ed25519: World.identity(of: node, seed: seed)) }

    /// Where a simulated node listens: the number is the address.
    static func address(of node: UInt32) -> Multiaddr { .tcp4(0x0a00_0000 + node, port: 4001) }

    static func identity(of node: UInt32, seed: UInt64) -> Bytes32 {
        var mixer = Generator(seed: seed ^ (UInt64(node) &* 0x9e37_79b9_7f4a_7c15))
        return Bytes32(words: mixer.next(), mixer.next(), mixer.next(), UInt64(node))
    }

    static func node(of peer: PeerID) -> UInt32? {
        guard let key = peer.ed25519Key else { return nil }
        return UInt32(exactly: key.words.3)
    }
}
