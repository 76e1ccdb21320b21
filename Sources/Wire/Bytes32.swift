/// 32 bytes inline: hashes, public keys, record ids. Ordered as its bytes are.
public struct Bytes32: Hashable, Comparable, Sendable {
    /// Big-endian words, so that comparing words compares bytes.
    @usableFromInline var w0: UInt64
    @usableFromInline var w1: UInt64
    @usableFromInline var w2: UInt64
    @usableFromInline var w3: UInt64

    @inlinable
    public init(words w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        self.w0 = w0
        self.w1 = w1
        self.w2 = w2
        self.w3 = w3
    }

    @inlinable
    public static func == (a: Bytes32, b: Bytes32) -> Bool {
        (a.w0 ^ b.w0) | (a.w1 ^ b.w1) | (a.w2 ^ b.w2) | (a.w3 ^ b.w3) == 0
    }

    public static let zero = Bytes32(words: 0, 0, 0, 0)

    @inlinable public var firstByte: UInt8 { UInt8(truncatingIfNeeded: w0 >> 56) }

    /// Exactly 32 bytes, wherever they lie.
    @inlinable
    public init?(unaligned bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        w0 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        w1 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        w2 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        w3 = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    @inlinable public init?(_ bytes: ArraySlice<UInt8>) { self.init(contiguous: bytes) }
    @inlinable public init?(_ bytes: [UInt8]) { self.init(contiguous: bytes[...]) }

    @inlinable
    init?(contiguous bytes: ArraySlice<UInt8>) {
        guard let value = bytes.withUnsafeBytes({ Bytes32(unaligned: $0) }) else { return nil }
        self = value
    }

    /// Nil unless there are exactly 32 bytes.
    @inlinable
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var index = 0
        for byte in bytes {
            switch index >> 3 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
            index += 1
        }
        self.init(words: words.0, words.1, words.2, words.3)
    }

    /// The four big-endian words.
    @inlinable public var words: (UInt64, UInt64, UInt64, UInt64) { (w0, w1, w2, w3) }

    @inlinable
    public var array: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            bytes.storeBytes(of: w0.bigEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: w1.bigEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: w2.bigEndian, toByteOffset: 16, as: UInt64.self)
            bytes.storeBytes(of: w3.bigEndian, toByteOffset: 24, as: UInt64.self)
            count = 32
        }
    }

    @inlinable
    public subscript(index: Int) -> UInt8 {
        let word =
            switch index >> 3 {
            case 0: w0
            case 1: w1
            case 2: w2
            default: w3
            }
        return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7)))
    }

    /// Bitwise exclusive or: Kademlia's distance.
    @inlinable
    public static func ^ (a: Bytes32, b: Bytes32) -> Bytes32 {
        Bytes32(words: a.w0 ^ b.w0, a.w1 ^ b.w1, a.w2 ^ b.w2, a.w3 ^ b.w3)
    }

    /// 0 ... 256.
    @inlinable
    public var leadingZeroBits: Int {
        if w0 != 0 { return w0.leadingZeroBitCount }
        if w1 != 0 { return 64 + w1.leadingZeroBitCount }
        if w2 != 0 { return 128 + w2.leadingZeroBitCount }
        return 192 + w3.leadingZeroBitCount
    }

    @inlinable
    public static func < (a: Bytes32, b: Bytes32) -> Bool {
        if a.w0 != b.w0 { return a.w0 < b.w0 }
        if a.w1 != b.w1 { return a.w1 < b.w1 }
        if a.w2 != b.w2 { return a.w2 < b.w2 }
        return a.w3 < b.w3
    }

    /// Half of the bytes are enough for a hash table, and twice what anybody can grind.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(w1)
        hasher.combine(w2)
    }
}

extension Bytes32: CustomStringConvertible {
    public var description: String { Hex.encode(array) }

    /// 64 hexadecimal digits.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }
}
