internal import Determinism
internal import Wire

/// One stream: negotiation, then the protocol's own rules. Flow control is the session's.
///
/// Bytes go in through `receive`; what is to be sent lies in `output` and is pulled by the connection. Events follow the bytes.
struct Stream {
    enum Role: Equatable {
        /// Opened by the peer, protocol not yet chosen.
        case undecided
        case identifyReader
        case identifyWriter
        case pushReader
        case pushWriter
        case pinger(sent: Instant)
        case ponger
        case oneWayWriter(ProtocolName)
        case oneWayReader(ProtocolName)
        case requester(RequestID)
        case responder(ProtocolName)
        case perf
        case perfClient
        case echo
        /// All proposals were refused and something else follows: it is read over until the peer has our refusal.
        case refused
    }

    enum Event {
        /// The peer chose a protocol that we serve.
        case accepted(ProtocolName)
        case message(ProtocolName, [UInt8])
        case request(ProtocolName, [UInt8])
        case response(RequestID, [UInt8])
        case identify([UInt8], isPush: Bool)
        case roundTrip(Duration)
        /// A transfer of ours is complete.
        case transferred(Duration)
        /// The stream is of no more use: it is to be reset.
        case failed(NetworkFailure)
    }

    let id: UInt32
    let isOurs: Bool
    var role: Role
    var output = OutboundBytes()
    /// When something must have happened; `.distantFuture` where nothing is awaited.
    var deadline: Instant
    /// Waits in the connection's queue of streams to write.
    var isScheduled = false
    /// Half-close once `output` is empty.
    var finishesWhenDrained = false
    var isLocallyFinished = false
    var isRemotelyFinished = false
    /// Bytes received and dealt with, not yet given back as credit.
    var credit = 0

    /// Name of the request that awaits our answer.
    var inbound: InboundID?

    private var dialer: MultistreamDialer?
    private var listener: MultistreamListener?
    private var framer: MessageFramer?
    /// A request has been passed up and not been answered.
    private(set) var awaitsAnswer = false
    /// Bytes behind a request that has not been answered: at most one receive window.
    private var held: [UInt8] = []
    /// Bytes of a ping, or the payload of ours, or the number that a perf client begins with.
    var block: [UInt8] = []
    /// Bytes to be echoed: their credit is given back when they are sent.
    private var echoOwed = 0
    /// What the perf protocol still has to send and to receive here.
    var perf = PerfProgress()

    /// A stream that the peer has opened.
    init(inbound id: UInt32, deadline: Instant) {
        self.id = id
        isOurs = false
        role = .undecided
        self.deadline = deadline
        listener = MultistreamListener()
    }

    /// A stream of ours: header, proposal and first bytes go out together.
    init(outbound id: UInt32, role: Role, _ name: ProtocolName, variant: ProtocolVariants, protocols: ProtocolTable, deadline: Instant) {
        self.id = id
        isOurs = true
        self.role = role
        self.deadline = deadline
        output.append(protocols.opening(name, variant))
        dialer = MultistreamDialer([protocols.identifier(name, variant)])
        switch role {
        case .identifyReader: framer = MessageFramer(sizeMax: ProtocolName.identify.messageMax)
        case .oneWayWriter(let name): framer = MessageFramer(sizeMax: name.messageMax)
        default: break
        }
    }

    var isNegotiating: Bool { dialer != nil || listener != nil }
    /// A message is half read.
    var isMidway: Bool { framer?.isMidway ?? false }
    /// Memory that the peer makes us hold, as announced.
    var announced: Int { max(framer?.announced ?? 0, framer?.buffered ?? 0) + held.count }
    /// Memory that is really held.
    var buffered: Int { (framer?.buffered ?? 0) + held.count }

    mutating func expectAnswer(sizeMax: Int) { framer = MessageFramer(sizeMax: sizeMax) }

    /// Sends 32 bytes that come back.
    mutating func probe(_ payload: [UInt8]) {
        block = payload
        output.append(payload)
    }

