import Determinism
import Testing

@testable import Wire

@Suite struct MultiformatTests {
    /// However an address comes about, by parts, bytes, text or without its peer: the same one is equal, and has the same parts.
    @Test func addressesAreEqualWhereverTheyComeFrom() throws {
        let address = Multiaddr.tcp4(0x0102_0304, port: 5)
        let same: [Multiaddr?] = [
            Multiaddr([.ip4(0x0102_0304), .tcp(5)]), try Multiaddr(bytes: address.bytes[...]), Multiaddr("/ip4/1.2.3.4/tcp/5"),
            address.appendingPeer(multihash: [1, 2]).withoutPeer, address.withoutPeer,
        ]
        #expect(same.allSatisfy { $0 == address && $0?.tcp4?.port == 5 })
        #expect(Set(same).count == 1)
        #expect(Array(address.components) == [.ip4(0x0102_0304), .tcp(5)] && address.peerMultihash == nil)
        #expect(address.appendingPeer(multihash: [1, 2]).peerMultihash == [1, 2])
        for other in ["/ip4/1.2.3.4/udp/5", "/tcp/5/ip4/1.2.3.4", "/ip4/1.2.3.4", "/ip4/1.2.3.4/tcp/5/ws"] {
            #expect(Multiaddr(other)?.tcp4 == nil && Multiaddr(other)?.description == other)
        }
    }

    @Test(arguments: [
        ("", ""), ("00", "1"), ("0000010203", "11Ldp"), ("48656c6c6f20576f726c6421", "2NEpo7TZRRrLZSi2U"), ("ff", "5Q"),
    ])
    func base58(hex: String, text: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(Multibase.base58(bytes) == text)
        #expect(Multibase.decodeBase58(text) == bytes)
    }

