import Determinism
import Identity
import LibP2P
import Wire

/// Links with latency, bandwidth, queueing and loss that carry whole messages between simulated nodes.
///
/// They stand where the libp2p stack and TCP stand in the binaries: they take the same commands and give the same events. A
/// connection costs three round trips before the dialler can use it and another until identify has answered; messages of one
/// connection stay in order; a lost packet delays what is behind it by a retransmission. A peer's handle is its number.
extension Shard {
    // MARK: Commands

    mutating func carryOut(_ command: NetworkCommand, of place: Int) {
        switch command {
        case .dial(let peer, _):
            guard let target = World.node(of: peer), Int(target) < world.places.count else { return }
            dial(target, from: place)
        case .disconnect(let handle, _): disconnect(handle.index, from: place)
        case .send(let handle, let name, let bytes, _):
            guard let link = members[place].host.links.place(of: handle.index) else { return }
            let epoch = members[place].host.links[link].epoch
            let arrival = transmit(bytes.count, from: place, to: handle.index, link)
            schedule(.message(epoch: epoch, name, bytes), for: handle.index, at: arrival, by: place)
        case .request(let id, let peer, _, let name, let bytes, let timeout):
            guard let target = World.node(of: peer), Int(target) < world.places.count else { return }
            schedule(.requestTimeout(id), for: node(at: place), at: (now + timeout).nanoseconds, by: place)
            var request = Host.Request(id: id, peer: target, name: name, unsent: bytes)
            if let link = members[place].host.links.place(of: target) {
                request.unsent = nil
                send(request, bytes, from: place, link)
            } else {
                dial(target, from: place)
            }
            members[place].host.requests.append(request)
        case .respond(let id, let bytes): answer(id, bytes, from: place)
        case .refuse(let id): answer(id, nil, from: place)
        case .serve(let protocols): members[place].host.protocols = protocols
        case .protect: break
        }
    }

    private mutating func send(_ request: Host.Request, _ bytes: [UInt8], from place: Int, _ link: Int) {
        let epoch = members[place].host.links[link].epoch
        let arrival = transmit(bytes.count, from: place, to: request.peer, link)
        schedule(.request(epoch: epoch, request.id, request.name, bytes), for: request.peer, at: arrival, by: place)
    }

    private mutating func answer(_ id: InboundID, _ bytes: [UInt8]?, from place: Int) {
        guard let index = members[place].host.inbound.firstIndex(where: { $0.id == id }) else { return }
        let origin = members[place].host.inbound.remove(at: index)
        members[place].host.inbound.releaseSlack()
        guard let link = members[place].host.links.place(of: origin.peer), members[place].host.links[link].epoch == origin.epoch else {
            return
        }
        let arrival = transmit(bytes?.count ?? 0, from: place, to: origin.peer, link)
        schedule(.response(origin.request, bytes), for: origin.peer, at: arrival, by: place)
    }

    /// A request that is never answered.
    mutating func forget(_ id: InboundID, at place: Int) { members[place].host.inbound.removeAll { $0.id == id } }

    private mutating func dial(_ target: UInt32, from place: Int) {
        let own = node(at: place)
        guard own != target, members[place].host.links.place(of: target) == nil, members[place].host.dial(to: target) == nil else { return }
        members[place].host.dialCount &+= 1
        let number = members[place].host.dialCount
        members[place].host.dials.append(Host.Dial(peer: target, number: number))
        // TCP, negotiation and Noise: the listener has it half a round trip before the dialler hears of it.
        let arrival = now.nanoseconds + 5 * world.latency(own, target)
        schedule(.dialled(number: number, began: now.nanoseconds), for: target, at: arrival, by: place)
    }

    private mutating func disconnect(_ peer: UInt32, from place: Int) {
        guard let link = members[place].host.links.remove(peer) else { return }
        let own = node(at: place)
        schedule(.closed(peer: peer, epoch: link.epoch), for: own, at: now.nanoseconds, by: place)
        schedule(.closed(peer: own, epoch: link.epoch), for: peer, at: now.nanoseconds + world.latency(own, peer), by: place)
    }

