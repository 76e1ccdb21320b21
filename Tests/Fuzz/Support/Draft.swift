import Wire

/// A protobuf message by a script: fields in any order, as often as it likes, of any type, with values by the book, nearly so, or its own.
///
/// Hostile bytes alone hardly ever hold two lengths that fit into each other, let alone a signature: whoever wants to come behind those
/// checks has to begin with messages that pass them.
struct Draft {
    private static let fieldsMax = 12
    /// As often as one field is repeated at most: beyond the counts that decoders allow.
    private static let repeatsMax = 1100
    /// Bytes of a message at which it ends: messages stand in messages.
    private static let sizeMax = 1 << 17

    /// A message whose field of number n holds one of `book[n]`.
    static func message(_ script: inout Script, _ book: [Int: [[UInt8]]]) -> [UInt8] {
        var fields: [[UInt8]] = []
        for _ in 0..<fieldsMax where !script.isAtEnd && fields.reduce(0, { $0 + $1.count }) < sizeMax {
            let how = script.byte()
            let number = Int(how & 15)
            guard number > 0 else { break }
            switch how >> 4 {
            case 15 where !fields.isEmpty:
                let last = fields[fields.count - 1]
                let times = max(1, min(repeatsMax, 1 << (script.byte() & 15), sizeMax / max(1, last.count)))
                fields[fields.count - 1] = Array((0..<times).map { _ in last }.joined())
            default: fields.append(field(UInt32(number), how >> 4, book[number] ?? [], &script))
            }
        }
        return Array(fields.joined())
    }

    private static func field(_ number: UInt32, _ type: UInt8, _ values: [[UInt8]], _ script: inout Script) -> [UInt8] {
        var writer = ProtobufWriter()
        switch type {
        case 8: writer.alwaysUInt64(number, UInt64(script.byte()))
        case 9: writer.alwaysUInt64(number, UInt64(script.double()) << 32 | UInt64(script.double()))
        case 10: writer.float(number, Float(bitPattern: script.double()))
        case 11: writer.fixed64(number, UInt64(script.double()))
        case 12...: writer.alwaysBytes(number, script.bytes())
        default:
            guard !values.isEmpty else {
                writer.alwaysUInt64(number, UInt64(type))
                break
            }
            var value = values[Int(type) % values.count]
            // With one byte changed, or cut short, now and then.
            let change = script.byte()
            if change & 0x81 == 0x81, !value.isEmpty { value[script.word() % value.count] ^= change }
            if change & 0x83 == 0x82 { value = Array(value.dropLast(Int(change >> 2 & 31))) }
            writer.alwaysBytes(number, value)
        }
        return writer.bytes
    }
}
