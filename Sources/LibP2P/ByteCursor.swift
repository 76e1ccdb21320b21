/// Bytes that have just arrived, consumed from the front without copying. Valid only during the call that it is passed to.
struct ByteCursor {
    private let base: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { base = bytes }

    var remaining: Int { base.count - offset }

    /// Up to `countMax` bytes.
    mutating func take(_ countMax: Int) -> UnsafeRawBufferPointer {
        let count = max(0, min(countMax, remaining))
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: base[offset..<offset + count])
    }

    mutating func takeByte() -> UInt8? {
        guard remaining > 0 else { return nil }
        defer { offset += 1 }
        return base[offset]
    }

    mutating func takeRest() -> UnsafeRawBufferPointer { take(remaining) }
}

extension Array where Element == UInt8 {
    /// `withUnsafeBytes` that keeps the type of what is thrown.
    func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        let result: Result<R, E> = withUnsafeBytes { bytes in
            do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
