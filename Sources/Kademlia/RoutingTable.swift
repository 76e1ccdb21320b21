public import Determinism
public import Identity
public import Wire

/// The peers that serve the DHT, by their distance from us (Kademlia paper, section 2.4).
///
/// Bucket `i` holds peers whose key shares exactly `i` leading bits with ours. Buckets come into being with their first peer. All lie
/// in one array, one behind the other, with what is read of every peer beside it: a node of a large network that is asked has nothing of
/// its table in the cache.
public struct RoutingTable: Sendable {
    public struct Entry: Sendable {
        /// SHA-256 of the peer's id.
        public let key: Bytes32
        public let id: PeerID
        public internal(set) var isConnected: Bool
        /// Requests failed in a row.
        public internal(set) var failures: UInt8
        /// Beside the bytes above: as an optional it would make an entry a tenth larger.
        private let hasGroup: Bool
        private let groupNumber: UInt32
        public internal(set) var addresses: AddressList
        public internal(set) var lastSeen: Instant

        init(_ contact: Contact, key: Bytes32, isConnected: Bool, group: UInt32?, lastSeen: Instant) {
            self.key = key
            id = contact.id
            self.isConnected = isConnected
            failures = 0
            hasGroup = group != nil
            groupNumber = group ?? 0
            addresses = contact.addresses
            self.lastSeen = lastSeen
        }

        /// Place in the network for the limits on diversity; nil where none applies.
        var group: UInt32? { hasGroup ? groupNumber : nil }
        public var contact: Contact { Contact(id: id, addresses: addresses) }
    }

    public enum Insertion: Equatable, Sendable {
        case inserted
        /// It was there: seen now, with the new addresses.
        case updated
        /// The bucket is full. The peer heard of least recently that is not connected, if there is one and it was not heard lately,
        /// is to be asked; if it is silent it makes room.
        case full(oldest: PeerID?)
        /// Too many peers of that place in the network.
        case crowded
        /// It is ourselves.
        case refused
    }

    public let localKey: Bytes32
    let bucketSize: Int
    let freshFor: Duration
    let failuresMax: UInt8
    let diversity: Kademlia.Parameters.Diversity?
    /// By ascending buckets of up to `bucketSize`, in each in the order in which they came.
    public private(set) var entries: [Entry] = []
    /// Where each bucket ends. The last is never empty.
    private(set) var ends: [UInt32] = []
    /// First words of the entries' keys: enough to tell who is nearer.
    private(set) var heads: [UInt64] = []
    private(set) var marks = PeerMarks()

    public init(localKey: Bytes32, parameters: Kademlia.Parameters) {
        self.localKey = localKey
        bucketSize = parameters.bucketSize
        freshFor = parameters.freshFor
        failuresMax = parameters.failuresMax
        diversity = parameters.diversity
    }

    public var count: Int { entries.count }

    func bucketIndex(of key: Bytes32) -> Int { (key ^ localKey).leadingZeroBits }

