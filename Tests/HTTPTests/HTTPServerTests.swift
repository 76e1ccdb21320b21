import EventLoop
import Testing

@testable import HTTP

/// What came over one connection.
private final class Client {
    private(set) var text = ""
    private(set) var isClosed = false
    private let connection: TCPConnection

    init(_ loop: EventLoop, _ address: SocketAddress, _ request: String) throws {
        connection = try TCPConnection(loop: loop, connectingTo: address, deadline: loop.deadline(after: .seconds(10)))
        connection.onRead = { [weak self] span in
            span.withUnsafeBytes { self?.text += String(decoding: $0, as: UTF8.self) }
        }
        connection.onClose = { [weak self] _ in self?.isClosed = true }
        connection.onConnect = { [weak self] in self?.connection.resumeReading() }
        if !request.isEmpty { _ = connection.write(Array(request.utf8)) }
    }

    var status: String { String(text.prefix { $0 != "\r\n" }) }
    var body: String { text.components("\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n") }
    func close() { connection.close() }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}

@Suite struct HTTPServerTests {
    private let anyPort = SocketAddress(.loopback4, port: 0)

    private func get(_ path: String, _ headers: String = "", verb: String = "GET") -> String {
        "\(verb) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(headers)\r\n"
    }

    /// One request from its bytes to what came back.
    private func talk(_ request: String, _ answer: @escaping (HTTPRequest, @escaping (HTTPResponse) -> Void) -> Void) throws -> Client {
        let loop = try EventLoop()
        let server = try HTTPServer(loop: loop, listening: anyPort, onRequest: answer)
        let client = try Client(loop, server.address, request)
        #expect(try loop.run(for: .seconds(30)) { client.isClosed })
        server.close()
        try loop.shutdown()
        return client
    }

    @Test func answersWithStatusTypeAndBody() throws {
        var asked: [HTTPRequest] = []
        let client = try talk(get("/metrics?x=1", "Authorization: Bearer abc\r\n")) { request, respond in
            asked.append(request)
            respond(HTTPResponse(.ok, "text/plain", Array("hello".utf8)))
        }
        #expect(asked == [HTTPRequest(path: "/metrics", bearer: "abc")])
        #expect(client.status == "HTTP/1.1 200 OK")
        #expect(client.text.contains("Content-Type: text/plain\r\n"))
        #expect(client.body == "hello")
    }

    @Test func anAnswerMayComeLater() throws {
        let loop = try EventLoop()
        var pending: ((HTTPResponse) -> Void)?
        let server = try HTTPServer(loop: loop, listening: anyPort) { _, respond in pending = respond }
        let client = try Client(loop, server.address, get("/"))
        #expect(try loop.run(for: .seconds(30)) { pending != nil })
        #expect(client.text.isEmpty)
        pending?(HTTPResponse(.ok, text: "late"))
        // Only the first counts.
        pending?(HTTPResponse(.notFound, text: "again"))
        #expect(try loop.run(for: .seconds(30)) { client.isClosed })
        #expect(client.body == "late\n")
        server.close()
        try loop.shutdown()
    }

    /// Neither the library nor the loop may wait for an answer that never comes.
    @Test func closingLeavesNothingBehind() throws {
        let loop = try EventLoop()
        var pending: ((HTTPResponse) -> Void)?
        let server = try HTTPServer(loop: loop, listening: anyPort) { _, respond in pending = respond }
        let client = try Client(loop, server.address, get("/"))
        #expect(try loop.run(for: .seconds(30)) { pending != nil })
        server.close()
        pending?(HTTPResponse(.ok, text: "too late"))
        #expect(try loop.run(for: .seconds(30)) { client.isClosed })
        try loop.shutdown()
    }

    /// A client that goes away before its answer is there takes nothing with it.
    @Test func aClientMayGoBeforeItsAnswer() throws {
        let loop = try EventLoop()
        var pending: [(HTTPResponse) -> Void] = []
        let server = try HTTPServer(loop: loop, listening: anyPort) { _, respond in pending.append(respond) }
        let gone = try Client(loop, server.address, get("/"))
        #expect(try loop.run(for: .seconds(30)) { pending.count == 1 })
        gone.close()
        #expect(try loop.run(for: .seconds(30)) { gone.isClosed })
        pending[0](HTTPResponse(.ok, text: "nobody there"))
        let next = try Client(loop, server.address, get("/"))
        #expect(try loop.run(for: .seconds(30)) { pending.count == 2 })
        pending[1](HTTPResponse(.ok, text: "here"))
        #expect(try loop.run(for: .seconds(30)) { next.isClosed })
        #expect(next.body == "here\n")
        server.close()
        try loop.shutdown()
    }

    @Test func nothingIsChangedByHTTP() throws {
        for verb in ["POST", "PUT", "DELETE"] {
            var calls = 0
            let client = try talk(get("/", "Content-Length: 0\r\n", verb: verb)) { _, respond in
                calls += 1
                respond(HTTPResponse(.ok, text: "no"))
            }
            #expect(client.status.hasPrefix("HTTP/1.1 405"))
            #expect(calls == 0)
        }
    }

    /// What is no HTTP, too long or never ends is answered by closing, and the next client is served.
    @Test(arguments: [
        "\u{0}\u{1}\u{2}garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET /" + String(repeating: "a", count: 100_000) + "\r\n\r\n",
    ])
    func malformedRequestsHurtNobody(_ request: String) throws {
        let loop = try EventLoop()
        var parameters = HTTPServer.Parameters()
        parameters.idleSecondsMax = 1
        let server = try HTTPServer(loop: loop, listening: anyPort, parameters: parameters) { _, respond in
            respond(HTTPResponse(.ok, text: "ok"))
        }
        let bad = try Client(loop, server.address, request)
        #expect(try loop.run(for: .seconds(30)) { bad.isClosed })
        #expect(!bad.status.contains("200"))
        let good = try Client(loop, server.address, get("/"))
        #expect(try loop.run(for: .seconds(30)) { good.isClosed })
        #expect(good.body == "ok\n")
        server.close()
        try loop.shutdown()
    }

    @Test func aPortInUseIsToldWithItsAddress() throws {
        let loop = try EventLoop()
        let first = try HTTPServer(loop: loop, listening: anyPort) { _, respond in respond(HTTPResponse(.ok, text: "ok")) }
        #expect(throws: HTTPServer.Failure.self) {
            try HTTPServer(loop: loop, listening: first.address) { _, respond in respond(HTTPResponse(.ok, text: "ok")) }
        }
        first.close()
        try loop.shutdown()
    }
}