    /// When a message arrives at a peer whose downlink is free: own uplink, path, the peer's downlink, in the order of the connection.
    private mutating func transmit(_ count: Int, from place: Int, to peer: UInt32, _ link: Int) -> UInt64 {
        let own = node(at: place)
        let bytes = UInt64(count + world.links.overhead)
        let sent = max(now.nanoseconds, members[place].host.upFree) + bytes * world.places[Int(own)].upCost
        members[place].host.upFree = sent
        members[place].host.bytesUp += bytes
        let path = world.latency(own, peer)
        var arrival = sent + path + UInt64(Double(path) * world.links.jitter * members[place].host.random.unit())
        if world.links.loss > 0 {
            for _ in 0..<1 + count / 1400 where members[place].host.random.chance(world.links.loss) {
                arrival += 2 * path + world.links.retransmission.nanosecondsClamped
            }
        }
        arrival = max(arrival + bytes * world.places[Int(peer)].downCost, members[place].host.links[link].lastArrival + 1)
        members[place].host.links[link].lastArrival = arrival
        return arrival
    }

    // MARK: Events

    /// False for an event that has been overtaken.
    func matters(_ event: Event, at place: Int) -> Bool {
        switch event.kind {
        case .requestTimeout(let id): members[place].host.requests.contains { $0.id == id }
        case .unanswered(let number): members[place].host.dials.contains { $0.peer == event.cause && $0.number == number }
        default: true
        }
    }

    /// Whether the downlink is free for what has come; where it is not, it comes again when it is.
    mutating func hasRoom(for event: Event, at place: Int) -> Bool {
        let count: Int
        switch event.kind {
        case .message(_, _, let bytes): count = bytes.count
        case .request(_, _, _, let bytes): count = bytes.count
        case .response(_, let bytes): count = bytes?.count ?? 0
        default: return true
        }
        if event.hasQueued { return true }
        let bytes = UInt64(count + world.links.overhead)
        members[place].host.bytesDown += bytes
        let cost = bytes * world.places[Int(event.node)].downCost
        guard members[place].host.downFree + cost > event.time else {
            members[place].host.downFree = event.time
            return true
        }
        members[place].host.downFree += cost
        var delayed = event
        delayed.time = members[place].host.downFree
        delayed.hasQueued = true
        queue.push(delayed)
        return false
    }

    /// What an event means to the node: at most a few network events, in `deliveries`.
    mutating func arrive(_ event: Event, at place: Int) {
        let peer = event.cause
        switch event.kind {
        case .dialled(let number, let began): take(dial: number, of: peer, began: began, at: place)
        case .accepted(let number, let epoch): finish(dial: number, to: peer, epoch: epoch, at: place)
        case .unanswered(let number):
            members[place].host.dials.removeAll { $0.peer == peer && $0.number == number }
            deliveries.append(.dialFailed(world.peer(peer), .unreachable))
            failRequests(to: peer, .unreachable, at: place)
        case .identified(let epoch, let protocols):
            guard members[place].host.links.epoch(of: peer) == epoch else { return }
            let information = PeerInformation(
                protocols: protocols, listenAddresses: [World.address(of: peer)], isCertified: true, takesRefusals: true)
            deliveries.append(.identified(PeerHandle(index: peer), information))
        case .closed(let peer, let epoch):
            if members[place].host.links.epoch(of: peer) == epoch {
                members[place].host.links.remove(peer)
            } else if event.cause == peer {
                // Of a connection that another has replaced, or that we have closed as well.
                return
            }
            guard members[place].host.isUp else { return }
            closed(peer, at: place)
        case .message(let epoch, let name, let bytes):
            guard members[place].host.links.epoch(of: peer) == epoch else { return }
            deliveries.append(.message(from: PeerHandle(index: peer), name, bytes))
        case .request(let epoch, let request, let name, let bytes):
            guard members[place].host.links.epoch(of: peer) == epoch else { return }
            members[place].host.inboundCount += 1
            let id = InboundID(members[place].host.inboundCount)
            members[place].host.inbound.append(Host.Inbound(id: id, peer: peer, epoch: epoch, request: request))
            deliveries.append(.request(from: PeerHandle(index: peer), name, id, bytes))
        case .response(let id, let bytes):
            guard members[place].host.removeRequest(id) else { return }
            deliveries.append(bytes.map { .response(id, $0) } ?? .requestFailed(id, .closed))
        case .requestTimeout(let id):
            guard members[place].host.removeRequest(id) else { return }
            deliveries.append(.requestFailed(id, .timedOut))
        case .deadline, .input, .start, .none: break
        }
    }

