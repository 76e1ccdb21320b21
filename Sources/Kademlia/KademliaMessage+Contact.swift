internal import Identity
internal import Wire

/// Contacts on the wire: twenty of them are nearly all of an answer, and nearly all are of one shape: an Ed25519 id with one
/// IPv4 address and a TCP port. That shape is written and read as one block, every other field by field, with the same result.
extension KademliaMessage {
    /// Tag, length and contact of the usual shape.
    static let usualSize = 52
    /// Tag and length of the id, then its own first six bytes.
    private static let usualHead: UInt64 = 0x0a26_0024_0801_1220
    /// Tag and length of the address, then the code of IPv4.
    private static let usualMiddle: UInt32 = 0x12_08_04

    /// Bytes that `write` appends.
    static func size(_ id: PeerID, _ addresses: borrowing AddressList) -> Int {
        if id.ed25519Key != nil, case .tcp4 = addresses.storage { return usualSize }
        let size = 2 + id.size + addresses.encodedSize
        return 1 + ByteWriter.varintSize(UInt64(size)) + size
    }

    static func write(_ contact: Contact, tag: UInt8, to writer: inout ByteWriter) {
        writer.write(tag)
        writer.writeVarint(UInt64(2 + contact.id.size + contact.addresses.encodedSize))
        writer.write(0x0a)
        writer.writeVarint(UInt64(contact.id.size))
        contact.id.write(to: &writer)
        contact.addresses.write(to: &writer)
    }

    /// Contacts from where they stand in a table: those of the usual shape together, as one block.
    static func write(_ places: [RoutingTable.Place], of table: borrowing RoutingTable, tag: UInt8, to writer: inout ByteWriter) {
        withUnsafeTemporaryAllocation(byteCount: usualSize * places.count, alignment: 8) { block in
            var used = 0
            for place in places {
                if let key = table.entries[place.slot].id.ed25519Key,
                    case .tcp4(let address, let port) = table.entries[place.slot].addresses.storage
                {
                    let room = UnsafeMutableRawBufferPointer(rebasing: block[used..<used + usualSize])
                    store(key, address, port, tag: tag, in: room)
                    used += usualSize
                } else {
                    writer.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[..<used]))
                    used = 0
                    write(table.entries[place.slot].contact, tag: tag, to: &writer)
                }
            }
            writer.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: block[..<used]))
        }
    }

    private static func store(_ key: Bytes32, _ address: UInt32, _ port: UInt16, tag: UInt8, in block: UnsafeMutableRawBufferPointer) {
        block[0] = tag
        block[1] = UInt8(usualSize - 2)
        block.storeBytes(of: usualHead.bigEndian, toByteOffset: 2, as: UInt64.self)
        block.storeBytes(of: key.words.0.bigEndian, toByteOffset: 10, as: UInt64.self)
        block.storeBytes(of: key.words.1.bigEndian, toByteOffset: 18, as: UInt64.self)
        block.storeBytes(of: key.words.2.bigEndian, toByteOffset: 26, as: UInt64.self)
        block.storeBytes(of: key.words.3.bigEndian, toByteOffset: 34, as: UInt64.self)
        block.storeBytes(of: (usualMiddle << 8).bigEndian, toByteOffset: 42, as: UInt32.self)
        block.storeBytes(of: address.bigEndian, toByteOffset: 45, as: UInt32.self)
        block[49] = 6
        block.storeBytes(of: port.bigEndian, toByteOffset: 50, as: UInt16.self)
    }

    /// A contact of the usual shape that begins at an offset, with its tag; nil for every other, and for what is none.
    static func usualContact(in bytes: [UInt8], at offset: Int) -> (Contact, tag: UInt8)? {
        guard offset + usualSize <= bytes.count, bytes[offset] == closerTag || bytes[offset] == providerTag,
            bytes[offset + 1] == UInt8(usualSize - 2)
        else { return nil }
        return bytes.withUnsafeBytes { bytes in
            let block = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + usualSize])
            guard UInt64(bigEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt64.self)) == usualHead,
                UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 42, as: UInt32.self)) >> 8 == usualMiddle, block[49] == 6,
                let key = Bytes32(unaligned: UnsafeRawBufferPointer(rebasing: block[10..<42]))
            else { return nil }
            let address = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 45, as: UInt32.self))
            let port = UInt16(bigEndian: block.loadUnaligned(fromByteOffset: 50, as: UInt16.self))
            let contact = Contact(id: PeerID(ed25519: key), addresses: AddressList(storage: .tcp4(address: address, port: port)))
            return (contact, block[0])
        }
    }

    static func add(_ contact: Contact, to contacts: inout [Contact]) {
        guard contacts.count < peersMax else { return }
        if contacts.isEmpty { contacts.reserveCapacity(20) }
        contacts.append(contact)
    }

    /// A contact of any shape.
    static func read(_ bytes: ArraySlice<UInt8>, into contacts: inout [Contact]) throws(WireError) {
        guard contacts.count < peersMax else { return }
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
        add(Contact(id: id, addresses: addresses), to: &contacts)
    }
}
