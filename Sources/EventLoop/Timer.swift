internal import CUV

/// A one-shot timer on an absolute deadline that can be armed again and again without allocating.
///
/// libuv counts whole milliseconds, so a timer fires up to one millisecond after its deadline, plus whatever the loop was busy
/// with, and never before it.
public final class Timer: Handle {
    /// The armed deadline on `EventLoop.now`; nil where the timer is not armed. Already nil inside `onFire`.
    public private(set) var deadline: UInt64?
    var onFire: (() -> Void)?

    public init(loop: EventLoop, onFire: @escaping () -> Void) throws(UVError) {
        self.onFire = onFire
        try super.init(loop: loop, size: MemoryLayout<uv_timer_t>.size, operation: "open a timer") { raw in
            uv_timer_init(loop.raw, raw.assumingMemoryBound(to: uv_timer_t.self))
        }
    }

    /// Replaces the deadline. One that has passed fires in the next turn of the loop.
    public func arm(at deadline: UInt64) {
        guard isOpen else { return }
        self.deadline = deadline
        start(deadline)
    }

    public func disarm() {
        guard isOpen, deadline != nil else { return }
        deadline = nil
        uv_timer_stop(timer)
    }

    private var timer: UnsafeMutablePointer<uv_timer_t> { raw.assumingMemoryBound(to: uv_timer_t.self) }

    /// The target is absolute in milliseconds, rounded up; libuv adds the timeout to the same cached time that is taken off here.
    private func start(_ deadline: UInt64) {
        let (quotient, remainder) = deadline.quotientAndRemainder(dividingBy: 1_000_000)
        let target = remainder == 0 ? quotient : quotient + 1
        let cached = uv_now(loop.raw)
        uv_timer_start(
            timer,
            { pointer in
                guard let data = pointer?.pointee.data else { return }
                Unmanaged<Timer>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.expired() }
            }, target > cached ? target - cached : 0, 0)
    }

    private func expired() {
        guard isOpen, let deadline else { return }
        loop.timerFired()
        // The cached time of the loop is rounded: never early.
        guard loop.now >= deadline else { return start(deadline) }
        self.deadline = nil
        onFire?()
    }

    override func didClose() {
        deadline = nil
        onFire = nil
    }

    override var label: String { deadline == nil ? "timer" : "timer (armed)" }
}
