public import Determinism
public import Identity
public import Wire

/// The peers that serve the DHT, by their distance from us (Kademlia paper, section 2.4).
///
/// Bucket `i` holds peers whose key shares exactly `i` leading bits with ours. Buckets come into being with their first peer.
public struct RoutingTable: Sendable {
    public struct Entry: Sendable {
        /// SHA-256 of the peer's id.
        public let key: Bytes32
        public let id: PeerID
        public internal(set) var isConnected: Bool
        /// Requests failed in a row.
        public internal(set) var failures: UInt8
        /// Place in the network for the limits on diversity; nil where none applies.
        var group: UInt32?
        public internal(set) var addresses: AddressList
        public internal(set) var lastSeen: Instant

        public var contact: Contact { Contact(id: id, addresses: addresses) }
    }

    /// Up to `bucketSize` peers, in the order in which they came.
    public struct KBucket: Sendable {
        public internal(set) var entries: [Entry] = []
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
    public private(set) var buckets: [KBucket] = []
    public private(set) var count = 0

    public init(localKey: Bytes32, parameters: Kademlia.Parameters) {
        self.localKey = localKey
        bucketSize = parameters.bucketSize
        freshFor = parameters.freshFor
        failuresMax = parameters.failuresMax
        diversity = parameters.diversity
    }

    func bucketIndex(of key: Bytes32) -> Int { (key ^ localKey).leadingZeroBits }

    public func entry(_ id: PeerID) -> Entry? {
        guard let (bucket, slot) = locate(id, key: id.dhtKey) else { return nil }
        return buckets[bucket].entries[slot]
    }

    func contains(_ id: PeerID, key: Bytes32) -> Bool { locate(id, key: key) != nil }

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

    mutating func insert(_ contact: Contact, key: Bytes32, isConnected: Bool, now: Instant) -> Insertion {
        if let (bucket, slot) = locate(contact.id, key: key) {
            update(bucket, slot) { entry in
                entry.lastSeen = now
                entry.failures = 0
                entry.isConnected = isConnected
                if !contact.addresses.isEmpty { entry.addresses = contact.addresses }
            }
            return .updated
        }
        if let obstacle = obstacle(to: contact, key: key, now: now) { return obstacle }
        let index = bucketIndex(of: key)
        while buckets.count <= index { buckets.append(KBucket()) }
        buckets[index].entries.append(
            Entry(
                key: key, id: contact.id, isConnected: isConnected, failures: 0, group: group(of: contact), addresses: contact.addresses,
                lastSeen: now))
        count += 1
        return .inserted
    }

    /// Why a peer that is not in the table cannot enter it as it is; nil where it can.
    private func obstacle(to contact: Contact, key: Bytes32, now: Instant) -> Insertion? {
        let index = bucketIndex(of: key)
        guard index < 256 else { return .refused }
        if let diversity, let group = group(of: contact) {
            guard index >= buckets.count || peers(of: group, in: index..<(index + 1)) < diversity.perBucketMax,
                peers(of: group, in: 0..<buckets.count) < diversity.perTableMax
            else { return .crowded }
        }
        guard index < buckets.count, buckets[index].entries.count >= bucketSize else { return nil }
        return .full(oldest: oldest(in: index, now: now))
    }

    private func group(of contact: Contact) -> UInt32? {
        diversity.flatMap { contact.addresses.ipGroup(exemptPrivate: $0.exemptPrivate) }
    }

    @discardableResult
    public mutating func remove(_ id: PeerID) -> Bool {
        guard let (bucket, slot) = locate(id, key: id.dhtKey) else { return false }
        remove(bucket, slot)
        return true
    }

    /// The peer answered.
    mutating func markSeen(_ id: PeerID, key: Bytes32, now: Instant) {
        guard let (bucket, slot) = locate(id, key: key) else { return }
        update(bucket, slot) { entry in
            entry.lastSeen = now
            entry.failures = 0
        }
    }

    mutating func markDisconnected(_ id: PeerID) {
        guard let (bucket, slot) = locate(id, key: id.dhtKey) else { return }
        update(bucket, slot) { $0.isConnected = false }
    }

    /// The peer did not answer: out after `failuresMax` in a row, or at once where `evict`.
    mutating func markFailed(_ id: PeerID, evict: Bool) {
        guard let (bucket, slot) = locate(id, key: id.dhtKey) else { return }
        let failures = buckets[bucket].entries[slot].failures + 1
        if evict || failures >= failuresMax {
            remove(bucket, slot)
        } else {
            update(bucket, slot) { $0.failures = failures }
        }
    }

    private mutating func update(_ bucket: Int, _ slot: Int, _ change: (inout Entry) -> Void) {
        change(&buckets[bucket].entries[slot])
    }

    private mutating func remove(_ bucket: Int, _ slot: Int) {
        buckets[bucket].entries.remove(at: slot)
        count -= 1
        while buckets.last?.entries.isEmpty == true { buckets.removeLast() }
    }

    private func locate(_ id: PeerID, key: Bytes32) -> (bucket: Int, slot: Int)? {
        let index = bucketIndex(of: key)
        guard index < buckets.count, let slot = buckets[index].entries.firstIndex(where: { $0.id == id }) else { return nil }
        return (index, slot)
    }

    private func peers(of group: UInt32, in range: Range<Int>) -> Int {
        var count = 0
        for index in range { for entry in buckets[index].entries where entry.group == group { count += 1 } }
        return count
    }

    private func oldest(in index: Int, now: Instant) -> PeerID? {
        var oldest: (id: PeerID, seen: Instant)?
        for entry in buckets[index].entries where !entry.isConnected && entry.lastSeen + freshFor <= now {
            if let known = oldest, known.seen <= entry.lastSeen { continue }
            oldest = (entry.id, entry.lastSeen)
        }
        return oldest?.id
    }
}
