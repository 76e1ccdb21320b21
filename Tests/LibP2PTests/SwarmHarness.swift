import Crypto
import Determinism
import Identity
import Wire

@testable import LibP2P

/// Several swarms over an in-memory network with a clock of its own: random delays, random cuts, order kept per direction.
struct SwarmHarness {
    struct Options {
        /// One-way delay, microseconds, drawn per delivery.
        var delay: ClosedRange<UInt64> = 50...500
        /// Largest piece that is delivered at once.
        var pieceMax = 64 * 1024
        /// Pieces are cut at random sizes up to `pieceMax`.
        var cutsAtRandom = true
    }

    static let outside = Int.max

    struct Endpoint: Hashable {
        var swarm: Int
        var transport: TransportID
    }

    private enum Payload {
        case bytes([UInt8])
        case opened
        case failed
        case closed
    }

    private struct Delivery {
        var at: Instant
        var order: UInt64
        var to: Endpoint
        var payload: Payload
    }

    var swarms: [Swarm] = []
    var events: [[NetworkEvent]] = []
    var roundTrips: [[Duration]] = []
    var transfers: [[Duration?]] = []
    var listeners: [Multiaddr: Int] = [:]
    var now = Instant(nanoseconds: 1_000_000_000)
    var options: Options
    var generator: Generator
    /// Swarms that take no bytes: what is sent to them is lost, and never reported as taken.
    var deaf: Set<Int> = []
    /// The test's own endpoints take nothing either.
    var stallOutside = false
    /// Bytes written per endpoint.
    var written: [Endpoint: Int] = [:]
    var closed: Set<Endpoint> = []
    var pauses = 0
    /// What swarms wrote to endpoints that the test plays itself (their `swarm` is `SwarmHarness.outside`).
    var collected: [Endpoint: [UInt8]] = [:]
    /// Answers every request with its own bytes, prefixed by 0xaa.
    var answers = true

    private var partner: [Endpoint: Endpoint] = [:]
    private var address: [Endpoint: Multiaddr] = [:]
    private var deliveries: [Delivery] = []
    private var lastArrival: [Endpoint: Instant] = [:]
    private var onTheWay: [Endpoint: Int] = [:]
    private var order: UInt64 = 0
    private var accepted: UInt64 = 0

    init(seed: UInt64 = 1, options: Options = Options()) {
        self.options = options
        generator = Generator(seed: seed)
    }

    static func keyPair(_ number: Int) -> KeyPair { KeyPair(seed: Hash.sha256([UInt8(number & 0xff), UInt8(number >> 8)])) }

    static func parameters() -> SwarmParameters {
        var parameters = SwarmParameters(networkPrefix: "test")
        parameters.addresses = .development
        return parameters
    }

    @discardableResult
    mutating func add(_ parameters: SwarmParameters = parameters(), host: UInt32 = 0x7f00_0001, serving: Set<ProtocolName> = []) -> Int {
        let index = swarms.count
        let listen = Multiaddr.tcp4(host, port: UInt16(4000 + index))
        swarms.append(
            Swarm(
                parameters: parameters, signing: .ed25519(SwarmHarness.keyPair(index)), entropy: .seeded(generator.fork(UInt64(index))),
                seed: UInt64(index)))
        events.append([])
        roundTrips.append([])
        transfers.append([])
        listeners[listen] = index
        give(index, .listening([listen]))
        give(index, .command(.serve(serving)))
        return index
    }

    func peer(_ index: Int) -> PeerID { swarms[index].peer }
    func listen(_ index: Int) -> Multiaddr { listeners.first { $0.value == index }?.key ?? .tcp4(0, port: 0) }
    func handle(_ index: Int, of other: Int) -> PeerHandle? { swarms[index].handle(of: peer(other)) }

    /// Open streams of all connections, per swarm.
    var streamCounts: [Int] { swarms.map { $0.connections.reduce(0) { $0 + ($1?.streams.count ?? 0) } } }

