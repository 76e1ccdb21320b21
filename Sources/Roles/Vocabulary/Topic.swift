/// What roles publish on and listen to by gossip.
public enum Topic: Hashable, Sendable {
    /// Commitments and verdicts of the jobs of a shard.
    case shard(UInt16)
    /// The beacon of every round.
    case beacon

    /// Name on the wire. `prefix` is the network's, without slashes.
    public func name(prefix: String) -> String {
        switch self {
        case .shard(let index): "/\(prefix)/shard/\(index)/1"
        case .beacon: "/\(prefix)/beacon/1"
        }
    }
}
