/// Cuts a stream of bytes into lines. A line that is longer than the bound is handed out in pieces.
struct LineSplitter {
    let sizeMax: Int
    private var pending: [UInt8] = []

    init(sizeMax: Int = 16 << 10) { self.sizeMax = sizeMax }

    /// The lines that are whole now, without their ends.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || pending.count == sizeMax {
                lines.append(String(decoding: pending, as: UTF8.self))
                pending.removeAll(keepingCapacity: true)
            }
            if byte != UInt8(ascii: "\n") { pending.append(byte) }
        }
        return lines
    }

    /// What came after the last line end.
    mutating func rest() -> String? {
        defer { pending = [] }
        return pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self)
    }
}