    /// A ping of ours has not come back.
    var isProbing: Bool {
        if case .pinger = role { return !block.isEmpty }
        return false
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer, context: ConnectionContext, now: Instant, emit: inout [Event]) {
        credit += bytes.count
        var cursor = ByteCursor(bytes)
        process(&cursor, context: context, now: now, emit: &emit)
    }

    /// The answer to the request that was passed up; then goes on with what came behind it.
    mutating func answer(_ message: [UInt8], context: ConnectionContext, now: Instant, emit: inout [Event]) {
        guard awaitsAnswer else { return }
        awaitsAnswer = false
        output.append(framed: message)
        deadline = now + context.parameters.idleStreamMax
        let rest = held
        held = []
        credit += rest.count
        rest.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            process(&cursor, context: context, now: now, emit: &emit)
        }
        if isRemotelyFinished, !awaitsAnswer { finishesWhenDrained = true }
    }

    private mutating func process(_ cursor: inout ByteCursor, context: ConnectionContext, now: Instant, emit: inout [Event]) {
        do throws(NetworkFailure) {
            guard try negotiate(&cursor, context: context, now: now, emit: &emit) else { return }
            try read(&cursor, context: context, now: now, emit: &emit)
        } catch {
            emit.append(.failed(error))
        }
    }

    /// True once the protocol is settled.
    private mutating func negotiate(
        _ cursor: inout ByteCursor, context: ConnectionContext, now: Instant, emit: inout [Event]
    ) throws(NetworkFailure) -> Bool {
        var reply: [UInt8] = []
        do throws(Multistream.Failure) {
            if dialer != nil {
                guard try dialer?.receive(&cursor, reply: &reply) != nil else { return false }
                dialer = nil
                settle()
            } else if listener != nil {
                defer { output.append(reply) }
                let name = try listener?.receive(&cursor, reply: &reply) { context.served(identifier: $0) }
                guard let name else { return false }
                listener = nil
                accept(name, context: context, now: now)
                emit.append(.accepted(name))
            }
            return true
        } catch {
            // A peer that is sure of itself sends its first message with its proposal: it must still hear that we refuse.
            if listener != nil, !output.isEmpty {
                listener = nil
                role = .refused
                finishesWhenDrained = true
                _ = cursor.takeRest()
                return false
            }
            throw error == .refused ? .unsupported : .misbehaviour
        }
    }

    /// Our proposal was taken.
    private mutating func settle() {
        if case .oneWayWriter = role { deadline = .distantFuture }
    }

    private mutating func accept(_ name: ProtocolName, context: ConnectionContext, now: Instant) {
        deadline = now + context.parameters.idleStreamMax
        switch name.pattern {
        case .identify: role = .identifyWriter
        case .identifyPush:
            role = .pushReader
            framer = MessageFramer(sizeMax: name.messageMax)
        case .ping: role = .ponger
        case .oneWay:
            role = .oneWayReader(name)
            framer = MessageFramer(sizeMax: name.messageMax)
            deadline = .distantFuture
        case .requestAnswer:
            role = .responder(name)
            framer = MessageFramer(sizeMax: name.messageMax)
        case .perf: role = .perf
        case .echo: role = .echo
        }
    }
}

// MARK: - The protocols' rules

extension Stream {
    private mutating func read(
        _ cursor: inout ByteCursor, context: ConnectionContext, now: Instant, emit: inout [Event]
    ) throws(NetworkFailure) {
        switch role {
        case .undecided, .identifyWriter, .pushWriter, .refused: _ = cursor.takeRest()
        case .ponger: try pong(&cursor, context: context, now: now)
        case .pinger(let sent): try receivePong(&cursor, sent: sent, now: now, emit: &emit)
        case .echo:
            let bytes = cursor.takeRest()
            output.append(Array(bytes))
            credit -= bytes.count
            echoOwed += bytes.count
            deadline = now + context.parameters.idleStreamMax
        case .perf: readPerf(&cursor, context: context, now: now)
        case .perfClient: perf.received += UInt64(cursor.takeRest().count)
        case .identifyReader, .pushReader, .oneWayReader, .oneWayWriter, .requester, .responder:
            try readMessages(&cursor, context: context, now: now, emit: &emit)
        }
    }

