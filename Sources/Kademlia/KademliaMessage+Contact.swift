internal import Identity
internal import Wire

/// Contacts on the wire: twenty of them are nearly all of an answer, and nearly all are of one shape: an Ed25519 id with one
/// IPv4 address and a TCP port. That shape is written and read as one block, every other field by field, with the same result.
extension KademliaMessage {
    /// A contact of the usual shape, without its tag and length.
    private static let usualSize = 50
    /// Tag and length of the id, then its own first six bytes.
    private static let usualHead: UInt64 = 0x0a26_0024_0801_1220
    /// Tag and length of the address, then the code of IPv4.
    private static let usualMiddle: UInt32 = 0x12_08_04

    /// Bytes that `write` appends.
    static func size(of contact: borrowing Contact) -> Int {
        let size = 2 + contact.id.size + contact.addresses.encodedSize
        return 1 + ByteWriter.varintSize(UInt64(size)) + size
    }

    static func write(_ contact: borrowing Contact, tag: UInt8, to writer: inout ByteWriter) {
        if let key = contact.id.ed25519Key, case .tcp4(let address, let port) = contact.addresses.storage {
            return write(key, address, port, tag: tag, to: &writer)
        }
        writer.write(tag)
        writer.writeVarint(UInt64(2 + contact.id.size + contact.addresses.encodedSize))
        writer.write(0x0a)
        writer.writeVarint(UInt64(contact.id.size))
        contact.id.write(to: &writer)
        contact.addresses.write(to: &writer)
    }

    private static func write(_ key: Bytes32, _ address: UInt32, _ port: UInt16, tag: UInt8, to writer: inout ByteWriter) {
        withUnsafeTemporaryAllocation(byteCount: usualSize + 2, alignment: 8) { block in
            block[0] = tag
            block[1] = UInt8(usualSize)
            block.storeBytes(of: usualHead.bigEndian, toByteOffset: 2, as: UInt64.self)
            block.storeBytes(of: key.words.0.bigEndian, toByteOffset: 10, as: UInt64.self)
            block.storeBytes(of: key.words.1.bigEndian, toByteOffset: 18, as: UInt64.self)
            block.storeBytes(of: key.words.2.bigEndian, toByteOffset: 26, as: UInt64.self)
            block.storeBytes(of: key.words.3.bigEndian, toByteOffset: 34, as: UInt64.self)
            block.storeBytes(of: (usualMiddle << 8).bigEndian, toByteOffset: 42, as: UInt32.self)
            block.storeBytes(of: address.bigEndian, toByteOffset: 45, as: UInt32.self)
            block[49] = 6
            block.storeBytes(of: port.bigEndian, toByteOffset: 50, as: UInt16.self)
            writer.bytes.append(contentsOf: UnsafeRawBufferPointer(block))
        }
    }

    /// A contact of the usual shape; nil for every other, and for what is none.
    private static func usualContact(_ bytes: ArraySlice<UInt8>) -> Contact? {
        guard bytes.count == usualSize else { return nil }
        return bytes.withUnsafeBytes { block in
            guard UInt64(bigEndian: block.loadUnaligned(as: UInt64.self)) == usualHead,
                UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 40, as: UInt32.self)) >> 8 == usualMiddle, block[47] == 6,
                let key = Bytes32(unaligned: UnsafeRawBufferPointer(rebasing: block[8..<40]))
            else { return nil }
            let address = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 43, as: UInt32.self))
            let port = UInt16(bigEndian: block.loadUnaligned(fromByteOffset: 48, as: UInt16.self))
            return Contact(id: PeerID(ed25519: key), addresses: AddressList(storage: .tcp4(address: address, port: port)))
        }
    }

    static func read(_ bytes: ArraySlice<UInt8>, into contacts: inout [Contact]) throws(WireError) {
        guard contacts.count < peersMax else { return }
        if contacts.isEmpty { contacts.reserveCapacity(20) }
        if let contact = usualContact(bytes) { return contacts.append(contact) }
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
        contacts.append(Contact(id: id, addresses: addresses))
    }
}
