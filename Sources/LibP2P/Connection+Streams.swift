internal import Determinism
internal import Identity
internal import Wire

extension Connection {
    // MARK: Inbound

    mutating func open(inbound id: UInt32, context: ConnectionContext, now: Instant) {
        let deadline = now + context.parameters.negotiationMax
        streams.insert(Stream(inbound: id, deadline: deadline))
        arm(deadline)
    }

    mutating func receiveData(
        _ id: UInt32, _ bytes: UnsafeRawBufferPointer, context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace
    ) throws(NetworkFailure) {
        guard let index = streams.position(id) else { return }
        let before = Footprint(streams[at: index])
        streams[at: index].receive(bytes, context: context, now: now, emit: &workspace.streamEvents)
        account(from: before, to: Footprint(streams[at: index]))
        arm(streams[at: index].deadline)
        settle(index, now: now)
        try handleEvents(of: id, context: context, now: now, workspace: &workspace)
        guard announced <= context.parameters.connectionMemoryMax else { throw .limit }
    }

    mutating func finishRemotely(
        _ id: UInt32, context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace
    ) throws(NetworkFailure) {
        guard let index = streams.position(id) else { return }
        streams[at: index].finishRemotely(context: context, now: now, emit: &workspace.streamEvents)
        arm(streams[at: index].deadline)
        settle(index, now: now)
        if streams[at: index].isLocallyFinished { remove(id) }
        try handleEvents(of: id, context: context, now: now, workspace: &workspace)
    }

    /// The peer reset the stream.
    mutating func dropReset(_ id: UInt32, now: Instant, workspace: inout ConnectionWorkspace) {
        guard let stream = remove(id) else { return }
        mourn(stream, .closed, now: now, workspace: &workspace)
    }

    private mutating func handleEvents(
        of id: UInt32, context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace
    ) throws(NetworkFailure) {
        guard !workspace.streamEvents.isEmpty else { return }
        var events: [Stream.Event] = []
        swap(&events, &workspace.streamEvents)
        for event in events { handle(event, of: id, context: context, now: now, workspace: &workspace) }
        events.removeAll(keepingCapacity: true)
        swap(&events, &workspace.streamEvents)
        guard pendingOutput <= context.parameters.outputMax else { throw .limit }
    }

    private mutating func handle(
        _ event: Stream.Event, of id: UInt32, context: ConnectionContext, now: Instant, workspace: inout ConnectionWorkspace
    ) {
        switch event {
        case .accepted(let name):
            if isCrowded(name, context) {
                abandon(id, .limit, now: now, workspace: &workspace)
            } else if name == .identify {
                append(framed: context.identify(observed: address), to: id)
                finishWhenDrained(id, deadline: now + context.parameters.closeMax)
            }
        case .message(let name, let message): workspace.report(serial, .message(name, message))
        case .request(let name, let message):
            let inbound = InboundID(workspace.nextInbound)
            workspace.nextInbound += 1
            if let index = streams.position(id) { streams[at: index].inbound = inbound }
            workspace.report(serial, .request(name, inbound, stream: id, message))
        case .response(let request, let message):
            pendingRequests -= 1
            finishWhenDrained(id, deadline: now + context.parameters.closeMax)
            workspace.report(serial, .response(request, message))
        case .identify(let bytes, let isPush):
            finishWhenDrained(id, deadline: now + context.parameters.closeMax)
            guard let message = try? IdentifyMessage(bytes) else {
                workspace.report(serial, .closed(.misbehaviour))
                return
            }
            workspace.report(serial, .identify(message, isPush: isPush))
        case .roundTrip(let duration):
            if let index = streams.position(id) {
                streams[at: index].deadline = now + context.parameters.pingStreamKeep
                arm(streams[at: index].deadline)
            }
            workspace.report(serial, .roundTrip(duration, wasAsked: true))
        case .transferred(let duration): workspace.report(serial, .transferred(duration))
        case .failed(let failure): abandon(id, failure, now: now, workspace: &workspace)
        }
    }

    /// More inbound streams of this protocol than one peer needs.
    private func isCrowded(_ name: ProtocolName, _ context: ConnectionContext) -> Bool {
        let role: Stream.Role
        var limit = context.parameters.pingStreamsMax
        switch name.pattern {
        case .ping: role = .ponger
        case .identify: role = .identifyWriter
        case .identifyPush: role = .pushReader
        case .oneWay:
            role = .oneWayReader(name)
            limit = context.parameters.oneWayStreamsMax
        case .requestAnswer, .perf, .echo: return false
        }
        return streams.count { $0.role == role && !$0.isLocallyFinished } > limit
    }

    // MARK: Outbound

    /// Opens a stream and queues what it says first. Nil where the session refuses.
    private mutating func open(
        _ role: Stream.Role, _ name: ProtocolName, deadline: Instant, context: ConnectionContext, now: Instant
    ) -> UInt32? {
        guard let id = session?.yamux.open(now: now, output: &frames) ?? nil else { return nil }
        let stream = Stream(outbound: id, role: role, name, variant: variants, protocols: context.protocols, deadline: deadline)
        pendingOutput += stream.output.count
        streams.insert(stream)
        arm(deadline)
        schedule(id)
        return id
    }

    mutating func request(
        _ request: RequestID, _ name: ProtocolName, _ message: [UInt8], deadline: Instant, context: ConnectionContext, now: Instant,
        workspace: inout ConnectionWorkspace
    ) {
        guard pendingRequests < context.parameters.requestsPerPeerMax,
            pendingOutput + message.count <= context.parameters.outputMax,
            let id = open(.requester(request), name, deadline: deadline, context: context, now: now)
        else {
            workspace.report(serial, .requestFailed(request, .limit))
            return
        }
        pendingRequests += 1
        if let index = streams.position(id) { streams[at: index].expectAnswer(sizeMax: name.messageMax) }
        append(framed: message, to: id)
    }

