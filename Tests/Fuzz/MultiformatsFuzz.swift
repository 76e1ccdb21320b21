// fuzz: Wire
// Multiaddrs, CIDs and varints from hostile bytes: nothing traps, and what is accepted is written back as it was read.
import Wire

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMultiformats(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let address = try? Multiaddr(bytes: bytes[...]) {
        let again = try? Multiaddr(bytes: address.bytes[...])
        precondition(again == address, "a multiaddr changed on its way out and in")
    }
    if let cid = try? CID(bytes: bytes[...]) {
        let again = try? CID(bytes: cid.bytes[...])
        precondition(again == cid, "a CID changed on its way out and in")
    }
    if let text = String(validating: bytes, as: UTF8.self), let address = Multiaddr(text) {
        precondition(Multiaddr(address.description) == address, "a multiaddr's text changed on its way out and in")
    }
    var reader = ByteReader(bytes)
    while let value = try? reader.readVarint() {
        var writer = ByteWriter()
        writer.writeVarint(value)
        precondition(writer.bytes.count == ByteWriter.varintSize(value), "a varint has another size than it says")
    }
    return 0
}
