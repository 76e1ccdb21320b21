import Determinism
import Identity
import LibP2P
import Wire

/// Links with latency, bandwidth, queueing and loss that carry whole messages between simulated nodes.
///
/// It stands where the libp2p stack and TCP stand in the binaries: it takes the same commands and gives the same events. A
/// connection costs three round trips before it is usable and another until identify has answered; messages of one connection
/// stay in order; a lost packet delays what is behind it by a retransmission. A peer's handle is its number.
struct SimulatedNetwork {
    struct Host {
        var region: UInt8
        var isUp = true
        /// Nanoseconds per byte, up and down.
        var upCost: UInt64
        var downCost: UInt64
        var upFree: UInt64 = 0
        var downFree: UInt64 = 0
        var protocols: Set<ProtocolName> = []
        /// Sorted by peer.
        var links: [Link] = []
        var dialling: [UInt32] = []
        var requests: [Request] = []
        /// Bytes by protocol, sent.
        var bytesUp: UInt64 = 0
        var bytesDown: UInt64 = 0
        var messagesUp: UInt64 = 0
    }

    struct Link {
        var peer: UInt32
        /// Distinguishes a connection from earlier ones between the same two.
        var epoch: UInt32
        /// Last arrival at the other side: keeps the order.
        var lastArrival: UInt64
    }

    struct Request {
        var id: RequestID
        var peer: UInt32
        var name: ProtocolName
        /// Kept until the connection stands.
        var unsent: [UInt8]?
    }

    /// What the engine schedules for the network.
    enum Event {
        case handshake(from: UInt32, to: UInt32)
        case dialTimeout(from: UInt32, to: UInt32)
        case identified(node: UInt32, peer: UInt32, epoch: UInt32)
        case closed(node: UInt32, peer: UInt32, epoch: UInt32)
        case message(from: UInt32, to: UInt32, epoch: UInt32, ProtocolName, [UInt8])
        case request(from: UInt32, to: UInt32, epoch: UInt32, RequestID, ProtocolName, [UInt8])
        case response(to: UInt32, from: UInt32, epoch: UInt32, RequestID, [UInt8]?)
        case requestTimeout(node: UInt32, RequestID)
    }

    let regions: RegionMatrix
    let parameters: LinkParameters
    var hosts: [Host] = []
    private var random: Generator
    private var epochs: UInt32 = 0
    /// Requests being answered: slot → who asked.
    private var inbound: [UInt64: (from: UInt32, to: UInt32, epoch: UInt32, id: RequestID)] = [:]
    private var inboundCounter: UInt64 = 0

    init(regions: RegionMatrix, parameters: LinkParameters, random: Generator) {
        self.regions = regions
        self.parameters = parameters
        self.random = random
    }

    /// - Parameter megabits: link speed up and down per second.
    mutating func addHost(up megabitsUp: Double, down megabitsDown: Double) -> UInt32 {
        let region = regions.region(at: random.unit())
        hosts.append(Host(region: region, upCost: UInt64(8000 / megabitsUp), downCost: UInt64(8000 / megabitsDown)))
        return UInt32(hosts.count - 1)
    }

    /// Where a simulated node listens: the number is the address.
    static func address(of node: UInt32) -> Multiaddr { .tcp4(0x0a00_0000 + node, port: 4001) }

    static func identity(of node: UInt32, seed: UInt64) -> Bytes32 {
        var mixer = Generator(seed: seed ^ (UInt64(node) &* 0x9e37_79b9_7f4a_7c15))
        return Bytes32(words: mixer.next(), mixer.next(), mixer.next(), UInt64(node))
    }

    static func node(of peer: PeerID) -> UInt32? {
        guard let key = peer.ed25519Key else { return nil }
        return UInt32(exactly: key.words.3)
    }

    func isConnected(_ a: UInt32, _ b: UInt32) -> Bool { link(a, b) != nil }

    private func link(_ a: UInt32, _ b: UInt32) -> Int? {
        let index = position(a, b)
        return index < hosts[Int(a)].links.count && hosts[Int(a)].links[index].peer == b ? index : nil
    }

