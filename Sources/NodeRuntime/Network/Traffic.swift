internal import LibP2P

/// Bytes of messages by protocol, both ways; what encryption and multiplexing add is not in it.
struct Traffic {
    struct Count: Equatable {
        var bytes: UInt64 = 0
        var messages: UInt64 = 0

        mutating func add(_ size: Int) {
            bytes &+= UInt64(size)
            messages &+= 1
        }
    }

    /// Questions of others at once, far beyond what streams allow.
    static let answeringMax = 1 << 16

    private(set) var sent: [ProtocolName: Count] = [:]
    private(set) var received: [ProtocolName: Count] = [:]
    /// Whose answer a response is, and whose question an answer.
    private var asked: [RequestID: ProtocolName] = [:]
    private var answering: [InboundID: ProtocolName] = [:]

    mutating func note(_ command: NetworkCommand) {
        switch command {
        case .send(_, let name, let bytes, _): sent[name, default: Count()].add(bytes.count)
        case .request(let id, _, _, let name, let bytes, _):
            asked[id] = name
            sent[name, default: Count()].add(bytes.count)
        case .respond(let id, let bytes):
            if let name = answering.removeValue(forKey: id) { sent[name, default: Count()].add(bytes.count) }
        case .refuse(let id): answering[id] = nil
        case .dial, .disconnect, .serve, .protect: break
        }
    }

    mutating func note(_ event: NetworkEvent) {
        switch event {
        case .message(_, let name, let bytes): received[name, default: Count()].add(bytes.count)
        case .request(_, let name, let id, let bytes):
            // Questions that nobody answers any more, since who asked is gone, must not add up.
            if answering.count >= Traffic.answeringMax { answering = [:] }
            answering[id] = name
            received[name, default: Count()].add(bytes.count)
        case .response(let id, let bytes):
            if let name = asked.removeValue(forKey: id) { received[name, default: Count()].add(bytes.count) }
        case .requestFailed(let id, _): asked[id] = nil
        case .connected, .identified, .disconnected, .dialFailed, .congested: break
        }
    }
}
