import Crypto
import Determinism
import Node
import Roles
import Wire

/// What survives a crash of a simulated node: blocks with the scopes that hold them, and each role's rows.
struct SimulatedDisk {
    static let readTime: Duration = .microseconds(100)
    /// With a flush to the medium.
    static let writeTime: Duration = .milliseconds(2)

    private var blocks: [CID: (bytes: [UInt8], scopes: [Bytes32])] = [:]
    /// Rows in the order of their keys.
    private var rows: [RoleName: [StoredEntry]] = [:]

    func block(_ cid: CID) -> [UInt8]? { blocks[cid]?.bytes }

    mutating func store(_ cid: CID, _ bytes: [UInt8], scope: Bytes32) {
        var scopes = blocks[cid]?.scopes ?? []
        if !scopes.contains(scope) { scopes.append(scope) }
        blocks[cid] = (bytes, scopes)
    }

    mutating func hold(_ cid: CID, scope: Bytes32) {
        guard let bytes = block(cid) else { return }
        store(cid, bytes, scope: scope)
    }

    mutating func release(scope: Bytes32) {
        for (cid, entry) in blocks where entry.scopes.contains(scope) {
            let scopes = entry.scopes.filter { $0 != scope }
            blocks[cid] = scopes.isEmpty ? nil : (entry.bytes, scopes)
        }
    }

    mutating func apply(_ changes: [StoredChange], of role: RoleName) {
        for change in changes {
            let table = rows[role] ?? []
            let index = lowerBound(change.key, in: table)
            let isFound = index < table.count && table[index].key == change.key
            switch (change.value, isFound) {
            case (let value?, true): rows[role]?[index].value = value
            case (let value?, false): rows[role, default: []].insert(StoredEntry(key: change.key, value: value), at: index)
            case (nil, true): rows[role]?.remove(at: index)
            case (nil, false): break
            }
        }
    }

    func entries(of role: RoleName, prefix: [UInt8], from start: [UInt8], countMax: Int) -> [StoredEntry] {
        let table = rows[role] ?? []
        let first = max(lowerBound(prefix, in: table), lowerBound(start, in: table))
        return Array(table[first...].prefix { $0.key.starts(with: prefix) }.prefix(countMax))
    }

    func restored(for roles: [RoleName]) -> [RestoredRole] {
        roles.map { role in
            RestoredRole(role: role, entries: (rows[role] ?? []).filter { $0.key.first != StoredEntry.archivePrefix })
        }
    }

    private func lowerBound(_ key: [UInt8], in table: [StoredEntry]) -> Int {
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if table[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
