public import Wire

/// The pipe between a node and its engine: frames of a length, four bytes little-endian, and one message.
public enum EngineFrame {
    /// Longest message. A block of a scene is at most 1 MiB; a manifest too.
    public static let sizeMax = (1 << 20) + 4096

    /// A message with its length before it.
    static func seal(_ message: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.count + 4)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: UInt32(message.count) >> shift)) }
        bytes.append(contentsOf: message)
        return bytes
    }
}

/// Cuts a stream of bytes into messages. Holds at most one message.
public struct EngineFrameParser: Sendable {
    private var pending: [UInt8] = []
    private var read = 0

    public init() {}

    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if read > 0, read == pending.count || read > EngineFrame.sizeMax {
            pending.removeFirst(read)
            read = 0
        }
        pending.append(contentsOf: bytes)
    }

    /// The next whole message, or nil where more bytes are needed.
    /// - Throws: `outOfBounds` for a message longer than `EngineFrame.sizeMax`; the stream can't be used any further.
    public mutating func next() throws(WireError) -> ArraySlice<UInt8>? {
        guard pending.count - read >= 4 else { return nil }
        var size: UInt32 = 0
        for k in 0..<4 { size |= UInt32(pending[read + k]) << UInt32(8 * k) }
        guard size <= EngineFrame.sizeMax else { throw .outOfBounds }
        let start = read + 4
        guard pending.count - start >= Int(size) else { return nil }
        read = start + Int(size)
        return pending[start..<read]
    }
}
