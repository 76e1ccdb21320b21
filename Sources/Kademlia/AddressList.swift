internal import Identity
public import Wire

/// The addresses of one peer, packed: nothing on the heap for the usual case of one IPv4 address with a TCP port.
///
/// A routing table of 160 peers is 15 KB with it, where arrays of `Multiaddr` would take 50.
public struct AddressList: Hashable, Sendable {
    enum Storage: Hashable, Sendable {
        case none
        case tcp4(address: UInt32, port: UInt16)
        /// Protobuf fields as they stand in a message of the DHT: tag, length, multiaddr, one after the other.
        case packed([UInt8])
    }

    /// At most this many addresses are kept; further ones are dropped.
    public static let countMax = 16
    /// Tag of the repeated field `addrs` in a peer of the DHT's messages.
    static let tag: UInt8 = 0x12

    var storage: Storage

    public static let empty = AddressList(storage: .none)

    init(storage: Storage) { self.storage = storage }

    /// Trailing `/p2p/…` parts are taken off; duplicates and what goes beyond `countMax` is dropped.
    public init(_ addresses: some Collection<Multiaddr>) {
        storage = .none
        for address in addresses { append(address.withoutPeer) }
    }

    public var isEmpty: Bool { if case .none = storage { true } else { false } }

    /// In the order in which they were added.
    public var multiaddrs: [Multiaddr] {
        switch storage {
        case .none: []
        case .tcp4(let address, let port): [.tcp4(address, port: port)]
        case .packed(let fields): AddressList.unpack(fields)
        }
    }

    /// Adds one address unless it is there or the list is full.
    mutating func append(_ address: Multiaddr) {
        switch storage {
        case .none:
            if let (host, port) = address.tcp4 {
                storage = .tcp4(address: host, port: port)
            } else {
                storage = .packed(AddressList.field(address))
            }
        case .tcp4, .packed:
            let known = multiaddrs
            guard known.count < AddressList.countMax, !known.contains(address) else { return }
            storage = .packed((known + [address]).flatMap(AddressList.field))
        }
    }

    mutating func append(contentsOf other: AddressList) {
        guard other != self else { return }
        if isEmpty {
            self = other
        } else {
            for address in other.multiaddrs { append(address) }
        }
    }

    /// Adds an address in its binary form as a peer sent it, unless it is malformed or names another peer than `peer`.
    mutating func append(binary bytes: ArraySlice<UInt8>, of peer: PeerID) {
        if case .none = storage, bytes.count == 8 {
            let start = bytes.startIndex
            if bytes[start] == 4, bytes[start + 5] == 6 {
                let host = bytes[(start + 1)..<(start + 5)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                storage = .tcp4(address: host, port: UInt16(bytes[start + 6]) << 8 | UInt16(bytes[start + 7]))
                return
            }
        }
        guard let address = try? Multiaddr(bytes: bytes) else { return }
        if address.peerMultihash != nil, address.peer != peer { return }
        let bare = address.withoutPeer
        guard bare.peerMultihash == nil else { return }
        append(bare)
    }

    private static func field(_ address: Multiaddr) -> [UInt8] {
        let bytes = address.bytes
        var writer = ByteWriter(reserving: bytes.count + 2)
        writer.write(tag)
        writer.writeLengthPrefixed(bytes)
        return writer.bytes
    }

    private static func unpack(_ fields: [UInt8]) -> [Multiaddr] {
        var reader = ByteReader(fields)
        var addresses: [Multiaddr] = []
        while (try? reader.readByte()) == tag, let bytes = try? reader.readLengthPrefixed(max: Multiaddr.sizeMax) {
            if let address = try? Multiaddr(bytes: bytes) { addresses.append(address) }
        }
        return addresses
    }
}

extension AddressList {
    /// Bytes that `write` appends.
    var encodedSize: Int {
        switch storage {
        case .none: 0
        case .tcp4: 10
        case .packed(let fields): fields.count
        }
    }

    /// Appends the fields `addrs` of a peer.
    func write(to writer: inout ByteWriter) {
        switch storage {
        case .none: break
        case .tcp4(let address, let port):
            writer.write(AddressList.tag)
            writer.write(8)
            writer.write(4)
            writer.writeBigEndian(address)
            writer.write(6)
            writer.writeBigEndian(port)
        case .packed(let fields): writer.write(fields)
        }
    }

    /// What counts as one place for the limits on diversity: the /16 of an IPv4 address, the /32 of an IPv6 address, by the first
    /// address. Nil where there is no IP address, and for loopback and private ranges where `exemptPrivate`.
    public func ipGroup(exemptPrivate: Bool) -> UInt32? {
        let first: Multiaddr.Component?
        if case .tcp4(let address, _) = storage { first = .ip4(address) } else { first = multiaddrs.first?.components.first }
        switch first {
        case .ip4(let address):
            let isPrivate =
                address >> 24 == 10 || address >> 24 == 127 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8
                || address >> 16 == 0xa9fe
            return isPrivate && exemptPrivate ? nil : address >> 16
        case .ip6(let high, _):
            let isPrivate = high >> 57 == 0x7e || high >> 54 == 0x3fa || high == 0
            return isPrivate && exemptPrivate ? nil : UInt32(truncatingIfNeeded: high >> 32)
        case .dns, .tcp, .udp, .p2p, .flag, nil: return nil
        }
    }
}
