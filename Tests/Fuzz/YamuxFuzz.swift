// fuzz: LibP2P
// longest: 4096
// covers: Sources/LibP2P/YamuxSession.swift Sources/LibP2P/YamuxSession+Receive.swift Sources/LibP2P/YamuxFrame.swift
// A Yamux session under hostile frames and our own calls in any order: its counts and windows stay true, and a failure ends it.
import Determinism

@testable import LibP2P

enum YamuxFuzz: FuzzTarget {
    static func run(_ bytes: [UInt8]) {
        var script = Script(bytes)
        let options = script.byte()
        var parameters = YamuxSession.Parameters()
        parameters.inboundStreamsMax = 8
        parameters.backlogMax = 8
        parameters.windowMax = 1 << 20
        if options & 2 != 0 { (parameters.opensBurst, parameters.refusalsBurst, parameters.pingsBurst) = (4, 4, 4) }
        var play = Play(session: YamuxSession(isClient: options & 1 == 0, parameters: parameters))
        if options & 0x80 == 0 {
            // As captured: frames, in pieces.
            let stream = script.takeRest()
            let piece = options & 4 == 0 ? max(1, stream.count) : 7
            for start in stride(from: 0, to: stream.count, by: piece) {
                guard play.receive(Array(stream[start..<min(start + piece, stream.count)])) else { break }
            }
        } else {
            for _ in 0..<200 where !script.isAtEnd { guard play.step(&script) else { break } }
        }
        play.check()
    }

    private struct Play {
        var session: YamuxSession
        var now = Instant(nanoseconds: 1_000_000_000)
        var output: [UInt8] = []

        /// False where the session has failed.
        mutating func step(_ script: inout Script) -> Bool {
            let id = UInt32(script.choice(24))
            switch script.choice(10) {
            case 0: _ = session.open(now: now, output: &output)
            case 1:
                let count = min(script.word(), session.sendCapacity(id))
                if count > 0 { session.beginData(id, count: count, output: &output) }
            case 2: session.finish(id, output: &output)
            case 3: session.reset(id, output: &output)
            case 4: session.ping(now: now, output: &output)
            case 5: consume(id, script.word() * 16)
            case 6: now = now + .milliseconds(script.word())
            case 7: session.goAway(reason: UInt32(script.choice(3)), output: &output)
            default:
                let kind = YamuxHeader.Kind(rawValue: UInt8(script.choice(4))) ?? .data
                let flags = YamuxHeader.Flags(rawValue: UInt16(script.choice(16)))
                let length = script.byte() & 1 == 0 ? UInt32(script.byte()) : script.double()
                var frame: [UInt8] = []
                YamuxHeader(kind: kind, flags: flags, stream: kind == .ping || kind == .goAway ? id / 20 : id, length: length)
                    .append(to: &frame)
                if kind == .data { frame += [UInt8](repeating: 7, count: min(Int(length), 4096)) }
                return receive(frame)
            }
            check()
            return true
        }

        /// Gives credit back for what the peer has sent, and for no more: that is its caller's duty.
        private mutating func consume(_ id: UInt32, _ count: Int) {
            guard let stream = session.streams[id] else { return }
            let held = stream.receiveWindow - stream.receiveCredit - stream.consumed
            if held > 0 { session.consumed(id, count: min(count, held), now: now, output: &output) }
        }

        mutating func receive(_ bytes: [UInt8]) -> Bool {
            let isAlive = bytes.withUnsafeBytes { bytes in
                var cursor = ByteCursor(bytes)
                do throws(YamuxFailure) {
                    while let event = try session.next(&cursor, now: now, output: &output) {
                        if case .data(let id, let piece) = event {
                            precondition(session.streams[id] != nil && !piece.isEmpty, "data of no stream")
                        }
                    }
                    precondition(cursor.remaining == 0, "bytes were left behind")
                    return true
                } catch {
                    return false
                }
            }
            check()
            return isAlive
        }

        func check() {
            let inbound = session.streams.keys.count { !session.isOurs($0) }
            precondition(inbound == session.inboundCount && inbound <= session.parameters.inboundStreamsMax, "inbound streams")
            let waiting = session.streams.count { session.isOurs($0.key) && !$0.value.isAcknowledged }
            precondition(waiting == session.unacknowledged && waiting <= session.parameters.backlogMax, "streams without an ACK")
            for (id, stream) in session.streams {
                precondition(session.wasOpened(id), "a stream that was never opened")
                precondition(stream.receiveCredit >= 0 && stream.receiveCredit <= stream.receiveWindow, "credit beyond the window")
                precondition(stream.receiveWindow <= session.parameters.windowMax, "a window beyond its limit")
                precondition(!(stream.isLocallyFinished && stream.isRemotelyFinished), "a stream that is done is kept")
                precondition(session.sendCapacity(id) <= YamuxSession.dataMax, "a frame beyond its limit")
            }
        }
    }
}
