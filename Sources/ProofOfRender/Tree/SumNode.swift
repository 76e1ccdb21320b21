internal import Crypto
public import Wire

/// A node of the Merkle sum tree: its hash and the rays below it.
public struct SumNode: Hashable, Sendable {
    public var hash: Bytes32
    /// Less than 2^63.
    public var rays: UInt64

    /// Bytes on the wire: hash, then rays as a little-endian 64-bit integer.
    public static let size = 40
    public static let raysMax = UInt64(Int64.max)

    public init(hash: Bytes32, rays: UInt64) {
        self.hash = hash
        self.rays = rays
    }

    /// H(0x01 ‖ left hash ‖ left rays ‖ right hash ‖ right rays); nil where the sum reaches 2^63.
    public static func inner(_ left: SumNode, _ right: SumNode) -> SumNode? {
        let (rays, overflow) = left.rays.addingReportingOverflow(right.rays)
        guard !overflow, rays <= raysMax else { return nil }
        let hash = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 + 2 * size) { buffer in
            buffer[0] = 0x01
            left.write(to: buffer, at: 1)
            right.write(to: buffer, at: 1 + size)
            return Hash.blake2b(UnsafeBufferPointer(buffer))
        }
        return SumNode(hash: hash, rays: rays)
    }

    private func write(to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
        hash.write(to: buffer, at: offset)
        for index in 0..<8 { buffer[offset + 32 + index] = UInt8(truncatingIfNeeded: rays >> UInt64(8 * index)) }
    }
}

extension Bytes32 {
    func write(to buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
        let (a, b, c, d) = words
        for index in 0..<8 {
            let shift = UInt64(56 - 8 * index)
            buffer[offset + index] = UInt8(truncatingIfNeeded: a >> shift)
            buffer[offset + 8 + index] = UInt8(truncatingIfNeeded: b >> shift)
            buffer[offset + 16 + index] = UInt8(truncatingIfNeeded: c >> shift)
            buffer[offset + 24 + index] = UInt8(truncatingIfNeeded: d >> shift)
        }
    }
}

extension ByteWriter {
    mutating func write(_ node: SumNode) {
        write(node.hash)
        writeLittleEndian(node.rays)
    }
}

extension ByteReader {
    /// Throws `outOfBounds` for 2^63 rays and more.
    mutating func readSumNode() throws(WireError) -> SumNode {
        let hash = try readBytes32()
        let rays: UInt64 = try readLittleEndian()
        guard rays <= SumNode.raysMax else { throw .outOfBounds }
        return SumNode(hash: hash, rays: rays)
    }
}
