import Determinism
import Identity
import LibP2P
import Roles

extension Node {
    mutating func carryOut(_ effects: [Discovery.Effect], now: Instant, emit: inout [NodeEffect]) {
        for effect in effects {
            switch effect {
            case .dial(let peer, let addresses):
                if peers.isConnected(peer) {
                    var more: [Discovery.Effect] = []
                    discovery.connected(peer, servesDHT: false, now: now, emit: &more)
                    carryOut(more, now: now, emit: &emit)
                } else {
                    emit.append(.network(.dial(peer, addresses)))
                }
            case .refreshTable: tellKademlia(startQuery(.refreshTable), now: now, emit: &emit)
            case .findManagers: tellKademlia(startQuery(.findManagers), now: now, emit: &emit)
            case .announceManager: tellKademlia(startQuery(.announceManager), now: now, emit: &emit)
            case .managersChanged:
                let managers = discovery.connectedManagers
                emit.append(.event(.managers(managers)))
                tellRoles(.managers(managers.map { KnownPeer(peer: $0, addresses: []) }), now: now, emit: &emit)
            }
        }
    }
}
