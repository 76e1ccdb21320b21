import Determinism
import GossipSub
import Identity
import LibP2P
import Roles
import Wire

/// How long connections are kept that nobody needs.
public struct ConnectionParameters: Equatable, Sendable {
    /// A connection over which nothing was asked for so long is idle, unless a request may still be answered. Default 10 s: the searches
    /// that follow each other when a node joins share connections. Trade-off: a handshake against a connection's memory on both sides.
    public var idleMax: Duration = .seconds(10)
    /// Connections that are needed are looked at again after so long. Default 60 s.
    public var neededRecheck: Duration = .seconds(60)

    public init() {}
}

/// Whoever opened a connection closes it when it has no more use for it: a search in the DHT leaves tens of them behind.
///
/// Those that others opened are theirs to close; `SwarmParameters.connectionsMax` bounds them. Needed without being used are the
/// connections that discovery keeps, those of a mesh, and as many more to members of our topics as gossip wants. A node that is
/// parked needs none, and closes those that others opened too.
extension Node {
    /// A request of ours goes out.
    mutating func request(
        _ id: RequestID, to peer: PeerID, at addresses: [Multiaddr], _ name: ProtocolName, _ bytes: [UInt8], timeout: Duration,
        now: Instant,
        emit: inout [NodeEffect]
    ) {
        peers.use(peer, until: now + max(timeout, parameters.connections.idleMax))
        emit.append(.network(.request(id, to: peer, at: addresses, name, bytes, timeout: timeout)))
    }

    mutating func used(_ handle: PeerHandle, now: Instant) { peers.use(handle, until: now + parameters.connections.idleMax) }

    /// There is a connection of ours to look after.
    mutating func watchConnections(now: Instant) {
        let due = now + parameters.connections.idleMax
        idleCheckAt = min(idleCheckAt ?? due, due)
    }

    /// Closes idle connections; among those to members of our topics one at a time, since each that goes makes the others needed more.
    mutating func closeIdle(now: Instant, emit: inout [NodeEffect]) {
        let recheck = now + parameters.connections.neededRecheck
        var next: Instant?
        var spare: Int?
        for index in peers.uses.indices where isParked || peers.uses[index].isOutbound {
            let until = peers.uses[index].until
            let isNextSettled = next.map { $0 <= recheck } ?? false
            // In use, and of no weight for when to look again.
            if until > now, isNextSettled, let next, next <= until { continue }
            var need = isParked ? .none : gossip.need(of: peers.uses[index].handle)
            // Another goes first, whether or not this one is kept.
            if need == .spare, isNextSettled, let spare, peers.uses[spare].until <= until { continue }
            if need != .required, keeps(index) { need = .required }
            switch need {
            case .required: next = earliest(next, recheck)
            case .spare: if spare.map({ until < peers.uses[$0].until }) ?? true { spare = index }
            case .none: next = earliest(next, close(index, now: now, emit: &emit))
            }
        }
        if let spare { next = earliest(next, close(spare, now: now, emit: &emit) ?? now) }
        // Those that are due within a second go together.
        idleCheckAt = next.map { max($0, now + .seconds(1)) }
    }

    private func keeps(_ index: Int) -> Bool { !isParked && discovery.keeps(peers.entries[index].id) }

    /// Closes a connection that is idle; else says when it will be.
    private func close(_ index: Int, now: Instant, emit: inout [NodeEffect]) -> Instant? {
        guard peers.uses[index].until <= now else { return peers.uses[index].until }
        emit.append(.network(.disconnect(peers.uses[index].handle, .idle)))
        return nil
    }

    /// A Manager's place is given to another.
    mutating func replaceManager(_ peer: PeerID, because reason: NetworkFailure, now: Instant, emit: inout [NodeEffect]) {
        var effects: [Discovery.Effect] = []
        discovery.giveUp(peer, now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
        guard !discovery.keeps(peer), let handle = peers.handle(of: peer) else { return }
        emit.append(.network(.disconnect(handle, reason)))
    }

    // Parking.

    /// All roles have left the network until they are told to resume.
    public var isParked: Bool { discovery.isParked }

    /// A role has left its Managers. With the last one the node leaves its peers: what is under way may end, then they are idle.
    mutating func parked(_ role: RoleName, now: Instant, emit: inout [NodeEffect]) {
        parkedRoles.insert(role)
        guard parameters.roles.allSatisfy(parkedRoles.contains), !isParked else { return }
        var effects: [Discovery.Effect] = []
        discovery.park(emit: &effects)
        carryOut(effects, now: now, emit: &emit)
        watchConnections(now: now)
        emit.append(.event(.parked))
    }

    /// A role is wanted again.
    mutating func resumed(_ role: RoleName, now: Instant, emit: inout [NodeEffect]) {
        parkedRoles.remove(role)
        guard isParked else { return }
        var effects: [Discovery.Effect] = []
        discovery.resume(now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
        watchConnections(now: now)
    }
}
