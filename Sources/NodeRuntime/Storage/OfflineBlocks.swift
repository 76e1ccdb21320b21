public import Roles
internal import Store
public import Wire

/// Blocks of a data directory whose node does not run.
public enum OfflineBlocks {
    /// Keeps blocks for a role until the scope is released, as the running node does.
    /// - Throws: where the directory belongs to a running node, or the disk refuses.
    public static func keep(_ blocks: [[UInt8]], for role: RoleName, scope: Bytes32, in places: Places) throws(DaemonError) -> [CID] {
        do throws(StoreError) {
            try Directory.create(places.data)
            let lock = try DirectoryLock(places.data)
            defer { withExtendedLifetime(lock) {} }
            let store = try BlockStore(places.blocks)
            var cids: [CID] = []
            for block in blocks { cids.append(try store.put(block)) }
            try BlockScopes(records: RecordStore(places.database)).keep(cids, role, scope)
            return cids
        } catch {
            throw DaemonError(.failed, "\(error)")
        }
    }
}
