internal import CUV
internal import Glibc

/// An IPv4 or IPv6 address, without a zone.
public enum IPAddress: Hashable, Sendable {
    /// Most significant byte first: 127.0.0.1 is 0x7F00_0001.
    case v4(UInt32)
    /// The upper and the lower 64 bits, most significant byte first.
    case v6(UInt64, UInt64)

    public static let loopback4 = IPAddress.v4(0x7F00_0001)
    public static let loopback6 = IPAddress.v6(0, 1)
    public static let any4 = IPAddress.v4(0)
    public static let any6 = IPAddress.v6(0, 0)

    /// 4 or 16 bytes in network order; nil for any other count.
    public init?(bytes: some Collection<UInt8>) {
        func number<T: FixedWidthInteger>(_ part: some Sequence<UInt8>) -> T { part.reduce(0) { $0 << 8 | T($1) } }
        switch bytes.count {
        case 4: self = .v4(number(bytes))
        case 16: self = .v6(number(bytes.prefix(8)), number(bytes.dropFirst(8)))
        default: return nil
        }
    }

    /// Dotted decimal, or the text form of RFC 4291 without brackets and zone.
    public init?(_ text: String) {
        var buffer: [UInt8] = Array(repeating: 0, count: 16)
        if uv_inet_pton(AF_INET, text, &buffer) == 0 {
            self.init(bytes: buffer.prefix(4))
        } else if uv_inet_pton(AF_INET6, text, &buffer) == 0, !text.utf8.contains(UInt8(ascii: "%")) {
            self.init(bytes: buffer)
        } else {
            return nil
        }
    }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        func split(_ number: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
            stride(from: number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        switch self {
        case .v4(let number): return split(number)
        case .v6(let upper, let lower): return split(upper) + split(lower)
        }
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        var text: [CChar] = Array(repeating: 0, count: 64)
        let family = if case .v4 = self { AF_INET } else { AF_INET6 }
        guard uv_inet_ntop(family, bytes, &text, text.count) == 0 else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// An address and a TCP port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    public var ip: IPAddress
    public var port: UInt16

    public init(_ ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// `127.0.0.1:4001`, `[::1]:4001`.
    public var description: String {
        switch ip {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }
}

extension SocketAddress {
    /// Nil for families other than IPv4 and IPv6.
    init?(_ address: UnsafePointer<sockaddr>) {
        let bytes = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let v4 = bytes.loadUnaligned(as: sockaddr_in.self)
            self.init(.v4(UInt32(bigEndian: v4.sin_addr.s_addr)), port: UInt16(bigEndian: v4.sin_port))
        case AF_INET6:
            let v6 = bytes.loadUnaligned(as: sockaddr_in6.self)
            let ip = withUnsafeBytes(of: v6.sin6_addr) { IPAddress(bytes: $0) }
            guard let ip else { return nil }
            self.init(ip, port: UInt16(bigEndian: v6.sin6_port))
        default: return nil
        }
    }

    /// The form of the system calls; IPv6 has its own size.
    func withSystemForm<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { bytes in
            switch ip {
            case .v4(let number):
                var form = sockaddr_in()
                form.sin_family = sa_family_t(AF_INET)
                form.sin_port = port.bigEndian
                form.sin_addr.s_addr = number.bigEndian
                bytes.storeBytes(of: form, as: sockaddr_in.self)
            case .v6(let upper, let lower):
                var form = sockaddr_in6()
                form.sin6_family = sa_family_t(AF_INET6)
                form.sin6_port = port.bigEndian
                withUnsafeMutableBytes(of: &form.sin6_addr) {
                    $0.storeBytes(of: upper.bigEndian, as: UInt64.self)
                    $0.storeBytes(of: lower.bigEndian, toByteOffset: 8, as: UInt64.self)
                }
                bytes.storeBytes(of: form, as: sockaddr_in6.self)
            }
            return body(UnsafeRawPointer(bytes.baseAddress!).assumingMemoryBound(to: sockaddr.self))
        }
    }

    /// A `sockaddr_in` or `sockaddr_in6`, for libraries that listen by themselves.
    package var systemBytes: [UInt8] {
        withSystemForm { form in
            let size = if case .v4 = ip { MemoryLayout<sockaddr_in>.size } else { MemoryLayout<sockaddr_in6>.size }
            return Array(UnsafeRawBufferPointer(start: form, count: size))
        }
    }

    /// Calls `uv_tcp_getsockname` or `uv_tcp_getpeername`.
    init?(reading read: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> Int32) {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let address: SocketAddress? = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { read($0, &length) == 0 ? SocketAddress($0) : nil }
        }
        guard let address else { return nil }
        self = address
    }
}
