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
        var writer = ByteWriter(reserving: 48 + key.count + 64 * (closerPeers.count + providerPeers.count))
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
        for contact in closerPeers { KademliaMessage.write(contact, tag: 0x42, to: &writer) }
        for contact in providerPeers { KademliaMessage.write(contact, tag: 0x4a, to: &writer) }
        return writer.bytes
    }

    private static func write(_ contact: Contact, tag: UInt8, to writer: inout ByteWriter) {
        writer.write(tag)
        writer.writeVarint(UInt64(2 + contact.id.size + contact.addresses.encodedSize))
        writer.write(0x0a)
        writer.writeVarint(UInt64(contact.id.size))
        contact.id.write(to: &writer)
        contact.addresses.write(to: &writer)
    }

    /// Skips unknown fields, peers whose id is of an unknown kind and addresses of unknown protocols, as the specification asks.
    public init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= KademliaMessage.sizeMax else { throw .outOfBounds }
        var reader = ProtobufReader(bytes)
        self.init(kind: .putValue)
        while let field = try reader.next() {
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

    private static func read(_ bytes: ArraySlice<UInt8>, into contacts: inout [Contact]) throws(WireError) {
        guard contacts.count < peersMax else { return }
        if contacts.isEmpty { contacts.reserveCapacity(20) }
        var id: PeerID?
        var addresses = AddressList.empty
        var addressCount = 0
        // Those that stand before the id they belong to.
        var unparsed: [ArraySlice<UInt8>] = []
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try? PeerID(bytes: try field.bytes(max: 64))
            case 2:
                let address = try field.bytes()
                guard addressCount < AddressList.countMax else { continue }
                addressCount += 1
                if let id { addresses.append(binary: address, of: id) } else { unparsed.append(address) }
            default: break
            }
        }
        guard let id else { return }
        for address in unparsed { addresses.append(binary: address, of: id) }
        contacts.append(Contact(id: id, addresses: addresses))
    }
}
