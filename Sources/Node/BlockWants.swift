import Determinism
import Identity
import Roles
import Wire

/// Blocks that roles want: first from the local store, then from peers.
struct BlockWants: Sendable {
    struct Want: Sendable {
        let id: BlockRequestID
        let cid: CID
        let candidates: [PeerID]
        let deadline: Instant
        /// Reading the store; then fetching.
        var isLocal = true
    }

    private(set) var wants: [Want] = []
    private var lastToken: UInt64 = 0
    /// Store readings for wants, by token, in the order of their start.
    private var readings: [(token: BlockToken, id: BlockRequestID)] = []

    var count: Int { wants.count }

    /// Starts with the local store.
    mutating func begin(_ id: BlockRequestID, _ cid: CID, from candidates: [PeerID], deadline: Instant, emit: inout [NodeEffect]) {
        wants.append(Want(id: id, cid: cid, candidates: candidates, deadline: deadline))
        let token = nextToken()
        readings.append((token, id))
        emit.append(.readBlock(token, cid))
    }

    /// A token for any reading of the store.
    mutating func nextToken() -> BlockToken {
        lastToken &+= 1
        return BlockToken(lastToken)
    }

    /// The want that a finished reading was for; nil where it was none of ours or was cancelled.
    mutating func finishReading(_ token: BlockToken) -> Want? {
        guard let index = readings.firstIndex(where: { $0.token == token }) else { return nil }
        let id = readings.remove(at: index).id
        guard let position = wants.firstIndex(where: { $0.id == id }) else { return nil }
        wants[position].isLocal = false
        return wants[position]
    }

    /// Ends a want; nil where there is none.
    mutating func remove(_ id: BlockRequestID) -> Want? {
        guard let index = wants.firstIndex(where: { $0.id == id }) else { return nil }
        return wants.remove(at: index)
    }
}
