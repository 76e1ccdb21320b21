internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

/// A block that is wanted.
struct ActiveWant: Sendable {
    struct Candidate: Sendable {
        enum State: UInt8, Sendable {
            case untried
            /// Asked whether it has the block.
            case probed
            /// It says that it has it.
            case has
            /// Asked for the block.
            case asked
            /// Asked for the block and silent too long; it may still come.
            case late
            /// It says that it does not have it, or says nothing.
            case without
        }

        let peer: PeerHandle
        var state: State
        /// Of the last question, so that an older deadline does not end it; 0 for one that was never asked.
        var ask: UInt32 = 0

        var isEligible: Bool { state == .untried || state == .has }
    }

    let cid: CID
    /// Tells this want from an earlier one for the same block.
    let number: UInt32
    var ids: [WantID]
    var candidates: [Candidate] = []
    /// In the queue for a peer to ask.
    var isWaiting = false
    /// Others were asked for already; once per round.
    var isHungry = false

    var isAsked: Bool { candidates.contains { $0.state == .asked } }
    /// An answer is still to come.
    var isPending: Bool { candidates.contains { $0.state == .asked || $0.state == .probed } }
}

/// A question to a peer, for its deadline.
struct Ask: Hashable, Sendable {
    let cid: CID
    let peer: PeerHandle
    let number: UInt32
}

/// A want, for its deadlines.
struct WantReference: Hashable, Sendable {
    let cid: CID
    let number: UInt32
}

