internal import CUV

/// Accepts TCP connections on one address.
public final class TCPListener: Handle {
    /// With the port that the system chose where 0 was asked for.
    public private(set) var address: SocketAddress
    /// A connection could not be taken: it had gone, or no file descriptor is left. The listener goes on.
    public var onAcceptError: ((UVError) -> Void)?
    private var onConnection: ((TCPConnection) -> Void)?
    private let connectionParameters: ByteStream.Parameters

    /// Binds and listens. An IPv6 listener takes no IPv4 connections, so that both can have the same port.
    ///
    /// - Parameters:
    ///   - pendingMax: connections that the kernel completes and holds before they are accepted here.
    ///   - onConnection: the connection is open and does not read yet. Nobody needs to keep it: it lives until it closes.
    public init(
        loop: EventLoop, address: SocketAddress, pendingMax: Int32 = 511,
        connectionParameters: ByteStream.Parameters = ByteStream.Parameters(), onConnection: @escaping (TCPConnection) -> Void
    ) throws(SocketError) {
        self.address = address
        self.onConnection = onConnection
        self.connectionParameters = connectionParameters
        do throws(UVError) {
            try super.init(loop: loop, size: MemoryLayout<uv_tcp_t>.size, operation: "listen on \(address)") { raw in
                uv_tcp_init(loop.raw, raw.assumingMemoryBound(to: uv_tcp_t.self))
            }
        } catch {
            throw SocketError(error, address)
        }
        let status = listen(pendingMax)
        if status < 0 {
            close()
            throw SocketError(UVError(code: status, operation: "listen on \(address)"), address)
        }
    }

    var stream: UnsafeMutablePointer<uv_stream_t> { raw.assumingMemoryBound(to: uv_stream_t.self) }
    private var tcp: UnsafeMutablePointer<uv_tcp_t> { raw.assumingMemoryBound(to: uv_tcp_t.self) }

    private func listen(_ pendingMax: Int32) -> Int32 {
        let flags: UInt32 = if case .v6 = address.ip { UV_TCP_IPV6ONLY.rawValue } else { 0 }
        let bound = address.withSystemForm { uv_tcp_bind(tcp, $0, flags) }
        if bound < 0 { return bound }
        let status = uv_listen(stream, pendingMax) { pointer, status in
            guard let data = pointer?.pointee.data else { return }
            Unmanaged<TCPListener>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.accept(status) }
        }
        if status < 0 { return status }
        guard let actual = SocketAddress(reading: { uv_tcp_getsockname(tcp, $0, $1) }) else { return UV_EINVAL.rawValue }
        address = actual
        return 0
    }

    private func accept(_ status: Int32) {
        guard isOpen else { return }
        do throws(UVError) {
            try UVError.check(status, "accept a connection on \(address)")
            let connection = try TCPConnection(accepting: self, parameters: connectionParameters)
            onConnection?(connection)
        } catch {
            onAcceptError?(error)
        }
    }

    override func didClose() {
        onConnection = nil
        onAcceptError = nil
    }

    override var label: String { "tcp listener \(address)" }
}
