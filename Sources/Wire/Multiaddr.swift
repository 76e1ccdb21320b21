/// A multiaddr (multiformats/multiaddr): a path of protocols, such as `/ip4/127.0.0.1/tcp/4001/p2p/12D3…`.
public struct Multiaddr: Hashable, Sendable {
    public enum Component: Hashable, Sendable {
        case ip4(UInt32)
        case ip6(UInt64, UInt64)
        /// `dns`, `dns4`, `dns6` or `dnsaddr`, by its code.
        case dns(code: UInt64, name: String)
        case tcp(UInt16)
        case udp(UInt16)
        /// Multihash of a peer.
        case p2p([UInt8])
        /// A protocol known by name only, without a value: `quic-v1`, `ws`, `p2p-circuit` and their like.
        case flag(code: UInt64)
    }

    /// Longest binary form that is accepted.
    public static let sizeMax = 512
    public static let componentsMax = 16
    /// Longest name of a host, in bytes.
    static let nameMax = 255

    fileprivate enum Storage: Hashable, Sendable {
        /// What nearly all addresses are: nothing of it is on the heap.
        case tcp4(UInt32, port: UInt16)
        /// Every other; never what the case above can say.
        case list([Component])
    }

    private let storage: Storage

    /// Nil with no component or too many.
    public init?(_ components: [Component]) {
        guard !components.isEmpty, components.count <= Multiaddr.componentsMax else { return nil }
        self.init(unchecked: components)
    }

    /// `/ip4/a.b.c.d/tcp/port`, the address given in host order.
    public static func tcp4(_ address: UInt32, port: UInt16) -> Multiaddr { Multiaddr(storage: .tcp4(address, port: port)) }

    private init(storage: Storage) { self.storage = storage }

    private init(unchecked components: [Component]) {
        if components.count == 2, case .ip4(let address) = components[0], case .tcp(let port) = components[1] {
            storage = .tcp4(address, port: port)
        } else {
            storage = .list(components)
        }
    }

    public var components: Components { Components(storage: storage) }

    /// The parts of an address, from the left.
    public struct Components: RandomAccessCollection, Sendable {
        fileprivate let storage: Storage

        public var startIndex: Int { 0 }
        public var endIndex: Int {
            switch storage {
            case .tcp4: 2
            case .list(let components): components.count
            }
        }

        public subscript(index: Int) -> Component {
            switch storage {
            case .tcp4(let address, let port):
                precondition(index == 0 || index == 1)
                return index == 0 ? .ip4(address) : .tcp(port)
            case .list(let components): return components[index]
            }
        }
    }

    /// Address and port where it is nothing but these: what `tcp4` makes.
    public var tcp4: (address: UInt32, port: UInt16)? {
        guard case .tcp4(let address, let port) = storage else { return nil }
        return (address, port)
    }

    /// What a dialler of TCP needs, with or without a trailing `/p2p/…`; nil for every other shape.
    public var tcpTarget: (host: Component, port: UInt16)? {
        guard components.count >= 2, case .tcp(let port) = components[1] else { return nil }
        if components.count > 2 {
            guard components.count == 3, case .p2p = components[2] else { return nil }
        }
        switch components[0] {
        case .ip4, .ip6, .dns: return (components[0], port)
        default: return nil
        }
    }

    /// The multihash of a trailing `/p2p/…`.
    public var peerMultihash: [UInt8]? {
        guard case .list(let components) = storage, case .p2p(let hash) = components.last else { return nil }
        return hash
    }

    /// Without a trailing `/p2p/…`; itself where nothing else would be left.
    public var withoutPeer: Multiaddr {
        guard case .list(let components) = storage, case .p2p = components.last, components.count > 1 else { return self }
        return Multiaddr(unchecked: Array(components.dropLast()))
    }

    public func appendingPeer(multihash: [UInt8]) -> Multiaddr {
        Multiaddr(unchecked: Array(withoutPeer.components) + [.p2p(multihash)])
    }
}

