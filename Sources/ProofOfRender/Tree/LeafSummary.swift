internal import Crypto
public import Wire

/// What of a leaf is shown before its values: the 16 ray counts of a block in one bucket and the hash of the values.
public struct LeafSummary: Hashable, Sendable {
    /// Row-major over the block; 0 outside the tile.
    public var counts: [UInt16]
    /// H(0x02 ‖ 16 triples of float32 sums, little-endian).
    public var valuesHash: Bytes32

    /// Bytes on the wire: the counts, little-endian, then the hash.
    public static let size = 64
    /// Bytes of the values of a leaf.
    public static let valuesSize = 192

    /// `counts` has 16 elements.
    public init(counts: [UInt16], valuesHash: Bytes32) {
        precondition(counts.count == RecordGrid.blockPixels)
        self.counts = counts
        self.valuesHash = valuesHash
    }

    public var rays: UInt64 { counts.reduce(0) { $0 + UInt64($1) } }

    /// H(0x00 ‖ context ‖ block number ‖ bucket ‖ 16 ray counts ‖ hash of the values).
    public func node(context: RecordContext, block: UInt32, bucket: UInt32) -> SumNode {
        LeafSummary.node(context: context, block: block, bucket: bucket, counts: counts[...], valuesHash: valuesHash)
    }

    /// As above, from the parts; 16 counts.
    static func node(
        context: RecordContext, block: UInt32, bucket: UInt32, counts: ArraySlice<UInt16>, valuesHash: Bytes32
    ) -> SumNode {
        var rays: UInt64 = 0
        let hash = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 105) { buffer in
            buffer[0] = 0x00
            context.digest.write(to: buffer, at: 1)
            for index in 0..<4 {
                buffer[33 + index] = UInt8(truncatingIfNeeded: block >> UInt32(8 * index))
                buffer[37 + index] = UInt8(truncatingIfNeeded: bucket >> UInt32(8 * index))
            }
            for (lane, count) in zip(0..<RecordGrid.blockPixels, counts) {
                buffer[41 + 2 * lane] = UInt8(truncatingIfNeeded: count)
                buffer[42 + 2 * lane] = UInt8(truncatingIfNeeded: count >> 8)
                rays += UInt64(count)
            }
            valuesHash.write(to: buffer, at: 73)
            return Hash.blake2b(UnsafeBufferPointer(buffer))
        }
        return SumNode(hash: hash, rays: rays)
    }

    /// `values`: 192 bytes.
    static func hash(values: some Collection<UInt8>) -> Bytes32 {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 + valuesSize) { buffer in
            buffer.initialize(repeating: 0)
            buffer[0] = 0x02
            for (index, byte) in values.prefix(valuesSize).enumerated() { buffer[1 + index] = byte }
            return Hash.blake2b(buffer)
        }
    }
}

extension ByteWriter {
    mutating func write(_ leaf: LeafSummary) {
        for count in leaf.counts { writeLittleEndian(count) }
        write(leaf.valuesHash)
    }
}

extension ByteReader {
    mutating func readLeafSummary() throws(WireError) -> LeafSummary {
        var counts: [UInt16] = []
        counts.reserveCapacity(RecordGrid.blockPixels)
        for _ in 0..<RecordGrid.blockPixels { counts.append(try readLittleEndian()) }
        return LeafSummary(counts: counts, valuesHash: try readBytes32())
    }
}
