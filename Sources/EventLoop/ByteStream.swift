internal import CUV

/// A stream of bytes in both directions: a TCP connection or a pipe.
///
/// Every stream ends with exactly one `onClose`, whatever happened to it. No callback comes from inside a call of the owner:
/// an error found by `write` closes the stream and is reported from the loop.
///
/// Reading starts with `resumeReading()`. The bytes of `onRead` lie in a buffer that all streams of the loop share and are gone
/// when the callback returns; its type, `RawSpan`, cannot be kept.
///
/// Writing is bounded: a write is taken whole or refused whole. Callbacks capture what they need; they are released when the
/// stream has closed.
public class ByteStream: Handle {
    public struct Parameters: Sendable {
        /// Bytes that may wait in this process for a peer that reads slowly, and so the largest single write. Four Yamux windows
        /// at their initial size; what the kernel buffers comes on top.
        public var backlogMax = 1 << 20
        /// Bytes. `onWritable` comes when the backlog has fallen to this. Lower means fewer wake-ups, higher fewer pauses on the wire.
        public var backlogLow = 1 << 18

        public init() {}
    }

    public let parameters: Parameters

    /// Bytes from the peer, at least one.
    public var onRead: ((RawSpan) -> Void)?
    /// The peer has sent its last byte. Where there is no such callback the stream closes with `.endOfStream`.
    public var onEnd: (() -> Void)?
    /// A write was refused, or left more than `backlogLow` bytes waiting, and now the backlog has fallen to `backlogLow`.
    public var onWritable: (() -> Void)?
    /// The last callback.
    public var onClose: ((CloseReason) -> Void)?

    public internal(set) var bytesRead: UInt64 = 0
    /// Bytes handed to the kernel.
    public internal(set) var bytesWritten: UInt64 = 0
    public internal(set) var isReading = false
    /// Nothing more can be written: the write half is shut down, or is as soon as the backlog is empty.
    public internal(set) var isWriteShut = false

    var backlog = WriteBacklog()
    /// Nothing more can be read.
    var hasPeerEnded = false
    /// The kernel has everything, and has been told that this is all.
    var isShutdownDone = false
    var wantsWritable = false
    var shutdownRequest: UnsafeMutablePointer<uv_shutdown_t>?
    private var reason = CloseReason.local
    private var isFinishing = false
    private var finishAlarm: Timer?

    init(
        loop: EventLoop, parameters: Parameters, size: Int, operation: @autoclosure () -> String,
        initialise: (UnsafeMutableRawPointer) -> Int32
    ) throws(UVError) {
        precondition(parameters.backlogLow < parameters.backlogMax, "the low mark lies below the bound")
        self.parameters = parameters
        try super.init(loop: loop, size: size, operation: operation(), initialise: initialise)
    }

    deinit {
        backlog.deallocate()
        shutdownRequest?.deallocate()
    }

    final var stream: UnsafeMutablePointer<uv_stream_t> { raw.assumingMemoryBound(to: uv_stream_t.self) }

    /// False while a connection is being made.
    var isTransportReady: Bool { true }

    /// Closes at once. What has not been written is lost; `finish` is the patient form.
    public override func close() { close(.local) }

    override func abandon() { close(.loopShutDown) }

    /// The first reason is the one that is reported.
    final func close(_ reason: CloseReason) {
        guard isOpen else { return }
        self.reason = reason
        finishAlarm?.close()
        beginClosing()
    }

    /// Says goodbye: writes the backlog, ends the write half, throws away what still comes until the peer ends too, and closes.
    /// (A socket that is closed with unread bytes resets the connection, and the peer may lose what it had not read.)
    ///
    /// - Parameter deadline: on `EventLoop.now`; then the stream closes with `.finishTimedOut`.
    public final func finish(deadline: UInt64) {
        guard isOpen, !isFinishing else { return }
        guard let alarm = try? Timer(loop: loop, onFire: { [weak self] in self?.close(.finishTimedOut) }) else { return close(.local) }
        alarm.arm(at: deadline)
        isFinishing = true
        finishAlarm = alarm
        // The pipes of a child go one way only.
        if uv_is_readable(stream) == 0 { hasPeerEnded = true }
        if uv_is_writable(stream) == 0 { isShutdownDone = true }
        onRead = nil
        onEnd = nil
        onWritable = nil
        if !isShutdownDone { shutdownWriting() }
        resumeReading()
        closeIfFinished()
    }

    /// Both halves have ended, and the owner had said goodbye.
    final func closeIfFinished() {
        if isFinishing, hasPeerEnded, isShutdownDone { close(.local) }
    }

    /// The peer ended its half.
    final func ended() {
        pauseReading()
        hasPeerEnded = true
        if isFinishing {
            closeIfFinished()
        } else if let onEnd {
            onEnd()
        } else {
            close(.endOfStream)
        }
    }

    override func didClose() {
        let report = onClose
        onRead = nil
        onEnd = nil
        onWritable = nil
        onClose = nil
        isReading = false
        finishAlarm = nil
        backlog.deallocate()
        report?(reason)
    }
}

/// Why a stream closed.
public enum CloseReason: Error, Equatable, Sendable {
    /// `close()`, or a `finish` that ended in time.
    case local
    /// The peer ended the stream.
    case endOfStream
    /// The connection was never made.
    case connectFailed(SocketError)
    /// The peer did not end the stream before the deadline of `finish`.
    case finishTimedOut
    /// Reset, broken pipe and the like.
    case failed(UVError)
    case loopShutDown
}
