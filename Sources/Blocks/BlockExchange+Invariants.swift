internal import Identity
internal import LibP2P
internal import Wire

extension BlockExchange {
    /// What must hold after every call, and does not; empty in a sound machine. Tests call it.
    var violations: [String] {
        var found: [String] = []
        if peers.indices.contains(where: { slot(peers[$0].handle) != $0 }) || index.count != peers.count {
            found.append("peers not where the index says")
        }
        if !isAscending(wants.map(\.cid)) { found.append("wants out of order") }
        if wants.count > parameters.wantsMax { found.append("\(wants.count) wants") }
        if loads.count > parameters.loadsMax { found.append("\(loads.count) looks into the store") }
        if !dirty.isEmpty || !starving.isEmpty { found.append("something is left over from a call") }
        for want in wants {
            if want.ids.isEmpty { found.append("a want of nobody") }
            if want.candidates.count > parameters.candidatesMax { found.append("\(want.candidates.count) candidates") }
            for candidate in want.candidates where slot(candidate.peer) == nil { found.append("a candidate that is gone") }
            if want.isWaiting, !waiting.contains(want.cid) { found.append("a waiting want that is not in the queue") }
            if !want.isWaiting, !want.isPending, !want.isHungry { found.append("a want that nothing will move") }
        }
        for peer in peers {
            let asked = wants.count { want in want.candidates.contains { $0.peer == peer.handle && $0.state == .asked } }
            if asked != peer.inFlight { found.append("\(peer.inFlight) blocks in flight, \(asked) asked") }
            if peer.inFlight > parameters.blocksPerPeerMax { found.append("\(peer.inFlight) blocks in flight") }
            if peer.wantlist.count > parameters.wantlistMax { found.append("\(peer.wantlist.count) entries") }
            if !isAscending(peer.wantlist.map(\.cid)) { found.append("entries out of order") }
            let open = loads.count { $0.peer == peer.handle }
            if open != peer.loadCount || open > parameters.loadsPerPeerMax { found.append("\(peer.loadCount) looks, \(open) open") }
            let queued = Set(peer.queue)
            for entry in peer.wantlist where entry.state == .queued && !queued.contains(entry.cid) { found.append("a lost entry") }
            if peer.queue.count > 2 * parameters.wantlistMax { found.append("a queue of \(peer.queue.count)") }
        }
        if !wants.isEmpty, nextDeadline == nil { found.append("a want without a deadline") }
        return found
    }

    private func isAscending<T: Comparable>(_ values: [T]) -> Bool { zip(values, values.dropFirst()).allSatisfy { $0 < $1 } }
}
