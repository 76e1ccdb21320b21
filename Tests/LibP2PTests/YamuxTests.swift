import Determinism
import Testing

@testable import LibP2P

@Suite struct YamuxTests {
    private let now = Instant(nanoseconds: 1_000_000_000)

    private func frame(_ kind: YamuxHeader.Kind, _ flags: YamuxHeader.Flags, _ stream: UInt32, _ length: UInt32, _ body: [UInt8] = [])
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        YamuxHeader(kind: kind, flags: flags, stream: stream, length: length).append(to: &bytes)
        return bytes + body
    }

    /// What happened, in words that can be compared.
    private func feed(_ session: inout YamuxSession, _ bytes: [UInt8], output: inout [UInt8], at: Instant? = nil) throws -> [String] {
        var seen: [String] = []
        try bytes.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            while let event = try session.next(&cursor, now: at ?? now, output: &output) {
                switch event {
                case .opened(let id): seen.append("opened \(id)")
                case .data(let id, let data): seen.append("data \(id) \(Array(data.prefix(8)))")
                case .finished(let id): seen.append("finished \(id)")
                case .reset(let id): seen.append("reset \(id)")
                case .windowGrew(let id): seen.append("grew \(id)")
                case .roundTrip: seen.append("round trip")
                case .goneAway: seen.append("gone")
                }
            }
        }
        return seen
    }

    private func feed(_ session: inout YamuxSession, _ bytes: [UInt8]) throws -> [String] {
        var output: [UInt8] = []
        return try feed(&session, bytes, output: &output)
    }

    private func server(_ parameters: YamuxSession.Parameters = .init()) -> YamuxSession {
        YamuxSession(isClient: false, parameters: parameters)
    }

    @Test func headersAreThoseOfTheSpecification() throws {
        let bytes = frame(.windowUpdate, [.syn, .fin], 0x0102_0304, 0x0506_0708)
        #expect(bytes == [0, 1, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(
            try bytes.withUnsafeBytes { try YamuxHeader($0) }
                == YamuxHeader(kind: .windowUpdate, flags: [.syn, .fin], stream: 0x0102_0304, length: 0x0506_0708))
    }

    @Test func streamsOpenCarryAndClose() throws {
        var session = server()
        var output: [UInt8] = []
        let seen = try feed(
            &session,
            frame(.windowUpdate, .syn, 1, 0) + frame(.data, [], 1, 3, [7, 8, 9]) + frame(.data, .fin, 1, 0) + frame(.data, .syn, 3, 1, [5]),
            output: &output)
        #expect(seen == ["opened 1", "data 1 [7, 8, 9]", "finished 1", "opened 3", "data 3 [5]"])
        #expect(output == frame(.windowUpdate, .ack, 1, 0) + frame(.windowUpdate, .ack, 3, 0))
        output = []
        session.finish(1, output: &output)
        #expect(output == frame(.windowUpdate, .fin, 1, 0))
        #expect(session.streams[1] == nil)
        #expect(session.inboundCount == 1)
    }

    /// Whatever the cut, the same events; only data may come in two pieces.
    @Test func framesSurviveEveryCut() throws {
        let input =
            frame(.windowUpdate, .syn, 1, 100) + frame(.data, [], 1, 4, [1, 2, 3, 4]) + frame(.windowUpdate, [], 1, 5)
            + frame(.data, .fin, 1, 2, [5, 6]) + frame(.ping, .syn, 0, 77)
        for cut in 0...input.count {
            var session = server()
            var output: [UInt8] = []
            var seen = try feed(&session, Array(input[..<cut]), output: &output)
            seen += try feed(&session, Array(input[cut...]), output: &output)
            #expect(seen.filter { !$0.hasPrefix("data") } == ["opened 1", "grew 1", "finished 1"])
            #expect(output == frame(.windowUpdate, .ack, 1, 0) + frame(.ping, .ack, 0, 77))
        }
    }

    @Test(
        arguments: [
            ("a version", [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], YamuxFailure.malformed),
            ("a type", [0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], .malformed),
            ("flags", [0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0], .malformed),
            ("data on the session", [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], .malformed),
            ("a ping on a stream", [0, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0], .malformed),
            ("a ping without direction", [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .malformed),
            ("go away on a stream", [0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], .malformed),
            ("our own parity", [0, 1, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0], .badSyn),
            ("a stream that never was", [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], .unknownStream),
            ("a stream of ours that never was", [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0], .unknownStream),
            ("an error", [0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], .remoteError(1)),
            ("SYN with data beyond the window", [0, 0, 0, 1, 0, 0, 0, 1, 0, 4, 0, 1], .windowExceeded),
            ("SYN with four gigabytes", [0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff], .windowExceeded),
            ("a window that overflows", [0, 1, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff], .windowOverflow),
        ] as [(String, [UInt8], YamuxFailure)])
    func hostileFramesEndTheSession(name: String, bytes: [UInt8], failure: YamuxFailure) {
        var session = server()
        #expect(throws: failure, "\(name)") { try feed(&session, bytes) }
    }

    @Test func windowsOverflowInSmallStepsToo() throws {
        var session = server()
        _ = try feed(&session, frame(.windowUpdate, .syn, 1, 0x7fff_ffff))
        _ = try feed(&session, frame(.windowUpdate, [], 1, 0x7ff0_0000))
        #expect(throws: YamuxFailure.windowOverflow) { try feed(&session, frame(.windowUpdate, [], 1, 0x7fff_ffff)) }
    }

    /// It is not passed on, whatever it may mean, and its credit is not given back.
    @Test func dataBehindTheEndIsReadOver() throws {
        var session = server()
        let seen = try feed(
            &session,
            frame(.data, [.syn, .fin], 1, 1, [7]) + frame(.data, [], 1, 2, [8, 9]) + frame(.data, .fin, 1, 1, [10])
                + frame(.windowUpdate, .syn, 3, 0))
        #expect(seen == ["opened 1", "data 1 [7]", "finished 1", "opened 3"])
        #expect(session.streams[1]?.receiveCredit == YamuxSession.windowInitial - 4)
        let rest = [UInt8](repeating: 0, count: YamuxSession.windowInitial - 4)
        #expect(try feed(&session, frame(.data, [], 1, UInt32(rest.count), rest)).isEmpty)
        #expect(throws: YamuxFailure.windowExceeded) { try feed(&session, frame(.data, [], 1, 1, [0])) }
    }

    @Test func dataBeyondTheCreditEndsTheSession() throws {
        var session = server()
        let full = [UInt8](repeating: 0, count: 256 * 1024)
        _ = try feed(&session, frame(.data, .syn, 1, UInt32(full.count), full))
        #expect(throws: YamuxFailure.windowExceeded) { try feed(&session, frame(.data, [], 1, 1, [0])) }
    }

    @Test func openingTwiceEndsTheSession() throws {
        var session = server()
        _ = try feed(&session, frame(.windowUpdate, .syn, 1, 0))
        #expect(throws: YamuxFailure.badSyn) { try feed(&session, frame(.windowUpdate, .syn, 1, 0)) }
    }

    @Test func framesForClosedStreamsAreReadOver() throws {
        var session = server()
        var output: [UInt8] = []
        _ = try feed(&session, frame(.windowUpdate, .syn, 1, 0), output: &output)
        session.reset(1, output: &output)
        let seen = try feed(
            &session, frame(.data, [], 1, 3, [1, 2, 3]) + frame(.windowUpdate, [], 1, 9) + frame(.windowUpdate, .syn, 3, 0))
        #expect(seen == ["opened 3"])
    }

    @Test func streamFloodsAreRefusedThenEnded() throws {
        var parameters = YamuxSession.Parameters()
        parameters.inboundStreamsMax = 4
        parameters.refusalsBurst = 10
        parameters.refusalsPerSecond = 1
        var session = server(parameters)
        var output: [UInt8] = []
        for number in 0..<14 {
            let id = UInt32(2 * number + 1)
            output = []
            let seen = try feed(&session, frame(.windowUpdate, .syn, id, 0), output: &output)
            #expect(seen == (number < 4 ? ["opened \(id)"] : []))
            #expect(output == frame(.windowUpdate, number < 4 ? .ack : .rst, id, 0))
        }
        #expect(session.streams.count == 4)
        #expect(throws: YamuxFailure.flood) { try feed(&session, frame(.windowUpdate, .syn, 99, 0)) }
    }

    @Test func rapidResetsEndTheSession() throws {
        var parameters = YamuxSession.Parameters()
        parameters.resetsBurst = 5
        parameters.resetsPerSecond = 1
        var session = server(parameters)
        var output: [UInt8] = []
        for number in 0..<5 { _ = try feed(&session, frame(.windowUpdate, [.syn, .rst], UInt32(2 * number + 1), 0), output: &output) }
        #expect(session.streams.isEmpty && session.inboundCount == 0)
        #expect(throws: YamuxFailure.flood) { try feed(&session, frame(.windowUpdate, [.syn, .rst], 99, 0)) }
        // Time heals.
        var slow = server(parameters)
        for number in 0..<50 {
            _ = try feed(
                &slow, frame(.windowUpdate, [.syn, .rst], UInt32(2 * number + 1), 0), output: &output, at: now + .seconds(Int64(number)))
        }
    }

    @Test func pingFloodsEndTheSession() throws {
        var session = server()
        var output: [UInt8] = []
        #expect(throws: YamuxFailure.flood) {
            for number in 0..<1000 { _ = try feed(&session, frame(.ping, .syn, 0, UInt32(number)), output: &output) }
        }
        #expect(output.count <= 60 * 12)
    }

    @Test func ourBacklogIsBounded() throws {
        var session = YamuxSession(isClient: true, parameters: .init())
        var output: [UInt8] = []
        for number in 0..<256 {
            let id = session.open(now: now, output: &output)
            #expect(id == UInt32(2 * number + 1))
        }
        let refused = session.open(now: now, output: &output)
        #expect(refused == nil)
        _ = try feed(&session, frame(.windowUpdate, .ack, 1, 0))
        let accepted = session.open(now: now, output: &output)
        #expect(accepted == 513)
        // A reset frees its place as well, and a second ACK frees nothing.
        _ = try feed(&session, frame(.windowUpdate, .rst, 3, 0) + frame(.windowUpdate, .ack, 1, 0))
        #expect(session.unacknowledged == 255)
    }

    @Test func creditIsRespectedAndReturned() throws {
        var client = YamuxSession(isClient: true, parameters: .init())
        var output: [UInt8] = []
        let id = try #require(client.open(now: now, output: &output))
        var sent = 0
        while client.sendCapacity(id) > 0 {
            let count = client.sendCapacity(id)
            client.beginData(id, count: count, output: &output)
            sent += count
        }
        #expect(sent == 256 * 1024)
        let seen = try feed(&client, frame(.windowUpdate, .ack, id, 10))
        #expect(seen == ["grew 1"])
        #expect(client.sendCapacity(id) == 10)
        client.finish(id, output: &output)
        #expect(client.sendCapacity(id) == 0)
    }

    @Test func windowsGrowWhileTheyAreTheBottleneckAndOnlyToTheirBound() throws {
        var parameters = YamuxSession.Parameters()
        parameters.windowMax = 1024 * 1024
        var session = server(parameters)
        var output: [UInt8] = []
        _ = try feed(&session, frame(.windowUpdate, .syn, 1, 0), output: &output)
        var time = now
        var granted = 256 * 1024
        for _ in 0..<40 {
            output = []
            let stream = try #require(session.streams[1])
            let count = stream.receiveWindow / 2
            _ = try feed(&session, frame(.data, [], 1, UInt32(count), [UInt8](repeating: 0, count: count)))
            granted -= count
            time = time + .milliseconds(1)
            session.consumed(1, count: count, now: time, output: &output)
            let header = try output.withUnsafeBytes { try YamuxHeader($0) }
            #expect(header.kind == .windowUpdate)
            granted += Int(header.length)
            #expect(granted == session.streams[1]?.receiveCredit)
            #expect(granted <= 1024 * 1024)
        }
        #expect(session.streams[1]?.receiveWindow == 1024 * 1024)
        // A slow reader's window stays.
        var slow = server(parameters)
        _ = try feed(&slow, frame(.windowUpdate, .syn, 1, 0), output: &output)
        for number in 1...10 {
            _ = try feed(&slow, frame(.data, [], 1, 131_072, [UInt8](repeating: 0, count: 131_072)))
            slow.consumed(1, count: 131_072, now: now + .seconds(Int64(number)), output: &output)
        }
        #expect(slow.streams[1]?.receiveWindow == 256 * 1024)
    }

    @Test func pingsMeasure() throws {
        var session = server()
        var output: [UInt8] = []
        session.ping(now: now, output: &output)
        session.ping(now: now, output: &output)
        #expect(output == frame(.ping, .syn, 0, 1))
        #expect(try feed(&session, frame(.ping, .ack, 0, 2)).isEmpty)
        #expect(try feed(&session, frame(.ping, .ack, 0, 1), output: &output, at: now + .milliseconds(3)) == ["round trip"])
        #expect(session.roundTrip == .milliseconds(3))
    }

    @Test func goneAwayPeersGetNoNewStreams() throws {
        var session = server()
        var output: [UInt8] = []
        #expect(try feed(&session, frame(.goAway, [], 0, 0)) == ["gone"])
        let id = session.open(now: now, output: &output)
        #expect(id == nil)
    }

    /// Random frames, with a bias towards plausible ones, end in an error or in a consistent state, never in a trap.
    @Test func randomFramesNeverTrap() {
        var generator = Generator(seed: 11)
        var accepted = 0
        for _ in 0..<300 {
            var session = YamuxSession(isClient: generator.chance(0.5), parameters: .init())
            var output: [UInt8] = []
            _ = session.open(now: now, output: &output)
            do {
                let first: UInt32 = session.isClient ? 2 : 1
                for number in 0..<4 { _ = try feed(&session, frame(.windowUpdate, .syn, first + 2 * UInt32(number), 0), output: &output) }
                for _ in 0..<30 {
                    let length = generator.chance(0.95) ? UInt32(generator.next() % 300) : UInt32(truncatingIfNeeded: generator.next())
                    let kind: YamuxHeader.Kind = generator.chance(0.5) ? .data : .windowUpdate
                    let flags = generator.chance(0.9) ? [] : YamuxHeader.Flags(rawValue: UInt16(generator.next() % 16))
                    let id = generator.chance(0.95) ? first + 2 * UInt32(generator.next() % 4) : UInt32(generator.next() % 12)
                    let bytes = frame(kind, flags, id, length, kind == .data ? [UInt8](repeating: 0, count: Int(min(length, 300))) : [])
                    _ = try feed(&session, bytes, output: &output)
                    accepted += 1
                    #expect(session.inboundCount == session.streams.keys.count { !session.isOurs($0) })
                    for id in session.streams.keys.sorted() where generator.chance(0.2) {
                        if generator.chance(0.5) { session.finish(id, output: &output) } else { session.reset(id, output: &output) }
                    }
                }
            } catch {}
        }
        #expect(accepted > 300)
    }
}
