internal import Crypto
internal import EventLoop
internal import HTTP
internal import Node
internal import Roles
internal import Wire

/// Metrics, health and status over HTTP, where the configuration asks for it.
///
/// `/healthz` and `/readyz` answer anybody who reaches the socket with one word. Everything else wants the token of the data directory,
/// as `Authorization: Bearer TOKEN`: on a machine with several users loopback is no secret.
final class HTTPSide {
    private let server: HTTPServer
    let address: SocketAddress

    /// - Throws: where the address cannot be listened on, or the token file is open to others.
    init(loop: EventLoop, places: Places, listening wanted: HostPort, daemon: @escaping () -> NodeDaemon?) throws(DaemonError) {
        guard let address = NetworkSide.address(of: wanted)?.tcpTarget.flatMap(SocketAddress.init) else {
            throw DaemonError(
                .configuration, "--http \(wanted.item.literal): the host is no IP address", advice: "Give one such as 127.0.0.1:9464.")
        }
        let token = try HTTPToken.obtain(places.httpToken)
        do throws(HTTPServer.Failure) {
            server = try HTTPServer(loop: loop, listening: address) { request, respond in
                guard let daemon = daemon() else { return respond(HTTPResponse(.unavailable, text: "the node is stopping")) }
                HTTPSide.answer(request, token, of: daemon, respond)
            }
        } catch {
            throw DaemonError(
                .failed, "--http: \(error)",
                advice: error == .libraryMissing
                    ? "Install it: apt install libmicrohttpd12" : "Give another port, or stop what uses this one.")
        }
        self.address = server.address
    }

    func close() { server.close() }

    private static func answer(
        _ request: HTTPRequest, _ token: HTTPToken, of daemon: NodeDaemon, _ respond: @escaping (HTTPResponse) -> Void
    ) {
        switch request.path {
        case "/healthz": return respond(HTTPResponse(.ok, text: "ok"))
        case "/readyz":
            return respond(daemon.obstacle.map { HTTPResponse(.unavailable, text: $0) } ?? HTTPResponse(.ok, text: "ready"))
        case "/metrics", "/api/v1/status": break
        default: return respond(HTTPResponse(.notFound, text: "there is /metrics, /healthz, /readyz and /api/v1/status"))
        }
        guard let bearer = request.bearer, token.matches(bearer) else {
            return respond(
                HTTPResponse(.unauthorised, text: "send the token of the data directory: Authorization: Bearer $(cat http.token)"))
        }
        if request.path == "/metrics" {
            RoleSurvey.gather(daemon) {
                respond(HTTPResponse(.ok, PrometheusText.contentType, MetricsReport.text(daemon, roles: $0)))
            }
        } else {
            StatusReport.gather(daemon) {
                respond(HTTPResponse(.ok, "application/json", Array(($0.text + "\n").utf8)))
            }
        }
    }
}

/// What an HTTP client has to present: 64 hexadecimal digits in a file that only its owner can read.
struct HTTPToken {
    private let digits: [UInt8]

    /// Reads the token, or makes it where there is none.
    static func obtain(_ path: String) throws(DaemonError) -> HTTPToken {
        let token: HTTPToken
        do throws(FileError) {
            if !TextFile.exists(path) {
                let digits = Hex.encode(Entropy.bytes32().array)
                try TextFile.write(Array((digits + "\n").utf8), to: path, mode: 0o600, replacing: false)
            }
            let text = try TextFile.readText(path, sizeMax: 256)
            let digits = Array(text.utf8.prefix { $0 != UInt8(ascii: "\n") })
            guard digits.count >= 32 else {
                throw FileError(path: path, problem: "it holds no token; remove it, and the next start makes one")
            }
            token = HTTPToken(digits: digits)
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
        try PlainKey.refuseOpen(path)
        return token
    }

    func matches(_ presented: String) -> Bool { ConstantTime.equal(digits, Array(presented.utf8)) }
}
