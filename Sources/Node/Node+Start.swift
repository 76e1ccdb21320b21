import Crypto
import Determinism
import GossipSub
import LibP2P
import Roles
import Wire

extension Node {
    mutating func start(entropy: Bytes32, restored: [RestoredRole], now: Instant, emit: inout [NodeEffect]) {
        emit.append(.network(.serve(protocolsServed)))
        if parameters.isCore {
            for topic in parameters.network.topics { join(topic.name, now: now, emit: &emit) }
            join(parameters.network.registryTopic, .application, now: now, emit: &emit)
        }
        for role in parameters.roles {
            let entries = restored.first { $0.role == role }?.entries ?? []
            tell(role, .started(entropy: entropy.derived(for: role), restored: entries), now: now, emit: &emit)
        }
        var effects: [Discovery.Effect] = []
        discovery.start(now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }
}

extension Bytes32 {
    /// Secrets of two roles are independent of each other.
    fileprivate func derived(for role: RoleName) -> Bytes32 {
        var hasher = Blake2b()
        hasher.update(lengthPrefixed: "role-entropy")
        hasher.update(self)
        hasher.update(integer: role.rawValue)
        return hasher.finish()
    }
}
