import EventLoop
import Glibc
import Testing

@Suite struct EventLoopTests {
    @Test func runReturnsWhereNothingKeepsItAlive() throws {
        try withLoop { loop in
            loop.run()
            let timer = try Timer(loop: loop) {}
            timer.arm(at: .max)
            timer.unreference()
            loop.run()
            #expect(loop.handleCount == 1)
        }
    }

    @Test func stopEndsRun() throws {
        try withLoop { loop in
            let forever = try Timer(loop: loop) {}
            forever.arm(at: .max)
            let timer = try Timer(loop: loop) { loop.stop() }
            timer.arm(at: loop.now)
            loop.run()
            #expect(timer.deadline == nil)
            #expect(forever.deadline == .max)
        }
    }

    @Test func shutdownClosesOneOfEverything() throws {
        let loop = try EventLoop()
        var reasons: [CloseReason] = []
        let listener = try TCPListener(loop: loop, address: SocketAddress(.loopback4, port: 0)) {
            $0.resumeReading()
            $0.onClose = { reasons.append($0) }
        }
        let connection = try TCPConnection(loop: loop, connectingTo: listener.address, deadline: .max)
        connection.onClose = { reasons.append($0) }
        // Not one that ends by itself when its pipe does.
        var command = ChildProcess.Command("/bin/sleep", ["100000"])
        command.standardInput = .pipe
        command.standardOutput = .pipe
        let child = try ChildProcess(loop: loop, command)
        try #require(try loop.run(for: patience) { connection.isConnected })
        let timer = try Timer(loop: loop) {}
        timer.arm(at: .max)
        let idle = try Timer(loop: loop) {}
        let signal = try SignalWatcher(loop: loop, signal: SIGWINCH) {}
        let mailbox = try Mailbox<Int>(loop: loop, capacity: 1) { _ in }
        let lookup = try NameLookup(loop: loop, host: "localhost", port: 1, deadline: .max) { _ in }
        let work = WorkQueue(loop: loop)
        var delivered = false
        let taken = work.submit({ usleep(20_000) }, deliver: { _ in delivered = true })
        #expect(taken)
        let before = loop.handleDescriptions
        // The accepted end may or may not be there yet.
        #expect(before.count == loop.handleCount)
        #expect(before.count >= 10)
        #expect(before.contains { $0.hasPrefix("tcp listener 127.0.0.1:") })

        try loop.shutdown()
        #expect(loop.handleCount == 0)
        #expect(loop.requestCount == 0)
        #expect(!delivered)
        #expect(!reasons.isEmpty)
        #expect(reasons.allSatisfy { $0 == .loopShutDown })
        #expect(child.exitStatus == .killed(signal: SIGKILL))
        for handle in [listener, connection, timer, idle, signal, mailbox, child] as [Handle] { #expect(handle.isClosed) }
        #expect(lookup.host == "localhost")
        #expect(mailbox.sender.send(1) == .closed)
        try loop.shutdown()
    }

    @Test func aLoopThatShutsDownTakesNothingNew() throws {
        let loop = try EventLoop()
        var refused = 0
        let connection = try TCPConnection(
            loop: loop, connectingTo: SocketAddress(.loopback4, port: 9), deadline: loop.deadline(after: patience))
        connection.onClose = { _ in
            // A runtime that reconnects from the close callback must not keep the loop open.
            do { _ = try Timer(loop: loop) {} } catch { refused += 1 }
            if !WorkQueue(loop: loop).submit({ 1 }, deliver: { _ in }) { refused += 1 }
        }
        try loop.shutdown()
        #expect(refused == 2)
        #expect(throws: UVError.self) { try SignalWatcher(loop: loop, signal: SIGUSR2) {} }
    }

    @Test func closedHandlesFreeWhatTheyCaptured() throws {
        final class Token {}
        weak var token: Token?
        try withLoop { loop in
            let strong = Token()
            token = strong
            let timer = try Timer(loop: loop) { _ = strong }
            timer.arm(at: .max)
            let connection = try TCPConnection(loop: loop, connectingTo: SocketAddress(.loopback4, port: 9), deadline: .max)
            connection.onClose = { _ in _ = (strong, connection) }
            connection.onRead = { _ in _ = (strong, connection) }
        }
        #expect(token == nil)
    }

    @Test func deadlinesSaturate() throws {
        try withLoop { loop in
            let now = loop.now
            #expect(loop.deadline(after: .seconds(-5)) >= now)
            #expect(loop.deadline(after: .seconds(-5)) < now + 60_000_000_000)
            #expect(loop.deadline(after: .seconds(Int64.max)) == .max)
            #expect(loop.deadline(after: .seconds(10)) >= now + 10_000_000_000)
        }
    }

    @Test func errorsNameTheirCause() {
        let error = UVError(code: -ECONNRESET, operation: "write to it")
        #expect(error.name == "ECONNRESET")
        #expect(error.description == "could not write to it: connection reset by peer (ECONNRESET)")
    }
}