    private mutating func readMessages(
        _ cursor: inout ByteCursor, context: ConnectionContext, now: Instant, emit: inout [Event]
    ) throws(NetworkFailure) {
        while cursor.remaining > 0 {
            if awaitsAnswer {
                let rest = cursor.takeRest()
                held.append(contentsOf: rest)
                credit -= rest.count
                return
            }
            let wasMidway = isMidway
            guard let message = try nextMessage(&cursor) else {
                // A requester's deadline is its request's.
                if !wasMidway, isMidway, !isRequester { deadline = now + context.parameters.messageMax }
                return
            }
            deliver(message, context: context, now: now, emit: &emit)
        }
    }

    private var isRequester: Bool {
        if case .requester = role { return true }
        return false
    }

    private mutating func nextMessage(_ cursor: inout ByteCursor) throws(NetworkFailure) -> [UInt8]? {
        do throws(MessageFramer.Failure) {
            return try framer?.next(&cursor)
        } catch {
            throw .misbehaviour
        }
    }

    private mutating func deliver(_ message: [UInt8], context: ConnectionContext, now: Instant, emit: inout [Event]) {
        switch role {
        case .oneWayReader(let name), .oneWayWriter(let name):
            deadline = .distantFuture
            emit.append(.message(name, message))
        case .responder(let name):
            awaitsAnswer = true
            deadline = now + context.parameters.answerMax
            emit.append(.request(name, message))
        case .requester(let request):
            framer = nil
            emit.append(.response(request, message))
        case .identifyReader:
            framer = nil
            emit.append(.identify(message, isPush: false))
        case .pushReader:
            framer = nil
            emit.append(.identify(message, isPush: true))
        default: break
        }
    }

    private mutating func pong(_ cursor: inout ByteCursor, context: ConnectionContext, now: Instant) throws(NetworkFailure) {
        deadline = now + context.parameters.idleStreamMax
        while cursor.remaining > 0 {
            block.append(contentsOf: cursor.take(32 - block.count))
            guard block.count == 32 else { return }
            guard output.count < context.parameters.pongBacklogMax else { throw .limit }
            output.append(block)
            block = []
        }
    }

    private mutating func receivePong(_ cursor: inout ByteCursor, sent: Instant, now: Instant, emit: inout [Event]) throws(NetworkFailure) {
        while cursor.remaining > 0, !block.isEmpty {
            guard cursor.takeByte() == block.removeFirst() else { throw .misbehaviour }
            if block.isEmpty { emit.append(.roundTrip(now - sent)) }
        }
        _ = cursor.takeRest()
    }

    /// The peer sends no more.
    mutating func finishRemotely(context: ConnectionContext, now: Instant, emit: inout [Event]) {
        guard !isRemotelyFinished else { return }
        isRemotelyFinished = true
        if isNegotiating {
            emit.append(.failed(isOurs ? .closed : .misbehaviour))
            return
        }
        switch role {
        case .requester, .identifyReader:
            if framer != nil { emit.append(.failed(.closed)) }
        case .responder:
            if isMidway { emit.append(.failed(.misbehaviour)) }
            if !awaitsAnswer { finishesWhenDrained = true }
        case .perf: beginPerfDownload()
        case .perfClient: emit.append(perf.isComplete && isLocallyFinished ? .transferred(now - perf.began) : .failed(.closed))
        case .oneWayWriter:
            // The peer will not answer on this stream; it may well go on reading.
            break
        default: finishesWhenDrained = true
        }
    }

    /// `count` bytes of `output` are on their way.
    mutating func sent(_ count: Int) {
        let returned = min(count, echoOwed)
        echoOwed -= returned
        credit += returned
    }
}
