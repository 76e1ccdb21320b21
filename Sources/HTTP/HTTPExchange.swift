internal import CMicroHTTPD

/// One request between its headers and the end of its answer. The library holds it from the first call to the last.
final class HTTPExchange {
    let connection: OpaquePointer
    var response: HTTPResponse?
    /// Handed to the owner.
    var isAsked = false
    var isSuspended = false
    /// The library is done with it: an answer that comes now is too late.
    var isOver = false

    init(_ connection: OpaquePointer) { self.connection = connection }

    /// Hands an answer to the library; what its callback is to return.
    static func send(_ response: HTTPResponse, over connection: OpaquePointer) -> Int32 {
        let extra: (name: String, value: String)? =
            switch response.status {
            case .unauthorised: ("WWW-Authenticate", "Bearer")
            case .methodNotAllowed: ("Allow", "GET, HEAD")
            case .ok, .notFound, .unavailable: nil
            }
        return response.body.withUnsafeBytes {
            inferix_http_send(
                connection, UInt32(response.status.rawValue), $0.baseAddress, $0.count, response.contentType, extra?.name, extra?.value)
        }
    }
}

/// What the library's callbacks find again.
final class Context {
    private let onRequest: (HTTPRequest, @escaping (HTTPResponse) -> Void) -> Void
    private var suspended: [ObjectIdentifier: HTTPExchange] = [:]
    var onResumed: (() -> Void)?

    private static let goOn = Int32(INFERIX_HTTP_GO_ON)
    private static let goAway = Int32(INFERIX_HTTP_CLOSE)

    init(_ onRequest: @escaping (HTTPRequest, @escaping (HTTPResponse) -> Void) -> Void) { self.onRequest = onRequest }

    /// Called for the headers, for parts of a body, at its end, and again after a suspension.
    static let requested: InferixHTTPHandler = { raw, connection, url, method, size, slot in
        guard let raw, let connection, let url, let method, let size, let slot else { return Context.goAway }
        let context = Unmanaged<Context>.fromOpaque(raw).takeUnretainedValue()
        guard let held = slot.pointee else {
            let verb = String(cString: method)
            guard verb == "GET" || verb == "HEAD" else {
                return HTTPExchange.send(HTTPResponse(.methodNotAllowed, text: "only GET is answered"), over: connection)
            }
            slot.pointee = Unmanaged.passRetained(HTTPExchange(connection)).toOpaque()
            return Context.goOn
        }
        // A body is nothing to us: it is read away.
        guard size.pointee == 0 else {
            size.pointee = 0
            return Context.goOn
        }
        let exchange = Unmanaged<HTTPExchange>.fromOpaque(held).takeUnretainedValue()
        if !exchange.isAsked { context.ask(exchange, path: String(cString: url)) }
        if let response = exchange.response { return HTTPExchange.send(response, over: connection) }
        context.suspended[ObjectIdentifier(exchange)] = exchange
        exchange.isSuspended = true
        inferix_http_suspend(connection)
        return Context.goOn
    }

    static let completed: InferixHTTPCompleted = { raw, slot in
        guard let held = slot?.pointee else { return }
        let exchange = Unmanaged<HTTPExchange>.fromOpaque(held).takeRetainedValue()
        slot?.pointee = nil
        exchange.isOver = true
        guard let raw else { return }
        Unmanaged<Context>.fromOpaque(raw).takeUnretainedValue().suspended[ObjectIdentifier(exchange)] = nil
    }

    private func ask(_ exchange: HTTPExchange, path: String) {
        exchange.isAsked = true
        let header = inferix_http_header(exchange.connection, "Authorization").map { String(cString: $0) }
        let bearer = header.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        onRequest(HTTPRequest(path: path, bearer: bearer)) { [weak self, weak exchange] response in
            guard let exchange, !exchange.isOver, exchange.response == nil else { return }
            exchange.response = response
            guard exchange.isSuspended else { return }
            self?.resume(exchange)
        }
    }

    private func resume(_ exchange: HTTPExchange) {
        exchange.isSuspended = false
        suspended[ObjectIdentifier(exchange)] = nil
        inferix_http_resume(exchange.connection)
        onResumed?()
    }

    /// The library must not be stopped while connections are suspended.
    func abandon() {
        onResumed = nil
        for exchange in suspended.values {
            exchange.response = HTTPResponse(.unavailable, text: "the node is stopping")
            exchange.isSuspended = false
            inferix_http_resume(exchange.connection)
        }
        suspended = [:]
    }
}
