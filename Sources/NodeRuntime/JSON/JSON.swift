/// A JSON value (RFC 8259). Members keep their order, so the same result gives the same bytes.
public enum JSON: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// Written in the shortest form that reads back as the same number; JSON has no infinities, so they become null.
    case number(Double)
    case text(String)
    case array([JSON])
    case object(Members)

    /// Names with their values, in the order of writing.
    public struct Members: Hashable, Sendable, ExpressibleByDictionaryLiteral {
        public struct Member: Hashable, Sendable {
            public let key: String
            public var value: JSON
        }

        public private(set) var list: [Member] = []

        public init(dictionaryLiteral elements: (String, JSON)...) { list = elements.map { Member(key: $0.0, value: $0.1) } }

        public init() {}

        public mutating func append(_ key: String, _ value: JSON) { list.append(Member(key: key, value: value)) }

        /// The first of the name.
        public subscript(key: String) -> JSON? { list.first { $0.key == key }?.value }
    }
}

extension JSON: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
}

extension JSON {
    /// Of any width; what does not fit is clamped.
    public static func whole(_ value: some BinaryInteger) -> JSON { .integer(Int(clamping: value)) }

    /// 16 hexadecimal digits: keys and seeds, of which a number of JSON would lose the last bits.
    public static func digits(_ word: UInt64) -> JSON {
        let digits = String(word, radix: 16)
        return .text(String(repeating: "0", count: 16 - digits.utf8.count) + digits)
    }

    /// Member of an object; nil where this is none, or has none of the name.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    /// An object with one more member at its end; anything else as it is.
    public func adding(_ key: String, _ value: JSON) -> JSON {
        guard case .object(var members) = self else { return self }
        members.append(key, value)
        return .object(members)
    }

    /// An object with another value in the place of the one that it has.
    public func replacing(_ key: String, _ value: JSON) -> JSON {
        guard case .object(let members) = self else { return self }
        var changed = Members()
        for member in members.list { changed.append(member.key, member.key == key ? value : member.value) }
        return .object(changed)
    }

    public var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    public var int: Int? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// Of either kind of number.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var bool: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    /// Elements; empty where this is no array.
    public var elements: [JSON] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    /// On one line.
    public var text: String {
        var result = ""
        write(to: &result)
        return result
    }

    private func write(to result: inout String) {
        switch self {
        case .null: result += "null"
        case .boolean(let value): result += value ? "true" : "false"
        case .integer(let value): result += String(value)
        case .number(let value): result += value.isFinite ? String(value) : "null"
        case .text(let value): JSON.quote(value, to: &result)
        case .array(let items):
            result += "["
            for (index, item) in items.enumerated() {
                if index > 0 { result += "," }
                item.write(to: &result)
            }
            result += "]"
        case .object(let members):
            result += "{"
            for (index, member) in members.list.enumerated() {
                if index > 0 { result += "," }
                JSON.quote(member.key, to: &result)
                result += ":"
                member.value.write(to: &result)
            }
            result += "}"
        }
    }

    private static func quote(_ text: String, to result: inout String) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        result += "\""
    }
}
