/// Appends to a byte array that the caller may reuse.
public struct ByteWriter: Sendable {
    public var bytes: [UInt8]

    @inlinable
    public init(reserving capacity: Int = 0) {
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    @inlinable public mutating func write(_ byte: UInt8) { bytes.append(byte) }
    @inlinable public mutating func write(_ slice: some Collection<UInt8>) { bytes.append(contentsOf: slice) }

    @inlinable
    public mutating func writeBigEndian<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The 32 bytes, without an array in between.
    @inlinable
    public mutating func write(_ value: Bytes32) {
        let (a, b, c, d) = value.words
        withUnsafeBytes(of: (a.bigEndian, b.bigEndian, c.bigEndian, d.bigEndian)) { bytes.append(contentsOf: $0) }
    }

    @inlinable
    public mutating func writeLittleEndian<T: FixedWidthInteger>(_ value: T) { writeBigEndian(value.byteSwapped) }

    @inlinable
    public mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable
    public mutating func writeLengthPrefixed(_ slice: some Collection<UInt8>) {
        writeVarint(UInt64(slice.count))
        bytes.append(contentsOf: slice)
    }

    /// Length in bytes of a varint.
    @inlinable
    public static func varintSize(_ value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }
}
