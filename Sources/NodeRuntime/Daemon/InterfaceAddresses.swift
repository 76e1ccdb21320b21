internal import Glibc
internal import Wire

/// The machine's own IP addresses, to say where a node listens that listens everywhere.
enum InterfaceAddresses {
    /// Addresses of the interfaces that are up; link-local ones need a zone and are left out.
    static var all: [Multiaddr.Component] {
        var head: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&head) == 0 else { return [] }
        defer { freeifaddrs(head) }
        var found: [Multiaddr.Component] = []
        var next = head
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard entry.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.ifa_addr else { continue }
            let raw = UnsafeRawPointer(address)
            switch Int32(address.pointee.sa_family) {
            case AF_INET: found.append(.ip4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr)))
            case AF_INET6:
                let bytes = withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
                let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                let low = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                if high >> 54 != 0x3fa { found.append(.ip6(high, low)) }
            default: continue
            }
        }
        return found
    }

    /// What others can dial where a socket is bound to `address`: itself, or each of the machine's addresses of its family.
    static func expand(_ address: Multiaddr, interfaces: [Multiaddr.Component] = all) -> [Multiaddr] {
        guard let target = address.tcpTarget else { return [address] }
        let hosts: [Multiaddr.Component] =
            switch target.host {
            case .ip4(0): interfaces.filter { if case .ip4 = $0 { true } else { false } }
            case .ip6(0, 0): interfaces.filter { if case .ip6 = $0 { true } else { false } }
            default: [target.host]
            }
        return hosts.compactMap { Multiaddr([$0, .tcp(target.port)]) }
    }
}
