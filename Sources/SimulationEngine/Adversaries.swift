import Crypto
import Identity
import Kademlia
import LibP2P
import Node
import Wire

/// What a hostile node does otherwise than the state machines that it runs. It keeps to everything that others can check of it.
public enum Misconduct: UInt8, Sendable {
    /// Sends no gossip message on and offers none, while it takes part in the mesh as by the book.
    case silent
    /// Answers every question of the DHT with its accomplices nearest to the key, as peers and as providers.
    case lying
    /// Hears every question of the DHT and answers none.
    case mute
}

/// The hostile nodes of a simulation.
struct Adversaries: Sendable {
    /// By node; nil for the honest. Empty where all are.
    private var conduct: [Misconduct?] = []
    /// Those that lie, with their place in the DHT.
    private var liars: [(place: Bytes32, contact: Contact)] = []

    var isEmpty: Bool { conduct.isEmpty }

    func conduct(of node: UInt32) -> Misconduct? { Int(node) < conduct.count ? conduct[Int(node)] : nil }

    mutating func add(_ node: UInt32, _ peer: PeerID, _ misconduct: Misconduct) {
        if conduct.count <= Int(node) { conduct += [Misconduct?](repeating: nil, count: Int(node) + 1 - conduct.count) }
        conduct[Int(node)] = misconduct
        guard misconduct == .lying else { return }
        liars.append((peer.dhtKey, Contact(id: peer, addresses: AddressList([World.address(of: node)]))))
    }

    /// Whether a node keeps to itself what its state machines want to say.
    func suppresses(_ command: NetworkCommand, of node: UInt32) -> Bool {
        guard conduct(of: node) == .silent, case .send(_, .gossip, let rpc, _) = command else { return false }
        return Adversaries.bringsMessages(rpc)
    }

    /// Whether an RPC of the simulated nodes holds a message, or offers some by IHAVE: field 2, or field 1 of field 3.
    private static func bringsMessages(_ rpc: [UInt8]) -> Bool {
        var reader = ProtobufReader(rpc)
        while let field = try? reader.next() {
            if field.number == 2 { return true }
            guard field.number == 3, let control = try? field.bytes() else { continue }
            var parts = ProtobufReader(control)
            while let part = try? parts.next() { if part.number == 1 { return true } }
        }
        return false
    }

    /// What a liar answers to a question of the DHT; nil where that is not one.
    func lie(to question: [UInt8], countMax: Int = 20) -> [UInt8]? {
        guard let message = try? KademliaMessage(decoding: question) else { return nil }
        let target = Hash.sha256(message.key)
        let order = liars.indices.map { (distance: liars[$0].place.words.0 ^ target.words.0, index: $0) }
            .sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
        let accomplices = order.prefix(countMax).map { liars[$0.index].contact }
        return KademliaMessage(
            kind: message.kind, key: message.key, record: message.record, closerPeers: accomplices,
            providerPeers: message.kind == .getProviders ? accomplices : []
        ).encode()
    }
}
