/// Fingerprints of the peers of somebody else's list, in its order: who looks for an id reads four bytes a peer, and of the peers
/// only those that have the same.
///
/// The lists are short and their records large: reading ids where they stand touches a line of the cache for each. Whoever makes up
/// ids with equal bits costs the seeker what reading all ids would.
public struct PeerMarks: Sendable {
    @usableFromInline var marks: [UInt32] = []

    public init() {}

    @inlinable public var count: Int { marks.count }

    /// The first place whose peer, as the list's owner tells, is this one.
    @inlinable
    public func firstIndex(of id: PeerID, where isPeer: (Int) -> Bool) -> Int? {
        let wanted = id.fingerprint
        var index = 0
        while index < marks.count {
            if marks[index] == wanted, isPeer(index) { return index }
            index += 1
        }
        return nil
    }

    @inlinable public mutating func append(_ id: PeerID) { marks.append(id.fingerprint) }
    @inlinable public mutating func insert(_ id: PeerID, at index: Int) { marks.insert(id.fingerprint, at: index) }
    @inlinable public mutating func remove(at index: Int) { marks.remove(at: index) }
    @inlinable public mutating func reserveCapacity(_ capacity: Int) { marks.reserveCapacity(capacity) }

    /// Whether these are the marks of just these peers: for the invariants of the list's owner.
    public func belong(to ids: some Sequence<PeerID>) -> Bool { marks == ids.map(\.fingerprint) }
}
