internal import Determinism
internal import Identity
internal import Wire

/// Who provides which content, as they announced it to us. Bounded; when full it keeps the contents nearest to us, which are those
/// that we are asked for.
struct ProviderStore: Sendable {
    struct Provider: Sendable {
        var contact: Contact
        var expiry: Instant
    }

    struct Row: Sendable {
        /// From our key to the content's.
        let distance: Bytes32
        /// Oldest announcement first.
        var providers: [Provider]
    }

    let localKey: Bytes32
    let rowsMax: Int
    let providersMax: Int
    /// Sorted by distance.
    private(set) var rows: [Row] = []

    init(localKey: Bytes32, rowsMax: Int, providersMax: Int) {
        self.localKey = localKey
        self.rowsMax = rowsMax
        self.providersMax = providersMax
    }

    var isEmpty: Bool { rows.isEmpty }

    /// Notes an announcement; a repeated one takes the place of the earlier.
    /// - Parameter key: SHA-256 of the content's key.
    mutating func add(_ contact: Contact, key: Bytes32, expiry: Instant) {
        let distance = key ^ localKey
        var index = rows.partitioningIndex { $0.distance >= distance }
        if index == rows.count || rows[index].distance != distance {
            if rows.count >= rowsMax {
                guard index < rows.count else { return }
                rows.removeLast()
            }
            index = min(index, rows.count)
            rows.insert(Row(distance: distance, providers: []), at: index)
        }
        rows[index].providers.removeAll { $0.contact.id == contact.id }
        if rows[index].providers.count >= providersMax { rows[index].providers.removeFirst() }
        rows[index].providers.append(Provider(contact: contact, expiry: expiry))
    }

    /// The latest first.
    func providers(of key: Bytes32, now: Instant) -> [Contact] {
        let distance = key ^ localKey
        let index = rows.partitioningIndex { $0.distance >= distance }
        guard index < rows.count, rows[index].distance == distance else { return [] }
        var contacts: [Contact] = []
        contacts.reserveCapacity(rows[index].providers.count)
        for place in rows[index].providers.indices.reversed() where rows[index].providers[place].expiry > now {
            contacts.append(rows[index].providers[place].contact)
        }
        return contacts
    }

    mutating func sweep(now: Instant) {
        for index in rows.indices { rows[index].providers.removeAll { $0.expiry <= now } }
        rows.removeAll { $0.providers.isEmpty }
    }
}
