internal import Crypto
public import Wire

extension Record {
    /// Bytes that the fields around a body take at most.
    public static let overheadMax = 128
    /// The least, without the length of the body.
    private static let overheadMin = 2 + 34 + 1 + 66

    /// Protobuf `Record` of `docs/protocols/record.proto`.
    public var encoded: [UInt8] {
        // Just what it takes, as no type has a number above 127: registries keep thousands of them.
        var writer = ProtobufWriter(reserving: body.count + Record.overheadMin + ByteWriter.varintSize(UInt64(body.count)))
        writer.uint32(1, UInt32(type.rawValue))
        writer.bytes32(2, author)
        writer.bytes(3, body)
        writer.alwaysBytes(4, signature.array)
        return writer.bytes
    }

    /// Decodes the envelope. Neither the body nor the signature is checked here.
    ///
    /// Throws `WireError`: `outOfBounds` where the body is larger than its type allows, `notCanonical` for unknown, repeated or
    /// unordered fields.
    public init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var type: RecordType?
        var author: Bytes32?
        var body: ArraySlice<UInt8>?
        var signature: Signature?
        while let field = try reader.next() {
            switch field.number {
            case 1 where type == nil:
                guard let number = UInt16(exactly: try field.uint64()), let known = RecordType(rawValue: number) else {
                    throw .malformedField
                }
                type = known
            case 2 where author == nil: author = try field.bytes32()
            case 3 where body == nil:
                body = try field.bytes()
                if body?.isEmpty == true { throw .notCanonical }
            case 4 where signature == nil:
                signature = Signature(try field.bytes())
                if signature == nil { throw .outOfBounds }
            default: throw .notCanonical
            }
        }
        guard let type, let author, let signature else { throw .missingField }
        let bytes = body ?? []
        guard bytes.count <= type.bodyMax else { throw .outOfBounds }
        self.init(type: type, author: author, body: Array(bytes), signature: signature)
    }

    public init(encoded: [UInt8]) throws(WireError) { try self.init(encoded: encoded[...]) }
}