    mutating func identify(context: ConnectionContext, now: Instant) {
        _ = open(.identifyReader, .identify, deadline: now + context.parameters.messageMax, context: context, now: now)
    }

    mutating func pushIdentify(context: ConnectionContext, now: Instant) {
        let deadline = now + context.parameters.messageMax
        guard let id = open(.pushWriter, .identifyPush, deadline: deadline, context: context, now: now) else { return }
        append(framed: context.identify(observed: address), to: id)
        finishWhenDrained(id, deadline: deadline)
    }

    /// One at a time, and one after another on the same stream: peers commonly allow two ping streams and no more.
    mutating func ping(_ payload: [UInt8], context: ConnectionContext, now: Instant) {
        let deadline = now + context.parameters.negotiationMax
        var id: UInt32?
        for index in 0..<streams.count {
            guard case .pinger = streams[at: index].role, !streams[at: index].finishesWhenDrained else { continue }
            guard !streams[at: index].isProbing else { return }
            streams[at: index].role = .pinger(sent: now)
            streams[at: index].deadline = deadline
            arm(deadline)
            id = streams[at: index].id
        }
        id = id ?? open(.pinger(sent: now), .ping, deadline: deadline, context: context, now: now)
        guard let id, let index = streams.position(id) else { return }
        streams[at: index].probe(payload)
        pendingOutput += payload.count
        schedule(id)
    }

    /// False where the session refuses the stream.
    mutating func perf(upload: UInt64, download: UInt64, deadline: Instant, context: ConnectionContext, now: Instant) -> Bool {
        guard let id = open(.perfClient, .perf, deadline: deadline, context: context, now: now), let index = streams.position(id) else {
            return false
        }
        let before = Footprint(streams[at: index])
        streams[at: index].beginPerf(upload: upload, download: download, now: now)
        account(from: before, to: Footprint(streams[at: index]))
        return true
    }

    mutating func send(
        _ name: ProtocolName, _ message: [UInt8], _ priority: SendPriority, context: ConnectionContext, now: Instant,
        workspace: inout ConnectionWorkspace
    ) {
        let index = channel(name, context)
        guard !channels[index].isRefused else { return }
        switch channels[index].queue.push(message, priority, now: now) {
        case .accepted: break
        case .dropped:
            if !channels[index].isCongested { workspace.report(serial, .congested) }
            channels[index].isCongested = true
        case .overflow:
            workspace.report(serial, .closed(.limit))
            return
        }
        write(channel: index, context: context, now: now)
    }

    private mutating func channel(_ name: ProtocolName, _ context: ConnectionContext) -> Int {
        if let index = channels.firstIndex(where: { $0.name == name }) { return index }
        channels.append(Channel(name: name, queue: SendQueue(parameters: context.parameters.queue)))
        return channels.count - 1
    }

    /// Schedules the channel's stream, opening one where there is none.
    private mutating func write(channel index: Int, context: ConnectionContext, now: Instant) {
        if let id = channels[index].stream {
            schedule(id)
        } else if !channels[index].isRefused, !channels[index].queue.isEmpty {
            let name = channels[index].name
            channels[index].stream = open(
                .oneWayWriter(name), name, deadline: now + context.parameters.negotiationMax, context: context, now: now)
        }
    }

    /// Reopens the streams of channels that lost theirs and have something to say.
    mutating func reviveChannels(context: ConnectionContext, now: Instant) {
        for index in channels.indices where channels[index].stream == nil { write(channel: index, context: context, now: now) }
    }

    /// Takes the queues away, for another connection; what has begun is finished here.
    mutating func takeChannels(context: ConnectionContext, now: Instant) -> [Channel] {
        let taken = channels.map { channel in
            var channel = channel
            channel.stream = nil
            channel.failures = 0
            return channel
        }
        for id in channels.compactMap(\.stream) { finishWhenDrained(id, deadline: now + context.parameters.messageMax) }
        channels = []
        return taken
    }

    mutating func adopt(_ taken: [Channel], context: ConnectionContext, now: Instant) {
        for channel in taken where !channels.contains(where: { $0.name == channel.name }) { channels.append(channel) }
        reviveChannels(context: context, now: now)
    }

    // MARK: Answers

    mutating func respond(
        _ inbound: InboundID, on id: UInt32, _ message: [UInt8], context: ConnectionContext, now: Instant,
        workspace: inout ConnectionWorkspace
    ) {
        guard let index = streams.position(id), streams[at: index].inbound == inbound else { return }
        guard pendingOutput + message.count <= context.parameters.outputMax else {
            abandon(id, .limit, now: now, workspace: &workspace)
            return
        }
        streams[at: index].inbound = nil
        let before = Footprint(streams[at: index])
        streams[at: index].answer(message, context: context, now: now, emit: &workspace.streamEvents)
        account(from: before, to: Footprint(streams[at: index]))
        arm(streams[at: index].deadline)
        settle(index, now: now)
        do throws(NetworkFailure) {
            try handleEvents(of: id, context: context, now: now, workspace: &workspace)
        } catch {
            workspace.report(serial, .closed(error))
        }
    }

    mutating func refuse(_ inbound: InboundID, on id: UInt32, now: Instant, workspace: inout ConnectionWorkspace) {
        guard let index = streams.position(id), streams[at: index].inbound == inbound else { return }
        streams[at: index].inbound = nil
        abandon(id, .closed, now: now, workspace: &workspace)
    }
}
