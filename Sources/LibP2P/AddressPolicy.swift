public import Wire

/// Which addresses are dialled, announced and counted, by the network definition.
public struct AddressPolicy: Sendable {
    /// Dial and announce loopback, link-local and private ranges. Off on a public network: peers could make us probe our own
    /// neighbourhood.
    public var allowsPrivate = false
    /// Don't count connections from those ranges against the caps: many processes of a development network share an address.
    public var exemptsPrivate = false
    /// Inbound connections of one address.
    public var perHostMax = 8
    /// Inbound connections of one /24 (IPv4).
    public var perSubnet4Max = 64
    /// Inbound connections of one /56 (IPv6): what one customer usually gets.
    public var perSubnet6Max = 64

    public init() {}

    /// For networks on one machine or one local network.
    public static var development: AddressPolicy {
        var policy = AddressPolicy()
        policy.allowsPrivate = true
        policy.exemptsPrivate = true
        return policy
    }

    /// True where the address is TCP and the range is allowed. Names are judged again when they are resolved.
    public func isDialable(_ address: Multiaddr) -> Bool {
        guard let target = address.tcpTarget, target.port > 0 else { return false }
        if AddressPolicy.isUnspecifiedOrMulticast(target.host) { return false }
        return allowsPrivate || !AddressPolicy.isPrivate(target.host)
    }

    static func isUnspecifiedOrMulticast(_ host: Multiaddr.Component) -> Bool {
        switch host {
        case .ip4(let address): address >> 24 == 0 || address >> 28 >= 0xe
        case .ip6(let high, let low): high == 0 && low == 0 || high >> 56 == 0xff
        default: false
        }
    }

    /// Loopback, private, shared, link-local and documentation ranges (RFC 6890), and IPv6 forms that embed such an address.
    public static func isPrivate(_ host: Multiaddr.Component) -> Bool {
        switch host {
        case .ip4(let address): isPrivate4(address)
        case .ip6(let high, let low):
            if high == 0 && low == 1 {
                true
            } else if high == 0 && low >> 32 == 0xffff {
                isPrivate4(UInt32(truncatingIfNeeded: low))
            } else if high == 0x0064_ff9b_0000_0000 && low >> 32 == 0 {
                isPrivate4(UInt32(truncatingIfNeeded: low))
            } else if high >> 48 == 0x2002 {
                isPrivate4(UInt32(truncatingIfNeeded: high >> 16))
            } else {
                high >> 57 == 0x7e || high >> 54 == 0x3fa || high >> 32 == 0x2001_0db8 || high == 0
            }
        default: false
        }
    }

    private static func isPrivate4(_ address: UInt32) -> Bool {
        let ranges: [(UInt32, UInt32)] = [
            (0x0a00_0000, 8), (0x7f00_0000, 8), (0xac10_0000, 12), (0xc0a8_0000, 16), (0xa9fe_0000, 16), (0x6440_0000, 10),
            (0x0000_0000, 8), (0xc000_0000, 24), (0xc000_0200, 24), (0xc633_6400, 24), (0xcb00_7100, 24), (0xc612_0000, 15),
        ]
        return ranges.contains { (address ^ $0.0) >> (32 - $0.1) == 0 }
    }
}

/// Inbound connections by address and subnet.
struct Admission {
    private enum Key: Hashable {
        case host(Multiaddr.Component)
        case subnet4(UInt32)
        case subnet6(UInt64)
    }

    private let policy: AddressPolicy
    private var counts: [Key: Int] = [:]

    init(policy: AddressPolicy) { self.policy = policy }

    /// Number of addresses and subnets that are counted now.
    var count: Int { counts.count }

    private func keys(_ address: Multiaddr) -> [(Key, Int)] {
        guard let host = address.components.first else { return [] }
        if policy.exemptsPrivate, AddressPolicy.isPrivate(host) { return [] }
        switch host {
        case .ip4(let value): return [(.host(host), policy.perHostMax), (.subnet4(value >> 8), policy.perSubnet4Max)]
        // A /64 is one host: every interface of it can take any address inside.
        case .ip6(let high, _): return [(.host(.ip6(high, 0)), policy.perHostMax), (.subnet6(high >> 8), policy.perSubnet6Max)]
        default: return []
        }
    }

    /// False where the address or its subnet has as many connections as it may have.
    mutating func admit(_ address: Multiaddr) -> Bool {
        let keys = keys(address)
        guard keys.allSatisfy({ counts[$0.0, default: 0] < $0.1 }) else { return false }
        for (key, _) in keys { counts[key, default: 0] += 1 }
        return true
    }

    mutating func release(_ address: Multiaddr) {
        for (key, _) in keys(address) {
            let count = counts[key, default: 0] - 1
            counts[key] = count > 0 ? count : nil
        }
    }
}
