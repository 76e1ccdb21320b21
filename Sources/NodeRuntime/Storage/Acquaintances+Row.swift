internal import Identity
internal import Kademlia
internal import Node
internal import Wire

extension Acquaintances {
    /// A row of the daemon's own: field 1 Managers, 2 servers of the DHT, each a message of peer id (1) and multiaddrs (2).
    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        for (number, contacts) in [(UInt32(1), managers), (2, servers)] {
            for contact in contacts {
                writer.message(number) { contact.write(to: &$0) }
            }
        }
        return writer.bytes
    }

    init(encoded: [UInt8]) throws(WireError) {
        self.init()
        var reader = ProtobufReader(encoded)
        while let field = try reader.next() {
            switch field.number {
            case 1 where managers.count < Acquaintances.countMax: managers.append(try Contact(row: try field.bytes()))
            case 2 where servers.count < Acquaintances.countMax: servers.append(try Contact(row: try field.bytes()))
            default: throw .outOfBounds
            }
        }
    }
}

extension Contact {
    /// Peer id (1) and multiaddrs (2).
    func write(to writer: inout ProtobufWriter) {
        writer.alwaysBytes(1, id.bytes)
        for address in addresses.multiaddrs { writer.alwaysBytes(2, address.bytes) }
    }

    init(row bytes: ArraySlice<UInt8>) throws(WireError) {
        var id: PeerID?
        var addresses: [Multiaddr] = []
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try PeerID(bytes: try field.bytes())
            case 2: addresses.append(try Multiaddr(bytes: try field.bytes()))
            default: throw .notCanonical
            }
        }
        guard let id else { throw .missingField }
        self.init(id: id, addresses: AddressList(addresses))
    }
}
