internal import CUV
internal import Glibc

/// Looks up the addresses of a host name, off the loop's thread.
///
/// It answers exactly once, from the loop, unless it is cancelled or the loop shuts down first. The system's resolver cannot be
/// interrupted: after a deadline its thread is busy until it gives up by itself, and its late answer is dropped.
public final class NameLookup {
    public enum Family: Sendable { case any, v4, v6 }

    public let host: String
    private let loop: EventLoop
    private let request: UnsafeMutablePointer<uv_getaddrinfo_t>
    private let alarm: Timer
    private let port: UInt16
    private var onAnswer: ((Result<[SocketAddress], UVError>) -> Void)?

    /// - Parameters:
    ///   - host: a name, or an address in its text form.
    ///   - port: of the addresses that are answered.
    ///   - deadline: on `EventLoop.now`; then the answer is `ETIMEDOUT`.
    ///   - onAnswer: at least one address, each once, in the order of the system's preference.
    /// - Throws: `EINVAL` where the name is empty, longer than a name can be (253 bytes) or holds a zero byte.
    @discardableResult
    public init(
        loop: EventLoop, host: String, port: UInt16, family: Family = .any, deadline: UInt64,
        onAnswer: @escaping (Result<[SocketAddress], UVError>) -> Void
    ) throws(UVError) {
        guard !loop.isClosing else { throw UVError.closing("look up \(host)") }
        guard (1...253).contains(host.utf8.count), !host.utf8.contains(0) else {
            throw UVError(code: UV_EINVAL.rawValue, operation: "look up a host name of \(host.utf8.count) bytes")
        }
        self.loop = loop
        self.host = host
        self.port = port
        self.onAnswer = onAnswer
        alarm = try Timer(loop: loop) {}
        request = .allocate(capacity: 1)

        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_family =
            switch family {
            case .any: AF_UNSPEC
            case .v4: AF_INET
            case .v6: AF_INET6
            }
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = uv_getaddrinfo(
            loop.raw, request,
            { request, status, list in
                guard let data = request?.pointee.data else { return }
                Unmanaged<NameLookup>.fromOpaque(data).takeRetainedValue().finished(status, list)
            }, host, nil, &hints)
        if status < 0 {
            alarm.close()
            Unmanaged.passUnretained(self).release()
            throw UVError(code: status, operation: "look up \(host)")
        }
        loop.requestCount += 1
        alarm.arm(at: deadline)
        alarm.onFire = { [weak self] in
            self?.answer(.failure(UVError(code: UV_ETIMEDOUT.rawValue, operation: "look up \(host)")))
            self?.cancel()
        }
    }

    deinit { request.deallocate() }

    /// No answer comes any more.
    public func cancel() {
        onAnswer = nil
        alarm.close()
        _ = request.withMemoryRebound(to: uv_req_t.self, capacity: 1) { uv_cancel($0) }
    }

    private func answer(_ result: Result<[SocketAddress], UVError>) {
        let onAnswer = self.onAnswer
        self.onAnswer = nil
        alarm.close()
        if !loop.isClosing { onAnswer?(result) }
    }

    private func finished(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        loop.requestCount -= 1
        defer { uv_freeaddrinfo(list) }
        guard status >= 0 else { return answer(.failure(UVError(code: status, operation: "look up \(host)"))) }
        var addresses: [SocketAddress] = []
        var next = UnsafePointer(list)
        while let entry = next {
            if let system = entry.pointee.ai_addr, let found = SocketAddress(system) {
                let address = SocketAddress(found.ip, port: port)
                if !addresses.contains(address) { addresses.append(address) }
            }
            next = UnsafePointer(entry.pointee.ai_next)
        }
        guard !addresses.isEmpty else {
            return answer(.failure(UVError(code: UV_EAI_NONAME.rawValue, operation: "look up \(host)")))
        }
        answer(.success(addresses))
    }
}
