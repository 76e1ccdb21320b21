public import Determinism
import Identity
public import Kademlia
import LibP2P
import Roles

extension Node {
    /// Whom to remember over a restart: Managers first that we are connected to, and the nearest of the routing table.
    public var acquaintances: Acquaintances {
        var known = Acquaintances()
        known.managers = discovery.acquaintances(countMax: Acquaintances.countMax)
        let isManager = Set(known.managers.map(\.id))
        let nearest = kademlia.table.closest(to: identity.dhtKey, countMax: 2 * Acquaintances.countMax)
        let others = nearest.filter { !isManager.contains($0.id) && !$0.addresses.isEmpty }
        known.servers = others.prefix(Acquaintances.countMax).map(\.contact)
        return known
    }

    /// What others put into the DHT at this node; nothing at a leaf.
    public func heldRecords(now: Instant) -> HeldRecords { kademlia.held(now: now) }

    mutating func remember(_ known: Acquaintances, now: Instant, emit: inout [NodeEffect]) {
        tellKademlia(.remembered(Array(known.servers.prefix(Acquaintances.countMax))), now: now, emit: &emit)
        guard parameters.place != .bootstrap else { return }
        var effects: [Discovery.Effect] = []
        discovery.learned(
            known.managers.prefix(Acquaintances.countMax).map { ($0.id, $0.addresses.multiaddrs) }, isConnected: { _ in false }, now: now,
            emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

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
            case .findManagers:
                learnFromRegistry(countMax: parameters.kademlia.k, now: now, emit: &emit)
                tellKademlia(startQuery(.findManagers), now: now, emit: &emit)
            case .announceManager: tellKademlia(startQuery(.announceManager), now: now, emit: &emit)
            case .redraw(let peer):
                // What a role has begun with it goes on.
                let isBusy = worker?.value.isBusy(with: peer) ?? false || verifier?.value.isBusy(with: peer) ?? false
                if !isBusy { replaceManager(peer, because: .idle, now: now, emit: &emit) }
            case .managersChanged:
                let managers = discovery.connectedManagers
                emit.append(.event(.managers(managers)))
                tellRoles(.managers(managers.map { KnownPeer(peer: $0, addresses: []) }), now: now, emit: &emit)
            }
        }
    }
}