    private func position(_ a: UInt32, _ b: UInt32) -> Int {
        hosts[Int(a)].links.withUnsafeBufferPointer { links in
            var low = 0
            var high = links.count
            while low < high {
                let middle = (low + high) / 2
                if links[middle].peer < b { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private func epoch(_ a: UInt32, _ b: UInt32) -> UInt32? {
        guard let index = link(a, b) else { return nil }
        return hosts[Int(a)].links[index].epoch
    }

    private func latency(_ a: UInt32, _ b: UInt32) -> UInt64 {
        regions.nanoseconds(from: hosts[Int(a)].region, to: hosts[Int(b)].region)
    }

    // MARK: Commands

    /// Carries out what a node asks of its network; events to come go to `schedule`.
    mutating func carryOut(
        _ command: NetworkCommand, of node: UInt32, now: Instant, seed: UInt64, schedule: (Event, Instant) -> Void
    ) {
        switch command {
        case .dial(let peer, _):
            guard let target = SimulatedNetwork.node(of: peer), Int(target) < hosts.count else { return }
            dial(from: node, to: target, now: now, schedule: schedule)
        case .disconnect(let handle, _):
            disconnect(node, handle.index, now: now, schedule: schedule)
        case .send(let handle, let name, let bytes, _):
            guard let epoch = epoch(node, handle.index) else { return }
            let arrival = transmit(bytes.count, from: node, to: handle.index, now: now)
            schedule(.message(from: node, to: handle.index, epoch: epoch, name, bytes), arrival)
        case .request(let id, let peer, _, let name, let bytes, let timeout):
            guard let target = SimulatedNetwork.node(of: peer), Int(target) < hosts.count else { return }
            schedule(.requestTimeout(node: node, id), now + timeout)
            var request = Request(id: id, peer: target, name: name, unsent: bytes)
            if let epoch = epoch(node, target) {
                request.unsent = nil
                let arrival = transmit(bytes.count, from: node, to: target, now: now)
                schedule(.request(from: node, to: target, epoch: epoch, id, name, bytes), arrival)
            } else {
                dial(from: node, to: target, now: now, schedule: schedule)
            }
            hosts[Int(node)].requests.append(request)
        case .respond(let id, let bytes): answer(id, bytes, now: now, schedule: schedule)
        case .refuse(let id): answer(id, nil, now: now, schedule: schedule)
        case .serve(let protocols): hosts[Int(node)].protocols = protocols
        case .protect: break
        }
    }

    private mutating func answer(_ id: InboundID, _ bytes: [UInt8]?, now: Instant, schedule: (Event, Instant) -> Void) {
        guard let origin = inbound.removeValue(forKey: id.value) else { return }
        guard epoch(origin.to, origin.from) == origin.epoch else { return }
        let arrival = transmit(bytes?.count ?? 0, from: origin.to, to: origin.from, now: now)
        schedule(.response(to: origin.from, from: origin.to, epoch: origin.epoch, origin.id, bytes), arrival)
    }

    /// A request that is never answered.
    mutating func forget(_ id: InboundID) { inbound[id.value] = nil }

    private mutating func dial(from node: UInt32, to target: UInt32, now: Instant, schedule: (Event, Instant) -> Void) {
        guard node != target, !isConnected(node, target), !hosts[Int(node)].dialling.contains(target) else { return }
        hosts[Int(node)].dialling.append(target)
        guard hosts[Int(target)].isUp else { return schedule(.dialTimeout(from: node, to: target), now + parameters.dialTimeout) }
        let roundTrip = 2 * latency(node, target)
        schedule(.handshake(from: node, to: target), Instant(nanoseconds: now.nanoseconds + 3 * roundTrip))
    }

    private mutating func disconnect(_ node: UInt32, _ peer: UInt32, now: Instant, schedule: (Event, Instant) -> Void) {
        guard let index = link(node, peer) else { return }
        let link = hosts[Int(node)].links.remove(at: index)
        hosts[Int(node)].links.releaseSlack()
        schedule(.closed(node: node, peer: peer, epoch: link.epoch), now)
        schedule(.closed(node: peer, peer: node, epoch: link.epoch), Instant(nanoseconds: now.nanoseconds + latency(node, peer)))
    }

    /// When a message arrives: own uplink, path, the other's downlink, in the order of the connection.
    private mutating func transmit(_ count: Int, from: UInt32, to: UInt32, now: Instant) -> Instant {
        let bytes = UInt64(count + parameters.overhead)
        let start = max(now.nanoseconds, hosts[Int(from)].upFree)
        let sent = start + bytes * hosts[Int(from)].upCost
        hosts[Int(from)].upFree = sent
        hosts[Int(from)].bytesUp += bytes
        hosts[Int(from)].messagesUp += 1
        hosts[Int(to)].bytesDown += bytes
        let path = latency(from, to)
        var arrival = sent + path + UInt64(Double(path) * parameters.jitter * random.unit())
        if parameters.loss > 0 {
            var packets = 1 + count / 1400
            while packets > 0 {
                if random.chance(parameters.loss) { arrival += 2 * path + parameters.retransmission.nanosecondsClamped }
                packets -= 1
            }
        }
        arrival = max(arrival, hosts[Int(to)].downFree) + bytes * hosts[Int(to)].downCost
        hosts[Int(to)].downFree = arrival
        if let index = link(from, to) {
            arrival = max(arrival, hosts[Int(from)].links[index].lastArrival + 1)
            hosts[Int(from)].links[index].lastArrival = arrival
        }
        return Instant(nanoseconds: arrival)
    }

    // MARK: Events

    /// False for an event that has been overtaken.
    func matters(_ event: Event) -> Bool {
        guard case .requestTimeout(let node, let id) = event else { return true }
        return hosts[Int(node)].requests.contains { $0.id == id }
    }

    /// What an event means to the nodes: at most a few network events, given to `deliver` with the node they are for.
    mutating func handle(
        _ event: Event, now: Instant, seed: UInt64, schedule: (Event, Instant) -> Void, deliver: (UInt32, NetworkEvent) -> Void
    ) {
        switch event {
        case .handshake(let from, let to):
            guard finishDial(from, to) else { return }
            guard hosts[Int(from)].isUp else { return }
            guard hosts[Int(to)].isUp else { return schedule(.dialTimeout(from: from, to: to), now) }
            guard !isConnected(from, to) else { return }
            connect(from, to, now: now, seed: seed, schedule: schedule, deliver: deliver)
        case .dialTimeout(let from, let to):
            _ = finishDial(from, to)
            guard hosts[Int(from)].isUp else { return }
            deliver(from, .dialFailed(PeerID(ed25519: SimulatedNetwork.identity(of: to, seed: seed)), .unreachable))
            failRequests(of: from, to: to, .unreachable, deliver: deliver)
        case .identified(let node, let peer, let epoch):
            guard self.epoch(node, peer) == epoch else { return }
            let information = PeerInformation(
                protocols: hosts[Int(peer)].protocols, listenAddresses: [SimulatedNetwork.address(of: peer)], isCertified: true,
                takesRefusals: true)
            deliver(node, .identified(PeerHandle(index: peer), information))
        case .closed(let node, let peer, let epoch):
            if let index = link(node, peer), hosts[Int(node)].links[index].epoch == epoch {
                hosts[Int(node)].links.remove(at: index)
                hosts[Int(node)].links.releaseSlack()
            }
            guard hosts[Int(node)].isUp else { return }
            deliver(node, .disconnected(PeerHandle(index: peer), .closed))
            failRequests(of: node, to: peer, .closed, deliver: deliver)
        case .message(let from, let to, let epoch, let name, let bytes):
            guard self.epoch(to, from) == epoch else { return }
            deliver(to, .message(from: PeerHandle(index: from), name, bytes))
        case .request(let from, let to, let epoch, let id, let name, let bytes):
            guard self.epoch(to, from) == epoch else { return }
            inboundCounter += 1
            inbound[inboundCounter] = (from, to, epoch, id)
            deliver(to, .request(from: PeerHandle(index: from), name, InboundID(inboundCounter), bytes))
        case .response(let to, _, _, let id, let bytes):
            guard removeRequest(of: to, id) else { return }
            deliver(to, bytes.map { .response(id, $0) } ?? .requestFailed(id, .closed))
        case .requestTimeout(let node, let id):
            guard removeRequest(of: node, id) else { return }
            deliver(node, .requestFailed(id, .timedOut))
        }
    }

    private mutating func connect(
        _ from: UInt32, _ to: UInt32, now: Instant, seed: UInt64, schedule: (Event, Instant) -> Void,
        deliver: (UInt32, NetworkEvent) -> Void
    ) {
        // One that died and came back before the other side has noticed.
        if let stale = link(to, from) {
            hosts[Int(to)].links.remove(at: stale)
            deliver(to, .disconnected(PeerHandle(index: from), .closed))
            failRequests(of: to, to: from, .closed, deliver: deliver)
        }
        epochs += 1
        hosts[Int(from)].links.insert(Link(peer: to, epoch: epochs, lastArrival: 0), at: position(from, to))
        hosts[Int(to)].links.insert(Link(peer: from, epoch: epochs, lastArrival: 0), at: position(to, from))
        let identified = Instant(nanoseconds: now.nanoseconds + 2 * latency(from, to))
        schedule(.identified(node: from, peer: to, epoch: epochs), identified)
        schedule(.identified(node: to, peer: from, epoch: epochs), identified)
        let dialler = PeerID(ed25519: SimulatedNetwork.identity(of: from, seed: seed))
        let listener = PeerID(ed25519: SimulatedNetwork.identity(of: to, seed: seed))
        deliver(from, .connected(PeerHandle(index: to), listener, .outbound, address: SimulatedNetwork.address(of: to)))
        deliver(to, .connected(PeerHandle(index: from), dialler, .inbound, address: SimulatedNetwork.address(of: from)))
        for (node, peer) in [(from, to), (to, from)] {
            for index in hosts[Int(node)].requests.indices where hosts[Int(node)].requests[index].peer == peer {
                guard let bytes = hosts[Int(node)].requests[index].unsent else { continue }
                hosts[Int(node)].requests[index].unsent = nil
                let request = hosts[Int(node)].requests[index]
                let arrival = transmit(bytes.count, from: node, to: peer, now: now)
                schedule(.request(from: node, to: peer, epoch: epochs, request.id, request.name, bytes), arrival)
            }
        }
    }

    private mutating func finishDial(_ from: UInt32, _ to: UInt32) -> Bool {
        guard let index = hosts[Int(from)].dialling.firstIndex(of: to) else { return false }
        hosts[Int(from)].dialling.remove(at: index)
        return true
    }

    private mutating func removeRequest(of node: UInt32, _ id: RequestID) -> Bool {
        guard let index = hosts[Int(node)].requests.firstIndex(where: { $0.id == id }) else { return false }
        hosts[Int(node)].requests.remove(at: index)
        hosts[Int(node)].requests.releaseSlack()
        return true
    }

    private mutating func failRequests(
        of node: UInt32, to peer: UInt32, _ failure: NetworkFailure, deliver: (UInt32, NetworkEvent) -> Void
    ) {
        let failed = hosts[Int(node)].requests.filter { $0.peer == peer }
        guard !failed.isEmpty else { return }
        hosts[Int(node)].requests.removeAll { $0.peer == peer }
        hosts[Int(node)].requests.releaseSlack()
        for request in failed { deliver(node, .requestFailed(request.id, failure)) }
    }

    // MARK: Faults

    /// The process dies without a word: its peers notice after the silence timeout.
    mutating func crash(_ node: UInt32, now: Instant, schedule: (Event, Instant) -> Void) {
        for link in hosts[Int(node)].links {
            schedule(.closed(node: link.peer, peer: node, epoch: link.epoch), now + parameters.silenceTimeout)
        }
        hosts[Int(node)].links.removeAll()
        hosts[Int(node)].dialling.removeAll()
        hosts[Int(node)].requests.removeAll()
        hosts[Int(node)].isUp = false
    }

    mutating func restart(_ node: UInt32) { hosts[Int(node)].isUp = true }
}
