/// Why bytes are no JSON text that is taken.
public enum JSONError: Error, Hashable, Sendable {
    /// At this byte the grammar asks for something else.
    case unexpected(offset: Int)
    case truncated
    /// Deeper than `JSON.depthMax`, or larger than the caller allows.
    case outOfBounds
}

extension JSON {
    /// Arrays and objects within each other: what an answer of ours needs, several times over.
    public static let depthMax = 32

    /// - Parameter sizeMax: bytes; checked before anything is read.
    public init(parsing bytes: [UInt8], sizeMax: Int) throws(JSONError) {
        guard bytes.count <= sizeMax else { throw .outOfBounds }
        var parser = JSONParser(bytes: bytes)
        self = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.offset == bytes.count else { throw .unexpected(offset: parser.offset) }
    }
}

/// Recursive descent over RFC 8259, bounded in depth.
private struct JSONParser {
    let bytes: [UInt8]
    var offset = 0

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { offset += 1 }
    }

    private mutating func take(_ expected: UInt8) throws(JSONError) {
        guard let byte = next else { throw .truncated }
        guard byte == expected else { throw .unexpected(offset: offset) }
        offset += 1
    }

    private mutating func takeIf(_ expected: UInt8) -> Bool {
        guard next == expected else { return false }
        offset += 1
        return true
    }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSON.depthMax else { throw .outOfBounds }
        skipSpace()
        guard let byte = next else { throw .truncated }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ text: String, _ value: JSON) throws(JSONError) -> JSON {
        for byte in text.utf8 { try take(byte) }
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        var members = JSON.Members()
        try take(UInt8(ascii: "{"))
        skipSpace()
        if takeIf(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            let key = try string()
            skipSpace()
            try take(UInt8(ascii: ":"))
            members.append(key, try value(depth: depth + 1))
            skipSpace()
        } while takeIf(UInt8(ascii: ","))
        try take(UInt8(ascii: "}"))
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        var elements: [JSON] = []
        try take(UInt8(ascii: "["))
        skipSpace()
        if takeIf(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while takeIf(UInt8(ascii: ","))
        try take(UInt8(ascii: "]"))
        return .array(elements)
    }

    private mutating func string() throws(JSONError) -> String {
        try take(UInt8(ascii: "\""))
        let start = offset
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw .unexpected(offset: start) }
                return string
            case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
            case 0..<0x20: throw .unexpected(offset: offset - 1)
            default: text.append(byte)
            }
        }
        throw .truncated
    }

    /// What follows a backslash. Characters beyond the first plane are two escapes (RFC 8259, section 7).
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = next else { throw .truncated }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = UInt32(try hexadecimal())
            if (0xd800..<0xdc00).contains(code) {
                try take(UInt8(ascii: "\\"))
                try take(UInt8(ascii: "u"))
                let low = UInt32(try hexadecimal())
                guard (0xdc00..<0xe000).contains(low) else { throw .unexpected(offset: offset) }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw .unexpected(offset: offset) }
            return scalar
        default: throw .unexpected(offset: offset - 1)
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt16 {
        guard bytes.count - offset >= 4 else { throw .truncated }
        let digits = bytes[offset..<offset + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .unexpected(offset: offset) }
        offset += 4
        return code
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = offset
        while let byte = next, isNumeric(byte) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        // The two parsers take forms that JSON does not: a plus sign, a bare point, a leading zero.
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
        let hasLeadingZero = digits.first == UInt8(ascii: "0") && digits.dropFirst().first.map { (0x30...0x39).contains($0) } == true
        guard let first = digits.first, (0x30...0x39).contains(first), !hasLeadingZero, text.utf8.last != UInt8(ascii: ".") else {
            throw .unexpected(offset: start)
        }
        if let integer = Int(text) { return .integer(integer) }
        guard let value = Double(text), value.isFinite else { throw .unexpected(offset: start) }
        return .number(value)
    }

    private func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
        default: false
        }
    }
}
