internal import CUV

/// Delivers a signal of the process as a callback on the loop.
public final class SignalWatcher: Handle {
    public let signal: Int32
    private var onSignal: (() -> Void)?

    /// - Throws: `EINVAL` for `SIGKILL`, `SIGSTOP` and numbers that are no signals.
    public init(loop: EventLoop, signal: Int32, onSignal: @escaping () -> Void) throws(UVError) {
        self.signal = signal
        self.onSignal = onSignal
        try super.init(loop: loop, size: MemoryLayout<uv_signal_t>.size, operation: "open a signal watcher") { raw in
            uv_signal_init(loop.raw, raw.assumingMemoryBound(to: uv_signal_t.self))
        }
        let status = uv_signal_start(
            raw.assumingMemoryBound(to: uv_signal_t.self),
            { pointer, _ in
                guard let data = pointer?.pointee.data else { return }
                Unmanaged<SignalWatcher>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.onSignal?() }
            }, signal)
        if status < 0 {
            close()
            throw UVError(code: status, operation: "watch signal \(signal)")
        }
    }

    override func didClose() { onSignal = nil }

    override var label: String { "signal \(signal)" }
}
