import Determinism
import GossipSub
import Identity
import LibP2P
import Roles
import Wire

extension Node {
    /// Managers in the registry; nil for a leaf, which keeps none.
    public var managersKnown: Int? { registry?.value.count }

    mutating func tellRegistry(_ input: ManagerRegistry.Input, now: Instant, emit: inout [NodeEffect]) {
        var effects: [ManagerRegistry.Effect] = []
        registry?.value.handle(input, now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

    mutating func registryDeadline(now: Instant, emit: inout [NodeEffect]) {
        var effects: [ManagerRegistry.Effect] = []
        registry?.value.handleDeadline(now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

    /// A batch of lines from the topic: forwarded where some are new and all are true.
    mutating func registryBatch(_ message: GossipSub.MessageHandle, _ data: ArraySlice<UInt8>, now: Instant, emit: inout [NodeEffect]) {
        var effects: [ManagerRegistry.Effect] = []
        let verdict = registry?.value.gossip(data, now: now, emit: &effects)
        tellGossip(.validated(message, verdict ?? .ignore), now: now, emit: &emit)
        carryOut(effects, now: now, emit: &emit)
    }

    /// A peer of the core is there. A leaf that knows few Managers asks it for some, anybody else compares registries with it.
    mutating func metCore(_ peer: PeerID, now: Instant, emit: inout [NodeEffect]) {
        if registry != nil { return tellRegistry(.met(peer), now: now, emit: &emit) }
        guard discovery.wantsCandidates else { return }
        let call = RegistryCall.reconcile(RegistrySummary(digests: [], after: .zero))
        askRegistry(0, peer, call.encoded, now: now, emit: &emit)
    }

    mutating func registryCall(from peer: PeerID, _ id: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [NodeEffect]) {
        if registry != nil, let call = try? RegistryCall(encoded: bytes) {
            switch call {
            case .announce, .reconcile: return tellRegistry(.request(id, from: peer, call), now: now, emit: &emit)
            case .register, .leave: break
            }
        }
        tellRole(.manager, .request(from: peer, .registry, id, bytes), orRefuse: id, now: now, emit: &emit)
    }

    mutating func registryAnswered(_ id: RequestID, _ bytes: [UInt8]?, now: Instant, emit: inout [NodeEffect]) {
        if registry != nil { return tellRegistry(.response(id.value & 0xffff_ffff, bytes), now: now, emit: &emit) }
        guard let bytes, case .records(let records)? = try? RecordReply(encoded: bytes) else { return }
        let network = NetworkID(parameters.network.id)
        let found = records.prefix(parameters.discovery.candidatesMax).compactMap { record -> ManagerRegistry.Candidate? in
            guard let entry = try? record.decoded(as: ManagerEntry.self), !entry.addresses.isEmpty,
                record.verify(with: parameters.signing, network: network)
            else { return nil }
            return .init(id: PeerID(ed25519: record.author), addresses: entry.addresses)
        }
        learned(found, now: now, emit: &emit)
    }

    private mutating func learned(_ found: [ManagerRegistry.Candidate], now: Instant, emit: inout [NodeEffect]) {
        var effects: [Discovery.Effect] = []
        discovery.learned(
            found.map { ($0.id, $0.addresses) }, isConnected: { [peers] in peers.isConnected($0) }, now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

    /// Gives discovery some Managers of the registry, besides those that the DHT names.
    mutating func learnFromRegistry(countMax: Int, now: Instant, emit: inout [NodeEffect]) {
        guard parameters.place == .manager, let found = registry?.value.someManagers(countMax: countMax), !found.isEmpty else { return }
        learned(found, now: now, emit: &emit)
    }

    private mutating func askRegistry(_ number: UInt64, _ peer: PeerID, _ bytes: [UInt8], now: Instant, emit: inout [NodeEffect]) {
        let id = RequestID(UInt64(Node.registrySpace) << 56 | number)
        request(id, to: peer, at: [], .registry, bytes, timeout: .seconds(10), now: now, emit: &emit)
    }

    private mutating func someCorePeer() -> PeerID? {
        let core = peers.entries.indices.filter { peers.entries[$0].protocols.contains(.registry) }
        return core.randomElement(using: &generator).map { peers.entries[$0].id }
    }

    private mutating func carryOut(_ effects: [ManagerRegistry.Effect], now: Instant, emit: inout [NodeEffect]) {
        for effect in effects {
            switch effect {
            case .request(let number, let wanted, let bytes):
                guard let peer = wanted ?? someCorePeer() else {
                    tellRegistry(.response(number, nil), now: now, emit: &emit)
                    continue
                }
                askRegistry(number, peer, bytes, now: now, emit: &emit)
            case .respond(let id, let bytes): emit.append(.network(.respond(id, bytes)))
            case .publish(let bytes): publish(parameters.network.registryTopic, bytes, now: now, emit: &emit)
            case .learned: if discovery.knowsFewManagers { learnFromRegistry(countMax: Discovery.fewManagers, now: now, emit: &emit) }
            }
        }
    }
}
