/// Decisions drawn from the bytes of a fuzzer, one after the other. At the end there are zeros and nothing.
struct Script {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// Less than `limit`, which is at most 256.
    mutating func choice(_ limit: Int) -> Int { Int(byte()) % limit }

    /// Big-endian.
    mutating func word() -> Int { Int(byte()) << 8 | Int(byte()) }

    mutating func double() -> UInt32 { UInt32(word()) << 16 | UInt32(word()) }

    /// Two bytes of length, then so many bytes, or fewer where fewer are left.
    mutating func bytes() -> [UInt8] {
        let count = word()
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func takeRest() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