extension Multiaddr {
    enum Code {
        static let ip4: UInt64 = 4
        static let tcp: UInt64 = 6
        static let udp: UInt64 = 273
        static let ip6: UInt64 = 41
        static let p2p: UInt64 = 421
        static let dns: [(UInt64, String)] = [(53, "dns"), (54, "dns4"), (55, "dns6"), (56, "dnsaddr")]
        static let flags: [(UInt64, String)] = [
            (290, "p2p-circuit"), (448, "tls"), (460, "quic"), (461, "quic-v1"), (465, "webtransport"), (477, "ws"), (478, "wss"),
            (480, "http"), (443, "https"), (454, "noise"), (280, "webrtc-direct"), (281, "webrtc"),
        ]
    }

    public var bytes: [UInt8] {
        if let (address, port) = tcp4 {
            var writer = ByteWriter(reserving: 8)
            writer.write(UInt8(Code.ip4))
            writer.writeBigEndian(address)
            writer.write(UInt8(Code.tcp))
            writer.writeBigEndian(port)
            return writer.bytes
        }
        var writer = ByteWriter(reserving: 48)
        for component in components {
            switch component {
            case .ip4(let address):
                writer.writeVarint(Code.ip4)
                writer.writeBigEndian(address)
            case .ip6(let high, let low):
                writer.writeVarint(Code.ip6)
                writer.writeBigEndian(high)
                writer.writeBigEndian(low)
            case .dns(let code, let name):
                writer.writeVarint(code)
                writer.writeLengthPrefixed(Array(name.utf8))
            case .tcp(let port):
                writer.writeVarint(Code.tcp)
                writer.writeBigEndian(port)
            case .udp(let port):
                writer.writeVarint(Code.udp)
                writer.writeBigEndian(port)
            case .p2p(let hash):
                writer.writeVarint(Code.p2p)
                writer.writeLengthPrefixed(hash)
            case .flag(let code):
                writer.writeVarint(code)
            }
        }
        return writer.bytes
    }

    /// Refuses protocols it does not know: their length cannot be told.
    public init(bytes: ArraySlice<UInt8>) throws(WireError) {
        guard bytes.count <= Multiaddr.sizeMax else { throw .outOfBounds }
        var reader = ByteReader(bytes)
        if bytes.count == 8, bytes[bytes.startIndex] == Code.ip4, bytes[bytes.startIndex + 5] == Code.tcp {
            _ = try reader.readByte()
            let address: UInt32 = try reader.readBigEndian()
            _ = try reader.readByte()
            self = .tcp4(address, port: try reader.readBigEndian())
            return
        }
        var components: [Component] = []
        while !reader.isAtEnd {
            guard components.count < Multiaddr.componentsMax else { throw .outOfBounds }
            let code = try reader.readVarint()
            switch code {
            case Code.ip4: components.append(.ip4(try reader.readBigEndian()))
            case Code.ip6: components.append(.ip6(try reader.readBigEndian(), try reader.readBigEndian()))
            case Code.tcp: components.append(.tcp(try reader.readBigEndian()))
            case Code.udp: components.append(.udp(try reader.readBigEndian()))
            case Code.p2p:
                let hash = try reader.readLengthPrefixed(max: 64)
                guard !hash.isEmpty else { throw .malformedField }
                components.append(.p2p(Array(hash)))
            case 53...56:
                let name = try reader.readLengthPrefixed(max: Multiaddr.nameMax)
                guard let text = String(validating: name, as: UTF8.self), Multiaddr.isHostName(text) else { throw .malformedText }
                components.append(.dns(code: code, name: text))
            default:
                guard Code.flags.contains(where: { $0.0 == code }) else { throw .malformedField }
                components.append(.flag(code: code))
            }
        }
        guard !components.isEmpty else { throw .truncated }
        self.init(unchecked: components)
    }

    static func isHostName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
