import Determinism
public import Identity
public import LibP2P
public import Wire

/// The live connections, by handle and by peer. Grows and shrinks with them: its count is theirs.
public struct ConnectedPeers: Sendable {
    public struct Entry: Sendable {
        public let handle: PeerHandle
        public let id: PeerID
        public let direction: ConnectionDirection
        public let address: Multiaddr?
        /// What it serves and how it calls itself; nothing until identify has answered.
        public internal(set) var protocols: Set<ProtocolName> = []
        public internal(set) var agent: String?
        /// Something was asked over it lately: it is not idle before then.
        var usedUntil: Instant
    }

    /// In no order; `index` says who stands where.
    public private(set) var entries: [Entry] = []
    private var index = PeerIndex()

    public var count: Int { entries.count }

    mutating func insert(
        _ handle: PeerHandle, _ id: PeerID, _ direction: ConnectionDirection, address: Multiaddr?, usedUntil: Instant
    ) {
        let entry = Entry(handle: handle, id: id, direction: direction, address: address, usedUntil: usedUntil)
        if let slot = index.slot(of: handle) {
            entries[slot] = entry
        } else if index.append(handle) {
            entries.append(entry)
        }
    }

    mutating func remove(_ handle: PeerHandle) -> Entry? {
        guard let last = entries.last?.handle, let slot = index.remove(handle, last: last) else { return nil }
        entries.swapAt(slot, entries.count - 1)
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
        if let slot = index.slot(of: handle) { entries[slot].usedUntil = max(entries[slot].usedUntil, until) }
    }

    mutating func use(_ peer: PeerID, until: Instant) {
        guard let slot = entries.firstIndex(where: { $0.id == peer }) else { return }
        entries[slot].usedUntil = max(entries[slot].usedUntil, until)
    }

    public subscript(handle: PeerHandle) -> Entry? { index.slot(of: handle).map { entries[$0] } }

    /// Linear: a node has tens of connections, a Manager a few hundred.
    public func handle(of peer: PeerID) -> PeerHandle? { entries.first { $0.id == peer }?.handle }

    public func isConnected(_ peer: PeerID) -> Bool { handle(of: peer) != nil }
}
