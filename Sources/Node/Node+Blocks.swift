import Blocks
import Determinism
import Identity
import LibP2P
import Roles
import Wire

/// What a reading of the local store is for.
enum BlockReading: Sendable {
    /// A role's want.
    case want(BlockRequestID)
    /// A block that a peer asked for.
    case serving(LoadToken)
}

extension Node {
    mutating func tellBlocks(_ input: BlockExchange.Input, now: Instant, emit: inout [NodeEffect]) {
        var effects: [BlockExchange.Effect] = []
        blocks.handle(input, now: now, emit: &effects)
        carryOut(effects, now: now, emit: &emit)
    }

    /// Received blocks are given to the roles that want them; a role that wants to keep one says so.
    mutating func carryOut(_ effects: [BlockExchange.Effect], now: Instant, emit: inout [NodeEffect]) {
        var received: (cid: CID, bytes: [UInt8])?
        for effect in effects {
            switch effect {
            case .send(let handle, let bytes, let priority):
                used(handle, now: now)
                emit.append(.network(.send(to: handle, .bitswap, bytes, priority)))
            case .load(let cid, let token): read(cid, for: .serving(token), emit: &emit)
            case .probe(let cid, let token): emit.append(.probeBlock(BlockToken(token.value), cid))
            case .store(let cid, let bytes): received = (cid, bytes)
            case .finished(let id, let result):
                guard let want = blockWants.remove(BlockRequestID(id.value)) else { continue }
                var bytes: [UInt8]?
                if case .received = result, let received, received.cid == want.cid { bytes = received.bytes }
                tellOwner(of: want.id.value, .block(want.id, bytes), now: now, emit: &emit)
            case .candidatesWanted: break
            case .penalise(let handle, _): if let entry = peers[handle] { penalise(entry.id, .bitswap, emit: &emit) }
            }
        }
    }

    private mutating func read(_ cid: CID, for reading: BlockReading, emit: inout [NodeEffect]) {
        lastBlockToken &+= 1
        blockReadings[lastBlockToken] = reading
        emit.append(.readBlock(BlockToken(lastBlockToken), cid))
    }

    mutating func wantBlock(
        _ id: BlockRequestID, _ cid: CID, from candidates: [PeerID], deadline: Instant, emit: inout [NodeEffect]
    ) {
        blockWants.insert(BlockWants.Want(id: id, cid: cid, candidates: candidates, deadline: deadline))
        read(cid, for: .want(id), emit: &emit)
    }

    mutating func blockRead(_ token: BlockToken, _ bytes: [UInt8]?, now: Instant, emit: inout [NodeEffect]) {
        switch blockReadings.removeValue(forKey: token.value) {
        case .serving(let load): tellBlocks(.loaded(load, bytes), now: now, emit: &emit)
        case .want(let id):
            guard let want = blockWants[id] else { return }
            if let bytes {
                _ = blockWants.remove(id)
                tellOwner(of: id.value, .block(id, bytes), now: now, emit: &emit)
            } else {
                blockWants.markFetching(id)
                let candidates = want.candidates.compactMap { peers.handle(of: $0) }
                tellBlocks(.want([.init(id: WantID(id.value), cid: want.cid)], from: candidates), now: now, emit: &emit)
            }
        case nil: break
        }
    }

    mutating func cancelBlock(_ id: BlockRequestID, now: Instant, emit: inout [NodeEffect]) {
        guard let want = blockWants.remove(id), want.isFetching else { return }
        tellBlocks(.cancel(WantID(id.value)), now: now, emit: &emit)
    }

    mutating func expireBlockWants(now: Instant, emit: inout [NodeEffect]) {
        for want in blockWants.removeExpired(now: now) {
            if want.isFetching { tellBlocks(.cancel(WantID(want.id.value)), now: now, emit: &emit) }
            tellOwner(of: want.id.value, .block(want.id, nil), now: now, emit: &emit)
        }
    }
}
