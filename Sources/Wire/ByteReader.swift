/// A cursor over bytes from outside. Every read is bounds-checked and throws; nothing traps.
public struct ByteReader: Sendable {
    @usableFromInline let bytes: ArraySlice<UInt8>
    @usableFromInline var position: Int

    @inlinable
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    @inlinable
    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    @inlinable public var remaining: Int { bytes.endIndex - position }
    @inlinable public var isAtEnd: Bool { position == bytes.endIndex }
    /// Bytes read so far.
    @inlinable public var offset: Int { position - bytes.startIndex }

    @inlinable
    public mutating func readByte() throws(WireError) -> UInt8 {
        guard position < bytes.endIndex else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    /// Shares storage with the source: no copy.
    @inlinable
    public mutating func readSlice(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count >= 0 else { throw .outOfBounds }
        guard count <= remaining else { throw .truncated }
        defer { position += count }
        return bytes[position..<position + count]
    }

    @inlinable
    public mutating func readBytes(_ count: Int) throws(WireError) -> [UInt8] { Array(try readSlice(count)) }

    @inlinable
    public mutating func readRest() -> ArraySlice<UInt8> {
        defer { position = bytes.endIndex }
        return bytes[position...]
    }

    @inlinable
    public mutating func readBigEndian<T: FixedWidthInteger>(_: T.Type = T.self) throws(WireError) -> T {
        let size = T.bitWidth / 8
        guard remaining >= size else { throw .truncated }
        var value: T = 0
        for _ in 0..<size {
            value = (value << 8) | T(truncatingIfNeeded: bytes[position])
            position += 1
        }
        return value
    }

    @inlinable
    public mutating func readLittleEndian<T: FixedWidthInteger>(_: T.Type = T.self) throws(WireError) -> T {
        try readBigEndian(T.self).byteSwapped
    }

    /// Unsigned LEB128 of at most 10 bytes and 64 bits, in its shortest form (multiformats unsigned-varint, protobuf).
    @inlinable
    public mutating func readVarint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < bytes.endIndex else { throw .truncated }
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { throw .malformedVarint }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 {
                if byte == 0, shift > 0 { throw .malformedVarint }
                return value
            }
            shift += 7
            if shift > 63 { throw .malformedVarint }
        }
    }

    /// A varint that is a length or a count of at most `max`.
    @inlinable
    public mutating func readCount(max: Int) throws(WireError) -> Int {
        let value = try readVarint()
        guard value <= UInt64(max) else { throw .outOfBounds }
        return Int(value)
    }

    /// A varint length, then that many bytes, shared with the source.
    @inlinable
    public mutating func readLengthPrefixed(max: Int) throws(WireError) -> ArraySlice<UInt8> {
        try readSlice(try readCount(max: max))
    }

    @inlinable
    public func expectEnd() throws(WireError) {
        guard isAtEnd else { throw .trailingBytes }
    }
}