extension BlockExchange {
    func wantPosition(_ cid: CID) -> Int {
        var low = 0
        var high = wants.count
        while low < high {
            let middle = (low + high) / 2
            if wants[middle].cid < cid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func wantIndex(_ cid: CID) -> Int? {
        let index = wantPosition(cid)
        return index < wants.count && wants[index].cid == cid ? index : nil
    }

    mutating func start(_ want: Want, _ candidates: [PeerHandle], now: Instant, emit: inout [Effect]) {
        let position = wantPosition(want.cid)
        if position < wants.count, wants[position].cid == want.cid {
            wants[position].ids.append(want.id)
        } else {
            guard wants.count < parameters.wantsMax else {
                emit.append(.finished(want.id, .failed(.tooMany)))
                return
            }
            counter &+= 1
            wants.insert(ActiveWant(cid: want.cid, number: counter, ids: [want.id]), at: position)
            wantTimeouts.append(WantReference(cid: want.cid, number: counter), due: now + parameters.wantTimeout)
        }
        extend(want.cid, candidates)
    }

    mutating func extend(_ cid: CID, _ candidates: [PeerHandle]) {
        guard let index = wantIndex(cid) else { return }
        for peer in candidates where wants[index].candidates.count < parameters.candidatesMax && slot(peer) != nil {
            if wants[index].candidates.contains(where: { $0.peer == peer }) { continue }
            wants[index].candidates.append(.init(peer: peer, state: .untried))
            wants[index].isHungry = false
        }
        wait(cid)
    }

    /// Puts a want into the queue for a peer to ask, unless one is being asked; where there is none to ask, among the starving.
    mutating func wait(_ cid: CID) {
        guard let index = wantIndex(cid), !wants[index].isWaiting, !wants[index].isAsked else { return }
        if wants[index].candidates.contains(where: \.isEligible) {
            wants[index].isWaiting = true
            waiting.append(cid)
        } else {
            starving.append(cid)
        }
    }

    /// Whoever has nobody left to ask and nothing to hope for calls for others.
    private mutating func cry(now: Instant, emit: inout [Effect]) {
        for cid in starving {
            guard let index = wantIndex(cid), !wants[index].isWaiting, !wants[index].isPending, !wants[index].isHungry else { continue }
            wants[index].isHungry = true
            retries.append(WantReference(cid: cid, number: wants[index].number), due: now + parameters.retryInterval)
            emit.append(.candidatesWanted(cid))
        }
        starving.removeAll(keepingCapacity: starving.capacity <= 64)
    }

    /// Asks for as many blocks as the peers have room for.
    mutating func ask(now: Instant, emit: inout [Effect]) {
        if !waiting.isEmpty {
            var room = peers.reduce(0) { $0 + max(0, parameters.blocksPerPeerMax - $1.inFlight) }
            var later: [CID] = []
            var position = 0
            while position < waiting.count, room > 0 {
                let cid = waiting[position]
                position += 1
                guard let index = wantIndex(cid), wants[index].isWaiting else { continue }
                switch choose(index) {
                case .peer(let candidate):
                    wants[index].isWaiting = false
                    askForBlock(index, candidate, now: now)
                    room -= 1
                case .busy: later.append(cid)
                case .nobody:
                    wants[index].isWaiting = false
                    starving.append(cid)
                }
            }
            if position > 0 { waiting.replaceSubrange(..<position, with: later) }
        }
        if !starving.isEmpty { cry(now: now, emit: &emit) }
    }

    private enum Choice {
        case peer(Int)
        /// Somebody may have it, but has no room.
        case busy
        case nobody
    }

    /// The candidate to ask: one that says it has the block before one that is untried, then the one with the least to do, then the
    /// one that delivered most.
    private func choose(_ index: Int) -> Choice {
        var best: (candidate: Int, rank: (Int, Int, Int))?
        var isBusy = false
        for (number, candidate) in wants[index].candidates.enumerated() {
            guard candidate.isEligible, let slot = slot(candidate.peer) else { continue }
            guard peers[slot].inFlight < parameters.blocksPerPeerMax else {
                isBusy = true
                continue
            }
            let rank = (candidate.state == .has ? 0 : 1, peers[slot].inFlight, -peers[slot].deliveries)
            if let known = best, known.rank <= rank { continue }
            best = (number, rank)
        }
        if let best { return .peer(best.candidate) }
        return isBusy ? .busy : .nobody
    }

    private mutating func askForBlock(_ index: Int, _ candidate: Int, now: Instant) {
        let cid = wants[index].cid
        let peer = wants[index].candidates[candidate].peer
        guard let slot = slot(peer) else { return }
        counter &+= 1
        wants[index].candidates[candidate].state = .asked
        wants[index].candidates[candidate].ask = counter
        peers[slot].inFlight += 1
        peers[slot].questions += 1
        tell(slot, BitswapMessage.Entry(cid: cid, kind: .block))
        blockTimeouts.append(Ask(cid: cid, peer: peer, number: counter), due: now + parameters.blockTimeout)
        var probes = 0
        for other in wants[index].candidates.indices where probes < parameters.probesPerWant {
            guard wants[index].candidates[other].state == .untried, let slot = self.slot(wants[index].candidates[other].peer),
                peers[slot].deliveries == 0
            else { continue }
            counter &+= 1
            wants[index].candidates[other].state = .probed
            wants[index].candidates[other].ask = counter
            // Some answer with the block itself where it is small.
            peers[slot].questions += 1
            tell(slot, BitswapMessage.Entry(cid: cid, kind: .have))
            haveTimeouts.append(Ask(cid: cid, peer: peers[slot].handle, number: counter), due: now + parameters.haveTimeout)
            probes += 1
        }
    }

    // MARK: Answers

    /// A peer says whether it has a block that it was asked about.
    mutating func learn(_ presence: BitswapMessage.Presence, from slot: Int) {
        guard let index = wantIndex(presence.cid),
            let candidate = wants[index].candidates.firstIndex(where: { $0.peer == peers[slot].handle })
        else { return }
        let state = wants[index].candidates[candidate].state
        if presence.isThere {
            guard state == .probed || state == .without else { return }
            wants[index].candidates[candidate].state = .has
        } else {
            if state == .asked { peers[slot].inFlight -= 1 }
            wants[index].candidates[candidate].state = .without
        }
        wait(presence.cid)
    }

    /// A block came: kept where it is wanted from this peer and its hash is right.
    mutating func take(_ block: BitswapMessage.Block, from slot: Int, emit: inout [Effect]) {
        let handle = peers[slot].handle
        // Without a question there is nothing that it could be: not worth a hash.
        guard peers[slot].questions > 0 else {
            emit.append(.penalise(handle, .unrequestedBlock))
            return
        }
        peers[slot].questions -= 1
        let cid = block.computedCID
        guard let index = wantIndex(cid), wants[index].candidates.contains(where: { $0.peer == handle && $0.ask != 0 }) else {
            if peers[slot].strayAllowance > 0 {
                peers[slot].strayAllowance -= 1
            } else {
                emit.append(.penalise(handle, .unrequestedBlock))
            }
            return
        }
        peers[slot].ledger.received &+= UInt64(block.data.count)
        peers[slot].deliveries += 1
        let ids = wants[index].ids
        close(index, deliveredBy: handle)
        emit.append(.store(cid, Array(block.data)))
        for id in ids { emit.append(.finished(id, .received)) }
        offer(cid)
    }

    /// Ends a want and tells everybody who was asked.
    private mutating func close(_ index: Int, deliveredBy sender: PeerHandle?) {
        let want = wants.remove(at: index)
        for candidate in want.candidates where candidate.ask != 0 {
            guard let slot = slot(candidate.peer) else { continue }
            if candidate.state == .asked { peers[slot].inFlight -= 1 }
            // Who sends a block takes the want off its list by itself.
            guard candidate.peer != sender else { continue }
            peers[slot].strayAllowance += 1
            tell(slot, BitswapMessage.Entry(cid: want.cid, priority: 0, isCancel: true, sendDontHave: false))
        }
        // Nobody need be woken for what is over.
        while let want = wantTimeouts.first, !isCurrent(want) { wantTimeouts.removeFirst() }
        while let want = retries.first, !isCurrent(want) { retries.removeFirst() }
        while let ask = blockTimeouts.first, !isOpen(ask) { blockTimeouts.removeFirst() }
        while let ask = haveTimeouts.first, !isOpen(ask) { haveTimeouts.removeFirst() }
    }

    private func isCurrent(_ want: WantReference) -> Bool { wantIndex(want.cid).map { wants[$0].number == want.number } ?? false }

    private func isOpen(_ ask: Ask) -> Bool {
        guard let index = wantIndex(ask.cid) else { return false }
        return wants[index].candidates.contains { $0.ask == ask.number && ($0.state == .asked || $0.state == .probed) }
    }

    mutating func cancel(_ id: WantID) {
        guard let index = wants.firstIndex(where: { $0.ids.contains(id) }) else { return }
        wants[index].ids.removeAll { $0 == id }
        if wants[index].ids.isEmpty { close(index, deliveredBy: nil) }
    }

    // MARK: Deadlines

    /// A question for a block or for its presence was not answered in time.
    mutating func timedOut(_ ask: Ask) {
        guard let index = wantIndex(ask.cid), let candidate = wants[index].candidates.firstIndex(where: { $0.ask == ask.number }) else {
            return
        }
        switch wants[index].candidates[candidate].state {
        case .asked:
            wants[index].candidates[candidate].state = .late
            if let slot = slot(ask.peer) { peers[slot].inFlight -= 1 }
        case .probed: wants[index].candidates[candidate].state = .without
        case .untried, .has, .late, .without: return
        }
        wait(ask.cid)
    }

    mutating func expire(_ want: WantReference, emit: inout [Effect]) {
        guard let index = wantIndex(want.cid), wants[index].number == want.number else { return }
        let ids = wants[index].ids
        close(index, deliveredBy: nil)
        for id in ids { emit.append(.finished(id, .failed(.timedOut))) }
    }

    /// Nobody had it: all may be asked again.
    mutating func retry(_ want: WantReference) {
        guard let index = wantIndex(want.cid), wants[index].number == want.number, wants[index].isHungry else { return }
        wants[index].isHungry = false
        for candidate in wants[index].candidates.indices {
            switch wants[index].candidates[candidate].state {
            case .without, .late: wants[index].candidates[candidate].state = .untried
            case .untried, .probed, .has, .asked: break
            }
        }
        wait(want.cid)
    }
}
