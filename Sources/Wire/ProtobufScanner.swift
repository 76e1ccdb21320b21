/// Walks the fields of one message as `ProtobufReader` does, and accepts what that accepts, but names the places of what it finds: for
/// messages of which most are read to be dropped. The bytes stay their owner's, so that nothing is retained and released for each field.
public struct ProtobufScanner: Sendable {
    public struct Field: Sendable {
        public let number: UInt32
        @usableFromInline let type: UInt8
        @usableFromInline let value: UInt64
        @usableFromInline let places: Range<Int>

        @inlinable
        init(number: UInt32, type: UInt8, value: UInt64 = 0, places: Range<Int> = 0..<0) {
            self.number = number
            self.type = type
            self.value = value
            self.places = places
        }

        @inlinable
        public func bool() throws(WireError) -> Bool {
            guard type == 0 else { throw .malformedField }
            guard value <= 1 else { throw .outOfBounds }
            return value == 1
        }

        /// Where the bytes stand.
        @inlinable
        public func bytes(max: Int = .max) throws(WireError) -> Range<Int> {
            guard type == 2 else { throw .malformedField }
            guard places.count <= max else { throw .outOfBounds }
            return places
        }
    }

    @usableFromInline var position: Int
    @usableFromInline let end: Int

    /// - Parameter places: those of the message in the bytes that `next` is given.
    @inlinable
    public init(_ places: Range<Int>) {
        position = places.lowerBound
        end = places.upperBound
    }

    /// The next field, or nil at the end.
    @inlinable
    public mutating func next(in bytes: [UInt8]) throws(WireError) -> Field? {
        guard position < end else { return nil }
        let tag = try varint(in: bytes)
        guard let number = UInt32(exactly: tag >> 3), number > 0, number < 1 << 29 else { throw .malformedField }
        switch tag & 7 {
        case 0: return Field(number: number, type: 0, value: try varint(in: bytes))
        case 1: return Field(number: number, type: 1, places: try skip(8))
        case 2:
            let count = try varint(in: bytes)
            guard count <= UInt64(end - position) else { throw .outOfBounds }
            return Field(number: number, type: 2, places: try skip(Int(count)))
        case 5: return Field(number: number, type: 5, places: try skip(4))
        default: throw .malformedField
        }
    }

    @inlinable
    mutating func skip(_ count: Int) throws(WireError) -> Range<Int> {
        guard count <= end - position else { throw .truncated }
        defer { position += count }
        return position..<position + count
    }

    @inlinable
    mutating func varint(in bytes: [UInt8]) throws(WireError) -> UInt64 {
        guard position < end else { throw .truncated }
        let first = bytes[position]
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint(in: bytes)
    }

    @usableFromInline
    mutating func longVarint(in bytes: [UInt8]) throws(WireError) -> UInt64 {
        var reader = ByteReader(bytes[position..<end])
        let value = try reader.readVarint()
        position += reader.offset
        return value
    }
}
