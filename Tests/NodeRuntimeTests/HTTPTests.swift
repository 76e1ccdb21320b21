import Crypto
import EventLoop
import Identity
import Logging
import Node
import Testing
import Wire

@testable import NodeRuntime

/// Metrics, health and status of a daemon.
@Suite struct DaemonHTTPTests {
    private func fetch(_ loop: EventLoop, _ address: SocketAddress, _ path: String, token: String? = nil) throws -> (
        status: String, body: String
    ) {
        let connection = try TCPConnection(loop: loop, connectingTo: address, deadline: loop.deadline(after: .seconds(10)))
        var text = ""
        var isClosed = false
        connection.onRead = { span in span.withUnsafeBytes { text += String(decoding: $0, as: UTF8.self) } }
        connection.onClose = { _ in isClosed = true }
        connection.onConnect = { connection.resumeReading() }
        let authorisation = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        _ = connection.write(Array("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(authorisation)\r\n".utf8))
        #expect(try loop.run(for: .seconds(30)) { isClosed })
        let range = try #require(text.firstRange(of: "\r\n\r\n"))
        return (String(text.prefix { $0 != "\r\n" }), String(text[range.upperBound...]))
    }

    @Test func servesMetricsHealthAndStatus() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        var configuration = Configuration()
        configuration.roles = [.manager, .verifier]
        configuration.listen = [.tcp4(0x7f00_0001, port: 0)]
        configuration.http = OptionalHostPort(HostPort(host: "127.0.0.1", port: 0))
        let places = try Places(directory: directory.path, environment: [:])
        let settings = DaemonSettings(keyPair: .generate(), places: places, definition: .development, configuration: configuration)
        let daemon = try NodeDaemon(loop: loop, settings: settings, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let address = try #require(daemon.http?.address)
        #expect(try fetch(loop, address, "/readyz").status.contains("503"), "nothing has started")
        try daemon.start()

        #expect(try fetch(loop, address, "/healthz").body == "ok\n")
        let readiness = try fetch(loop, address, "/readyz")
        #expect(readiness.status.contains("503") == !daemon.isReady)
        #expect(try fetch(loop, address, "/nothing").status.contains("404"))
        #expect(try fetch(loop, address, "/metrics").status.contains("401"))
        #expect(try fetch(loop, address, "/metrics", token: String(repeating: "0", count: 64)).status.contains("401"))
        #expect(try fetch(loop, address, "/api/v1/status").status.contains("401"))

        let token = String(try TextFile.readText(places.httpToken).dropLast())
        #expect(token.count == 64)
        let metrics = try fetch(loop, address, "/metrics", token: token)
        #expect(metrics.status == "HTTP/1.1 200 OK")
        for line in [
            "inferix_ready ", "inferix_connections{direction=\"inbound\"} ", "inferix_role_jobs{role=\"manager\"} 0", "inferix_blocks 0",
        ] {
            #expect(metrics.body.contains("\n" + line), "\(line)")
        }
        let answer = try fetch(loop, address, "/api/v1/status", token: token)
        let status = try JSON(parsing: Array(answer.body.utf8), sizeMax: 1 << 20)
        #expect(status["peer"]?.string == daemon.node.identity.description)
        #expect(status["http"]?.string == address.description)

        daemon.stopNow()
        try loop.shutdown()
    }

    /// Every metric is told once with its kind, and every sample is `name{label="value",…} number`.
    @Test func textHasTheFormOfPrometheus() throws {
        var text = PrometheusText()
        text.add("a_bytes", .gauge, "One\nline, a \\ and a \"quote\".", [([("name", "x\"y\\z\nw")], 1.5), ([], .infinity)])
        text.add("b_total", .counter, "Whole.", 12_345_678_901)
        text.add("c", .gauge, "Nothing to say.", [])
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == """
                # HELP a_bytes One\\nline, a \\\\ and a "quote".
                # TYPE a_bytes gauge
                a_bytes{name="x\\"y\\\\z\\nw"} 1.5
                a_bytes +Inf
                # HELP b_total Whole.
                # TYPE b_total counter
                b_total 12345678901

                """)
    }

    @Test func aTokenThatOthersMayReadIsRefused() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/http.token"
        try TextFile.write(Array((String(repeating: "a", count: 64) + "\n").utf8), to: path, mode: 0o644)
        #expect(throws: DaemonError.self) { try HTTPToken.obtain(path) }
        try TextFile.write(Array("short\n".utf8), to: path, mode: 0o600)
        #expect(throws: DaemonError.self) { try HTTPToken.obtain(path) }
    }
}
