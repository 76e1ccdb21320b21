internal import Identity
internal import Wire

extension RoutingTable {
    /// What must hold after every call, and does not; empty in a sound table. Tests call it.
    var violations: [String] {
        var found: [String] = []
        if buckets.last?.entries.isEmpty == true { found.append("an empty last bucket") }
        var total = 0
        for (index, bucket) in buckets.enumerated() {
            total += bucket.entries.count
            if bucket.entries.count > bucketSize { found.append("bucket \(index) holds \(bucket.entries.count)") }
            for entry in bucket.entries {
                if entry.key != entry.id.dhtKey { found.append("a key that is not its peer's") }
                if bucketIndex(of: entry.key) != index { found.append("a peer in the wrong bucket") }
                if entry.failures >= failuresMax { found.append("a failed peer is kept") }
            }
            if Set(bucket.entries.map(\.id)).count != bucket.entries.count { found.append("a peer twice") }
        }
        if total != count { found.append("count is \(count), there are \(total)") }
        return found
    }
}

extension Lookup {
    var violations: [String] {
        var found: [String] = []
        if candidates.count > candidatesMax { found.append("\(candidates.count) candidates") }
        if !isAscending(candidates.map(\.distance)) { found.append("candidates out of order") }
        let open = candidates.count { $0.state == .waiting }
        if open != waiting { found.append("\(waiting) waiting, there are \(open)") }
        if open > alpha { found.append("\(open) open questions") }
        return found
    }
}

extension Kademlia {
    var violations: [String] {
        var found = table.violations + queries.flatMap(\.lookup.violations)
        if queries.count > parameters.queriesMax { found.append("\(queries.count) queries") }
        let perQuery = parameters.candidatesMax
        if open.count > queries.count * perQuery + parameters.livenessChecksMax { found.append("\(open.count) open requests") }
        for request in open {
            switch request.purpose {
            case .search(let number), .store(let number):
                if !queries.contains(where: { $0.number == number }) { found.append("a request without a query") }
            case .liveness: break
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