    /// A peer's dial has come through. What is not taken is given up by the peer when its timeout ends.
    private mutating func take(dial number: UInt32, of peer: UInt32, began: UInt64, at place: Int) {
        let own = node(at: place)
        let path = world.latency(own, peer)
        guard members[place].host.isUp, makeWay(for: peer, began: began, at: place) else {
            let end = max(now.nanoseconds + path, began + world.links.dialTimeout.nanosecondsClamped)
            return schedule(.unanswered(number: number), for: peer, at: end, by: place)
        }
        members[place].host.acceptCount &+= 1
        // Even where the smaller number has dialled, so that two that dial each other never call two connections the same.
        let epoch = members[place].host.acceptCount << 1 | (peer < own ? 0 : 1)
        let known = now.nanoseconds + path
        members[place].host.links.insert(LinkTable.Link(peer: peer, epoch: epoch, since: now.nanoseconds, lastArrival: known))
        schedule(.accepted(number: number, epoch: epoch), for: peer, at: known, by: place)
        identify(to: peer, epoch: epoch, at: known + 2 * path, from: place)
        deliveries.append(.connected(PeerHandle(index: peer), world.peer(peer), .inbound, address: World.address(of: peer)))
        sendWaiting(to: peer, from: place)
    }

    /// Whether there is no better connection to the peer that dials.
    private mutating func makeWay(for peer: UInt32, began: UInt64, at place: Int) -> Bool {
        if let link = members[place].host.links.place(of: peer) {
            // The two have dialled each other, and the other connection was there first.
            guard began > members[place].host.links[link].since else { return false }
            // The peer died and came back before we have noticed.
            members[place].host.links.remove(peer)
            closed(peer, at: place)
        }
        guard let dial = members[place].host.dial(to: peer) else { return true }
        // Of two that dial each other, the one with the smaller number has its way.
        guard peer < node(at: place) else { return false }
        members[place].host.dials.remove(at: dial)
        return true
    }

    /// A peer has taken our dial.
    private mutating func finish(dial number: UInt32, to peer: UInt32, epoch: UInt32, at place: Int) {
        let own = node(at: place)
        let path = world.latency(own, peer)
        guard members[place].host.isUp, let dial = members[place].host.dial(to: peer), members[place].host.dials[dial].number == number
        else {
            // We have died since; where we are back, we say so at once.
            let noticed = members[place].host.isUp ? path : world.links.silenceTimeout.nanosecondsClamped
            return schedule(.closed(peer: own, epoch: epoch), for: peer, at: now.nanoseconds + noticed, by: place)
        }
        members[place].host.dials.remove(at: dial)
        let answered = now.nanoseconds + path
        members[place].host.links.insert(LinkTable.Link(peer: peer, epoch: epoch, since: now.nanoseconds, lastArrival: answered))
        identify(to: peer, epoch: epoch, at: answered, from: place)
        deliveries.append(.connected(PeerHandle(index: peer), world.peer(peer), .outbound, address: World.address(of: peer)))
        sendWaiting(to: peer, from: place)
    }

    private mutating func identify(to peer: UInt32, epoch: UInt32, at time: UInt64, from place: Int) {
        schedule(.identified(epoch: epoch, members[place].host.protocols), for: peer, at: time, by: place)
    }

    /// Sends the requests that have waited for a connection.
    private mutating func sendWaiting(to peer: UInt32, from place: Int) {
        guard let link = members[place].host.links.place(of: peer) else { return }
        for index in members[place].host.requests.indices where members[place].host.requests[index].peer == peer {
            guard let bytes = members[place].host.requests[index].unsent else { continue }
            members[place].host.requests[index].unsent = nil
            send(members[place].host.requests[index], bytes, from: place, link)
        }
    }

    private mutating func closed(_ peer: UInt32, at place: Int) {
        deliveries.append(.disconnected(PeerHandle(index: peer), .closed))
        // Nobody waits for their answers any more.
        members[place].host.inbound.removeAll { $0.peer == peer }
        failRequests(to: peer, .closed, at: place)
    }

    private mutating func failRequests(to peer: UInt32, _ failure: NetworkFailure, at place: Int) {
        for request in members[place].host.removeRequests(to: peer) { deliveries.append(.requestFailed(request.id, failure)) }
    }

    // MARK: Faults

    /// The machine goes without a word: its peers notice after the silence timeout.
    mutating func severLinks(of place: Int) {
        let noticed = (now + world.links.silenceTimeout).nanoseconds
        let own = node(at: place)
        for link in members[place].host.links.sorted {
            schedule(.closed(peer: own, epoch: link.epoch), for: link.peer, at: noticed, by: place)
        }
        members[place].host.links = LinkTable()
        members[place].host.dials = []
        members[place].host.requests = []
        members[place].host.inbound = []
        members[place].host.isUp = false
    }
}
