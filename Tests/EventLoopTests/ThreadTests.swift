import EventLoop
import Glibc
import Synchronization
import Testing

@Suite struct ThreadTests {
    @Test func workRunsElsewhereAndComesBack() throws {
        try withLoop { loop in
            let home = pthread_self()
            let queue = WorkQueue(loop: loop)
            var results: [Bool] = []
            let taken = queue.submit({ pthread_equal(pthread_self(), home) == 0 }, deliver: { results.append($0) })
            #expect(taken)
            #expect(results.isEmpty)
            try #require(try loop.run(for: patience) { !results.isEmpty })
            #expect(results == [true])
            #expect(queue.runningCount == 0)
        }
    }

    @Test func aSerialQueueKeepsTheOrder() throws {
        try withLoop { loop in
            let queue = WorkQueue(loop: loop, WorkQueue.Parameters(concurrencyMax: 1, waitingMax: 1000))
            let ran = Mutex<[Int]>([])
            var delivered: [Int] = []
            for index in 0..<600 {
                let taken = queue.submit(
                    {
                        ran.withLock { $0.append(index) }
                        return index
                    }, deliver: { delivered.append($0) })
                #expect(taken)
            }
            try #require(try loop.run(for: patience) { delivered.count == 600 })
            #expect(delivered == Array(0..<600))
            #expect(ran.withLock { $0 } == Array(0..<600))
        }
    }

    @Test func concurrencyAndWaitingAreBounded() throws {
        try withLoop { loop in
            let queue = WorkQueue(loop: loop, WorkQueue.Parameters(concurrencyMax: 2, waitingMax: 3))
            let active = Mutex((now: 0, most: 0))
            var done = 0
            let accepted = (0..<10).map { _ in
                queue.submit(
                    {
                        active.withLock {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        usleep(5_000)
                        active.withLock { $0.now -= 1 }
                    }, deliver: { done += 1 })
            }
            #expect(accepted == Array(repeating: true, count: 5) + Array(repeating: false, count: 5))
            #expect(queue.waitingCount == 3)
            try #require(try loop.run(for: patience) { done == 5 })
            #expect(active.withLock { $0.most } <= 2)
            let again = queue.submit({ 1 }, deliver: { _ in })
            #expect(again)
        }
    }

    @Test func messagesArriveInOrderFromAnotherThread() throws {
        try withLoop { loop in
            var received: [Int] = []
            let mailbox = try Mailbox<Int>(loop: loop, capacity: 16) { received.append($0) }
            let sender = mailbox.sender
            let queue = WorkQueue(loop: loop)
            var finished = false
            let taken = queue.submit(
                {
                    for index in 0..<5_000 { while sender.send(index) == .full { usleep(10) } }
                }, deliver: { finished = true })
            #expect(taken)
            try #require(try loop.run(for: patience) { finished && received.count == 5_000 })
            #expect(received == Array(0..<5_000))
            mailbox.close()
            #expect(sender.send(1) == .closed)
        }
    }

    @Test func aFullMailboxRefuses() throws {
        try withLoop { loop in
            var received: [Int] = []
            var mailbox: Mailbox<Int>?
            mailbox = try Mailbox<Int>(loop: loop, capacity: 3) {
                received.append($0)
                if $0 == 2 { mailbox?.close() }
            }
            let sender = try #require(mailbox?.sender)
            #expect((1...5).map { sender.send($0) } == [.sent, .sent, .sent, .full, .full])
            try #require(try loop.run(for: patience) { mailbox?.isClosed == true })
            #expect(received == [1, 2], "nothing comes after close")
        }
    }

    @Test func namesAreLookedUp() throws {
        try withLoop { loop in
            var answers: [Result<[SocketAddress], UVError>] = []
            try NameLookup(loop: loop, host: "127.0.0.1", port: 80, deadline: .max) { answers.append($0) }
            try NameLookup(loop: loop, host: "localhost", port: 81, family: .v4, deadline: .max) { answers.append($0) }
            try #require(try loop.run(for: patience) { answers.count == 2 })
            let addresses = Set(try answers.flatMap { try $0.get() })
            #expect(addresses == [SocketAddress(.loopback4, port: 80), SocketAddress(.loopback4, port: 81)])
        }
    }

    @Test func hostileNamesAreRefusedOrFail() throws {
        try withLoop { loop in
            for host in ["", "a\0b", String(repeating: "a", count: 254)] {
                #expect(throws: UVError.self) { try NameLookup(loop: loop, host: host, port: 1, deadline: .max) { _ in } }
            }
            var answer: Result<[SocketAddress], UVError>?
            do throws(UVError) {
                try NameLookup(loop: loop, host: "no such name!", port: 1, deadline: .max) { answer = $0 }
            } catch {
                answer = .failure(error)
            }
            try #require(try loop.run(for: patience) { answer != nil })
            #expect(throws: UVError.self) { try answer?.get() }
        }
    }

    @Test func aLookupEndsAtItsDeadlineAndCanBeCancelled() throws {
        try withLoop { loop in
            // The pool's threads are busy, so the lookup cannot start before its deadline.
            let gate = Mutex(false)
            let queue = WorkQueue(loop: loop, WorkQueue.Parameters(concurrencyMax: 64))
            var done = 0
            for _ in 0..<64 {
                let taken = queue.submit({ while !gate.withLock({ $0 }) { usleep(1_000) } }, deliver: { done += 1 })
                #expect(taken)
            }
            var answers: [Result<[SocketAddress], UVError>] = []
            var cancelled = false
            try NameLookup(loop: loop, host: "localhost", port: 1, deadline: loop.now) { answers.append($0) }
            try NameLookup(loop: loop, host: "localhost", port: 1, deadline: .max) { _ in cancelled = true }.cancel()
            let answered = try loop.run(for: patience) { !answers.isEmpty }
            gate.withLock { $0 = true }
            try #require(answered)
            try #require(try loop.run(for: patience) { done == 64 && loop.requestCount == 0 })
            #expect(answers.count == 1)
            guard case .failure(let error) = answers[0] else {
                Issue.record("an answer before the lookup ran")
                return
            }
            #expect(error.name == "ETIMEDOUT")
            #expect(!cancelled)
        }
    }
}
