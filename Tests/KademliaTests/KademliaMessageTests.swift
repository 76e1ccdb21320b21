import Determinism
import Identity
import Testing
import Wire

@testable import Kademlia

@Suite struct KademliaMessageTests {
    let peer = PeerID(ed25519: Bytes32(Array(1...32))!)

    @Test func goldenFindNode() throws {
        let message = KademliaMessage(kind: .findNode, key: [0xaa, 0xbb])
        #expect(Hex.encode(message.encode()) == "08041202aabb")
        #expect(try KademliaMessage(decoding: message.encode()) == message)
    }

    @Test func goldenAnswerWithPeer() throws {
        let contact = Contact(id: peer, addresses: AddressList([.tcp4(0x7f00_0001, port: 4001)]))
        let message = KademliaMessage(kind: .findNode, key: [1], closerPeers: [contact])
        let id = "002408011220" + "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
        #expect(Hex.encode(message.encode()) == "0804120101" + "4232" + "0a26" + id + "1208" + "047f000001060fa1")
        #expect(try KademliaMessage(decoding: message.encode()) == message)
    }

    @Test func goldenPutValue() throws {
        let record = Record(key: Array("/v/a".utf8), value: [9, 9])
        let message = KademliaMessage(kind: .putValue, key: record.key, record: record)
        #expect(Hex.encode(message.encode()) == "12042f762f61" + "1a0a" + "0a042f762f61" + "12020909")
        #expect(try KademliaMessage(decoding: message.encode()) == message)
    }

    @Test func skipsWhatItDoesNotKnow() throws {
        var writer = ProtobufWriter()
        writer.alwaysUInt64(1, 3)
        writer.bytes(2, [7])
        writer.uint64(10, 5)
        writer.bytes(99, [1, 2, 3])
        writer.message(9) { nested in
            nested.bytes(1, peer.bytes)
            nested.bytes(2, [0xcc, 0x03, 1, 2])  // certhash without its protocol: unknown
            nested.bytes(2, Multiaddr("/ip4/1.2.3.4/tcp/5")!.appending(peer).bytes)
            nested.bytes(2, Multiaddr("/ip6/::1/udp/9/quic-v1")!.bytes)
            nested.bytes(2, Multiaddr("/ip4/9.9.9.9/tcp/1")!.appending(MemoryNetwork.id(4)).bytes)
            nested.uint64(3, 1)
        }
        writer.message(9) { $0.bytes(1, [0, 1, 2]) }
        let message = try KademliaMessage(decoding: writer.bytes)
        #expect(message.kind == .getProviders)
        #expect(message.providerPeers.count == 1)
        let expected = [Multiaddr("/ip4/1.2.3.4/tcp/5")!, Multiaddr("/ip6/::1/udp/9/quic-v1")!]
        #expect(message.providerPeers[0].addresses.multiaddrs == expected)
    }

    /// A contact of the usual shape is read as one block; with a field more it is read field by field, and says the same, whatever
    /// byte is another.
    @Test func usualContactsAreReadAsAllOthers() throws {
        let usual = Array(Contact(id: peer, addresses: AddressList([.tcp4(0x0102_0304, port: 0x0506)])).encodedForTests.dropFirst(2))
        #expect(usual.count == 50)
        func read(_ contact: [UInt8]) -> [Contact]? {
            var writer = ProtobufWriter()
            writer.alwaysBytes(8, contact)
            return try? KademliaMessage(decoding: writer.bytes).closerPeers
        }
        #expect(read(usual)?.map(\.addresses.multiaddrs) == [[.tcp4(0x0102_0304, port: 0x0506)]])
        for index in usual.indices {
            for bit in 0..<8 {
                var changed = usual
                changed[index] ^= 1 << bit
                #expect(read(changed) == read([0x18, 0x01] + changed), "bit \(bit) of byte \(index)")
            }
        }
    }

    /// An answer whose peers go into it from the table is the one that holds them.
    @Test func answersFromATableAreThoseWithCopies() {
        var table = RoutingTable(localKey: MemoryNetwork.id(9_999).dhtKey, parameters: .init())
        for number in 0..<60 as Range<UInt64> {
            var addresses = [Multiaddr.tcp4(0x0a00_0000 + UInt32(number), port: 1)]
            if number.isMultiple(of: 3) { addresses.append(.tcp4(0x0a00_0000 + UInt32(number), port: 2)) }
            _ = table.insert(Contact(id: MemoryNetwork.id(number), addresses: AddressList(addresses)), isConnected: true, now: .origin)
        }
        let target = MemoryNetwork.id(5).dhtKey
        let message = KademliaMessage(
            kind: .getProviders, key: [1, 2], closerPeers: table.closest(to: target, countMax: 20).map(\.contact),
            providerPeers: [Contact(id: peer, addresses: .empty)])
        var bare = message
        bare.closerPeers = []
        let places = table.places(closestTo: target, countMax: 20, toldTo: nil)
        #expect(places.count == 20 && bare.encode(closer: places, of: table) == message.encode())
    }

    @Test func boundsOfAnswers() throws {
        let contacts = (0..<100).map { Contact(id: MemoryNetwork.id($0), addresses: .empty) }
        let message = KademliaMessage(kind: .findNode, key: [1], closerPeers: contacts)
        #expect(try KademliaMessage(decoding: message.encode()).closerPeers.count == KademliaMessage.peersMax)
        #expect(throws: WireError.outOfBounds) {
            try KademliaMessage(decoding: [UInt8](repeating: 0, count: KademliaMessage.sizeMax + 1))
        }
        #expect(throws: WireError.outOfBounds) {
            try KademliaMessage(decoding: KademliaMessage(kind: .ping, key: .init(repeating: 1, count: 300)).encode())
        }
        #expect(throws: WireError.malformedField) { try KademliaMessage(decoding: [0x08, 0x06]) }
    }

    @Test func addressesArePackedAndBounded() {
        var list = AddressList([.tcp4(1, port: 2)])
        #expect(list.storage == .tcp4(address: 1, port: 2))
        list.append(.tcp4(1, port: 2))
        #expect(list.multiaddrs.count == 1)
        for port in 0..<100 { list.append(.tcp4(1, port: UInt16(port))) }
        #expect(list.multiaddrs.count == AddressList.countMax)
        #expect(list.multiaddrs.first == .tcp4(1, port: 2))
    }

    @Test func noInputTraps() {
        var generator = Generator(seed: 11)
        let contact = Contact(id: peer, addresses: AddressList([Multiaddr("/dns4/a.b/tcp/1")!, .tcp4(5, port: 6)]))
        let good = KademliaMessage(
            kind: .getValue, key: [1, 2, 3], record: Record(key: [1, 2, 3], value: [4]), closerPeers: [contact], providerPeers: [contact]
        ).encode()
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0...Int(generator.next() % 4) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            if generator.chance(0.3) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            guard let message = try? KademliaMessage(decoding: bytes) else {
                refused += 1
                continue
            }
            #expect((try? KademliaMessage(decoding: message.encode())) == message)
        }
        #expect(refused > 1000)
    }
}

extension Contact {
    /// As in the list of closer peers, with tag and length.
    fileprivate var encodedForTests: [UInt8] { Array(KademliaMessage(kind: .putValue, closerPeers: [self]).encode()) }
}
