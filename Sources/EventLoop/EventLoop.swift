internal import CUV
internal import Glibc

/// One loop of libuv, confined to the thread that runs it.
///
/// Nothing here is `Sendable`: a loop, its handles and their callbacks belong to one thread. Other threads reach it through a
/// `Mailbox` only; slow work leaves it through a `WorkQueue`.
///
/// A handle lives from its `init` until its close callback, whether or not anybody keeps a reference. `shutdown()` closes
/// whatever is left and proves with `uv_loop_close` that nothing was forgotten.
///
/// The first loop of a process ignores `SIGPIPE`: a peer that went away is an error of the write, not the end of the process.
public final class EventLoop {
    public struct Parameters: Sendable {
        /// Bytes. One buffer for all streams of the loop: larger means fewer system calls for bulk transfers, and the most that
        /// one read callback can be handed. Two Yamux frames of 64 KiB; more than the second-level cache gains nothing.
        public var readBufferSize = 128 * 1024

        public init() {}
    }

    let raw: UnsafeMutablePointer<uv_loop_t>
    /// Valid between the allocation callback and the return of the read callback of one stream.
    let readBuffer: UnsafeMutableRawBufferPointer

    /// Handles that are open or closing.
    public internal(set) var handleCount = 0
    /// Name lookups and pieces of work in flight. (Connects, writes and shutdowns end with their stream.)
    public internal(set) var requestCount = 0

    private var phase = Phase.open
    private var running: uv_run_mode?

    private enum Phase { case open, closing, closed }

    /// - Throws: `EMFILE`, `ENFILE` or `ENOMEM` where the system refuses another loop.
    public init(_ parameters: Parameters = Parameters()) throws(UVError) {
        precondition(parameters.readBufferSize >= 1024, "a read buffer below 1 KiB cannot hold one packet")
        signal(SIGPIPE, SIG_IGN)
        let raw = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        let status = uv_loop_init(raw)
        if status < 0 {
            raw.deallocate()
            throw UVError(code: status, operation: "open an event loop")
        }
        self.raw = raw
        readBuffer = .allocate(byteCount: parameters.readBufferSize, alignment: 64)
    }

    deinit {
        // Every live handle retains its loop, so none is left here; a loop that still refuses to close is leaked, not freed.
        if phase != .closed, uv_loop_close(raw) != 0 { return }
        raw.deallocate()
        readBuffer.deallocate()
    }

    /// Nanoseconds on the monotonic clock, read now. Deadlines everywhere in this module are on this clock.
    public var now: UInt64 { uv_hrtime() }

    /// No new handle can be opened, no new work accepted.
    public var isClosing: Bool { phase != .open }

    /// Runs until `stop()` is called or no handle and no request keeps the loop alive.
    public func run() { turn(UV_RUN_DEFAULT) }

    /// Waits for at least one event and handles all that are ready.
    public func runOnce() { turn(UV_RUN_ONCE) }

    /// Handles the events that are ready, without waiting.
    public func poll() { turn(UV_RUN_NOWAIT) }

    /// Runs until `condition` holds, tested after every turn, or `duration` has passed.
    /// - Returns: whether the condition held.
    public func run(for duration: Duration, until condition: () -> Bool) throws(UVError) -> Bool {
        let alarm = try Timer(loop: self) {}
        alarm.arm(at: deadline(after: duration))
        defer {
            alarm.close()
            poll()
        }
        while !condition() {
            guard alarm.deadline != nil else { return false }
            runOnce()
        }
        return true
    }

    /// Makes `run()` return after the current turn.
    public func stop() { uv_stop(raw) }

    /// `now` plus a duration; a negative one counts as zero, a huge one as never.
    public func deadline(after duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return now }
        let (scaled, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, carry) = scaled.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        guard !carry else { return .max }
        let (deadline, late) = now.addingReportingOverflow(sum)
        return late ? .max : deadline
    }

    /// Starts to close every handle. Their close callbacks come while the loop runs on.
    public func closeAll() {
        for handle in liveHandles { handle.abandon() }
    }

    /// Closes every handle, waits for work in flight, and closes the loop. Not from inside a callback.
    /// - Throws: `EBUSY`, with the handles that are left; a defect of this module.
    public func shutdown() throws(UVError) {
        precondition(running == nil, "a callback must not shut down its own loop")
        guard phase != .closed else { return }
        phase = .closing
        closeAll()
        while uv_run(raw, UV_RUN_DEFAULT) != 0 {}
        try UVError.check(uv_loop_close(raw), "close the event loop, \(handleDescriptions) are left")
        phase = .closed
    }

    private func turn(_ mode: uv_run_mode) {
        precondition(running == nil, "a callback must not run its own loop")
        precondition(phase == .open, "the loop is shut down")
        running = mode
        _ = uv_run(raw, mode)
        running = nil
    }

    /// libuv 1.44 runs the timers that are due first and then waits for something else to happen, in `runOnce` too. A stop makes
    /// it not wait.
    func timerFired() {
        if running == UV_RUN_ONCE { uv_stop(raw) }
    }
}

extension EventLoop {
    /// One line per handle that is not closed yet, for diagnostics and for tests that prove there is none.
    public var handleDescriptions: [String] { liveHandles.map(\.description) }

    /// In libuv's order, without libuv's own internal handles.
    var liveHandles: [Handle] {
        var handles: [Handle] = []
        withUnsafeMutablePointer(to: &handles) { pointer in
            uv_walk(
                raw,
                { handle, argument in
                    guard let data = handle?.pointee.data, let argument else { return }
                    argument.assumingMemoryBound(to: [Handle].self).pointee
                        .append(Unmanaged<Handle>.fromOpaque(data).takeUnretainedValue())
                }, pointer)
        }
        return handles
    }
}
