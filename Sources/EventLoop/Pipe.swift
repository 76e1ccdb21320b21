internal import CUV

/// One end of a pipe or of a Unix socket: the standard streams of a child, or those that this process inherited.
public final class Pipe: ByteStream {
    private let name: String

    /// Takes over a descriptor that the process already has; closing the pipe closes it.
    ///
    /// - Throws: `ENOTSUP` where the descriptor is a regular file or a device such as `/dev/null`: nothing tells when those are
    ///   ready, and they never block; read and write them directly.
    public init(loop: EventLoop, descriptor: Int32, parameters: Parameters = Parameters()) throws(UVError) {
        name = "descriptor \(descriptor)"
        let operation = "open \(name) as a pipe"
        switch uv_guess_handle(descriptor) {
        case UV_NAMED_PIPE, UV_TCP, UV_TTY: break
        default: throw UVError(code: UV_ENOTSUP.rawValue, operation: operation)
        }
        try super.init(loop: loop, parameters: parameters, size: MemoryLayout<uv_pipe_t>.size, operation: operation) { raw in
            uv_pipe_init(loop.raw, raw.assumingMemoryBound(to: uv_pipe_t.self), 0)
        }
        let status = uv_pipe_open(raw.assumingMemoryBound(to: uv_pipe_t.self), descriptor)
        if status < 0 {
            close()
            throw UVError(code: status, operation: operation)
        }
    }

    /// For `uv_spawn`, which connects it.
    init(loop: EventLoop, name: String, parameters: Parameters) throws(UVError) {
        self.name = name
        try super.init(loop: loop, parameters: parameters, size: MemoryLayout<uv_pipe_t>.size, operation: "open \(name)") { raw in
            uv_pipe_init(loop.raw, raw.assumingMemoryBound(to: uv_pipe_t.self), 0)
        }
    }

    override var label: String { "pipe \(name)" }
}
