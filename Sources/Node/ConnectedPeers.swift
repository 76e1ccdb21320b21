import Determinism
public import Identity
public import LibP2P
public import Wire

/// The live connections, by handle and by peer. Grows and shrinks with them: its count is theirs.
public struct ConnectedPeers: Sendable {
    public struct Entry: Sendable {
        public let id: PeerID
        public let address: Multiaddr?
        /// What it serves and how it calls itself; nothing until identify has answered.
        public internal(set) var protocols: Set<ProtocolName> = []
        public internal(set) var agent: String?
        public let handle: PeerHandle
        public let direction: ConnectionDirection
    }

    /// What is asked of all connections at once, or for every message: in 16 bytes, so that it takes few cache lines.
    struct Use: Sendable {
        /// Something was asked over it lately: it is not idle before then.
        var until: Instant
        let handle: PeerHandle
        /// Of the peer's id.
        private let fingerprint: UInt32

        init(_ handle: PeerHandle, _ id: PeerID, _ direction: ConnectionDirection, until: Instant) {
            self.until = until
            self.handle = handle
            fingerprint = id.fingerprint & ~1 | (direction == .outbound ? 1 : 0)
        }

        var isOutbound: Bool { fingerprint & 1 == 1 }

        /// False for almost all others.
        func mayBe(_ fingerprint: UInt32) -> Bool { (self.fingerprint ^ fingerprint) & ~1 == 0 }
    }

    /// In no order; `index` says who stands where.
    public private(set) var entries: [Entry] = []
    /// In the order of `entries`.
    private(set) var uses: [Use] = []
    private var index = PeerIndex()

    public var count: Int { entries.count }

    mutating func insert(
        _ handle: PeerHandle, _ id: PeerID, _ direction: ConnectionDirection, address: Multiaddr?, usedUntil: Instant
    ) {
        let entry = Entry(id: id, address: address, handle: handle, direction: direction)
        let use = Use(handle, id, direction, until: usedUntil)
        if let slot = index.slot(of: handle) {
            entries[slot] = entry
            uses[slot] = use
        } else if index.append(handle) {
            entries.append(entry)
            uses.append(use)
        }
    }

    mutating func remove(_ handle: PeerHandle) -> Entry? {
        guard let last = entries.last?.handle, let slot = index.remove(handle, last: last) else { return nil }
        entries.swapAt(slot, entries.count - 1)
        uses.swapAt(slot, uses.count - 1)
        uses.removeLast()
        uses.releaseSlack()
        let entry = entries.removeLast()
        entries.releaseSlack()
        return entry
    }

    mutating func identify(_ handle: PeerHandle, _ information: PeerInformation) -> Entry? {
        guard let slot = index.slot(of: handle) else { return nil }
        entries[slot].protocols = information.protocols
        entries[slot].agent = information.agent
        return entries[slot]
    }

    mutating func use(_ handle: PeerHandle, until: Instant) {
        if let slot = index.slot(of: handle) { uses[slot].until = max(uses[slot].until, until) }
    }

    mutating func use(_ peer: PeerID, until: Instant) {
        if let slot = slot(of: peer) { uses[slot].until = max(uses[slot].until, until) }
    }

    public subscript(handle: PeerHandle) -> Entry? { index.slot(of: handle).map { entries[$0] } }

    public func handle(of peer: PeerID) -> PeerHandle? { slot(of: peer).map { uses[$0].handle } }

    public func isConnected(_ peer: PeerID) -> Bool { slot(of: peer) != nil }

    /// Linear: a node has tens of connections, a Manager a few hundred.
    private func slot(of peer: PeerID) -> Int? {
        let fingerprint = peer.fingerprint
        for slot in uses.indices where uses[slot].mayBe(fingerprint) && entries[slot].id == peer { return slot }
        return nil
    }
}
