import Determinism
import Identity
import Roles
import Wire

/// Blocks that roles want: first from the local store, then from peers, each until its deadline.
struct BlockWants: Sendable {
    struct Want: Sendable {
        let id: BlockRequestID
        let cid: CID
        let candidates: [PeerID]
        let deadline: Instant
        /// The store has answered that it has no such block.
        var isFetching = false
    }

    /// In the order in which they began.
    private(set) var wants: [Want] = []

    var count: Int { wants.count }
    var nextDeadline: Instant? { wants.lazy.map(\.deadline).min() }

    mutating func insert(_ want: Want) { wants.append(want) }

    subscript(id: BlockRequestID) -> Want? { wants.first { $0.id == id } }

    mutating func markFetching(_ id: BlockRequestID) {
        if let index = wants.firstIndex(where: { $0.id == id }) { wants[index].isFetching = true }
    }

    /// Ends a want; nil where there is none.
    mutating func remove(_ id: BlockRequestID) -> Want? {
        guard let index = wants.firstIndex(where: { $0.id == id }) else { return nil }
        return wants.remove(at: index)
    }

    /// Ends those whose time is up.
    mutating func removeExpired(now: Instant) -> [Want] {
        let expired = wants.filter { $0.deadline <= now }
        if !expired.isEmpty { wants.removeAll { $0.deadline <= now } }
        return expired
    }
}
