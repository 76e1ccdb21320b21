internal import Determinism
internal import Identity

extension Connection {
    /// What one stream counts for in the connection's totals.
    struct Footprint {
        var announced: Int
        var buffered: Int
        var output: Int

        init(_ stream: borrowing Stream) {
            announced = stream.announced
            buffered = stream.buffered
            output = stream.output.count
        }
    }

    mutating func account(from before: Footprint, to after: Footprint) {
        announced += after.announced - before.announced
        buffered += after.buffered - before.buffered
        pendingOutput += after.output - before.output
    }

    /// Gives credit back and schedules the stream where it has something to write.
    mutating func settle(_ index: Int, now: Instant) {
        let credit = streams[at: index].credit
        if credit > 0 {
            streams[at: index].credit = 0
            session?.yamux.consumed(streams[at: index].id, count: credit, now: now, output: &frames)
        }
        if !streams[at: index].output.isEmpty || streams[at: index].finishesWhenDrained { schedule(index) }
    }

    mutating func schedule(_ id: UInt32) {
        if let index = streams.position(id) { schedule(index) }
    }

    private mutating func schedule(_ index: Int) {
        guard !streams[at: index].isScheduled else { return }
        streams[at: index].isScheduled = true
        scheduled.append(streams[at: index].id)
    }

    mutating func nextScheduled() -> UInt32? {
        guard scheduledHead < scheduled.count else {
            scheduled.removeAll(keepingCapacity: scheduled.capacity <= 64)
            scheduledHead = 0
            return nil
        }
        defer { scheduledHead += 1 }
        return scheduled[scheduledHead]
    }

    mutating func append(framed message: [UInt8], to id: UInt32) {
        guard let index = streams.position(id) else { return }
        let before = streams[at: index].output.count
        streams[at: index].output.append(framed: message)
        pendingOutput += streams[at: index].output.count - before
        schedule(index)
    }

    mutating func finishWhenDrained(_ id: UInt32, deadline: Instant) {
        guard let index = streams.position(id) else { return }
        streams[at: index].finishesWhenDrained = true
        streams[at: index].deadline = deadline
        arm(deadline)
        schedule(index)
    }

    /// Resets the stream and tells whom it concerns.
    mutating func abandon(_ id: UInt32, _ failure: NetworkFailure, now: Instant, workspace: inout ConnectionWorkspace) {
        guard let stream = remove(id) else { return }
        session?.yamux.reset(id, output: &frames)
        mourn(stream, failure, now: now, workspace: &workspace)
    }

    @discardableResult
    mutating func remove(_ id: UInt32) -> Stream? {
        guard let stream = streams.remove(id) else { return nil }
        let footprint = Footprint(stream)
        announced -= footprint.announced
        buffered -= footprint.buffered
        pendingOutput -= footprint.output
        return stream
    }

    /// A stream ended before its work was done.
    func isUnanswered(_ stream: Stream) -> RequestID? {
        guard case .requester(let request) = stream.role, !stream.finishesWhenDrained else { return nil }
        return request
    }

    mutating func mourn(_ stream: Stream, _ failure: NetworkFailure, now: Instant, workspace: inout ConnectionWorkspace) {
        if let request = isUnanswered(stream) {
            pendingRequests -= 1
            workspace.report(serial, .requestFailed(request, failure))
        }
        if stream.role == .perfClient { workspace.report(serial, .transferred(nil)) }
        if let inbound = stream.inbound { workspace.report(serial, .requestDropped(inbound)) }
        if case .oneWayWriter = stream.role, let index = channels.firstIndex(where: { $0.stream == stream.id }) {
            channels[index].stream = nil
            channels[index].failures = failure == .unsupported ? Channel.attemptsMax : channels[index].failures + 1
            // Reopened on the next deadline, so that a peer that resets at once cannot make us spin.
            if !channels[index].isRefused, !channels[index].queue.isEmpty { arm(now + .milliseconds(250)) }
        }
    }
}
