internal import CUV

/// What became of a write.
public enum WriteOutcome: Equatable, Sendable {
    /// The kernel has all of it.
    case sent
    /// Taken; the stream now holds this many bytes that the kernel has not. Stop, or go on up to the bound; above `backlogLow`,
    /// `onWritable` comes.
    case queued(backlog: Int)
    /// Not a byte was taken: it would exceed `backlogMax`. `onWritable` comes, unless the write alone is larger than the bound.
    case refused
    /// Not a byte was taken: the stream is closing, or its write half is shut down.
    case closed
}

extension ByteStream {
    /// Bytes that wait in this process.
    public final var backlogCount: Int { backlog.count }

    public final func write(_ bytes: [UInt8]) -> WriteOutcome { bytes.withUnsafeBytes { write($0) } }

    public final func write(_ bytes: RawSpan) -> WriteOutcome { bytes.withUnsafeBytes { write($0) } }

    /// The bytes are copied, or gone, when this returns.
    public final func write(_ bytes: UnsafeRawBufferPointer) -> WriteOutcome {
        guard isOpen, !isWriteShut else { return .closed }
        guard bytes.count > 0 else { return .sent }
        guard bytes.count <= parameters.backlogMax - backlog.count else {
            wantsWritable = !backlog.isEmpty
            return .refused
        }
        var rest = bytes
        if backlog.isEmpty {
            switch tryWrite(bytes) {
            case .success(let count):
                guard count < bytes.count else { return .sent }
                rest = UnsafeRawBufferPointer(rebasing: bytes[count...])
            case .failure(let error):
                close(.failed(error))
                return .closed
            }
        }
        backlog.append(rest)
        if backlog.count > parameters.backlogLow { wantsWritable = true }
        if !backlog.isWriting {
            guard writeWaiting() else { return .closed }
        }
        return .queued(backlog: backlog.count)
    }

    /// Ends the write half once the backlog is written. The peer sees the end of the stream; reading goes on.
    public final func shutdownWriting() {
        guard isOpen, !isWriteShut else { return }
        isWriteShut = true
        startShutdownIfReady()
    }

    /// As much as the kernel takes now, possibly nothing.
    private func tryWrite(_ bytes: UnsafeRawBufferPointer) -> Result<Int, UVError> {
        // libuv reads from the buffer only; its type has no const.
        let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        var buffer = uv_buf_init(base, UInt32(bytes.count))
        let status = uv_try_write(stream, &buffer, 1)
        if status == UV_EAGAIN.rawValue { return .success(0) }
        if status < 0 { return .failure(UVError(code: status, operation: "write to \(label)")) }
        bytesWritten += UInt64(status)
        return .success(Int(status))
    }

    /// - Returns: false where the stream had to be closed.
    private func writeWaiting() -> Bool {
        var (request, buffer) = backlog.takeWaiting(owner: Unmanaged.passUnretained(self).toOpaque())
        let status = uv_write(request, stream, &buffer, 1) { request, status in
            guard let data = request?.pointee.data else { return }
            Unmanaged<ByteStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.wrote(status) }
        }
        guard status < 0 else { return true }
        close(.failed(UVError(code: status, operation: "write to \(label)")))
        return false
    }

    /// Runs also, with `ECANCELED`, between the start and the end of closing.
    private func wrote(_ status: Int32) {
        let count = backlog.finishWriting()
        guard isOpen else { return }
        guard status >= 0 else { return close(.failed(UVError(code: status, operation: "write to \(label)"))) }
        bytesWritten += UInt64(count)
        if backlog.count > 0 {
            guard writeWaiting() else { return }
        } else if isWriteShut {
            return startShutdownIfReady()
        }
        if wantsWritable, backlog.count <= parameters.backlogLow {
            wantsWritable = false
            onWritable?()
        }
    }

    /// Now, or called again when the backlog is written or the connection made: libuv takes a shutdown of a half-made
    /// connection for the connection.
    final func startShutdownIfReady() {
        guard isWriteShut, shutdownRequest == nil, isTransportReady, !backlog.isWriting else { return }
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        shutdownRequest = request
        let status = uv_shutdown(request, stream) { request, status in
            guard let data = request?.pointee.data else { return }
            Unmanaged<ByteStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.didShutdown(status) }
        }
        if status < 0 { didShutdown(status) }
    }

    private func didShutdown(_ status: Int32) {
        guard isOpen else { return }
        guard status >= 0 else { return close(.failed(UVError(code: status, operation: "shut down \(label)"))) }
        isShutdownDone = true
        closeIfFinished()
    }
}