    mutating func command(_ index: Int, _ command: NetworkCommand) { give(index, .command(command)) }
    mutating func dial(_ index: Int, _ other: Int) { command(index, .dial(peer(other), [listen(other)])) }

    mutating func give(_ index: Int, _ input: SwarmInput) {
        var effects: [SwarmEffect] = []
        swarms[index].handle(input, now: now, emit: &effects)
        carryOut(index, effects)
    }

    private mutating func carryOut(_ index: Int, _ effects: [SwarmEffect]) {
        var requests: [(InboundID, [UInt8])] = []
        for effect in effects {
            switch effect {
            case .open(let transport, let target): open(Endpoint(swarm: index, transport: transport), target)
            case .write(let transport, let bytes): write(Endpoint(swarm: index, transport: transport), bytes)
            case .close(let transport): close(Endpoint(swarm: index, transport: transport))
            case .pauseReading: pauses += 1
            case .resumeReading: pauses -= 1
            case .event(let event):
                events[index].append(event)
                if case .request(_, _, let id, let message) = event { requests.append((id, message)) }
            case .roundTrip(_, let duration): roundTrips[index].append(duration)
            case .transferred(_, let duration): transfers[index].append(duration)
            }
        }
        // Only now: the effects of one input are carried out before the next input.
        guard answers else { return }
        for (id, message) in requests { give(index, .command(.respond(id, [0xaa] + message))) }
    }

    private mutating func schedule(_ payload: Payload, to endpoint: Endpoint) {
        let delay = generator.next() % (options.delay.upperBound - options.delay.lowerBound + 1) + options.delay.lowerBound
        let at = max(now + .microseconds(Int64(delay)), lastArrival[endpoint] ?? now)
        lastArrival[endpoint] = at
        deliveries.append(Delivery(at: at, order: order, to: endpoint, payload: payload))
        order += 1
    }

    private mutating func open(_ from: Endpoint, _ target: Multiaddr) {
        guard let other = listeners[target] else {
            schedule(.failed, to: from)
            return
        }
        connect(from, to: other, remote: .tcp4(0x7f00_0001, port: UInt16(20000 + order % 10000)))
        schedule(.opened, to: from)
    }

    /// A connection from an address of the test's choice, whose other end the test plays itself where `from` is no swarm.
    mutating func connectOutside(to other: Int, remote: Multiaddr = .tcp4(0x7f00_0001, port: 9)) -> Endpoint {
        let from = Endpoint(swarm: SwarmHarness.outside, transport: .dialled(order))
        order += 1
        connect(from, to: other, remote: remote)
        return from
    }

    /// Bytes from an endpoint that the test plays, delivered at once.
    mutating func inject(_ bytes: [UInt8], from: Endpoint) {
        guard let to = partner[from], !closed.contains(to) else { return }
        give(to.swarm, .received(to.transport, bytes[...]))
    }

    func isClosed(_ from: Endpoint) -> Bool { partner[from].map { closed.contains($0) } ?? true }

    @discardableResult
    mutating func connect(_ from: Endpoint, to other: Int, remote: Multiaddr) -> Endpoint {
        accepted += 1
        let to = Endpoint(swarm: other, transport: .accepted(accepted))
        partner[from] = to
        partner[to] = from
        give(other, .accepted(to.transport, remote: remote))
        return to
    }

