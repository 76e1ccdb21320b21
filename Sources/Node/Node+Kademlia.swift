import Determinism
import Identity
import Kademlia
import LibP2P
import Wire

/// What the node itself asks the DHT. Numbers below are the shell's.
enum DHTPurpose: UInt32 {
    case refreshTable = 0x8000_0001
    case findManagers = 0x8000_0002
    case announceManager = 0x8000_0003
}

extension Node {
    mutating func tellKademlia(_ input: Kademlia.Input, now: Instant, emit: inout [NodeEffect]) {
        var effects: [Kademlia.Effect] = []
        kademlia.handle(input, now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

    func startQuery(_ purpose: DHTPurpose) -> Kademlia.Input {
        let query: Query =
            switch purpose {
            case .refreshTable: .bootstrap
            case .findManagers: .findProviders(parameters.network.managersKey, countMax: parameters.discovery.candidatesMax)
            case .announceManager: .provide(parameters.network.managersKey)
            }
        return .start(QueryID(purpose.rawValue), query)
    }

    /// A query of the shell's. A number that is the node's own, or in use, fails at once.
    mutating func lookUp(_ number: UInt32, _ query: Query, now: Instant, emit: inout [NodeEffect]) {
        guard DHTPurpose(rawValue: number) == nil else { return emit.append(.lookedUp(number, .failed(.invalid))) }
        tellKademlia(.start(QueryID(number), query), now: now, emit: &emit)
    }

    mutating func carryOut(_ effects: [Kademlia.Effect], now: Instant, emit: inout [NodeEffect]) {
        for effect in effects {
            switch effect {
            case .request(let id, let peer, let addresses, let bytes, let timeout):
                request(id, to: peer, at: addresses, .kademlia, bytes, timeout: timeout, now: now, emit: &emit)
            case .respond(let id, let bytes): emit.append(.network(.respond(id, bytes)))
            case .refuse(let id): emit.append(.network(.refuse(id)))
            case .progress: break
            case .finished(let id, let result): finished(id, result, now: now, emit: &emit)
            case .penalise(let peer, _): penalise(peer, .kademlia, emit: &emit)
            }
        }
    }

    private mutating func finished(_ id: QueryID, _ result: QueryResult, now: Instant, emit: inout [NodeEffect]) {
        switch DHTPurpose(rawValue: id.value) {
        case .findManagers:
            var found: [Contact] = []
            if case .providers(let contacts) = result { found = contacts }
            // Everybody is told of the same ones: who takes the first makes a few Managers serve all.
            found.shuffle(using: &generator)
            var effects: [Discovery.Effect] = []
            discovery.managersFound(
                found.map { ($0.id, $0.addresses.multiaddrs) }, isConnected: { [peers] in peers.isConnected($0) }, now: now,
                emit: &effects)
            carryOut(effects, now: now, emit: &emit)
        case .announceManager:
            var told = 0
            if case .provided(let count) = result { told = count }
            discovery.announced(successfully: told > 0, now: now)
        case .refreshTable: break
        case nil: emit.append(.lookedUp(id.value, result))
        }
    }
}
