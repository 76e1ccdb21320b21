internal import Crypto
internal import Identity
internal import Wire

/// H of a label and fields: the label's length as a little-endian 64-bit integer, the label, then fields of fixed size or with
/// their length before them. Every hash of the proof but those of the tree's nodes has this form.
enum Labelled {
    static func hash(_ label: StaticString, _ fields: (inout ByteWriter) -> Void) -> Bytes32 {
        var writer = ByteWriter(reserving: 256)
        writer.writeLabel(label)
        fields(&writer)
        return Hash.blake2b(writer.bytes)
    }
}

extension ByteWriter {
    mutating func write(_ value: Bytes32) { write(value.array) }

    /// Length as a little-endian 64-bit integer, then the bytes.
    mutating func writeHashField(_ bytes: [UInt8]) {
        writeLittleEndian(UInt64(bytes.count))
        write(bytes)
    }
}

extension Optional {
    /// The value of a field that must be there.
    func required() throws(WireError) -> Wrapped {
        guard let self else { throw .missingField }
        return self
    }
}