    /// Slots of a bucket.
    func bucket(_ index: Int) -> Range<Int> { (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]) }

    public func entry(_ id: PeerID) -> Entry? { slot(of: id).map { entries[$0] } }

    func contains(_ id: PeerID) -> Bool { slot(of: id) != nil }

    /// Needs no key, so that nobody hashes an id only to ask for it.
    func slot(of id: PeerID) -> Int? { marks.firstIndex(of: id) { entries[$0].id == id } }

    /// Whether there is, or may be, a place for a peer that is not in the table.
    func mayTake(_ contact: Contact, key: Bytes32, now: Instant) -> Bool {
        switch obstacle(to: contact, key: key, now: now) {
        case nil, .full(.some): true
        case .inserted, .updated, .full(nil), .crowded, .refused: false
        }
    }

    /// A peer that proved to serve the protocol.
    public mutating func insert(_ contact: Contact, isConnected: Bool, now: Instant) -> Insertion {
        insert(contact, key: contact.id.dhtKey, isConnected: isConnected, now: now)
    }

    /// - Parameter key: of the contact; not asked for where the peer is in the table.
    mutating func insert(_ contact: Contact, key: @autoclosure () -> Bytes32, isConnected: Bool, now: Instant) -> Insertion {
        if let slot = slot(of: contact.id) {
            entries[slot].lastSeen = now
            entries[slot].failures = 0
            entries[slot].isConnected = isConnected
            if !contact.addresses.isEmpty { entries[slot].addresses = contact.addresses }
            return .updated
        }
        let key = key()
        if let obstacle = obstacle(to: contact, key: key, now: now) { return obstacle }
        insert(Entry(contact, key: key, isConnected: isConnected, group: group(of: contact), lastSeen: now))
        return .inserted
    }

    /// Room grows by a bucket's worth: doubled, it would be most of a leaf's table.
    private mutating func insert(_ entry: Entry) {
        if entries.count.isMultiple(of: bucketSize) {
            entries.reserveCapacity(entries.count + bucketSize)
            heads.reserveCapacity(entries.count + bucketSize)
            marks.reserveCapacity(entries.count + bucketSize)
        }
        let index = bucketIndex(of: entry.key)
        while ends.count <= index { ends.append(ends.last ?? 0) }
        let slot = Int(ends[index])
        entries.insert(entry, at: slot)
        heads.insert(entry.key.words.0, at: slot)
        marks.insert(entry.id, at: slot)
        for later in index..<ends.count { ends[later] += 1 }
    }

    /// Why a peer that is not in the table cannot enter it as it is; nil where it can.
    private func obstacle(to contact: Contact, key: Bytes32, now: Instant) -> Insertion? {
        let index = bucketIndex(of: key)
        guard index < 256 else { return .refused }
        if let diversity, let group = group(of: contact) {
            guard index >= ends.count || peers(of: group, in: bucket(index)) < diversity.perBucketMax,
                peers(of: group, in: entries.indices) < diversity.perTableMax
            else { return .crowded }
        }
        guard index < ends.count, bucket(index).count >= bucketSize else { return nil }
        return .full(oldest: oldest(in: index, now: now))
    }

    private func group(of contact: Contact) -> UInt32? {
        diversity.flatMap { contact.addresses.ipGroup(exemptPrivate: $0.exemptPrivate) }
    }

    @discardableResult
    public mutating func remove(_ id: PeerID) -> Bool {
        guard let slot = slot(of: id) else { return false }
        remove(at: slot)
        return true
    }

    /// The peer answered.
    mutating func markSeen(_ id: PeerID, now: Instant) {
        guard let slot = slot(of: id) else { return }
        entries[slot].lastSeen = now
        entries[slot].failures = 0
    }

    mutating func markDisconnected(_ id: PeerID) {
        if let slot = slot(of: id) { entries[slot].isConnected = false }
    }

    /// The peer did not answer: out after `failuresMax` in a row, or at once where `evict`.
    mutating func markFailed(_ id: PeerID, evict: Bool) {
        guard let slot = slot(of: id) else { return }
        let failures = entries[slot].failures + 1
        if evict || failures >= failuresMax {
            remove(at: slot)
        } else {
            entries[slot].failures = failures
        }
    }

    private mutating func remove(at slot: Int) {
        for index in bucketIndex(of: entries[slot].key)..<ends.count { ends[index] -= 1 }
        while let last = ends.indices.last, bucket(last).isEmpty { ends.removeLast() }
        entries.remove(at: slot)
        heads.remove(at: slot)
        marks.remove(at: slot)
    }

    private func peers(of group: UInt32, in slots: Range<Int>) -> Int { slots.count { entries[$0].group == group } }

    private func oldest(in index: Int, now: Instant) -> PeerID? {
        var oldest: Int?
        for slot in bucket(index) where !entries[slot].isConnected && entries[slot].lastSeen + freshFor <= now {
            if let oldest, entries[oldest].lastSeen <= entries[slot].lastSeen { continue }
            oldest = slot
        }
        return oldest.map { entries[$0].id }
    }
}
