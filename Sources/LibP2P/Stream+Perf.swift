internal import Determinism
internal import Wire

/// How far a transfer of the perf protocol is (libp2p/specs, perf): the client says in eight bytes how much it wants back, sends what
/// it has to send and ends its half; then the server sends so much and ends the other.
struct PerfProgress {
    /// Zeros still to be sent.
    var unsent: UInt64 = 0
    /// Of the client: what it asked for, what of it came, and when it began.
    var wanted: UInt64 = 0
    var received: UInt64 = 0
    var began = Instant.origin

    var isComplete: Bool { unsent == 0 && received == wanted }
}

extension Stream {
    /// What a client says first.
    mutating func beginPerf(upload: UInt64, download: UInt64, now: Instant) {
        perf = PerfProgress(unsent: upload, wanted: download, began: now)
        output.append((0..<8).map { UInt8(truncatingIfNeeded: download >> UInt64(56 - 8 * $0)) })
        finishesWhenDrained = upload == 0
    }

    mutating func readPerf(_ cursor: inout ByteCursor, context: ConnectionContext, now: Instant) {
        deadline = now + context.parameters.idleStreamMax
        while block.count < 8, let byte = cursor.takeByte() { block.append(byte) }
        _ = cursor.takeRest()
    }

    /// The client has sent everything.
    mutating func beginPerfDownload() {
        perf.unsent = block.count == 8 ? block.reduce(0) { $0 << 8 | UInt64($1) } : 0
        finishesWhenDrained = true
    }

    /// More of what the role produces by itself, where `output` runs low.
    /// - Returns: bytes added to `output`.
    mutating func refill() -> Int {
        guard perf.unsent > 0, output.isEmpty, role == .perfClient || isRemotelyFinished else { return 0 }
        let size = min(perf.unsent, UInt64(Stream.zeros.count))
        output.append(size == Stream.zeros.count ? Stream.zeros : [UInt8](repeating: 0, count: Int(size)))
        perf.unsent -= size
        if perf.unsent == 0 { finishesWhenDrained = true }
        return Int(size)
    }

    private static let zeros = [UInt8](repeating: 0, count: 256 * 1024)
}
