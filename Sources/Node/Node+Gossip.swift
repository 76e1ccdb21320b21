import Determinism
import GossipSub
import Identity
import LibP2P
import Roles

extension Node {
    mutating func tellGossip(_ input: GossipSub.Input, now: Instant, emit: inout [NodeEffect]) {
        var effects: [GossipSub.Effect] = []
        gossip.handle(input, now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

    mutating func join(_ name: String, _ validation: GossipSub.Validation = .automatic, now: Instant, emit: inout [NodeEffect]) {
        guard let topic = gossip.intern(name) else { return }
        joined.remember(topic, name)
        tellGossip(.join(topic, validation), now: now, emit: &emit)
    }

    mutating func leave(_ name: String, now: Instant, emit: inout [NodeEffect]) {
        guard let topic = gossip.intern(name) else { return }
        tellGossip(.leave(topic), now: now, emit: &emit)
    }

    /// Works for topics that we have not joined, too: then it goes out by fanout.
    mutating func publish(_ name: String, _ bytes: [UInt8], now: Instant, emit: inout [NodeEffect]) {
        guard let topic = gossip.intern(name) else { return }
        tellGossip(.publish(topic, bytes), now: now, emit: &emit)
    }

    mutating func carryOut(_ effects: [GossipSub.Effect], now: Instant, emit: inout [NodeEffect]) {
        for effect in effects {
            switch effect {
            case .send(let handle, let bytes, let priority): emit.append(.network(.send(to: handle, .gossip, bytes, priority)))
            case .deliver(let topic, let message, let author, _, let data):
                guard let name = joined.name(of: topic) else { continue }
                if name == parameters.network.registryTopic {
                    registryBatch(message, data, now: now, emit: &emit)
                    continue
                }
                if let known = rolesTopic(named: name) {
                    tellRoles(.gossip(known, from: author, Array(data)), now: now, emit: &emit)
                }
                emit.append(.event(.gossip(topic: name, from: author, Array(data))))
            case .penalise(let handle, let reason):
                // What merely lowers a score is the mesh's own affair; broken bytes end the connection.
                guard reason == .malformed || reason == .oversized, let entry = peers[handle] else { continue }
                penalise(entry.id, .gossip, emit: &emit)
            case .connect(let peer, let addresses):
                if !peers.isConnected(peer) { emit.append(.network(.dial(peer, addresses))) }
            }
        }
    }

    private func rolesTopic(named name: String) -> Topic? {
        parameters.network.topics.first { $0.name == name }?.topic
    }
}

/// Names of the topics that were joined, by their number.
struct JoinedTopics: Sendable {
    private var names: [(id: TopicID, name: String)] = []

    mutating func remember(_ id: TopicID, _ name: String) {
        guard !names.contains(where: { $0.id == id }) else { return }
        names.append((id, name))
    }

    func name(of id: TopicID) -> String? { names.first { $0.id == id }?.name }

    func topic(named name: String) -> TopicID? { names.first { $0.name == name }?.id }
}
