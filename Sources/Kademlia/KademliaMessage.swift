public import Identity
public import Wire

/// A peer as the DHT's messages carry it.
public struct Contact: Hashable, Sendable {
    public var id: PeerID
    public var addresses: AddressList

    public init(id: PeerID, addresses: AddressList) {
        self.id = id
        self.addresses = addresses
    }
}

/// A value under its key, at most `KademliaMessage.valueSizeMax` bytes.
public struct Record: Hashable, Sendable {
    public var key: [UInt8]
    public var value: [UInt8]

    public init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// One message of the DHT (libp2p/specs, kad-dht), request or answer: `docs/protocols/kademlia.proto`.
public struct KademliaMessage: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        case putValue = 0
        case getValue = 1
        case addProvider = 2
        case getProviders = 3
        case findNode = 4
        case ping = 5
    }

    /// Whole message, in bytes.
    public static let sizeMax = 64 * 1024
    /// Keys of records, multihashes of content, peer ids.
    public static let keySizeMax = 256
    public static let valueSizeMax = 8 * 1024
    /// Peers of one kind that are read from a message; the rest is skipped.
    public static let peersMax = 32

    public var kind: Kind
    public var key: [UInt8]
    public var record: Record?
    public var closerPeers: [Contact]
    public var providerPeers: [Contact]

    public init(kind: Kind, key: [UInt8] = [], record: Record? = nil, closerPeers: [Contact] = [], providerPeers: [Contact] = []) {
        self.kind = kind
        self.key = key
        self.record = record
        self.closerPeers = closerPeers
        self.providerPeers = providerPeers
    }
}

extension KademliaMessage {
    public func encode() -> [UInt8] {
        var writer = ByteWriter(reserving: closerPeers.reduce(baseSize) { $0 + KademliaMessage.size($1.id, $1.addresses) })
        writeHead(to: &writer)
        for contact in closerPeers { KademliaMessage.write(contact, tag: KademliaMessage.closerTag, to: &writer) }
        for contact in providerPeers { KademliaMessage.write(contact, tag: KademliaMessage.providerTag, to: &writer) }
        return writer.bytes
    }

    /// As above with the peers at some places of a table in the place of `closerPeers`: they go into the message from where they stand.
    func encode(closer places: [RoutingTable.Place], of table: borrowing RoutingTable) -> [UInt8] {
        var size = baseSize
        for place in places { size += KademliaMessage.size(table.entries[place.slot].id, table.entries[place.slot].addresses) }
        var writer = ByteWriter(reserving: size)
        writeHead(to: &writer)
        KademliaMessage.write(places, of: table, tag: KademliaMessage.closerTag, to: &writer)
        for contact in providerPeers { KademliaMessage.write(contact, tag: KademliaMessage.providerTag, to: &writer) }
        return writer.bytes
    }

    static let closerTag: UInt8 = 0x42
    static let providerTag: UInt8 = 0x4a

    /// At least what all but `closerPeers` takes: a message stays as long as it is under way, and no longer than its room.
    private var baseSize: Int {
        let own = 2 + (key.isEmpty ? 0 : 3 + key.count) + (record.map { 16 + $0.key.count + $0.value.count } ?? 0)
        return providerPeers.reduce(own) { $0 + KademliaMessage.size($1.id, $1.addresses) }
    }

    private func writeHead(to writer: inout ByteWriter) {
        if kind != .putValue {
            writer.write(0x08)
            writer.write(kind.rawValue)
        }
        if !key.isEmpty {
            writer.write(0x12)
            writer.writeLengthPrefixed(key)
        }
        if let record {
            var nested = ProtobufWriter(reserving: record.key.count + record.value.count + 8)
            nested.bytes(1, record.key)
            nested.bytes(2, record.value)
            writer.write(0x1a)
            writer.writeLengthPrefixed(nested.bytes)
        }
    }

    /// Skips unknown fields, peers whose id is of an unknown kind and addresses of unknown protocols, as the specification asks.
    public init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= KademliaMessage.sizeMax else { throw .outOfBounds }
        var reader = ProtobufReader(bytes)
        self.init(kind: .putValue)
        while true {
            if let (contact, tag) = KademliaMessage.usualContact(in: bytes, at: reader.offset) {
                try reader.skip(KademliaMessage.usualSize)
                if tag == KademliaMessage.closerTag {
                    KademliaMessage.add(contact, to: &closerPeers)
                } else {
                    KademliaMessage.add(contact, to: &providerPeers)
                }
                continue
            }
            guard let field = try reader.next() else { break }
            switch field.number {
            case 1:
                guard let value = UInt8(exactly: try field.uint64()), let kind = Kind(rawValue: value) else { throw .malformedField }
                self.kind = kind
            case 2: key = Array(try field.bytes(max: KademliaMessage.keySizeMax))
            case 3: record = try KademliaMessage.record(try field.bytes())
            case 8: try KademliaMessage.read(try field.bytes(), into: &closerPeers)
            case 9: try KademliaMessage.read(try field.bytes(), into: &providerPeers)
            default: break
            }
        }
    }

    private static func record(_ bytes: ArraySlice<UInt8>) throws(WireError) -> Record {
        var reader = ProtobufReader(bytes)
        var record = Record(key: [], value: [])
        while let field = try reader.next() {
            switch field.number {
            case 1: record.key = Array(try field.bytes(max: keySizeMax))
            case 2: record.value = Array(try field.bytes(max: valueSizeMax))
            default: break
            }
        }
        return record
    }
}
