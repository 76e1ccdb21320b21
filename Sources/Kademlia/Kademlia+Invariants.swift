internal import Determinism
internal import Identity
internal import Wire

extension RoutingTable {
    /// What must hold after every call, and does not; empty in a sound table. Tests call it.
    var violations: [String] {
        var found: [String] = []
        if let last = ends.indices.last, bucket(last).isEmpty { found.append("an empty last bucket") }
        for index in ends.indices {
            let entries = entries[bucket(index)]
            if entries.count > bucketSize { found.append("bucket \(index) holds \(entries.count)") }
            for entry in entries {
                if entry.key != entry.id.dhtKey { found.append("a key that is not its peer's") }
                if bucketIndex(of: entry.key) != index { found.append("a peer in the wrong bucket") }
                if entry.failures >= failuresMax { found.append("a failed peer is kept") }
            }
            if Set(entries.map(\.id)).count != entries.count { found.append("a peer twice") }
        }
        if Int(ends.last ?? 0) != count { found.append("count is \(count), the buckets have \(ends.last ?? 0)") }
        if heads != entries.map(\.key.words.0) { found.append("heads of other keys") }
        if !marks.belong(to: entries.map(\.id)) { found.append("marks of other peers") }
        return found
    }
}

extension Lookup {
    var violations: [String] {
        var found: [String] = []
        if candidates.count > candidatesMax { found.append("\(candidates.count) candidates") }
        if !isAscending(candidates.map(\.distance)) { found.append("candidates out of order") }
        if !marks.belong(to: candidates.map(\.id)) { found.append("marks of other candidates") }
        let open = candidates.count { $0.state == .waiting }
        if candidates.contains(where: { $0.state == .waiting && $0.deadline < slowAt }) { found.append("becomes slow too late") }
        if open != waiting { found.append("\(waiting) waiting, there are \(open)") }
        if open > alpha { found.append("\(open) open questions") }
        return found
    }
}

extension Kademlia {
    var violations: [String] {
        var found = table.violations + queries.flatMap { $0.search.paths.flatMap(\.violations) }
        if queries.count > parameters.queriesMax { found.append("\(queries.count) queries") }
        let askable = queries.reduce(0) { $0 + $1.search.paths.reduce(0) { $0 + $1.candidatesMax } }
        if unchecked.count > parameters.uncheckedMax { found.append("\(unchecked.count) unchecked peers") }
        for peer in unchecked {
            if table.contains(peer.contact.id) { found.append("a peer of the table is unchecked") }
            if peer.due == .distantFuture, !open.contains(where: { $0.peer == peer.contact.id }) { found.append("nobody asks it") }
        }
        for query in queries where query.search.paths.count > 1 {
            let asked = query.search.paths.flatMap { path in path.candidates.filter { path.hasAsked($0.id) }.map(\.id) }
            if Set(asked).count != asked.count { found.append("two paths share a peer") }
        }
        if open.count > askable + parameters.livenessChecksMax + parameters.uncheckedMax { found.append("\(open.count) open requests") }
        for request in open {
            switch request.purpose {
            case .search(let number), .store(let number):
                if !queries.contains(where: { $0.number == number }) { found.append("a request without a query") }
            case .liveness, .check: break
            }
        }
        if !queries.isEmpty, nextDeadline == nil { found.append("a query without a deadline") }
        if providers.rows.count > parameters.providedKeysMax { found.append("\(providers.rows.count) contents") }
        if records.rows.count > parameters.recordsMax { found.append("\(records.rows.count) records") }
        for row in providers.rows where row.providers.isEmpty || row.providers.count > parameters.providersPerKeyMax {
            found.append("\(row.providers.count) providers of one content")
        }
        if !isAscending(providers.rows.map(\.distance)) { found.append("contents out of order") }
        if !isAscending(records.rows.map(\.distance)) { found.append("records out of order") }
        return found
    }
}

private func isAscending(_ values: [Bytes32]) -> Bool { zip(values, values.dropFirst()).allSatisfy { $0 < $1 } }
