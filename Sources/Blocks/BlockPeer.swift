internal import Determinism
public import Identity
internal import LibP2P
internal import Wire

/// What was exchanged with one connected peer, in bytes of blocks.
public struct Ledger: Hashable, Sendable {
    public var sent: UInt64 = 0
    public var received: UInt64 = 0
}

/// What one connected peer wants of us and we of it.
struct BlockPeer: Sendable {
    /// An entry of the peer's list of wants.
    struct Wanted: Sendable {
        enum State: UInt8, Sendable {
            /// In the queue.
            case queued
            /// Looked up now.
            case loading
            /// Not here; sent when it comes.
            case parked
        }

        let cid: CID
        var kind: BitswapMessage.Entry.Kind
        var sendDontHave: Bool
        var state: State
    }

    let handle: PeerHandle
    let id: PeerID
    var ledger = Ledger()
    /// Blocks that it sent and that were wanted.
    var deliveries = 0
    /// Blocks asked and not come, not refused and not timed out.
    var inFlight = 0
    /// Questions that no block has answered yet: so many blocks from this peer are worth a hash.
    var questions = 0
    /// Blocks that may still come though they are no longer wanted.
    var strayAllowance = 0
    /// Sorted by CID.
    var wantlist: [Wanted] = []
    /// Entries in state `queued`, in the order in which they came; may hold some that are cancelled.
    var queue: [CID] = []
    var loadCount = 0
    /// Bytes sent lately that the peer may not have read yet.
    var debt = 0
    var debtAt = Instant.origin
    var pausedUntil = Instant.origin
    /// Collected during a call.
    var entries: [BitswapMessage.Entry] = []
    var presences: [BitswapMessage.Presence] = []

    init(handle: PeerHandle, id: PeerID) {
        self.handle = handle
        self.id = id
    }

    func isPaused(now: Instant) -> Bool { pausedUntil > now }

    func position(of cid: CID) -> Int {
        var low = 0
        var high = wantlist.count
        while low < high {
            let middle = (low + high) / 2
            if wantlist[middle].cid < cid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func index(of cid: CID) -> Int? {
        let index = position(of: cid)
        return index < wantlist.count && wantlist[index].cid == cid ? index : nil
    }

    /// Counts bytes sent and pauses where too many are on their way: a leaky bucket.
    mutating func charge(_ bytes: Int, _ parameters: BlockExchange.Parameters, now: Instant) {
        let leaked = Int(min(Double(debt), (now - debtAt).inSeconds * Double(parameters.serveRate)))
        debt = debt - leaked + bytes
        debtAt = now
        ledger.sent &+= UInt64(bytes)
        if debt > parameters.serveBurst {
            let excess = Double(debt - parameters.serveBurst) / Double(parameters.serveRate)
            pausedUntil = max(pausedUntil, now + .microseconds(Int64(excess * 1e6) + 1))
        }
    }
}

extension BlockExchange {
    func slot(_ handle: PeerHandle) -> Int? { index.slot(of: handle) }

    /// Nil for a peer that is not connected.
    public func ledger(of handle: PeerHandle) -> Ledger? { slot(handle).map { peers[$0].ledger } }

    mutating func add(_ handle: PeerHandle, _ id: PeerID, now: Instant) {
        guard index.append(handle) else { return }
        var peer = BlockPeer(handle: handle, id: id)
        peer.debtAt = now
        peers.append(peer)
    }

    mutating func remove(_ handle: PeerHandle) {
        guard let last = peers.last?.handle, let slot = index.remove(handle, last: last) else { return }
        peers.swapAt(slot, peers.count - 1)
        peers.removeLast()
        peers.releaseSlack()
        dirty.removeAll { $0 == handle }
        loads.removeAll { $0.peer == handle }
        waiting = []
        for index in wants.indices {
            wants[index].candidates.removeAll { $0.peer == handle }
            wants[index].isWaiting = false
            wait(wants[index].cid)
        }
    }

    mutating func pause(_ handle: PeerHandle, now: Instant) {
        guard let slot = slot(handle) else { return }
        peers[slot].pausedUntil = max(peers[slot].pausedUntil, now + parameters.congestionPause)
    }

    mutating func markDirty(_ handle: PeerHandle) {
        if let position = dirty.firstIndex(where: { $0 >= handle }) {
            if dirty[position] != handle { dirty.insert(handle, at: position) }
        } else {
            dirty.append(handle)
        }
    }

    mutating func tell(_ slot: Int, _ entry: BitswapMessage.Entry) {
        peers[slot].entries.append(entry)
        markDirty(peers[slot].handle)
    }

    mutating func tell(_ slot: Int, _ presence: BitswapMessage.Presence) {
        peers[slot].presences.append(presence)
        markDirty(peers[slot].handle)
    }

    /// One message per peer with everything that the call collected, split where it would be too long for others to read.
    mutating func flush(emit: inout [Effect]) {
        guard !dirty.isEmpty else { return }
        let handles = dirty
        dirty.removeAll(keepingCapacity: true)
        let part = BitswapMessage.entriesMax / 2
        for handle in handles {
            guard let slot = slot(handle) else { continue }
            let (entries, presences) = (peers[slot].entries, peers[slot].presences)
            peers[slot].entries = []
            peers[slot].presences = []
            for start in stride(from: 0, to: max(entries.count, presences.count), by: part) {
                let message = BitswapMessage(
                    entries: Array(entries.dropFirst(start).prefix(part)), presences: Array(presences.dropFirst(start).prefix(part)))
                emit.append(.send(to: handle, message.encode(), .high))
            }
        }
    }
}
