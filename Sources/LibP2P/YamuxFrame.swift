internal import Determinism

/// The header of a Yamux frame: 12 bytes, big-endian (hashicorp/yamux, spec.md).
struct YamuxHeader: Equatable {
    enum Kind: UInt8 {
        case data = 0
        case windowUpdate = 1
        case ping = 2
        case goAway = 3
    }

    struct Flags: OptionSet {
        var rawValue: UInt16
        static let syn = Flags(rawValue: 1)
        static let ack = Flags(rawValue: 2)
        static let fin = Flags(rawValue: 4)
        static let rst = Flags(rawValue: 8)
    }

    static let size = 12

    var kind: Kind
    var flags: Flags
    /// 0 is the session.
    var stream: UInt32
    /// Bytes that follow, window delta, ping value or reason, by kind.
    var length: UInt32

    func append(to output: inout [UInt8]) {
        output.append(0)
        output.append(kind.rawValue)
        output.append(UInt8(truncatingIfNeeded: flags.rawValue >> 8))
        output.append(UInt8(truncatingIfNeeded: flags.rawValue))
        for shift in stride(from: 24, through: 0, by: -8) { output.append(UInt8(truncatingIfNeeded: stream >> UInt32(shift))) }
        for shift in stride(from: 24, through: 0, by: -8) { output.append(UInt8(truncatingIfNeeded: length >> UInt32(shift))) }
    }

    init(kind: Kind, flags: Flags, stream: UInt32, length: UInt32) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.length = length
    }

    /// - Parameter bytes: `size` of them.
    init(_ bytes: UnsafeRawBufferPointer) throws(YamuxFailure) {
        guard bytes.count == YamuxHeader.size, bytes[0] == 0, let kind = Kind(rawValue: bytes[1]) else { throw .malformed }
        let flags = Flags(rawValue: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
        guard flags.rawValue < 16 else { throw .malformed }
        self.kind = kind
        self.flags = flags
        stream = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self).bigEndian
        length = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self).bigEndian
    }
}

/// Why a session is given up.
enum YamuxFailure: Error, Equatable {
    /// A version, type, flag or stream id that cannot be.
    case malformed
    /// A frame for a stream that was never opened.
    case unknownStream
    /// A SYN for a stream that is open, or with the wrong parity.
    case badSyn
    /// More data than the window allows.
    case windowExceeded
    /// A window beyond 2^32 - 1.
    case windowOverflow
    /// Stream opens, resets or pings faster than the limits.
    case flood
    /// The other side reports an error.
    case remoteError(UInt32)
}

/// A token bucket: `burst` at once, then `perSecond`.
struct RateLimit {
    let perSecond: Double
    let burst: Double
    private var tokens: Double
    private var last: Instant?

    init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = burst
    }

    /// False where the rate is exceeded.
    mutating func admit(now: Instant) -> Bool {
        if let last { tokens = min(burst, tokens + (now - last).inSeconds * perSecond) }
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
