internal import Determinism
internal import Identity
internal import LibP2P
internal import Wire

/// A look into the local store for a peer.
struct OpenLoad: Sendable {
    let token: LoadToken
    let cid: CID
    let peer: PeerHandle
    let kind: BitswapMessage.Entry.Kind
}

extension BlockExchange {
    mutating func receive(_ bytes: [UInt8], from handle: PeerHandle, now: Instant, emit: inout [Effect]) {
        guard let slot = slot(handle) else { return }
        guard let message = try? BitswapMessage(decoding: bytes) else {
            emit.append(.penalise(handle, .malformed))
            return
        }
        if message.isFull { forgetWantlist(slot) }
        var isOverflowing = false
        for entry in message.entries { note(entry, slot, &isOverflowing) }
        if isOverflowing { emit.append(.penalise(handle, .wantlistOverflow)) }
        for presence in message.presences { learn(presence, from: slot) }
        for block in message.blocks { take(block, from: slot, emit: &emit) }
    }

    private mutating func forgetWantlist(_ slot: Int) {
        peers[slot].wantlist.removeAll { $0.state != .loading }
        peers[slot].queue = []
    }

    /// One change to a peer's list of wants.
    private mutating func note(_ entry: BitswapMessage.Entry, _ slot: Int, _ isOverflowing: inout Bool) {
        let position = peers[slot].position(of: entry.cid)
        let isKnown = position < peers[slot].wantlist.count && peers[slot].wantlist[position].cid == entry.cid
        if entry.isCancel {
            if isKnown { peers[slot].wantlist.remove(at: position) }
            return
        }
        guard access.allows(peers[slot].id, entry.cid) else {
            if entry.sendDontHave { tell(slot, BitswapMessage.Presence(cid: entry.cid, isThere: false)) }
            return
        }
        if isKnown {
            peers[slot].wantlist[position].kind = entry.kind
            peers[slot].wantlist[position].sendDontHave = entry.sendDontHave
            if peers[slot].wantlist[position].state != .parked { return }
            peers[slot].wantlist[position].state = .queued
        } else {
            guard peers[slot].wantlist.count < parameters.wantlistMax else {
                isOverflowing = true
                return
            }
            peers[slot].wantlist.insert(
                .init(cid: entry.cid, kind: entry.kind, sendDontHave: entry.sendDontHave, state: .queued), at: position)
        }
        enqueue(entry.cid, slot)
    }

    /// A block is here now: whoever waits for it is served.
    mutating func offer(_ cid: CID) {
        for slot in peers.indices {
            guard let index = peers[slot].index(of: cid), peers[slot].wantlist[index].state == .parked else { continue }
            peers[slot].wantlist[index].state = .queued
            enqueue(cid, slot)
        }
    }

    /// Puts an entry of the list into the queue. What was cancelled is taken out of the queue when that has grown to twice the list.
    private mutating func enqueue(_ cid: CID, _ slot: Int) {
        if peers[slot].queue.count >= 2 * parameters.wantlistMax {
            var kept: Set<CID> = []
            peers[slot].queue = peers[slot].queue.filter { known in
                guard known != cid, let index = peers[slot].index(of: known), peers[slot].wantlist[index].state == .queued else {
                    return false
                }
                return kept.insert(known).inserted
            }
        }
        peers[slot].queue.append(cid)
    }

    /// Looks blocks up for the peers in turn, as far as the limits allow.
    mutating func serve(now: Instant, emit: inout [Effect]) {
        guard loads.count < parameters.loadsMax, !peers.isEmpty else { return }
        var idle = 0
        var slot = slot(nextServed) ?? 0
        while idle < peers.count, loads.count < parameters.loadsMax {
            if slot >= peers.count { slot = 0 }
            idle = load(slot, now: now, emit: &emit) ? 0 : idle + 1
            slot += 1
        }
        nextServed = slot < peers.count ? peers[slot].handle : PeerHandle(index: 0)
    }

    /// Starts one look for a peer; false where there is nothing to do for it.
    private mutating func load(_ slot: Int, now: Instant, emit: inout [Effect]) -> Bool {
        guard !peers[slot].queue.isEmpty, peers[slot].loadCount < parameters.loadsPerPeerMax, !peers[slot].isPaused(now: now) else {
            return false
        }
        var taken = 0
        defer { peers[slot].queue.removeFirst(taken) }
        while taken < peers[slot].queue.count {
            let cid = peers[slot].queue[taken]
            taken += 1
            guard let index = peers[slot].index(of: cid), peers[slot].wantlist[index].state == .queued else { continue }
            peers[slot].wantlist[index].state = .loading
            peers[slot].loadCount += 1
            tokenCounter &+= 1
            let token = LoadToken(tokenCounter)
            let kind = peers[slot].wantlist[index].kind
            loads.append(OpenLoad(token: token, cid: cid, peer: peers[slot].handle, kind: kind))
            loadTimeouts.append(token, due: now + parameters.loadTimeout)
            emit.append(kind == .block ? .load(cid, token) : .probe(cid, token))
            return true
        }
        return false
    }

    /// Takes a look out, and gives the peer and its entry where both are still there.
    private mutating func close(_ token: LoadToken) -> (load: OpenLoad, slot: Int, entry: Int)? {
        guard let position = loads.firstIndex(where: { $0.token == token }) else { return nil }
        let load = loads.remove(at: position)
        while let first = loadTimeouts.first, !loads.contains(where: { $0.token == first }) { loadTimeouts.removeFirst() }
        guard let slot = slot(load.peer) else { return nil }
        peers[slot].loadCount -= 1
        guard let entry = peers[slot].index(of: load.cid), peers[slot].wantlist[entry].state == .loading else { return nil }
        return (load, slot, entry)
    }

    mutating func loaded(_ token: LoadToken, _ bytes: [UInt8]?, now: Instant, emit: inout [Effect]) {
        guard let (load, slot, entry) = close(token) else { return }
        guard load.kind == .block, let bytes, bytes.count <= BitswapMessage.blockSizeMax else {
            absent(slot, entry)
            return
        }
        peers[slot].wantlist.remove(at: entry)
        let block = BitswapMessage.Block(codec: load.cid.codec, hash: load.cid.hash, data: bytes[...])
        let message = BitswapMessage(blocks: [block]).encode()
        peers[slot].charge(bytes.count, parameters, now: now)
        emit.append(.send(to: load.peer, message, .normal))
    }

    mutating func probed(_ token: LoadToken, isThere: Bool) {
        guard let (load, slot, entry) = close(token) else { return }
        guard isThere else {
            absent(slot, entry)
            return
        }
        // It may have asked for the block itself in the meantime.
        if peers[slot].wantlist[entry].kind == .block {
            peers[slot].wantlist[entry].state = .queued
            enqueue(load.cid, slot)
            return
        }
        peers[slot].wantlist.remove(at: entry)
        tell(slot, BitswapMessage.Presence(cid: load.cid, isThere: true))
    }

    /// The block is not here: the entry stays, in case it comes.
    private mutating func absent(_ slot: Int, _ entry: Int) {
        let wanted = peers[slot].wantlist[entry]
        peers[slot].wantlist[entry].state = .parked
        if wanted.sendDontHave { tell(slot, BitswapMessage.Presence(cid: wanted.cid, isThere: false)) }
    }
}
