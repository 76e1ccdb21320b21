public import Crypto
public import Wire

/// A record's body as a value: protobuf with ascending fields, no defaults and no unknown fields.
///
/// A conforming type writes its fields and reads them back with its own bounds; that the bytes were the canonical ones is
/// checked here, by writing the value again.
public protocol RecordBody: Equatable, Sendable {
    static var type: RecordType { get }

    /// Reads and validates every field; unknown ones throw.
    init(fields reader: inout ProtobufReader) throws(WireError)
    func write(to writer: inout ProtobufWriter)
}

extension RecordBody {
    /// Canonical bytes.
    public var body: [UInt8] {
        var writer = ProtobufWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Throws `WireError`; `notCanonical` where the same value has another encoding, which is then the only valid one.
    public init(body: [UInt8]) throws(WireError) {
        guard body.count <= Self.type.bodyMax else { throw .outOfBounds }
        var reader = ProtobufReader(body, canonical: true)
        try self.init(fields: &reader)
        var writer = ProtobufWriter(reserving: body.count)
        write(to: &writer)
        guard writer.bytes == body else { throw .notCanonical }
    }

    public func signed(by signing: Signing, network: NetworkID) -> Record {
        Record.signed(type: Self.type, body: body, by: signing, network: network)
    }
}

extension Record {
    /// The body as a value. Throws `malformedField` where the record is of another type.
    public func decoded<Body: RecordBody>(as _: Body.Type = Body.self) throws(WireError) -> Body {
        guard type == Body.type else { throw .malformedField }
        return try Body(body: body)
    }
}
