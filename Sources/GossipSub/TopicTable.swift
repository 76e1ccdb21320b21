internal import Determinism
internal import Identity
internal import Wire

/// A topic inside this node: a small number in place of its name.
public struct TopicID: Hashable, Comparable, Sendable {
    public var index: UInt16
    @inlinable public init(index: UInt16) { self.index = index }

    @inlinable
    public static func < (a: TopicID, b: TopicID) -> Bool { a.index < b.index }
}

/// A peer that must not be grafted before a moment. Kept by id: it outlives the connection.
struct Backoff: Sendable {
    let peer: PeerID
    var until: Instant
}

struct Topic: Sendable {
    var name: [UInt8]
    var hash: UInt64
    /// Named by us: never forgotten.
    var isPinned = false
    /// Joined with this treatment of its messages; nil where we are no member.
    var validation: GossipSub.Validation?
    /// All sorted by handle.
    var subscribers: [PeerHandle] = []
    var mesh: [PeerHandle] = []
    var fanout: [PeerHandle] = []
    /// Peers of the mesh whose connections we opened.
    var outboundCount = 0
    var fanoutUntil = Instant.origin
    var backoffs: [Backoff] = []

    var isJoined: Bool { validation != nil }
    /// Nobody needs it: its slot may be given away.
    var isVacant: Bool { !isPinned && !isJoined && subscribers.isEmpty }
}

/// Names of topics to numbers. Topics of others live as long as somebody is subscribed to them.
struct TopicTable: Sendable {
    private(set) var topics: [Topic] = []
    private var hashes: [UInt64] = []
    private let countMax: Int

    init(countMax: Int) { self.countMax = countMax }

    var count: Int { topics.count }

    subscript(id: TopicID) -> Topic {
        _read { yield topics[Int(id.index)] }
        _modify { yield &topics[Int(id.index)] }
    }

    func contains(_ id: TopicID) -> Bool { Int(id.index) < topics.count }

    func find(_ name: ArraySlice<UInt8>) -> TopicID? { name.withUnsafeBytes { find($0) } }

    /// The topic whose name stands at these places.
    func find(_ bytes: [UInt8], _ places: Range<Int>) -> TopicID? {
        bytes.withUnsafeBytes { find(UnsafeRawBufferPointer(rebasing: $0[places])) }
    }

    private func find(_ name: UnsafeRawBufferPointer) -> TopicID? {
        let hash = TopicTable.hash(name)
        for index in hashes.indices where hashes[index] == hash && topics[index].name.withUnsafeBytes({ $0.elementsEqual(name) }) {
            return TopicID(index: UInt16(truncatingIfNeeded: index))
        }
        return nil
    }

    /// Nil where the table is full.
    mutating func intern(_ name: ArraySlice<UInt8>) -> TopicID? {
        if let known = find(name) { return known }
        let topic = Topic(name: Array(name), hash: name.withUnsafeBytes { TopicTable.hash($0) })
        if let vacant = topics.firstIndex(where: \.isVacant) {
            topics[vacant] = topic
            hashes[vacant] = topic.hash
            return TopicID(index: UInt16(truncatingIfNeeded: vacant))
        }
        guard topics.count < countMax else { return nil }
        topics.append(topic)
        hashes.append(topic.hash)
        return TopicID(index: UInt16(truncatingIfNeeded: topics.count - 1))
    }

    /// FNV-1a over eight bytes at a time, the last of which may be counted twice: only a short cut before the names are compared.
    private static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        var hash = 0xcbf2_9ce4_8422_2325 ^ UInt64(name.count)
        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 32
        }
        if name.count < 8 {
            for byte in name { mix(UInt64(byte)) }
        } else {
            for offset in stride(from: 0, to: name.count - 8, by: 8) { mix(name.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
            mix(name.loadUnaligned(fromByteOffset: name.count - 8, as: UInt64.self))
        }
        return hash
    }
}

/// Sorted arrays of handles as small sets: 4 bytes an element, and always walked in the same order.
extension [PeerHandle] {
    func position(of handle: PeerHandle) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < handle { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func has(_ handle: PeerHandle) -> Bool {
        let index = position(of: handle)
        return index < count && self[index] == handle
    }

    /// Those that are not among the others.
    func without(_ others: [PeerHandle]) -> [PeerHandle] {
        guard !others.isEmpty else { return self }
        var rest: [PeerHandle] = []
        rest.reserveCapacity(count)
        var next = 0
        for handle in self {
            while next < others.count, others[next] < handle { next += 1 }
            if next == others.count || others[next] != handle { rest.append(handle) }
        }
        return rest
    }

    /// False where it was there.
    @discardableResult
    mutating func add(_ handle: PeerHandle) -> Bool {
        let index = position(of: handle)
        if index < count, self[index] == handle { return false }
        insert(handle, at: index)
        return true
    }

    /// False where it was not there.
    @discardableResult
    mutating func take(_ handle: PeerHandle) -> Bool {
        let index = position(of: handle)
        guard index < count, self[index] == handle else { return false }
        remove(at: index)
        return true
    }
}
