internal import CUV

/// The common part of everything that libuv keeps open.
///
/// Ownership: the memory of the C handle belongs to this object; the C handle's `data` retains the object from `init` until the
/// close callback. So a handle that is open cannot be freed, and one that is closed frees itself with its last reference.
///
/// Closing is asynchronous and happens once. No callback of a handle runs after its close callback, and none runs from inside
/// a call that its owner makes.
public class Handle: CustomStringConvertible {
    public let loop: EventLoop
    let raw: UnsafeMutableRawPointer
    private var phase = Phase.open

    private enum Phase { case open, closing, closed }

    /// - Parameters:
    ///   - size: of the C structure, in bytes.
    ///   - initialise: the `uv_…_init` call. After a negative answer the structure must not be known to libuv.
    init(
        loop: EventLoop, size: Int, operation: @autoclosure () -> String, initialise: (UnsafeMutableRawPointer) -> Int32
    ) throws(UVError) {
        guard !loop.isClosing else { throw UVError.closing(operation()) }
        let raw = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        let status = initialise(raw)
        if status < 0 {
            raw.deallocate()
            throw UVError(code: status, operation: operation())
        }
        self.loop = loop
        self.raw = raw
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        loop.handleCount += 1
    }

    deinit { raw.deallocate() }

    final var handle: UnsafeMutablePointer<uv_handle_t> { raw.assumingMemoryBound(to: uv_handle_t.self) }

    /// Neither closing nor closed.
    public final var isOpen: Bool { phase == .open }
    public final var isClosed: Bool { phase == .closed }

    /// An unreferenced handle does not keep `run()` from returning.
    public final func unreference() { if isOpen { uv_unref(handle) } }

    /// Starts to close; nothing happens the second time.
    public func close() { beginClosing() }

    /// What the loop does to a handle when it shuts down.
    func abandon() { close() }

    /// For subclasses: drops callbacks, so that what they captured is freed, and reports the end.
    func didClose() {}

    /// For mailboxes: another thread has left something.
    func woken() {}

    /// What kind of handle this is and what it is connected to.
    var label: String { "handle" }

    public var description: String {
        switch phase {
        case .open: label
        case .closing: "\(label) (closing)"
        case .closed: "\(label) (closed)"
        }
    }

    final func beginClosing() {
        guard phase == .open else { return }
        phase = .closing
        uv_close(handle) { pointer in
            guard let data = pointer?.pointee.data else { return }
            let handle = Unmanaged<Handle>.fromOpaque(data).takeRetainedValue()
            handle.phase = .closed
            handle.loop.handleCount -= 1
            handle.didClose()
        }
    }
}
