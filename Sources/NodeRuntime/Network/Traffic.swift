internal import Identity
internal import LibP2P

/// Bytes of messages, both ways, by protocol, by what the peer is, and by peer; what encryption and multiplexing add is not in it.
struct Traffic {
    struct Count: Equatable {
        var bytes: UInt64 = 0
        var messages: UInt64 = 0

        mutating func add(_ size: Int) {
            bytes &+= UInt64(size)
            messages &+= 1
        }
    }

    struct Flow: Equatable {
        var sent = Count()
        var received = Count()
    }

    /// What identify tells of a peer's part in the network.
    enum Part: String, CaseIterable {
        /// It serves the DHT: Managers and bootstrap peers.
        case core
        /// Workers, Verifiers, clients.
        case leaf
        /// Nothing yet.
        case unknown
    }

    /// A question of somebody else's that waits for our answer.
    private struct Question {
        var name: ProtocolName
        var asker: PeerHandle
    }

    private struct Peer {
        var part = Part.unknown
        var flow = Flow()
        var questions: Set<InboundID> = []
    }

    private(set) var sent: [ProtocolName: Count] = [:]
    private(set) var received: [ProtocolName: Count] = [:]
    private(set) var parts: [Part: Flow] = [:]
    private var peers: [PeerHandle: Peer] = [:]
    /// Whose answer a response is.
    private var asked: [RequestID: ProtocolName] = [:]
    private var answering: [InboundID: Question] = [:]

    /// Of a connected peer: messages and answers to it, messages and questions from it. Our own questions are by protocol only: they may
    /// be on their way before there is a connection.
    func flow(of peer: PeerHandle) -> Flow { peers[peer]?.flow ?? Flow() }

    /// Questions of connected peers that have no answer yet.
    var questionCount: Int { answering.count }
    var peerCount: Int { peers.count }

    mutating func note(_ command: NetworkCommand) {
        switch command {
        case .send(let peer, let name, let bytes, _): countSent(name, bytes.count, to: peer)
        case .request(let id, _, _, let name, let bytes, _):
            asked[id] = name
            sent[name, default: Count()].add(bytes.count)
        case .respond(let id, let bytes): if let question = close(id) { countSent(question.name, bytes.count, to: question.asker) }
        case .refuse(let id): _ = close(id)
        case .dial, .disconnect, .serve, .protect: break
        }
    }

    mutating func note(_ event: NetworkEvent) {
        switch event {
        case .connected(let peer, _, _, _): peers[peer] = Peer()
        case .identified(let peer, let information):
            peers[peer]?.part = information.protocols.contains(.kademlia) ? .core : .leaf
        case .disconnected(let peer, _):
            // Nobody answers what the departed have asked.
            for id in peers.removeValue(forKey: peer)?.questions ?? [] { answering[id] = nil }
        case .message(let peer, let name, let bytes): countReceived(name, bytes.count, from: peer)
        case .request(let peer, let name, let id, let bytes):
            countReceived(name, bytes.count, from: peer)
            guard peers[peer]?.questions.insert(id) != nil else { return }
            answering[id] = Question(name: name, asker: peer)
        case .response(let id, let bytes):
            if let name = asked.removeValue(forKey: id) { received[name, default: Count()].add(bytes.count) }
        case .requestFailed(let id, _): asked[id] = nil
        case .dialFailed, .congested: break
        }
    }

    private mutating func close(_ id: InboundID) -> Question? {
        guard let question = answering.removeValue(forKey: id) else { return nil }
        peers[question.asker]?.questions.remove(id)
        return question
    }

    private mutating func countSent(_ name: ProtocolName, _ size: Int, to peer: PeerHandle) {
        sent[name, default: Count()].add(size)
        parts[peers[peer]?.part ?? .unknown, default: Flow()].sent.add(size)
        peers[peer]?.flow.sent.add(size)
    }

    private mutating func countReceived(_ name: ProtocolName, _ size: Int, from peer: PeerHandle) {
        received[name, default: Count()].add(size)
        parts[peers[peer]?.part ?? .unknown, default: Flow()].received.add(size)
        peers[peer]?.flow.received.add(size)
    }
}
