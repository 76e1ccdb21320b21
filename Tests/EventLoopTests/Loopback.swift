import EventLoop
import Testing

/// How long a test waits before it says that something never happened. Not a limit on speed.
let patience = Duration.seconds(60)

/// Runs a body on a fresh loop and requires that the loop closes with no handle and no request left.
func withLoop(_ body: (EventLoop) throws -> Void) throws {
    let loop = try EventLoop()
    do {
        try body(loop)
    } catch {
        try loop.shutdown()
        throw error
    }
    try loop.shutdown()
    #expect(loop.handleCount == 0)
    #expect(loop.requestCount == 0)
}

/// Two ends of one TCP connection on loopback, and the listener closed.
func withConnectedPair(
    _ parameters: ByteStream.Parameters = ByteStream.Parameters(),
    _ body: (EventLoop, _ dialler: TCPConnection, _ accepted: TCPConnection) throws -> Void
) throws {
    try withLoop { loop in
        var accepted: TCPConnection?
        let listener = try TCPListener(
            loop: loop, address: SocketAddress(.loopback4, port: 0), connectionParameters: parameters
        ) { accepted = $0 }
        let dialler = try TCPConnection(
            loop: loop, connectingTo: listener.address, deadline: loop.deadline(after: patience), parameters: parameters)
        try #require(try loop.run(for: patience) { accepted != nil && dialler.isConnected })
        listener.close()
        try body(loop, dialler, try #require(accepted))
    }
}

/// `count` bytes whose order shows: a missing, doubled or swapped piece changes the comparison.
func pattern(_ count: Int) -> [UInt8] {
    var state: UInt32 = 0x9E37_79B9
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
    }
}

extension Array<UInt8> {
    mutating func append(_ span: RawSpan) { span.withUnsafeBytes { self.append(contentsOf: $0) } }
}
