// fuzz: Identity
// longest: 4096
// covers: Sources/Wire/Multiaddr.swift Sources/Wire/Multiaddr+Text.swift Sources/Wire/CID.swift Sources/Wire/Multibase.swift Sources/Wire/ByteReader.swift Sources/Wire/ByteWriter.swift Sources/Identity/PeerID.swift
// Multiaddrs, CIDs, peer ids and varints from hostile bytes: nothing traps, and what is accepted is written back as it was read.
import Identity
import Wire

enum MultiformatsFuzz: FuzzTarget {
    static func run(_ bytes: [UInt8]) {
        checkBinary(bytes)
        if let text = String(validating: bytes, as: UTF8.self) { checkText(text) }
        checkNumbers(bytes)
    }

    private static func checkBinary(_ bytes: [UInt8]) {
        if let address = try? Multiaddr(bytes: bytes[...]) {
            let again = try? Multiaddr(bytes: address.bytes[...])
            precondition(again == address, "a multiaddr changed on its way out and in")
            precondition(!address.description.isEmpty, "a multiaddr without a text")
            // One is taken off, of however many.
            precondition(address.withoutPeer.components.count >= address.components.count - 1, "more than a peer was taken off")
            _ = address.tcpTarget
            if let peer = address.peer { precondition(address.withoutPeer.appending(peer).peer == peer, "a peer got lost") }
        }
        if let cid = try? CID(bytes: bytes[...]) {
            let again = try? CID(bytes: cid.bytes[...])
            precondition(again == cid, "a CID changed on its way out and in")
            precondition(CID(cid.description) == cid, "a CID's text changed on its way out and in")
            precondition(CID("z" + Multibase.base58(cid.bytes)) == cid, "a CID in base58 changed on its way out and in")
            let other = CID(codec: cid.codec == .raw ? .dagProtobuf : .raw, hash: cid.hash, digest: cid.digest)
            precondition((cid < other) != (other < cid) && (cid < CID(digest: .zero)) == false, "CIDs without an order")
        }
        if let peer = try? PeerID(bytes: bytes) {
            precondition(peer.bytes == bytes && peer.size == bytes.count, "a peer id changed on its way out and in")
            precondition(PeerID(peer.description) == peer, "a peer id's text changed on its way out and in")
            var writer = ByteWriter()
            peer.write(to: &writer)
            precondition(writer.bytes == bytes, "a peer id is written in another way")
            _ = peer.dhtKey
            precondition(!(peer < peer), "a peer id below itself")
            let twin = Bytes32(bytes.suffix(32)).map { PeerID(ed25519: $0) }
            if let twin { precondition((peer.ed25519Key == nil) == (twin < peer), "two ids of one key without an order") }
            precondition(Set([peer, peer]).count == 1, "a peer id that is not itself")
        }
    }

    private static func checkText(_ text: String) {
        if let address = Multiaddr(text) {
            precondition(Multiaddr(address.description) == address, "a multiaddr's text changed on its way out and in")
            precondition((try? Multiaddr(bytes: address.bytes[...])) == address, "a multiaddr of a text has no binary form")
        }
        if let cid = CID(text) { precondition(CID(cid.description) == cid, "a CID's text changed on its way out and in") }
        if let bytes = Multibase.decodeBase32(text) {
            precondition(Multibase.base32(bytes) == text, "base32 changed on its way in and out")
        }
        if let bytes = Multibase.decodeBase58(text) {
            precondition(Multibase.base58(bytes) == text, "base58 changed on its way in and out")
        }
        _ = PeerID(text)
    }

    private static func checkNumbers(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        while let value = try? reader.readVarint() {
            var writer = ByteWriter()
            writer.writeVarint(value)
            precondition(writer.bytes.count == ByteWriter.varintSize(value), "a varint has another size than it says")
        }
        var fields = ByteReader(bytes)
        if let slice = try? fields.readLengthPrefixed(max: 64) { precondition(slice.count <= 64, "longer than allowed") }
        if let value = try? fields.readLittleEndian(UInt32.self) {
            var writer = ByteWriter()
            writer.writeLittleEndian(value)
            var again = ByteReader(writer.bytes)
            precondition((try? again.readLittleEndian(UInt32.self)) == value, "a number changed on its way out and in")
        }
        if let count = try? fields.readCount(max: 16) {
            precondition(count <= 16, "a count beyond its limit")
            precondition((try? fields.readBytes(count))?.count ?? count == count, "another count")
        }
        _ = try? fields.readBytes32()
        if let byte = try? fields.readByte() {
            let slice = try? fields.readSlice(Int(Int8(bitPattern: byte)))
            precondition((slice?.count ?? Int(byte)) == Int(byte), "another count")
        }
        precondition(fields.offset + fields.remaining == bytes.count, "bytes got lost")
        if (try? fields.expectEnd()) == nil { precondition(!fields.readRest().isEmpty && fields.isAtEnd, "no rest") }
    }
}
