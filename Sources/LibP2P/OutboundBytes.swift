/// Bytes of one stream that wait for credit, in the pieces that they came in.
struct OutboundBytes {
    private var pieces: [[UInt8]] = []
    private var first = 0
    private var offset = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ piece: [UInt8]) {
        guard !piece.isEmpty else { return }
        pieces.append(piece)
        count += piece.count
    }

    /// Prefix and message: the message is not copied.
    mutating func append(framed message: [UInt8]) {
        append(MessageFramer.prefix(message.count))
        append(message)
    }

    /// Moves `amount` bytes, at most `count`, to the end of `output`.
    mutating func move(_ amount: Int, to output: inout [UInt8]) {
        var rest = min(amount, count)
        count -= rest
        while rest > 0 {
            let size = min(rest, pieces[first].count - offset)
            output.append(contentsOf: pieces[first][offset..<offset + size])
            rest -= size
            offset += size
            if offset == pieces[first].count {
                pieces[first] = []
                first += 1
                offset = 0
            }
        }
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 32 {
            pieces.removeFirst(first)
            first = 0
        }
    }

    mutating func removeAll() { self = OutboundBytes() }
}