    private mutating func write(_ from: Endpoint, _ bytes: [UInt8]) {
        written[from, default: 0] += bytes.count
        guard let to = partner[from], !closed.contains(from) else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let limit = min(rest.count, options.pieceMax)
            let size = options.cutsAtRandom ? Int(generator.next() % UInt64(limit)) + 1 : limit
            onTheWay[from, default: 0] += size
            schedule(.bytes(Array(rest.prefix(size))), to: to)
            rest = rest.dropFirst(size)
        }
    }

    private mutating func close(_ from: Endpoint) {
        guard closed.insert(from).inserted, let to = partner[from] else { return }
        schedule(.closed, to: to)
    }

    /// One delivery or deadline; false where nothing is left before `limit`.
    mutating func step(limit: Instant) -> Bool {
        var best: Int?
        for (index, delivery) in deliveries.enumerated() {
            guard let known = best else {
                best = index
                continue
            }
            if (delivery.at, delivery.order) < (deliveries[known].at, deliveries[known].order) { best = index }
        }
        var deadline: (at: Instant, swarm: Int)?
        for index in swarms.indices {
            if let at = swarms[index].nextDeadline, at < deadline?.at ?? .distantFuture { deadline = (at, index) }
        }
        if let deadline, deadline.at < best.map({ deliveries[$0].at }) ?? .distantFuture {
            guard deadline.at <= limit else { return false }
            now = max(now, deadline.at)
            var effects: [SwarmEffect] = []
            swarms[deadline.swarm].handleDeadline(now: now, emit: &effects)
            carryOut(deadline.swarm, effects)
            return true
        }
        guard let best, deliveries[best].at <= limit else { return false }
        let delivery = deliveries.remove(at: best)
        now = max(now, delivery.at)
        deliver(delivery)
        return true
    }

    private mutating func deliver(_ delivery: Delivery) {
        let to = delivery.to
        guard !closed.contains(to) else { return }
        guard to.swarm < swarms.count else {
            if case .bytes(let bytes) = delivery.payload, !stallOutside {
                collected[to, default: []] += bytes
                report(bytes.count, takenBy: to)
            }
            return
        }
        switch delivery.payload {
        case .opened: give(to.swarm, .opened(to.transport))
        case .failed: give(to.swarm, .openFailed(to.transport, .unreachable))
        case .closed:
            // A dead line does not tell of its end either.
            guard !deaf.contains(to.swarm) else { return }
            closed.insert(to)
            give(to.swarm, .closed(to.transport))
        case .bytes(let bytes):
            if deaf.contains(to.swarm) {
                return
            }
            give(to.swarm, .received(to.transport, bytes[...]))
            report(bytes.count, takenBy: to)
        }
    }

    private mutating func report(_ count: Int, takenBy to: Endpoint) {
        guard let from = partner[to], !closed.contains(from) else { return }
        onTheWay[from, default: 0] -= count
        if onTheWay[from] == 0, from.swarm < swarms.count { give(from.swarm, .drained(from.transport)) }
    }

    mutating func run(for duration: Duration) {
        let limit = now + duration
        while step(limit: limit) {}
        now = limit
    }

    /// Runs until the condition holds; false where it does not within the time.
    mutating func run(atMost duration: Duration, until condition: (SwarmHarness) -> Bool) -> Bool {
        let limit = now + duration
        while !condition(self) { if !step(limit: limit) { return condition(self) } }
        return true
    }

    // MARK: What was seen

    func connected(_ index: Int) -> Int { events[index].count { if case .connected = $0 { true } else { false } } }
    func disconnected(_ index: Int) -> [NetworkFailure] {
        events[index].compactMap { if case .disconnected(_, let failure) = $0 { failure } else { nil } }
    }
    func identified(_ index: Int) -> [PeerInformation] {
        events[index].compactMap { if case .identified(_, let information) = $0 { information } else { nil } }
    }
    func messages(_ index: Int) -> [[UInt8]] {
        events[index].compactMap { if case .message(_, _, let message) = $0 { message } else { nil } }
    }
    func responses(_ index: Int) -> [(RequestID, [UInt8])] {
        events[index].compactMap { if case .response(let id, let message) = $0 { (id, message) } else { nil } }
    }
    func failures(_ index: Int) -> [(RequestID, NetworkFailure)] {
        events[index].compactMap { if case .requestFailed(let id, let failure) = $0 { (id, failure) } else { nil } }
    }
    func dialFailures(_ index: Int) -> [NetworkFailure] {
        events[index].compactMap { if case .dialFailed(_, let failure) = $0 { failure } else { nil } }
    }
}
