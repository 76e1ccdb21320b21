extension Multiaddr: CustomStringConvertible {
    public var description: String {
        var text = ""
        for component in components {
            switch component {
            case .ip4(let address): text += "/ip4/" + IPText.format4(address)
            case .ip6(let high, let low): text += "/ip6/" + IPText.format6(high, low)
            case .dns(let code, let name): text += "/" + (Code.dns.first { $0.0 == code }?.1 ?? "dns") + "/" + name
            case .tcp(let port): text += "/tcp/\(port)"
            case .udp(let port): text += "/udp/\(port)"
            case .p2p(let hash): text += "/p2p/" + Multibase.base58(hash)
            case .flag(let code): text += "/" + (Code.flags.first { $0.0 == code }?.1 ?? "unknown")
            }
        }
        return text
    }

    /// Nil where the text is no multiaddr of the protocols that this type knows, or has no binary form within its limits.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].isEmpty, text.utf8.count <= 1024 else { return nil }
        var components: [Component] = []
        var index = 1
        while index < parts.count {
            let name = parts[index]
            index += 1
            if let flag = Code.flags.first(where: { $0.1 == name }) {
                components.append(.flag(code: flag.0))
                continue
            }
            guard index < parts.count else { return nil }
            let value = parts[index]
            index += 1
            switch name {
            case "ip4":
                guard let address = IPText.parse4(value) else { return nil }
                components.append(.ip4(address))
            case "ip6":
                guard let (high, low) = IPText.parse6(value) else { return nil }
                components.append(.ip6(high, low))
            case "tcp", "udp":
                guard let port = UInt16(value), value.first != "+" else { return nil }
                components.append(name == "tcp" ? .tcp(port) : .udp(port))
            case "p2p", "ipfs":
                guard let hash = Multiaddr.parsePeer(value), hash.count <= 64 else { return nil }
                components.append(.p2p(hash))
            default:
                guard let code = Code.dns.first(where: { $0.1 == name })?.0, value.utf8.count <= Multiaddr.nameMax,
                    Multiaddr.isHostName(String(value))
                else { return nil }
                components.append(.dns(code: code, name: String(value)))
            }
        }
        self.init(components)
        guard bytes.count <= Multiaddr.sizeMax else { return nil }
    }

    /// base58btc multihash, or a CIDv1 with the libp2p-key codec in base32.
    static func parsePeer(_ text: some StringProtocol) -> [UInt8]? {
        if text.first == "b", let bytes = Multibase.decodeBase32(text.dropFirst()) {
            var reader = ByteReader(bytes)
            // What is none may still be a multihash in base58 that begins with the same letter.
            if (try? reader.readVarint()) == 1, (try? reader.readVarint()) == 0x72, !reader.isAtEnd { return Array(reader.readRest()) }
        }
        guard let bytes = Multibase.decodeBase58(text), !bytes.isEmpty else { return nil }
        return bytes
    }
}

/// IP addresses as text (RFC 4291, RFC 5952).
public enum IPText {
    public static func format4(_ address: UInt32) -> String {
        "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
    }

    public static func parse4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.first != "+", let byte = UInt8(part) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    /// Shortest form, with the longest run of zeros left out.
    public static func format6(_ high: UInt64, _ low: UInt64) -> String {
        let groups = (0..<8).map { index in
            UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
        }
        var best = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(1, best.count) { best = index..<end }
            index = max(end, index + 1)
        }
        let text = { (range: Range<Int>) in range.map { String(groups[$0], radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }

    public static func parse6(_ text: some StringProtocol) -> (UInt64, UInt64)? {
        guard text.utf8.count <= 45, text.utf8.count >= 2 else { return nil }
        var before: [UInt16] = []
        var after: [UInt16] = []
        var gap = false
        var parts = String(text).split(separator: Character(":"), omittingEmptySubsequences: false).map(String.init)
        if parts.first == "" {
            guard parts.count >= 3, parts[1] == "" else { return nil }
            parts.removeFirst()
        }
        if parts.last == "" {
            guard parts.count >= 2, parts[parts.count - 2] == "" else { return nil }
            parts.removeLast()
        }
        for (index, part) in parts.enumerated() {
            var groups: [UInt16] = []
            if part.isEmpty {
                guard !gap else { return nil }
                gap = true
                continue
            } else if index == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
                guard let address = parse4(part) else { return nil }
                groups = [UInt16(address >> 16), UInt16(address & 0xffff)]
            } else {
                guard part.utf8.count <= 4, part.first != "+", let group = UInt16(part, radix: 16) else { return nil }
                groups = [group]
            }
            if gap { after += groups } else { before += groups }
        }
        let count = before.count + after.count
        guard gap ? count <= 7 : count == 8 else { return nil }
        let groups = before + [UInt16](repeating: 0, count: 8 - count) + after
        let join = { (range: Range<Int>) in range.reduce(UInt64(0)) { $0 << 16 | UInt64(groups[$1]) } }
        return (join(0..<4), join(4..<8))
    }
}
