internal import Determinism
internal import Identity

extension Connection {
    /// Everything was taken by the operating system.
    mutating func drained(emit: inout [SwarmEffect]) {
        inFlight = 0
        guard isReadingPaused else { return }
        isReadingPaused = false
        emit.append(.resumeReading(transport))
    }

    /// Encrypts what is due and fits the transport's backlog, into one write.
    mutating func flush(
        context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace, emit: inout [SwarmEffect]
    ) throws(NetworkFailure) {
        if !raw.isEmpty {
            inFlight += raw.count
            emit.append(.write(transport, raw))
            raw = []
        }
        guard session != nil else { return }
        let limit = context.parameters.writeBacklogMax
        var progress = false
        if inFlight < limit {
            workspace.assembly.removeAll(keepingCapacity: true)
            if !frames.isEmpty {
                workspace.assembly += frames
                frames.removeAll(keepingCapacity: frames.capacity <= 256)
            }
            while inFlight + workspace.assembly.count < limit, let id = nextScheduled() {
                writeStream(id, context: context, now: now, output: &workspace.assembly)
            }
            if !workspace.assembly.isEmpty {
                progress = true
                try write(workspace.assembly, emit: &emit)
            }
        }
        watchProgress(progress, context: context, now: now)
        if frames.count > context.parameters.controlBacklogMax, !isReadingPaused {
            isReadingPaused = true
            emit.append(.pauseReading(transport))
        }
    }

    private mutating func write(_ plaintext: [UInt8], emit: inout [SwarmEffect]) throws(NetworkFailure) {
        do throws(NoiseFailure) {
            let sealed = try plaintext.withBytes { bytes throws(NoiseFailure) in try session?.noise.seal(bytes) }
            guard let sealed else { return }
            inFlight += sealed.count
            emit.append(.write(transport, sealed))
        } catch {
            throw .limit
        }
    }

    /// One data frame at most; the stream goes to the end of the line where it has more.
    private mutating func writeStream(_ id: UInt32, context: ConnectionContext, now: Instant, output: inout [UInt8]) {
        guard let index = streams.position(id) else { return }
        streams[at: index].isScheduled = false
        let capacity = session?.yamux.sendCapacity(id) ?? 0
        refill(index, capacity: capacity, now: now)
        let count = min(streams[at: index].output.count, capacity)
        if count > 0 {
            session?.yamux.beginData(id, count: count, output: &output)
            streams[at: index].output.move(count, to: &output)
            streams[at: index].sent(count)
            pendingOutput -= count
        }
        let credit = streams[at: index].credit
        if credit > 0 {
            streams[at: index].credit = 0
            session?.yamux.consumed(id, count: credit, now: now, output: &output)
        }
        watchCredit(index, moved: count > 0, context: context, now: now)
        if streams[at: index].output.isEmpty { pendingOutput += streams[at: index].refill() }
        if !streams[at: index].output.isEmpty {
            if count > 0, count == capacity || (session?.yamux.sendCapacity(id) ?? 0) > 0 { schedule(id) }
        } else if streams[at: index].finishesWhenDrained, !streams[at: index].isLocallyFinished {
            finish(index, context: context, now: now, output: &output)
        }
    }

    /// Takes messages out of the queue as late as possible: until then priorities and expiry still work.
    private mutating func refill(_ index: Int, capacity: Int, now: Instant) {
        pendingOutput += streams[at: index].refill()
        guard case .oneWayWriter(let name) = streams[at: index].role,
            let channel = channels.firstIndex(where: { $0.name == name && $0.stream == streams[at: index].id })
        else { return }
        while streams[at: index].output.count < capacity, let next = channels[channel].queue.pop(now: now) {
            let before = streams[at: index].output.count
            streams[at: index].output.append(framed: next.message)
            pendingOutput += streams[at: index].output.count - before
        }
        if channels[channel].queue.isEmpty { channels[channel].isCongested = false }
    }

    private mutating func finish(
        _ index: Int, context: ConnectionContext, now: Instant, output: inout [UInt8]
    ) {
        let id = streams[at: index].id
        streams[at: index].isLocallyFinished = true
        session?.yamux.finish(id, output: &output)
        if streams[at: index].isRemotelyFinished {
            remove(id)
        } else if streams[at: index].role != .perfClient {
            // What a perf client asked for comes only now, and has the deadline of the whole.
            let deadline = now + context.parameters.closeMax
            streams[at: index].deadline = deadline
            arm(deadline)
        }
    }

    /// A one-way stream whose peer gives no credit must get some within `stallMax`.
    private mutating func watchCredit(
        _ index: Int, moved: Bool, context: ConnectionContext, now: Instant
    ) {
        guard case .oneWayWriter = streams[at: index].role, !streams[at: index].isNegotiating,
            !streams[at: index].finishesWhenDrained, !streams[at: index].isMidway
        else { return }
        if moved || streams[at: index].output.isEmpty { streams[at: index].deadline = .distantFuture }
        guard !streams[at: index].output.isEmpty, streams[at: index].deadline == .distantFuture else { return }
        streams[at: index].deadline = now + context.parameters.stallMax
        arm(streams[at: index].deadline)
    }

    /// A transport that takes nothing must take something within `stallMax`.
    private mutating func watchProgress(_ progress: Bool, context: ConnectionContext, now: Instant) {
        let isWaiting = inFlight >= context.parameters.writeBacklogMax
        guard isWaiting else {
            stalledSince = nil
            return
        }
        if progress || stalledSince == nil {
            stalledSince = now
            arm(now + context.parameters.stallMax)
        }
    }

    // MARK: Deadlines

    mutating func handleDeadline(context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace) {
        armed = .distantFuture
        guard isSecured else {
            if now >= handshakeDeadline { workspace.report(serial, .closed(.timedOut)) } else { arm(handshakeDeadline) }
            return
        }
        if let stalledSince {
            let limit = stalledSince + context.parameters.stallMax
            if now >= limit {
                workspace.report(serial, .closed(.timedOut))
                return
            }
            arm(limit)
        }
        let silence = lastReceived + context.parameters.pingInterval + context.parameters.pingMax
        if now >= silence, !isReadingPaused {
            workspace.report(serial, .closed(.timedOut))
            return
        }
        arm(max(silence, now + .milliseconds(1)))
        if now >= nextPing {
            session?.yamux.ping(now: now, output: &frames)
            nextPing = now + context.parameters.pingInterval
        }
        arm(nextPing)
        reviveChannels(context: context, now: now)
        expireStreams(context: context, now: now, workspace: &workspace)
    }

    private mutating func expireStreams(context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace) {
        var expired: [UInt32] = []
        for index in 0..<streams.count {
            let deadline = streams[at: index].deadline
            if deadline <= now { expired.append(streams[at: index].id) } else { arm(deadline) }
        }
        expired.sort()
        for id in expired {
            guard let index = streams.position(id) else { continue }
            if case .oneWayWriter = streams[at: index].role, !streams[at: index].isNegotiating,
                !streams[at: index].finishesWhenDrained, !streams[at: index].isMidway
            {
                // It got no credit: the peer does not read.
                workspace.report(serial, .closed(.timedOut))
                return
            }
            if case .pinger = streams[at: index].role, !streams[at: index].isProbing, !streams[at: index].finishesWhenDrained {
                finishWhenDrained(id, deadline: now + context.parameters.closeMax)
                continue
            }
            abandon(id, .timedOut, now: now, workspace: &workspace)
        }
    }
}
