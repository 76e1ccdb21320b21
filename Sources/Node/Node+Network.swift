import Blocks
import Determinism
import GossipSub
import Identity
import Kademlia
import LibP2P
import Roles
import Wire

extension Node {
    mutating func handle(_ event: NetworkEvent, now: Instant, emit: inout [NodeEffect]) {
        switch event {
        case .connected(let handle, let peer, let direction, let address):
            peers.insert(handle, peer, direction, address: address, usedUntil: now + parameters.connections.idleMax)
            if isParked || direction == .outbound { watchConnections(now: now) }
            emit.append(.event(.connected(peer, direction)))
            tellRoles(.peerConnected(peer), now: now, emit: &emit)
            var effects: [Discovery.Effect] = []
            discovery.connected(peer, servesDHT: false, now: now, emit: &effects)
            carryOut(effects, now: now, emit: &emit)
        case .identified(let handle, let information):
            guard let entry = peers.identify(handle, information) else { return }
            identified(entry, information, now: now, emit: &emit)
        case .disconnected(let handle, let failure):
            guard let entry = peers.remove(handle) else { return }
            emit.append(.event(.disconnected(entry.id, failure)))
            tellGossip(.peerRemoved(handle), now: now, emit: &emit)
            tellBlocks(.peerRemoved(handle), now: now, emit: &emit)
            // Only such a peer can stand in the table as connected.
            if entry.protocols.contains(.kademlia) { tellKademlia(.disconnected(entry.id), now: now, emit: &emit) }
            tellRoles(.peerGone(entry.id), now: now, emit: &emit)
            var effects: [Discovery.Effect] = []
            discovery.disconnected(entry.id, now: now, emit: &effects)
            carryOut(effects, now: now, emit: &emit)
        case .dialFailed(let peer, let failure):
            emit.append(.event(.dialFailed(peer, failure)))
            discovery.dialFailed(peer, now: now)
        case .message(let handle, let name, let bytes):
            switch name {
            case .gossip: tellGossip(.rpc(from: handle, bytes), now: now, emit: &emit)
            case .bitswap:
                used(handle, now: now)
                tellBlocks(.message(from: handle, bytes), now: now, emit: &emit)
            default: if let entry = peers[handle] { penalise(entry.id, name, emit: &emit) }
            }
        case .request(let handle, let name, let id, let bytes):
            guard let entry = peers[handle] else { return emit.append(.network(.refuse(id))) }
            used(handle, now: now)
            request(from: entry.id, name, id, bytes, now: now, emit: &emit)
        case .response(let id, let bytes):
            switch RoleIDs.space(of: id.value) {
            case Node.kademliaSpace: tellKademlia(.response(id, bytes), now: now, emit: &emit)
            case Node.registrySpace: registryAnswered(id, bytes, now: now, emit: &emit)
            default: tellOwner(of: id.value, .response(id, bytes), now: now, emit: &emit)
            }
        case .requestFailed(let id, let failure):
            switch RoleIDs.space(of: id.value) {
            case Node.kademliaSpace: tellKademlia(.requestFailed(id), now: now, emit: &emit)
            case Node.registrySpace: registryAnswered(id, nil, now: now, emit: &emit)
            default: tellOwner(of: id.value, .requestFailed(id, failure), now: now, emit: &emit)
            }
        case .congested(let handle): tellBlocks(.congested(handle), now: now, emit: &emit)
        }
    }

    private mutating func identified(
        _ entry: ConnectedPeers.Entry, _ information: PeerInformation, now: Instant, emit: inout [NodeEffect]
    ) {
        let servesDHT = information.protocols.contains(.kademlia)
        tellKademlia(
            .identified(entry.id, servesKademlia: servesDHT, addresses: information.listenAddresses), now: now, emit: &emit)
        if information.protocols.contains(.gossip) {
            let facts = GossipSub.PeerFacts(
                address: entry.address, takesRefusals: information.takesRefusals,
                // Leaves have nobody to offer peers to.
                signedRecord: parameters.isCore ? information.signedRecord : [])
            tellGossip(.peerAdded(entry.handle, entry.id, entry.direction, facts), now: now, emit: &emit)
        }
        if information.protocols.contains(.bitswap) {
            tellBlocks(.peerAdded(entry.handle, entry.id), now: now, emit: &emit)
            // Wants that began before the peer was there, or before it had said what it speaks.
            for want in blockWants.wants where want.isFetching && want.candidates.contains(entry.id) {
                tellBlocks(.candidates(want.cid, [entry.handle]), now: now, emit: &emit)
            }
        }
        if information.protocols.contains(.registry) { metCore(entry.id, now: now, emit: &emit) }
        var effects: [Discovery.Effect] = []
        discovery.connected(entry.id, servesDHT: servesDHT, now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

    private mutating func request(
        from peer: PeerID, _ name: ProtocolName, _ id: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [NodeEffect]
    ) {
        switch name {
        case .kademlia: tellKademlia(.request(from: peer, id, bytes), now: now, emit: &emit)
        case .admin: emit.append(.adminRequest(id, from: peer, bytes))
        case .registry: registryCall(from: peer, id, bytes, now: now, emit: &emit)
        case .job: tellRole(.manager, .request(from: peer, name, id, bytes), orRefuse: id, now: now, emit: &emit)
        case .task, .verify, .beacon: routeRoleRequest(from: peer, name, id, bytes, now: now, emit: &emit)
        case .identify, .identifyPush, .ping, .gossip, .bitswap, .perf, .echo: emit.append(.network(.refuse(id)))
        }
    }

    func penalise(_ peer: PeerID, _ name: ProtocolName, emit: inout [NodeEffect]) {
        emit.append(.event(.misbehaviour(peer, name)))
        if let handle = peers.handle(of: peer) { emit.append(.network(.disconnect(handle, .misbehaviour))) }
    }
}
