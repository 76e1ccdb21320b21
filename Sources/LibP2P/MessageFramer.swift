/// Cuts a stream into messages with a varint length in front. The cap is checked before anything is allocated, and the
/// buffer grows with what has arrived, not with what was announced.
struct MessageFramer {
    enum Failure: Error, Equatable {
        /// Longer than the protocol's cap.
        case oversized
        /// A length that is no varint.
        case malformed
    }

    /// Reserved at once for a long message: the rest follows when this much has arrived.
    private static let reservationMax = 128 * 1024

    let sizeMax: Int
    private var length = 0
    private var digits = 0
    private var isLengthKnown = false
    private var message: [UInt8] = []

    init(sizeMax: Int) { self.sizeMax = sizeMax }

    /// A message has begun and is not complete.
    var isMidway: Bool { digits > 0 }
    /// Bytes held for the message under way.
    var buffered: Int { message.count }
    /// Announced size of the message under way.
    var announced: Int { isLengthKnown ? length : 0 }

    /// The next whole message, or nil where more bytes are needed.
    mutating func next(_ cursor: inout ByteCursor) throws(Failure) -> [UInt8]? {
        while !isLengthKnown {
            guard let byte = cursor.takeByte() else { return nil }
            guard digits < 4 || byte < 0x10 else { throw .oversized }
            length |= Int(byte & 0x7f) << (7 * digits)
            digits += 1
            if byte & 0x80 == 0 {
                guard byte != 0 || digits == 1 else { throw .malformed }
                isLengthKnown = true
            } else if digits == 5 {
                throw .oversized
            }
            guard length <= sizeMax else { throw .oversized }
        }
        let missing = length - message.count
        if message.isEmpty {
            if cursor.remaining >= missing {
                defer { restart() }
                return Array(cursor.take(missing))
            }
            message.reserveCapacity(min(length, MessageFramer.reservationMax))
        } else if message.count + min(missing, cursor.remaining) > MessageFramer.reservationMax {
            message.reserveCapacity(length)
        }
        message.append(contentsOf: cursor.take(missing))
        guard message.count == length else { return nil }
        defer { restart() }
        return message
    }

    private mutating func restart() {
        length = 0
        digits = 0
        isLengthKnown = false
        message = []
    }

    /// The prefix of a message of `count` bytes.
    static func prefix(_ count: Int) -> [UInt8] {
        var rest = count
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }
}
