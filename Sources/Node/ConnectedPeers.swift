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
        /// Nil until identify has answered.
        public var information: PeerInformation?
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

    mutating func insert(_ handle: PeerHandle, _ id: PeerID, _ direction: ConnectionDirection, address: Multiaddr?) {
        let (index, isFound) = position(of: handle)
        let entry = Entry(handle: handle, id: id, direction: direction, address: address)
        if isFound { entries[index] = entry } else { entries.insert(entry, at: index) }
    }

    mutating func remove(_ handle: PeerHandle) -> Entry? {
        let (index, isFound) = position(of: handle)
        return isFound ? entries.remove(at: index) : nil
    }

    mutating func identify(_ handle: PeerHandle, _ information: PeerInformation) -> Entry? {
        let (index, isFound) = position(of: handle)
        guard isFound else { return nil }
        entries[index].information = information
        return entries[index]
    }

    public subscript(handle: PeerHandle) -> Entry? {
        let (index, isFound) = position(of: handle)
        return isFound ? entries[index] : nil
    }

    /// Linear: a node has tens of connections, a Manager a few hundred.
    public func handle(of peer: PeerID) -> PeerHandle? { entries.first { $0.id == peer }?.handle }

    public func isConnected(_ peer: PeerID) -> Bool { handle(of: peer) != nil }
}
