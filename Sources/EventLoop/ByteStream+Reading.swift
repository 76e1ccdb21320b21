internal import CUV

extension ByteStream {
    /// Reads until `pauseReading()` or the end. Bytes that came before wait in the kernel, whose window holds the peer back.
    public final func resumeReading() {
        guard isOpen, !isReading, !hasPeerEnded else { return }
        let status = uv_read_start(
            stream,
            { pointer, _, buffer in
                guard let data = pointer?.pointee.data else { return }
                Unmanaged<Handle>.fromOpaque(data)._withUnsafeGuaranteedRef {
                    let shared = $0.loop.readBuffer
                    buffer?.pointee = uv_buf_init(shared.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(shared.count))
                }
            },
            { pointer, count, buffer in
                guard let data = pointer?.pointee.data else { return }
                Unmanaged<ByteStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.read(count) }
            })
        if status < 0 { return close(.failed(UVError(code: status, operation: "read from \(label)"))) }
        isReading = true
    }

    public final func pauseReading() {
        guard isOpen, isReading else { return }
        isReading = false
        uv_read_stop(stream)
    }

    /// - Parameter count: as libuv gives it: bytes in the shared buffer, 0 for nothing after all, or a negative error.
    private func read(_ count: Int) {
        guard isOpen else { return }
        if count > 0 {
            bytesRead += UInt64(count)
            guard let onRead else { return }
            onRead(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]).bytes)
        } else if count == Int(UV_EOF.rawValue) {
            ended()
        } else if count < 0 {
            close(.failed(UVError(code: Int32(clamping: count), operation: "read from \(label)")))
        }
    }
}
