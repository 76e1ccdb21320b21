internal import CUV

/// Tells when a file descriptor of somebody else's can be read: a library that brings its own epoll set runs on the loop with it.
///
/// The descriptor stays its owner's, who closes it after this handle.
public final class ReadableWatcher: Handle {
    private var onReadable: (() -> Void)?

    /// - Throws: where libuv cannot watch such a descriptor.
    public init(loop: EventLoop, descriptor: Int32, onReadable: @escaping () -> Void) throws(UVError) {
        self.onReadable = onReadable
        try super.init(loop: loop, size: MemoryLayout<uv_poll_t>.size, operation: "watch descriptor \(descriptor)") { raw in
            uv_poll_init(loop.raw, raw.assumingMemoryBound(to: uv_poll_t.self), descriptor)
        }
        let status = uv_poll_start(raw.assumingMemoryBound(to: uv_poll_t.self), Int32(UV_READABLE.rawValue)) { pointer, _, _ in
            guard let data = pointer?.pointee.data else { return }
            Unmanaged<ReadableWatcher>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.onReadable?() }
        }
        if status < 0 {
            close()
            throw UVError(code: status, operation: "watch descriptor \(descriptor)")
        }
    }

    override func didClose() { onReadable = nil }

    override var label: String { "descriptor" }
}
