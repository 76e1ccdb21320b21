internal import TOMLKit

/// A value of a TOML file, of the kinds that the project's files use.
public enum TOMLItem: Equatable, Sendable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case list([TOMLItem])
    /// A kind that no key takes, by its name.
    case other(String)

    public var kind: String {
        switch self {
        case .text: "text"
        case .integer: "an integer"
        case .boolean: "true or false"
        case .list: "a list"
        case .other(let name): name
        }
    }

    /// As it is written in a file. Strings are basic strings with every control character escaped.
    public var literal: String {
        switch self {
        case .text(let text): TOMLItem.quoted(text)
        case .integer(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        case .list(let items): "[" + items.map(\.literal).joined(separator: ", ") + "]"
        case .other: "\"\""
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7f {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}

/// A TOML file as its leaves: `[log]` with `level = "info"` is the key `log.level`.
public struct TOMLDocument: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public let key: String
        public let item: TOMLItem
    }

    /// Sorted by key within each table.
    public let entries: [Entry]

    /// Largest file that is read, in bytes: a hundred times what any of ours needs.
    public static let sizeMax = 1 << 20
    public static let depthMax = 8

    /// - Parameter place: what messages call the text, usually its path.
    public init(_ text: String, place: String) throws(ConfigurationError) {
        guard text.utf8.count <= TOMLDocument.sizeMax else {
            throw ConfigurationError(place: place, problem: "is larger than \(TOMLDocument.sizeMax) bytes")
        }
        // The parser takes a C string, and would not see what follows a zero.
        guard !text.utf8.contains(0) else { throw ConfigurationError(place: place, problem: "holds a zero byte, so it is no TOML text") }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw ConfigurationError(place: "\(place):\(error.source.begin.line)", problem: "is no valid TOML: \(error.description)")
        } catch {
            throw ConfigurationError(place: place, problem: "is no valid TOML: \(error)")
        }
        var entries: [Entry] = []
        try TOMLDocument.collect(table, prefix: "", depth: 0, place: place, into: &entries)
        self.entries = entries
    }

    private static func collect(
        _ table: TOMLTable, prefix: String, depth: Int, place: String, into entries: inout [Entry]
    ) throws(ConfigurationError) {
        guard depth < depthMax else { throw ConfigurationError(place: place, problem: "nests tables deeper than \(depthMax)") }
        for name in table.keys {
            // A name that needs quotes is none of ours; quoted, it cannot be taken for a path of two.
            let key = prefix + (name.utf8.allSatisfy(isBare) && !name.isEmpty ? name : TOMLItem.text(name).literal)
            guard let value = table[name] else {
                throw ConfigurationError(place: place, problem: "has a key that cannot be read: \(key)")
            }
            if let inner = value.table {
                try collect(inner, prefix: key + ".", depth: depth + 1, place: place, into: &entries)
            } else {
                entries.append(Entry(key: key, item: item(value)))
            }
        }
    }

    private static func item(_ value: any TOMLValueConvertible) -> TOMLItem {
        if let text = value.string { return .text(text) }
        if let integer = value.int { return .integer(integer) }
        if let boolean = value.bool { return .boolean(boolean) }
        if let array = value.array { return .list(array.map { $0.table == nil ? item($0) : .other("a table") }) }
        return .other(value.type == .double ? "a number with a fraction" : "a date or time")
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
