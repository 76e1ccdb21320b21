internal import LibP2P

/// Most bytes per second of all connections together, as they are on the wire. Nil is as much as there is.
public struct BandwidthCaps: Equatable, Sendable {
    public var up: Int?
    public var down: Int?

    public init(up: Int? = nil, down: Int? = nil) {
        self.up = up
        self.down = down
    }
}

/// Of all connections since the start.
struct BandwidthReport {
    let caps: BandwidthCaps
    let sent: UInt64
    let received: UInt64
    /// Bytes held back now.
    let waiting: Int
    let sendsHeld: UInt64
    let readsHeld: UInt64
}

/// A token bucket that may be overdrawn by one piece: whoever finds it in credit takes all that it needs, and the next one waits for as
/// long as that was worth. The mean is exact, and a piece is never cut.
struct TokenBucket {
    /// Bytes per second.
    let rate: Int
    /// Credit that adds up in silence: a quarter of a second's worth, so that a request after a pause is not held up.
    let burst: Double
    private var credit: Double
    private var last: UInt64

    /// - Parameter now: nanoseconds.
    init(rate: Int, now: UInt64) {
        self.rate = max(1, rate)
        burst = Double(self.rate) / 4
        credit = burst
        last = now
    }

    mutating func take(_ count: Int, now: UInt64) {
        refill(now)
        credit -= Double(count)
    }

    /// When it is in credit again; nil where it is now.
    mutating func deadline(now: UInt64) -> UInt64? {
        refill(now)
        guard credit <= 0 else { return nil }
        // A nanosecond more, so that rounding doesn't wake up for nothing.
        return now &+ UInt64((1 - credit) / Double(rate) * 1e9) &+ 1
    }

    private mutating func refill(_ now: UInt64) {
        guard now > last else { return }
        credit = min(burst, credit + Double(now - last) * 1e-9 * Double(rate))
        last = now
    }
}

/// What connections write, held back to a rate: in the order in which it came, so that none waits for ever. The swarm bounds what it
/// gives to each connection before that was written, and so what waits here.
struct SendPacer {
    private var bucket: TokenBucket?
    private var waiting: [(transport: TransportID, bytes: [UInt8])] = []
    private var head = 0
    private(set) var waitingBytes = 0
    /// Pieces that had to wait.
    private(set) var heldCount: UInt64 = 0

    init(rate: Int?, now: UInt64) { bucket = rate.map { TokenBucket(rate: $0, now: now) } }

    /// Whether the bytes can be written now; otherwise they come out of `next`.
    mutating func admit(_ transport: TransportID, _ bytes: [UInt8], now: UInt64) -> Bool {
        guard bucket != nil else { return true }
        if head == waiting.count, bucket?.deadline(now: now) == nil {
            bucket?.take(bytes.count, now: now)
            return true
        }
        waiting.append((transport, bytes))
        waitingBytes += bytes.count
        heldCount &+= 1
        return false
    }

    /// The next piece that may be written.
    mutating func next(now: UInt64) -> (transport: TransportID, bytes: [UInt8])? {
        guard head < waiting.count, bucket?.deadline(now: now) == nil else { return nil }
        let piece = waiting[head]
        waiting[head].bytes = []
        head += 1
        if head == waiting.count || head > 1024 {
            waiting.removeFirst(head)
            head = 0
        }
        waitingBytes -= piece.bytes.count
        bucket?.take(piece.bytes.count, now: now)
        return piece
    }

    /// All that waits for one connection, which is closing: its goodbye is written at once, and the others wait the longer.
    mutating func release(_ transport: TransportID, now: UInt64) -> [[UInt8]] {
        guard head < waiting.count else { return [] }
        let mine = waiting[head...].filter { $0.transport == transport }.map(\.bytes)
        guard !mine.isEmpty else { return [] }
        waiting = waiting[head...].filter { $0.transport != transport }
        head = 0
        for bytes in mine {
            waitingBytes -= bytes.count
            bucket?.take(bytes.count, now: now)
        }
        return mine
    }

    /// When `next` has something again; nil where nothing waits.
    mutating func deadline(now: UInt64) -> UInt64? {
        guard head < waiting.count else { return nil }
        return bucket?.deadline(now: now) ?? now
    }
}

/// What connections read, held back to a rate: a connection that has brought bytes while there was no credit is not read from until there
/// is, and its peer's window closes.
struct ReceivePacer {
    private var bucket: TokenBucket?
    private var held: [TransportID] = []
    private(set) var heldCount: UInt64 = 0

    init(rate: Int?, now: UInt64) { bucket = rate.map { TokenBucket(rate: $0, now: now) } }

    /// Counts what came. True where nothing more is to be read from that connection before `due` names it.
    mutating func took(_ count: Int, from transport: TransportID, now: UInt64) -> Bool {
        guard bucket != nil else { return false }
        bucket?.take(count, now: now)
        guard bucket?.deadline(now: now) != nil else { return false }
        held.append(transport)
        heldCount &+= 1
        return true
    }

    /// Those that may be read from again, in the order in which they were held.
    mutating func due(now: UInt64) -> [TransportID] {
        guard !held.isEmpty, bucket?.deadline(now: now) == nil else { return [] }
        defer { held = [] }
        return held
    }

    mutating func deadline(now: UInt64) -> UInt64? {
        held.isEmpty ? nil : bucket?.deadline(now: now) ?? now
    }
}
