internal import Determinism

/// A header that has not arrived whole.
struct YamuxPartialHeader {
    private var bytes: (UInt32, UInt32, UInt32) = (0, 0, 0)
    private var count = 0

    /// The next header, or nil where more bytes are needed.
    mutating func next(_ cursor: inout ByteCursor) throws(YamuxFailure) -> YamuxHeader? {
        if count == 0, cursor.remaining >= YamuxHeader.size { return try YamuxHeader(cursor.take(YamuxHeader.size)) }
        let piece = cursor.take(YamuxHeader.size - count)
        let at = count
        withUnsafeMutableBytes(of: &bytes) { $0[at...].copyBytes(from: piece) }
        count += piece.count
        guard count == YamuxHeader.size else { return nil }
        count = 0
        do {
            return try withUnsafeBytes(of: bytes) { try YamuxHeader($0) }
        } catch let failure as YamuxFailure {
            throw failure
        } catch {
            throw .malformed
        }
    }
}

/// The body of a data frame that is being read.
struct YamuxBody {
    var stream: UInt32
    var remaining: Int
    var isLast: Bool
}

extension YamuxSession {
    /// The next event in the bytes, or nil where they are used up. Lengths are checked against windows before anything of a
    /// frame is passed on.
    mutating func next(_ cursor: inout ByteCursor, now: Instant, output: inout [UInt8]) throws(YamuxFailure) -> Event? {
        while true {
            if let event = nextOfBody(&cursor) { return event }
            guard body == nil, let header = try header.next(&cursor) else { return nil }
            let event: Event? =
                switch header.kind {
                case .data, .windowUpdate: try receiveStreamFrame(header, now: now, output: &output)
                case .ping: try receivePing(header, now: now, output: &output)
                case .goAway: try receiveGoAway(header)
                }
            if let event { return event }
        }
    }

    private mutating func nextOfBody(_ cursor: inout ByteCursor) -> Event? {
        while let current = body {
            if current.remaining == 0 {
                body = nil
                return current.isLast ? finishRemotely(current.stream) : nil
            }
            let piece = cursor.take(current.remaining)
            guard !piece.isEmpty else { return nil }
            body?.remaining -= piece.count
            // Bytes for a stream that we have reset meanwhile are read over, and those behind the peer's FIN: implementations that
            // half-close while another task writes do send them.
            if streams[current.stream]?.isRemotelyFinished == false { return .data(current.stream, piece) }
        }
        return nil
    }

    private mutating func receiveStreamFrame(
        _ header: YamuxHeader, now: Instant, output: inout [UInt8]
    ) throws(YamuxFailure) -> Event? {
        let id = header.stream
        guard id != 0 else { throw .malformed }
        var opened = false
        if header.flags.contains(.syn) { opened = try receiveSyn(id, now: now, output: &output) }
        guard let index = streams.index(forKey: id) else {
            guard wasOpened(id) else { throw .unknownStream }
            // Frames that were under way when the stream was closed or refused.
            if header.kind == .data { body = YamuxBody(stream: id, remaining: Int(header.length), isLast: false) }
            return nil
        }
        if header.flags.contains(.ack), isOurs(id), !streams.values[index].isAcknowledged {
            streams.values[index].isAcknowledged = true
            unacknowledged -= 1
        }
        var grew = false
        switch header.kind {
        case .data:
            guard Int(header.length) <= streams.values[index].receiveCredit else { throw .windowExceeded }
            streams.values[index].receiveCredit -= Int(header.length)
            if header.length > 0 || header.flags.contains(.fin) {
                body = YamuxBody(stream: id, remaining: Int(header.length), isLast: header.flags.contains(.fin))
            }
        default:
            let (window, overflow) = streams.values[index].sendWindow.addingReportingOverflow(header.length)
            guard !overflow else { throw .windowOverflow }
            grew = header.length > 0
            streams.values[index].sendWindow = window
            if header.flags.contains(.fin) { body = YamuxBody(stream: id, remaining: 0, isLast: true) }
        }
        if header.flags.contains(.rst) {
            guard resets.admit(now: now) else { throw .flood }
            remove(id)
            return .reset(id)
        }
        if opened { return .opened(id) }
        return grew ? .windowGrew(id) : nil
    }

    /// True where the stream is accepted.
    private mutating func receiveSyn(_ id: UInt32, now: Instant, output: inout [UInt8]) throws(YamuxFailure) -> Bool {
        guard !isOurs(id), streams[id] == nil else { throw .badSyn }
        lastRemoteID = max(lastRemoteID, id)
        guard opens.admit(now: now), inboundCount < parameters.inboundStreamsMax else {
            guard refusals.admit(now: now) else { throw .flood }
            YamuxHeader(kind: .windowUpdate, flags: .rst, stream: id, length: 0).append(to: &output)
            return false
        }
        inboundCount += 1
        streams[id] = Stream(lastUpdate: now, isAcknowledged: true)
        // On a frame of its own: some implementations overlook FIN and RST on a frame that also has ACK.
        YamuxHeader(kind: .windowUpdate, flags: .ack, stream: id, length: 0).append(to: &output)
        return true
    }

    private mutating func finishRemotely(_ id: UInt32) -> Event? {
        guard let stream = streams[id], !stream.isRemotelyFinished else { return nil }
        streams[id]?.isRemotelyFinished = true
        removeIfDone(id)
        return .finished(id)
    }

    private mutating func receivePing(_ header: YamuxHeader, now: Instant, output: inout [UInt8]) throws(YamuxFailure) -> Event? {
        guard header.stream == 0 else { throw .malformed }
        if header.flags.contains(.ack) { return pingAnswered(header.length, now: now).map { .roundTrip($0) } }
        guard header.flags.contains(.syn) else { throw .malformed }
        guard pings.admit(now: now) else { throw .flood }
        YamuxHeader(kind: .ping, flags: .ack, stream: 0, length: header.length).append(to: &output)
        return nil
    }

    private mutating func receiveGoAway(_ header: YamuxHeader) throws(YamuxFailure) -> Event? {
        guard header.stream == 0 else { throw .malformed }
        guard header.length == 0 else { throw .remoteError(header.length) }
        guard !isRemoteGone else { return nil }
        isRemoteGone = true
        return .goneAway
    }
}