    @Test func base58RefusesOtherCharacters() {
        for text in ["0", "O", "I", "l", "é", " ", String(repeating: "1", count: 257)] { #expect(Multibase.decodeBase58(text) == nil) }
    }

    @Test(arguments: [("", ""), ("66", "my"), ("666f", "mzxq"), ("666f6f", "mzxw6"), ("666f6f626172", "mzxw6ytboi")])
    func base32(hex: String, text: String) throws {
        // RFC 4648, section 10, lower case without padding.
        let bytes = try #require(Hex.decode(hex))
        #expect(Multibase.base32(bytes) == text)
        #expect(Multibase.decodeBase32(text) == bytes)
    }

    @Test func base32RefusesLeftOverBits() {
        for text in ["mz1", "MY", "mzx", "m", "mzxr"] { #expect(Multibase.decodeBase32(text) == nil) }
    }

    @Test func cids() throws {
        // The empty raw block, and the empty unixfs directory in both versions.
        let empty = try #require(Bytes32(hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        let raw = CID(digest: empty)
        #expect(raw.description == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")
        #expect(CID(raw.description) == raw)
        #expect(try CID(bytes: raw.bytes[...]) == raw)
        let directory = try #require(CID("bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354"))
        #expect(directory.codec == .dagProtobuf)
        let version0 = [0x12, 0x20] + directory.digest.array
        #expect(try CID(bytes: version0[...]) == directory)
        #expect(Multibase.base58(version0) == "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn")
        for count in raw.bytes.indices { #expect(throws: WireError.self) { try CID(bytes: raw.bytes.prefix(count)) } }
        #expect(throws: WireError.trailingBytes) { try CID(bytes: (raw.bytes + [0])[...]) }
        #expect(CID("q") == nil)
    }

    /// Binary forms from py-multiaddr 0.2.
    @Test(arguments: [
        ("/ip4/127.0.0.1/tcp/4001", "047f000001060fa1"),
        (
            "/ip6/2001:db8::1/tcp/443/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
            "2920010db80000000000000000000000010601bba503260024080112202ffa35a99d3a3cfbb17bb7c1dc5561b18a8dcca4df38dc613ea859c37eb1336b"
        ),
        ("/dns4/example.org/tcp/443/wss", "360b6578616d706c652e6f72670601bbde03"),
        ("/ip4/1.2.3.4/udp/9/quic-v1", "040102030491020009cd03"),
        (
            "/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN",
            "3813626f6f7473747261702e6c69627032702e696fa50322122006b3608aa000274049eb28ad8e793a26ff6fab281a7d3bd77cd18eb745dfaabb"
        ),
        (
            "/ip4/1.2.3.4/tcp/1/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN/p2p-circuit",
            "0401020304060001a50322122006b3608aa000274049eb28ad8e793a26ff6fab281a7d3bd77cd18eb745dfaabba202"
        ),
    ])
    func multiaddrs(text: String, hex: String) throws {
        let address = try #require(Multiaddr(text))
        #expect(Hex.encode(address.bytes) == hex)
        #expect(address.description == text)
        #expect(try Multiaddr(bytes: address.bytes[...]) == address)
        for count in 1..<address.bytes.count {
            // A prefix may be a shorter address, but never this one.
            #expect((try? Multiaddr(bytes: address.bytes.prefix(count))) != address)
        }
    }

    @Test(arguments: [
        "", "/", "ip4/1.2.3.4", "/ip4", "/ip4/1.2.3", "/ip4/1.2.3.256", "/ip4/1.2.3.4/tcp", "/ip4/1.2.3.4/tcp/65536", "/ip4/1.2.3.4/tcp/+1",
        "/ip4/1.2.3.4/tcp/-1", "/nope/1", "/ip4/+1.2.3.4", "/dns4//tcp/1", "/dns4/a b/tcp/1", "/ip6/1::2::3", "/p2p/0",
        "/dns/" + String(repeating: "a", count: 256), String(repeating: "/dns/" + String(repeating: "a", count: 200), count: 3),
    ])
    func malformedMultiaddrs(text: String) { #expect(Multiaddr(text) == nil) }

    @Test func targets() throws {
        #expect(Multiaddr("/ip4/1.2.3.4/tcp/5")?.tcpTarget?.port == 5)
        #expect(Multiaddr("/ip4/1.2.3.4/udp/5")?.tcpTarget == nil)
        #expect(Multiaddr("/ip4/1.2.3.4/tcp/5/ws")?.tcpTarget == nil)
        let address = try #require(Multiaddr("/ip4/1.2.3.4/tcp/5/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN"))
        #expect(address.tcpTarget?.port == 5)
        #expect(address.withoutPeer.description == "/ip4/1.2.3.4/tcp/5")
        #expect(address.withoutPeer.appendingPeer(multihash: try #require(address.peerMultihash)) == address)
    }

    /// Text from Python's ipaddress module.
    @Test(arguments: [
        ("00000000cb91f144ffff000100000000", "::cb91:f144:ffff:1:0:0"), ("000000000000ffffffff000000000000", "::ffff:ffff:0:0:0"),
        ("00010000ffff00010000000000000000", "1:0:ffff:1::"), ("0000000000008a0a00002e8100010000", "::8a0a:0:2e81:1:0"),
        ("0001000000000000ffff000098920000", "1::ffff:0:9892:0"), ("000000007b1200000001000000000000", "0:0:7b12:0:1::"),
        ("f3000001ffff00010001000000000000", "f300:1:ffff:1:1::"), ("0000000100000000ffff00000000ec98", "0:1::ffff:0:0:ec98"),
        ("0000ffff00010000ffff000074a60000", "0:ffff:1:0:ffff:0:74a6:0"), ("00000000000000000000000000000000", "::"),
        ("00000000000000000000000000000001", "::1"), ("20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"),
    ])
    func ip6Text(hex: String, text: String) throws {
        var reader = ByteReader(try #require(Hex.decode(hex)))
        let high: UInt64 = try reader.readBigEndian()
        let low: UInt64 = try reader.readBigEndian()
        #expect(IPText.format6(high, low) == text)
        let parsed = try #require(IPText.parse6(text))
        #expect(parsed.0 == high && parsed.1 == low)
    }

    @Test func ip6TextRoundTrips() throws {
        var generator = Generator(seed: 1)
        for _ in 0..<500 {
            // Many zero groups, since they are what is special.
            let mask = (0..<8).reduce(UInt64(0)) { sum, _ in sum << 16 | (generator.chance(0.5) ? 0xffff : 0) }
            let high = generator.next() & mask
            let low = generator.next() & (mask << 7)
            let parsed = try #require(IPText.parse6(IPText.format6(high, low)))
            #expect(parsed.0 == high && parsed.1 == low)
        }
        let mapped = try #require(IPText.parse6("::ffff:1.2.3.4"))
        #expect(mapped.1 == 0xffff_0102_0304)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1::", "12345::", "g::", "1:2:3:4:5:6:7:8::", ":1:2:3:4:5:6:7:8",
    ])
    func malformedIP6(text: String) { #expect(IPText.parse6(text) == nil) }

    /// Nothing from outside may trap: bytes at random, and good ones with random changes.
    @Test func hostileBytesAreRefused() throws {
        var generator = Generator(seed: 7)
        let good = try #require(Multiaddr("/ip4/1.2.3.4/tcp/5/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN")).bytes
        var accepted = 0
        for _ in 0..<5000 {
            var bytes =
                generator.chance(0.5) ? good : (0..<Int(generator.next() % 40)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            if !bytes.isEmpty { bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next()) }
            if let address = try? Multiaddr(bytes: bytes[...]) {
                accepted += 1
                #expect(try Multiaddr(bytes: address.bytes[...]) == address)
            }
            _ = try? CID(bytes: bytes[...])
            var reader = ProtobufReader(bytes, canonical: true)
            while let next = try? reader.next() { _ = next }
        }
        #expect(accepted > 100)
    }
}
