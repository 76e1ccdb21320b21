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

    /// Ordered by handle, so that nothing depends on a hash table's order.
    public private(set) var entries: [Entry] = []

    public var count: Int { entries.count }

    private func position(of handle: PeerHandle) -> (index: Int, isFound: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].handle < handle { low = middle + 1 } else { high = middle }
        }
        return (low, low < entries.count && entries[low].handle == handle)
    }

    mutating func insert(
        _ handle: PeerHandle, _ id: PeerID, _ direction: ConnectionDirection, address: Multiaddr?, usedUntil: Instant
    ) {
        let (index, isFound) = position(of: handle)
        let entry = Entry(handle: handle, id: id, direction: direction, address: address, usedUntil: usedUntil)
        if isFound { entries[index] = entry } else { entries.insert(entry, at: index) }
    }

    mutating func remove(_ handle: PeerHandle) -> Entry? {
        let (index, isFound) = position(of: handle)
        return isFound ? entries.remove(at: index) : nil
    }

    mutating func identify(_ handle: PeerHandle, _ information: PeerInformation) -> Entry? {
        let (index, isFound) = position(of: handle)
        guard isFound else { return nil }
        entries[index].protocols = information.protocols
        entries[index].agent = information.agent
        return entries[index]
    }

    mutating func use(_ handle: PeerHandle, until: Instant) {
        let (index, isFound) = position(of: handle)
        if isFound { entries[index].usedUntil = until }
    }

    mutating func use(_ peer: PeerID, until: Instant) {
        if let index = entries.firstIndex(where: { $0.id == peer }) { entries[index].usedUntil = until }
    }

    public subscript(handle: PeerHandle) -> Entry? {
        let (index, isFound) = position(of: handle)
        return isFound ? entries[index] : nil
    }

    /// Linear: a node has tens of connections, a Manager a few hundred.
    public func handle(of peer: PeerID) -> PeerHandle? { entries.first { $0.id == peer }?.handle }

    public func isConnected(_ peer: PeerID) -> Bool { handle(of: peer) != nil }
}
