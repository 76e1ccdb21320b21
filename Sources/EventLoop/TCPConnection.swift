internal import CUV

/// A TCP connection, made or accepted. Nagle's algorithm is off: the protocols above send whole messages.
public final class TCPConnection: ByteStream {
    /// The other end.
    public private(set) var peerAddress: SocketAddress
    /// The connection is made. Never called where it was accepted; where it fails, `onClose` comes with `.connectFailed`.
    public var onConnect: (() -> Void)?
    public private(set) var isConnected = false
    public let isAccepted: Bool

    private var connectRequest: UnsafeMutablePointer<uv_connect_t>?
    private var connectAlarm: Timer?

    /// Starts to connect. Everything that goes wrong from here on is the reason of `onClose`. What is written before
    /// `onConnect` waits in the backlog.
    ///
    /// - Parameter deadline: on `EventLoop.now`, for the connection to be made; then `.connectFailed(.timedOut)`.
    /// - Throws: only where the loop is closing.
    public init(
        loop: EventLoop, connectingTo address: SocketAddress, deadline: UInt64, parameters: Parameters = Parameters()
    ) throws(UVError) {
        peerAddress = address
        isAccepted = false
        try super.init(
            loop: loop, parameters: parameters, size: MemoryLayout<uv_tcp_t>.size, operation: "connect to \(address)"
        ) { raw in
            uv_tcp_init(loop.raw, raw.assumingMemoryBound(to: uv_tcp_t.self))
        }
        do {
            let alarm = try Timer(loop: loop) { [weak self] in self?.close(.connectFailed(.timedOut(address))) }
            alarm.arm(at: deadline)
            connectAlarm = alarm
        } catch {
            close()
            throw error
        }
        connect()
    }

    /// Takes the next connection of a listener.
    /// - Throws: where it has gone already, or no file descriptor is left.
    init(accepting listener: TCPListener, parameters: Parameters) throws(UVError) {
        let loop = listener.loop
        let operation = "accept a connection on \(listener.address)"
        peerAddress = listener.address
        isAccepted = true
        try super.init(loop: loop, parameters: parameters, size: MemoryLayout<uv_tcp_t>.size, operation: operation) { raw in
            uv_tcp_init(loop.raw, raw.assumingMemoryBound(to: uv_tcp_t.self))
        }
        let status = uv_accept(listener.stream, stream)
        guard status >= 0, let peer = SocketAddress(reading: { uv_tcp_getpeername(tcp, $0, $1) }) else {
            close()
            throw UVError(code: status < 0 ? status : UV_ENOTCONN.rawValue, operation: operation)
        }
        peerAddress = peer
        isConnected = true
        uv_tcp_nodelay(tcp, 1)
    }

    deinit { connectRequest?.deallocate() }

    /// This end; nil before the connection is made and after it is closed.
    public var localAddress: SocketAddress? {
        guard isOpen else { return nil }
        return SocketAddress(reading: { uv_tcp_getsockname(tcp, $0, $1) })
    }

    private var tcp: UnsafeMutablePointer<uv_tcp_t> { raw.assumingMemoryBound(to: uv_tcp_t.self) }

    private func connect() {
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        connectRequest = request
        let status = peerAddress.withSystemForm { address in
            uv_tcp_connect(request, tcp, address) { request, status in
                guard let data = request?.pointee.data else { return }
                Unmanaged<TCPConnection>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.connected(status) }
            }
        }
        if status < 0 { connected(status) }
    }

    private func connected(_ status: Int32) {
        guard isOpen else { return }
        guard status >= 0 else {
            let error = UVError(code: status, operation: "connect to \(peerAddress)")
            return close(.connectFailed(SocketError(error, peerAddress)))
        }
        connectAlarm?.close()
        connectAlarm = nil
        isConnected = true
        uv_tcp_nodelay(tcp, 1)
        startShutdownIfReady()
        onConnect?()
    }

    override var isTransportReady: Bool { isConnected }

    override func didClose() {
        connectAlarm?.close()
        connectAlarm = nil
        onConnect = nil
        super.didClose()
    }

    override var label: String {
        "tcp connection \(isAccepted ? "from" : "to") \(peerAddress)\(isConnected ? "" : " (connecting)")"
    }
}
