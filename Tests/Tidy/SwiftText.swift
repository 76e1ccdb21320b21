/// Swift source with the contents of comments and string literals blanked, line for line and column for column (in bytes), so that
/// rules look at code alone.
func codeOnly(_ text: String) -> String {
    var bytes = Array(text.utf8)
    var at = 0

    func matches(_ pattern: StaticString, _ index: Int) -> Bool {
        pattern.withUTF8Buffer { pattern in
            index + pattern.count <= bytes.count && pattern.indices.allSatisfy { bytes[index + $0] == pattern[$0] }
        }
    }
    func blank(to end: Int) {
        while at < min(end, bytes.count) {
            if bytes[at] != newline { bytes[at] = space }
            at += 1
        }
    }

    while at < bytes.count {
        if matches("//", at) {
            blank(to: bytes[at...].firstIndex(of: newline) ?? bytes.count)
        } else if matches("/*", at) {
            blank(to: endOfBlockComment(bytes, from: at))
        } else if bytes[at] == quote || (bytes[at] == hash && opensRawString(bytes, at)) {
            blank(to: endOfString(bytes, from: at))
        } else {
            at += 1
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private let newline = UInt8(ascii: "\n")
private let space = UInt8(ascii: " ")
private let quote = UInt8(ascii: "\"")
private let hash = UInt8(ascii: "#")
private let backslash = UInt8(ascii: "\\")

private func opensRawString(_ bytes: [UInt8], _ at: Int) -> Bool {
    bytes[at...].first { $0 != hash } == quote
}

/// Block comments nest in Swift.
private func endOfBlockComment(_ bytes: [UInt8], from start: Int) -> Int {
    var depth = 0
    var at = start
    while at + 1 < bytes.count {
        if bytes[at] == UInt8(ascii: "/"), bytes[at + 1] == UInt8(ascii: "*") {
            depth += 1
            at += 2
        } else if bytes[at] == UInt8(ascii: "*"), bytes[at + 1] == UInt8(ascii: "/") {
            depth -= 1
            at += 2
            if depth == 0 { return at }
        } else {
            at += 1
        }
    }
    return bytes.count
}

/// One-line, multi-line and raw literals; interpolations count as contents, with their own literals and parentheses.
private func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
    var at = start
    var hashes = 0
    while bytes[at] == hash {
        hashes += 1
        at += 1
    }
    let quotes = bytes[at...].prefix(3).elementsEqual([quote, quote, quote]) ? 3 : 1
    at += quotes
    let close = [UInt8](repeating: quote, count: quotes) + [UInt8](repeating: hash, count: hashes)
    let escape = [backslash] + [UInt8](repeating: hash, count: hashes)
    while at < bytes.count {
        if bytes[at...].starts(with: close) { return at + close.count }
        if bytes[at...].starts(with: escape) {
            at += escape.count
            if at < bytes.count, bytes[at] == UInt8(ascii: "(") {
                at = endOfInterpolation(bytes, from: at)
            } else {
                at += 1
            }
        } else if quotes == 1, bytes[at] == newline {
            return at
        } else {
            at += 1
        }
    }
    return bytes.count
}

private func endOfInterpolation(_ bytes: [UInt8], from start: Int) -> Int {
    var depth = 0
    var at = start
    while at < bytes.count {
        switch bytes[at] {
        case UInt8(ascii: "("): depth += 1
        case UInt8(ascii: ")"):
            depth -= 1
            if depth == 0 { return at + 1 }
        case quote:
            at = endOfString(bytes, from: at)
            continue
        default: break
        }
        at += 1
    }
    return bytes.count
}
