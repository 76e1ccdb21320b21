/// The protobuf wire format (protobuf.dev, "Encoding"), as much of it as proto3 and proto2 messages without groups need.
///
/// The `.proto` files in `docs/protocols` are the contract; every message type has a decoder that walks fields with this reader.
public struct ProtobufField: Sendable {
    public enum Value: Sendable {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
    }
    public var number: UInt32
    public var value: Value

    @inlinable
    public init(number: UInt32, value: Value) {
        self.number = number
        self.value = value
    }

    @inlinable
    public func uint64() throws(WireError) -> UInt64 {
        guard case .varint(let value) = value else { throw .malformedField }
        return value
    }

    @inlinable
    public func uint32() throws(WireError) -> UInt32 {
        guard let value = UInt32(exactly: try uint64()) else { throw .outOfBounds }
        return value
    }

    @inlinable
    public func bool() throws(WireError) -> Bool {
        switch try uint64() {
        case 0: false
        case 1: true
        default: throw .outOfBounds
        }
    }

    /// A count or index of at most `max`.
    @inlinable
    public func int(max: Int) throws(WireError) -> Int {
        let value = try uint64()
        guard value <= UInt64(max) else { throw .outOfBounds }
        return Int(value)
    }

    /// Two's complement in 64 bits, as protobuf's int32 and int64.
    @inlinable
    public func int64() throws(WireError) -> Int64 { Int64(bitPattern: try uint64()) }

    @inlinable
    public func fixed64() throws(WireError) -> UInt64 {
        guard case .fixed64(let value) = value else { throw .malformedField }
        return value
    }

    @inlinable
    public func fixed32() throws(WireError) -> UInt32 {
        guard case .fixed32(let value) = value else { throw .malformedField }
        return value
    }

    @inlinable
    public func float() throws(WireError) -> Float { Float(bitPattern: try fixed32()) }

    /// Shared with the source: no copy.
    @inlinable
    public func bytes(max: Int = .max) throws(WireError) -> ArraySlice<UInt8> {
        guard case .bytes(let slice) = value else { throw .malformedField }
        guard slice.count <= max else { throw .outOfBounds }
        return slice
    }

    @inlinable
    public func bytes32() throws(WireError) -> Bytes32 {
        guard let value = Bytes32(try bytes()) else { throw .outOfBounds }
        return value
    }

    @inlinable
    public func string(max: Int = 4096) throws(WireError) -> String {
        guard let text = String(validating: try bytes(max: max), as: UTF8.self) else { throw .malformedText }
        return text
    }
}

/// Walks the fields of one message.
public struct ProtobufReader: Sendable {
    @usableFromInline var reader: ByteReader
    @usableFromInline let canonical: Bool
    @usableFromInline var last: UInt32 = 0

    /// - Parameter canonical: for signed bodies: fields must ascend (repeats allowed) and may not hold a default value.
    @inlinable
    public init(_ bytes: ArraySlice<UInt8>, canonical: Bool = false) {
        reader = ByteReader(bytes)
        self.canonical = canonical
    }

    @inlinable
    public init(_ bytes: [UInt8], canonical: Bool = false) { self.init(bytes[...], canonical: canonical) }

    /// Bytes read so far: where the next field begins.
    @inlinable public var offset: Int { reader.offset }

    /// Passes by fields that the caller has read where they lie, to the end of one and no further than the end.
    @inlinable public mutating func skip(_ count: Int) throws(WireError) { _ = try reader.readSlice(count) }

    /// The next field, or nil at the end. Unknown numbers are the caller's to skip, or to refuse where the form is canonical.
    @inlinable
    public mutating func next() throws(WireError) -> ProtobufField? {
        if reader.isAtEnd { return nil }
        let tag = try reader.readVarint()
        guard let number = UInt32(exactly: tag >> 3), number > 0, number < 1 << 29 else { throw .malformedField }
        if canonical, number < last { throw .notCanonical }
        last = number
        switch tag & 7 {
        case 0:
            let value = try reader.readVarint()
            if canonical, value == 0 { throw .notCanonical }
            return ProtobufField(number: number, value: .varint(value))
        case 1: return ProtobufField(number: number, value: .fixed64(try reader.readLittleEndian()))
        case 2: return ProtobufField(number: number, value: .bytes(try reader.readLengthPrefixed(max: reader.remaining)))
        case 5: return ProtobufField(number: number, value: .fixed32(try reader.readLittleEndian()))
        default: throw .malformedField
        }
    }
}

/// Writes fields of one message. Methods named `…` skip default values, as proto3 does; `always…` write them.
public struct ProtobufWriter: Sendable {
    @usableFromInline var writer: ByteWriter

    @inlinable public init(reserving capacity: Int = 0) { writer = ByteWriter(reserving: capacity) }

    @inlinable public var bytes: [UInt8] { writer.bytes }

    @inlinable
    mutating func tag(_ number: UInt32, _ type: UInt64) { writer.writeVarint(UInt64(number) << 3 | type) }

    @inlinable
    public mutating func uint64(_ number: UInt32, _ value: UInt64) {
        if value != 0 { alwaysUInt64(number, value) }
    }

    @inlinable
    public mutating func uint32(_ number: UInt32, _ value: UInt32) { uint64(number, UInt64(value)) }

    @inlinable
    public mutating func int64(_ number: UInt32, _ value: Int64) { uint64(number, UInt64(bitPattern: value)) }

    @inlinable
    public mutating func bool(_ number: UInt32, _ value: Bool) { uint64(number, value ? 1 : 0) }

    @inlinable
    public mutating func alwaysUInt64(_ number: UInt32, _ value: UInt64) {
        tag(number, 0)
        writer.writeVarint(value)
    }

    @inlinable
    public mutating func fixed64(_ number: UInt32, _ value: UInt64) {
        tag(number, 1)
        writer.writeLittleEndian(value)
    }

    @inlinable
    public mutating func float(_ number: UInt32, _ value: Float) {
        tag(number, 5)
        writer.writeLittleEndian(value.bitPattern)
    }

    @inlinable
    public mutating func bytes(_ number: UInt32, _ value: some Collection<UInt8>) {
        if !value.isEmpty { alwaysBytes(number, value) }
    }

    @inlinable
    public mutating func alwaysBytes(_ number: UInt32, _ value: some Collection<UInt8>) {
        tag(number, 2)
        writer.writeLengthPrefixed(value)
    }

    @inlinable
    public mutating func bytes32(_ number: UInt32, _ value: Bytes32) {
        tag(number, 2)
        writer.writeVarint(32)
        writer.write(value)
    }

    @inlinable
    public mutating func string(_ number: UInt32, _ value: String) { bytes(number, Array(value.utf8)) }

    /// A nested message, written even where it is empty.
    @inlinable
    public mutating func message(_ number: UInt32, _ build: (inout ProtobufWriter) -> Void) {
        var nested = ProtobufWriter()
        build(&nested)
        alwaysBytes(number, nested.bytes)
    }
}
