internal import CMicroHTTPD
public import EventLoop
internal import Glibc

/// GET requests over HTTP/1.1 through libmicrohttpd, on the loop: the library's epoll set is one descriptor among the others, and no
/// thread is started.
///
/// Bounds: 16 connections, 16 KiB of memory each, ten seconds of silence, no request body. Whatever a client sends, the rest of the
/// process goes on.
public final class HTTPServer {
    public struct Parameters: Sendable {
        /// Connections at once; further ones wait in the kernel.
        public var connectionsMax: UInt32 = 16
        /// A silent connection is closed after so long.
        public var idleSecondsMax: UInt32 = 10
        /// Headers of a request and of its answer, in bytes.
        public var connectionMemory = 16 << 10

        public init() {}
    }

    public enum Failure: Error, Equatable, CustomStringConvertible {
        case libraryMissing
        case cannotListen(SocketAddress, reason: String)

        public var description: String {
            switch self {
            case .libraryMissing: "HTTP is served by libmicrohttpd (libmicrohttpd.so.12), which is not installed"
            case .cannotListen(let address, let reason): "cannot listen for HTTP on \(address): \(reason)"
            }
        }
    }

    /// Where it listens; the port that the system chose, where it was to.
    public let address: SocketAddress
    private let loop: EventLoop
    private let daemon: OpaquePointer
    private let context: Context
    private var watcher: ReadableWatcher?
    private var timer: Timer?

    /// - Parameter onRequest: is to call its second argument once, at once or later.
    public init(
        loop: EventLoop, listening address: SocketAddress, parameters: Parameters = Parameters(),
        onRequest: @escaping (HTTPRequest, @escaping (HTTPResponse) -> Void) -> Void
    ) throws(Failure) {
        guard inferix_http_open() else { throw .libraryMissing }
        let context = Context(onRequest)
        let started = address.systemBytes.withUnsafeBytes { bytes in
            inferix_http_start(
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), Context.requested, Context.completed,
                Unmanaged.passUnretained(context).toOpaque(), parameters.connectionsMax,
                parameters.idleSecondsMax, parameters.connectionMemory)
        }
        guard let started else { throw .cannotListen(address, reason: String(cString: strerror(errno))) }
        self.loop = loop
        self.context = context
        daemon = started
        self.address = SocketAddress(address.ip, port: UInt16(truncatingIfNeeded: inferix_http_port(started)))
        let descriptor = inferix_http_descriptor(started)
        do throws(UVError) {
            timer = try Timer(loop: loop) { [weak self] in self?.turn() }
            watcher = try ReadableWatcher(loop: loop, descriptor: descriptor) { [weak self] in self?.turn() }
        } catch {
            timer?.close()
            inferix_http_stop(started)
            throw .cannotListen(address, reason: "\(error)")
        }
        context.onResumed = { [weak self] in
            guard let self else { return }
            timer?.arm(at: loop.now)
        }
        watcher?.unreference()
        timer?.unreference()
        armTimer()
    }

    /// Lets the library do what there is to do, and asks when it wants to be called without being woken.
    private func turn() {
        guard watcher != nil else { return }
        inferix_http_run(daemon)
        armTimer()
    }

    private func armTimer() {
        let milliseconds = inferix_http_timeout(daemon)
        if milliseconds < 0 { timer?.disarm() } else { timer?.arm(at: loop.deadline(after: .milliseconds(milliseconds))) }
    }

    /// Stops at once; requests that still wait for their answer get none.
    public func close() {
        guard let watcher else { return }
        self.watcher = nil
        watcher.close()
        timer?.close()
        timer = nil
        context.abandon()
        inferix_http_run(daemon)
        inferix_http_stop(daemon)
    }

    deinit { close() }
}
