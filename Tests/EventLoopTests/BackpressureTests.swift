import EventLoop
import Testing

@Suite struct BackpressureTests {
    private var small: ByteStream.Parameters {
        var parameters = ByteStream.Parameters()
        parameters.backlogMax = 100_000
        parameters.backlogLow = 10_000
        return parameters
    }

    /// Writes to a peer that does not read until a write is refused; returns what was taken.
    private func fill(_ stream: ByteStream) throws -> [UInt8] {
        var taken: [UInt8] = []
        for index in 0..<10_000 {
            let piece = pattern(4_000 + index % 7)
            switch stream.write(piece) {
            case .sent, .queued: taken += piece
            case .refused: return taken
            case .closed: Issue.record("closed")
            }
            #expect(stream.backlogCount <= stream.parameters.backlogMax)
        }
        Issue.record("the kernel took everything")
        return taken
    }

    @Test func aSlowPeerMeetsTheBoundAndLosesNothing() throws {
        try withConnectedPair(small) { loop, dialler, accepted in
            var writable = 0
            dialler.onWritable = { writable += 1 }
            var taken = try fill(dialler)
            #expect(dialler.backlogCount > 90_000)
            #expect(dialler.write(pattern(90_000)) == .refused)
            // A write that fits is still taken: refusal is by size, not a state.
            #expect(dialler.write([7]) != .refused)
            taken.append(7)
            for _ in 0..<10 { loop.poll() }
            #expect(writable == 0, "the peer has not read")

            var received: [UInt8] = []
            accepted.onRead = { received.append($0) }
            accepted.resumeReading()
            try #require(try loop.run(for: patience) { received.count == taken.count })
            #expect(received == taken)
            #expect(writable == 1)
            #expect(dialler.backlogCount == 0)
            #expect(dialler.write(pattern(100)) == .sent)
        }
    }

    @Test func aWriteLargerThanTheBoundIsRefusedWhole() throws {
        try withConnectedPair(small) { loop, dialler, accepted in
            var received: [UInt8] = []
            accepted.onRead = { received.append($0) }
            accepted.resumeReading()
            #expect(dialler.write(pattern(100_001)) == .refused)
            #expect(dialler.backlogCount == 0)
            #expect(dialler.write(pattern(100_000)) != .refused)
            #expect(dialler.write([]) == .sent)
            try #require(try loop.run(for: patience) { received.count >= 100_000 })
            #expect(received == pattern(100_000))
        }
    }

    @Test func pausedReadingHoldsBackAndResumes() throws {
        try withConnectedPair { loop, dialler, accepted in
            var received = 0
            accepted.onRead = {
                received += $0.byteCount
                accepted.pauseReading()
            }
            accepted.resumeReading()
            #expect(accepted.isReading)
            #expect(dialler.write(pattern(10)) == .sent)
            try #require(try loop.run(for: patience) { received == 10 })
            #expect(dialler.write(pattern(20)) == .sent)
            for _ in 0..<10 { loop.poll() }
            #expect(received == 10)
            accepted.resumeReading()
            try #require(try loop.run(for: patience) { received == 30 })
        }
    }

    @Test func finishDeliversTheBacklogFirst() throws {
        try withConnectedPair { loop, dialler, accepted in
            let sent = try fill(dialler)
            var reason: CloseReason?
            dialler.onClose = { reason = $0 }
            dialler.finish(deadline: .max)
            #expect(dialler.write([1]) == .closed)
            var received: [UInt8] = []
            accepted.onRead = { received.append($0) }
            accepted.resumeReading()
            try #require(try loop.run(for: patience) { dialler.isClosed && accepted.isClosed })
            #expect(received == sent)
            #expect(reason == .local)
        }
    }

    @Test func finishGivesUpOnAPeerThatNeverReads() throws {
        try withConnectedPair(small) { loop, dialler, accepted in
            _ = try fill(dialler)
            var reason: CloseReason?
            dialler.onClose = { reason = $0 }
            dialler.finish(deadline: loop.deadline(after: .milliseconds(50)))
            try #require(try loop.run(for: patience) { dialler.isClosed })
            #expect(reason == .finishTimedOut)
            #expect(accepted.isOpen)
        }
    }

    @Test func closingInsideTheReadCallbackIsTheEnd() throws {
        try withConnectedPair { loop, dialler, accepted in
            var reads = 0
            accepted.onRead = { _ in
                reads += 1
                accepted.close()
            }
            accepted.resumeReading()
            #expect(dialler.write(pattern(500_000)) != .closed)
            try #require(try loop.run(for: patience) { accepted.isClosed })
            #expect(reads == 1)
        }
    }
}
