internal import CUV

/// The bytes of one stream that the kernel would not take yet: one buffer on its way in a `uv_write`, one being filled.
///
/// Memory is given back whenever the backlog is empty, so an idle stream costs nothing here.
struct WriteBacklog {
    private(set) var inFlight = Buffer()
    private(set) var waiting = Buffer()
    private var request: UnsafeMutablePointer<uv_write_t>?

    var count: Int { inFlight.count + waiting.count }
    var isEmpty: Bool { count == 0 }

    struct Buffer {
        private(set) var base: UnsafeMutableRawPointer?
        private(set) var count = 0
        private var capacity = 0

        mutating func append(_ bytes: UnsafeRawBufferPointer) {
            guard let source = bytes.baseAddress, bytes.count > 0 else { return }
            if count + bytes.count > capacity { grow(to: count + bytes.count) }
            base?.advanced(by: count).copyMemory(from: source, byteCount: bytes.count)
            count += bytes.count
        }

        private mutating func grow(to needed: Int) {
            capacity = max(needed, capacity * 2, 4096)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
            if let base {
                larger.copyMemory(from: base, byteCount: count)
                base.deallocate()
            }
            base = larger
        }

        mutating func deallocate() {
            base?.deallocate()
            self = Buffer()
        }
    }

    /// Bytes are in the hands of a `uv_write`.
    var isWriting: Bool { inFlight.count > 0 }

    mutating func append(_ bytes: UnsafeRawBufferPointer) { waiting.append(bytes) }

    /// Makes the waiting bytes those of the next `uv_write`.
    mutating func takeWaiting(owner: UnsafeMutableRawPointer) -> (request: UnsafeMutablePointer<uv_write_t>, buffer: uv_buf_t) {
        precondition(!isWriting, "one uv_write at a time")
        swap(&inFlight, &waiting)
        let request = self.request ?? .allocate(capacity: 1)
        self.request = request
        request.pointee.data = owner
        return (request, uv_buf_init(inFlight.base?.assumingMemoryBound(to: CChar.self), UInt32(inFlight.count)))
    }

    /// The `uv_write` has ended. Returns how many bytes it carried.
    mutating func finishWriting() -> Int {
        defer { inFlight.deallocate() }
        return inFlight.count
    }

    /// Only when libuv holds none of it: the handle has closed.
    mutating func deallocate() {
        inFlight.deallocate()
        waiting.deallocate()
        request?.deallocate()
        request = nil
    }
}
