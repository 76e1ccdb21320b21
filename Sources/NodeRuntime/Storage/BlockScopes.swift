internal import Roles
internal import Store
internal import Wire

/// Which blocks are kept for whom. A block stays until the last scope that holds it is released.
///
/// Two tables say the same both ways round: scope → blocks, for releasing, and block → scopes, to see whether somebody else still
/// needs it. Both change in one transaction. A block whose file came before its row, or whose row went before its file, is left by a crash
/// only; `collectGarbage` at the start removes it.
///
/// All calls come from one serial queue, except `isKept`.
struct BlockScopes: Sendable {
    static let byScope = RecordSpace(rawValue: 16)
    static let byBlock = RecordSpace(rawValue: 17)
    /// Rows that one transaction takes.
    static let pageMax = 512

    let records: RecordStore

    func keep(_ cids: [CID], _ role: RoleName, _ scope: Bytes32) throws(StoreError) {
        var start = 0
        while start < cids.count {
            let page = cids[start..<min(start + BlockScopes.pageMax, cids.count)]
            try records.apply(
                page.flatMap { cid in
                    let (forward, back) = BlockScopes.keys(cid, role, scope)
                    return [
                        RecordChange(BlockScopes.byScope, key: forward, value: []), RecordChange(BlockScopes.byBlock, key: back, value: []),
                    ]
                })
            start += BlockScopes.pageMax
        }
    }

    /// - Returns: blocks that nobody keeps any longer.
    func release(_ role: RoleName, _ scope: Bytes32) throws(StoreError) -> [CID] {
        try release(prefix: [role.rawValue] + scope.array)
    }

    /// Every scope of a role.
    func releaseAll(_ role: RoleName) throws(StoreError) -> [CID] { try release(prefix: [role.rawValue]) }

    func isKept(_ cid: CID) throws(StoreError) -> Bool {
        try !records.scan(BlockScopes.byBlock, prefix: cid.bytes, limit: 1).isEmpty
    }

    private func release(prefix: [UInt8]) throws(StoreError) -> [CID] {
        var orphans: [CID] = []
        while true {
            let page = try records.scan(BlockScopes.byScope, prefix: prefix, limit: BlockScopes.pageMax)
            guard !page.isEmpty else { return orphans }
            var changes: [RecordChange] = []
            var cids: [CID] = []
            for row in page {
                changes.append(RecordChange(BlockScopes.byScope, key: row.key, value: nil))
                // A key that is not ours to read is merely removed.
                guard let (cid, holder) = BlockScopes.parse(row.key) else { continue }
                changes.append(RecordChange(BlockScopes.byBlock, key: cid.bytes + holder, value: nil))
                cids.append(cid)
            }
            try records.apply(changes)
            for cid in cids where try !isKept(cid) { orphans.append(cid) }
        }
    }

    private static func keys(_ cid: CID, _ role: RoleName, _ scope: Bytes32) -> (forward: [UInt8], back: [UInt8]) {
        let holder = [role.rawValue] + scope.array
        return (holder + cid.bytes, cid.bytes + holder)
    }

    /// Role and scope are 33 bytes; the rest is the CID.
    private static func parse(_ key: [UInt8]) -> (CID, holder: [UInt8])? {
        guard key.count > 33, let cid = try? CID(bytes: key[33...]) else { return nil }
        return (cid, Array(key.prefix(33)))
    }
}
