/// A point on a monotonic clock, in nanoseconds since an arbitrary origin.
///
/// Never read inside a state machine: it is an argument of every call. Arithmetic saturates, so a deadline computed from
/// hostile numbers is merely far away.
public struct Instant: Hashable, Comparable, Sendable {
    public var nanoseconds: UInt64

    @inlinable public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    public static let origin = Instant(nanoseconds: 0)
    public static let distantFuture = Instant(nanoseconds: .max)

    @inlinable
    public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    @inlinable
    public static func + (instant: Instant, duration: Duration) -> Instant {
        let delta = duration.nanosecondsClamped
        let (sum, overflow) = instant.nanoseconds.addingReportingOverflow(delta)
        return Instant(nanoseconds: overflow ? .max : sum)
    }

    @inlinable
    public static func - (instant: Instant, duration: Duration) -> Instant {
        let delta = duration.nanosecondsClamped
        return Instant(nanoseconds: instant.nanoseconds > delta ? instant.nanoseconds - delta : 0)
    }

    /// Elapsed time; zero where `earlier` is later.
    @inlinable
    public static func - (later: Instant, earlier: Instant) -> Duration {
        guard later.nanoseconds > earlier.nanoseconds else { return .zero }
        return .nanoseconds(Int64(clamping: later.nanoseconds - earlier.nanoseconds))
    }
}

extension Duration {
    /// Whole nanoseconds, clamped to 0 ... `UInt64.max`.
    @inlinable
    public var nanosecondsClamped: UInt64 {
        // One division of two words by one: `components` takes two of Int128, and every deadline comes through here.
        guard attoseconds >= 0 else { return 0 }
        let high = UInt64(truncatingIfNeeded: attoseconds >> 64)
        guard high < 1_000_000_000 else { return .max }
        return (1_000_000_000 as UInt64).dividingFullWidth((high, UInt64(truncatingIfNeeded: attoseconds))).quotient
    }

    /// Seconds as a floating-point number, for display and for ratios only.
    public var inSeconds: Double {
        let high = UInt64(truncatingIfNeeded: attoseconds >> 64)
        guard attoseconds >= 0, high < 1 << 58 else { return Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
        // What `components` gives, by one division.
        let parts = (1_000_000_000_000_000_000 as UInt64).dividingFullWidth((high, UInt64(truncatingIfNeeded: attoseconds)))
        return Double(parts.quotient) + Double(parts.remainder) * 1e-18
    }
}

/// The earlier of two optional deadlines.
@inlinable
public func earliest(_ a: Instant?, _ b: Instant?) -> Instant? {
    guard let a else { return b }
    guard let b else { return a }
    return min(a, b)
}
