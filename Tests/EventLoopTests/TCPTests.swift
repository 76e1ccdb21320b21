import EventLoop
import Glibc
import Testing

@Suite struct TCPTests {
    @Test(arguments: [1, 1_000, 3_000_000])
    func echo(count: Int) throws {
        try withConnectedPair { loop, dialler, accepted in
            let sent = pattern(count)
            var offset = 0
            var received: [UInt8] = []
            var lost = 0
            accepted.onRead = { bytes in
                // The dialler reads everything at once, so the echo is never refused for long.
                if accepted.write(bytes) == .refused { lost += bytes.byteCount }
            }
            dialler.onRead = { received.append($0) }
            accepted.resumeReading()
            dialler.resumeReading()
            func feed() {
                while offset < sent.count {
                    let piece = Array(sent[offset..<min(offset + 60_000, sent.count)])
                    let outcome = dialler.write(piece)
                    guard outcome != .refused else { return }
                    offset += piece.count
                    if case .queued(let backlog) = outcome, backlog > 100_000 { return }
                }
            }
            try #require(
                try loop.run(for: patience) {
                    if dialler.backlogCount == 0, offset - received.count < 500_000 { feed() }
                    return received.count >= count
                })
            #expect(lost == 0)
            #expect(received == sent)
            #expect(dialler.bytesWritten == UInt64(count))
            #expect(accepted.bytesRead == UInt64(count))
        }
    }

    @Test func addressesAgree() throws {
        try withConnectedPair { _, dialler, accepted in
            #expect(accepted.peerAddress == dialler.localAddress)
            #expect(accepted.localAddress == dialler.peerAddress)
            #expect(accepted.isAccepted && accepted.isConnected && !dialler.isAccepted)
            #expect(dialler.description == "tcp connection to \(dialler.peerAddress)")
        }
    }

    @Test func anAddressInUseSaysWhatToDo() throws {
        try withLoop { loop in
            let first = try TCPListener(loop: loop, address: SocketAddress(.loopback4, port: 0)) { _ in }
            #expect(first.address.port != 0)
            let error = #expect(throws: SocketError.self) { try TCPListener(loop: loop, address: first.address) { _ in } }
            #expect(error == .addressInUse(first.address))
            #expect(error?.description.contains("choose another port") == true)
            #expect(throws: SocketError.addressNotAvailable(SocketAddress(.v4(0xC000_0201), port: 0))) {
                try TCPListener(loop: loop, address: SocketAddress(.v4(0xC000_0201), port: 0)) { _ in }
            }
        }
    }

    @Test func aRefusedConnectionIsReportedOnceAndLater() throws {
        try withLoop { loop in
            let listener = try TCPListener(loop: loop, address: SocketAddress(.loopback4, port: 0)) { _ in }
            let free = listener.address
            listener.close()
            try #require(try loop.run(for: patience) { listener.isClosed })
            let connection = try TCPConnection(loop: loop, connectingTo: free, deadline: .max)
            var reasons: [CloseReason] = []
            var connects = 0
            connection.onClose = { reasons.append($0) }
            connection.onConnect = { connects += 1 }
            #expect(connection.write([1, 2, 3]) == .queued(backlog: 3), "what comes before the connection waits")
            #expect(reasons.isEmpty)
            try #require(try loop.run(for: patience) { connection.isClosed })
            #expect(reasons == [.connectFailed(.connectionRefused(free))])
            #expect(connects == 0)
            #expect(connection.write([1]) == .closed)
        }
    }

    @Test func connectingEndsAtItsDeadline() throws {
        // A listener that never accepts and whose queue is full: the kernel drops further connection requests.
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(server) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(server, $0, length) + listen(server, 0) + getsockname(server, $0, &length)
            }
        }
        try #require(status == 0)
        let target = SocketAddress(.loopback4, port: UInt16(bigEndian: address.sin_port))
        try withLoop { loop in
            var reasons: [CloseReason] = []
            let connections = try (0..<4).map { _ in
                let connection = try TCPConnection(loop: loop, connectingTo: target, deadline: loop.deadline(after: .milliseconds(200)))
                connection.onClose = { reasons.append($0) }
                return connection
            }
            try #require(
                try loop.run(for: patience) { connections.allSatisfy { $0.isClosed || $0.isConnected } })
            #expect(!reasons.isEmpty)
            #expect(reasons.allSatisfy { $0 == .connectFailed(.timedOut(target)) })
        }
    }

    @Test func aPeerThatEndsClosesTheStream() throws {
        try withConnectedPair { loop, dialler, accepted in
            var reason: CloseReason?
            accepted.onClose = { reason = $0 }
            accepted.resumeReading()
            dialler.close()
            try #require(try loop.run(for: patience) { accepted.isClosed })
            #expect(reason == .endOfStream)
        }
    }

    @Test func halfClosedStreamsStillAnswer() throws {
        try withConnectedPair { loop, dialler, accepted in
            var request: [UInt8] = []
            var answer: [UInt8] = []
            var ended = false
            var reason: CloseReason?
            accepted.onRead = { request.append($0) }
            accepted.onEnd = {
                #expect(accepted.write(request + request) != .refused)
                accepted.finish(deadline: .max)
            }
            accepted.onClose = { reason = $0 }
            dialler.onRead = { answer.append($0) }
            dialler.onEnd = { ended = true }
            accepted.resumeReading()
            dialler.resumeReading()
            #expect(dialler.write(pattern(1000)) == .sent)
            dialler.shutdownWriting()
            #expect(dialler.write([1]) == .closed)
            try #require(try loop.run(for: patience) { ended && accepted.isClosed })
            #expect(answer == pattern(1000) + pattern(1000))
            #expect(reason == .local)
            #expect(dialler.isOpen)
        }
    }

    @Test func aResetIsAFailureNotAnEnd() throws {
        try withConnectedPair { loop, dialler, accepted in
            var reason: CloseReason?
            dialler.onClose = { reason = $0 }
            dialler.resumeReading()
            // Closing with unread bytes makes the kernel send a reset.
            #expect(dialler.write(pattern(100)) == .sent)
            usleep(20_000)
            accepted.close()
            try #require(try loop.run(for: patience) { dialler.isClosed })
            guard case .failed(let error) = reason else {
                Issue.record("\(String(describing: reason))")
                return
            }
            #expect(error.name == "ECONNRESET")
        }
    }

    @Test func listenersTakeBothFamiliesOnOnePort() throws {
        try withLoop { loop in
            var taken: [IPAddress] = []
            let v6: TCPListener
            do throws(SocketError) {
                v6 = try TCPListener(loop: loop, address: SocketAddress(.loopback6, port: 0)) { taken.append($0.peerAddress.ip) }
            } catch .addressNotAvailable {
                try Test.cancel("this machine has no IPv6 loopback address")
            }
            let v4 = try TCPListener(loop: loop, address: SocketAddress(.any4, port: v6.address.port)) { taken.append($0.peerAddress.ip) }
            let first = try TCPConnection(loop: loop, connectingTo: v6.address, deadline: .max)
            try #require(try loop.run(for: patience) { taken.count == 1 })
            let second = try TCPConnection(
                loop: loop, connectingTo: SocketAddress(.loopback4, port: v4.address.port), deadline: .max)
            try #require(try loop.run(for: patience) { taken.count == 2 && first.isConnected && second.isConnected })
            #expect(taken == [.loopback6, .loopback4])
        }
    }
}
