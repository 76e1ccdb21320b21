internal import Crypto
public import Determinism
public import Wire

/// What others put at a server, as it is kept over a restart.
public struct HeldRecords: Equatable, Sendable {
    public struct Provider: Equatable, Sendable {
        /// SHA-256 of the content's key.
        public var key: Bytes32
        public var contact: Contact
        /// What is left of its time.
        public var lifetime: Duration

        public init(key: Bytes32, contact: Contact, lifetime: Duration) {
            self.key = key
            self.contact = contact
            self.lifetime = lifetime
        }
    }

    public struct Value: Equatable, Sendable {
        public var record: Record
        public var lifetime: Duration

        init(record: Record, lifetime: Duration) {
            self.record = record
            self.lifetime = lifetime
        }

        public init(key: [UInt8], value: [UInt8], lifetime: Duration) {
            self.init(record: Record(key: key, value: value), lifetime: lifetime)
        }
    }

    /// Of one content in the order in which they announced themselves.
    public var providers: [Provider] = []
    public var values: [Value] = []

    /// Bytes of each kind that are kept, about; the nearest to us go first.
    public static let bytesMax = 2 << 20

    public init() {}

    public var isEmpty: Bool { providers.isEmpty && values.isEmpty }
}

extension Kademlia {
    /// What this server holds for others.
    public func held(now: Instant) -> HeldRecords {
        var held = HeldRecords()
        var size = 0
        for row in providers.rows {
            for provider in row.providers where provider.expiry > now {
                size += 64 + provider.contact.addresses.encodedSize
                guard size <= HeldRecords.bytesMax else { break }
                held.providers.append(
                    .init(key: row.distance ^ table.localKey, contact: provider.contact, lifetime: provider.expiry - now))
            }
        }
        size = 0
        for row in records.rows where row.expiry > now {
            size += 16 + row.record.key.count + row.record.value.count
            guard size <= HeldRecords.bytesMax else { break }
            held.values.append(.init(record: row.record, lifetime: row.expiry - now))
        }
        return held
    }

    /// Takes up what an earlier run held. Records are judged again, and nothing lives longer than if it had just come.
    mutating func restore(_ held: HeldRecords, now: Instant) {
        guard mode == .server else { return }
        for provider in held.providers where provider.lifetime > .zero {
            providers.add(provider.contact, key: provider.key, expiry: now + min(provider.lifetime, parameters.providerLifetime))
        }
        for value in held.values where value.lifetime > .zero && validator.isValid(value.record) {
            records.put(value.record, key: Hash.sha256(value.record.key), expiry: now + min(value.lifetime, parameters.recordLifetime))
        }
        if !providers.isEmpty || !records.isEmpty { scheduleSweep(now: now) }
    }
}
