internal import EventLoop
internal import Kademlia
internal import ProofOfRender
internal import Node
internal import Roles
internal import Store
internal import Wire

/// The node's disk: records and blocks, both off the loop's thread.
///
/// Everything that writes goes through one serial queue, so it happens in the order in which the node asked. Reading blocks for
/// others has a queue of its own and does not wait for that.
final class StorageSide {
    struct Parameters {
        /// Reads of blocks at the same time; more than the pool has threads starves name lookups.
        var readersMax = 2
        /// Pieces of work that wait; beyond it blocks are refused and reads find nothing.
        var waitingMax = 4096
    }

    let records: RecordStore
    let blocks: BlockStore
    private let places: Places
    private let scopes: BlockScopes
    private let writing: WorkQueue
    private let reading: WorkQueue
    /// A file that did not hold what its name says was removed.
    var onDamage: ((String) -> Void)?

    /// Opens both stores and removes what a crash left over.
    init(loop: EventLoop, places: Places, blocksMax: Int, _ parameters: Parameters = Parameters()) throws(StoreError) {
        self.places = places
        records = try RecordStore(places.database)
        var limits = BlockStore.Parameters()
        limits.quota = blocksMax << 20
        blocks = try BlockStore(places.blocks, limits)
        scopes = BlockScopes(records: records)
        writing = WorkQueue(loop: loop, .init(concurrencyMax: 1, waitingMax: parameters.waitingMax))
        reading = WorkQueue(loop: loop, .init(concurrencyMax: parameters.readersMax, waitingMax: parameters.waitingMax))
        let scopes = scopes
        // A row that cannot be read keeps its block.
        _ = try blocks.collectGarbage { cid in (try? scopes.isKept(cid)) ?? true }
    }

    /// Reads everything that a role persisted, without its archive.
    func restore(_ role: RoleName) throws(StoreError) -> [StoredEntry] {
        var entries: [StoredEntry] = []
        var from: [UInt8] = []
        while true {
            let page = try records.entries(role.space, prefix: [], from: from, countMax: 1000)
            guard let last = page.last else { return entries }
            let live = page.filter { $0.key.first != StoredEntry.archivePrefix }
            entries += live
            // What has ended may be a thousand times what has not: it is jumped over.
            let isBehindArchive = live.count < page.count && last.key.first == StoredEntry.archivePrefix
            from = isBehindArchive ? [StoredEntry.archivePrefix + 1] : last.key + [0]
        }
    }

    /// - Parameter done: with nil when the changes are durable.
    func persist(_ changes: [RecordChange], done: @escaping (StoreError?) -> Void) {
        let records = records
        let isTaken = writing.submit({ outcome { () throws(StoreError) in try records.apply(changes) } }) { result in
            switch result {
            case .success: done(nil)
            case .failure(let error): done(error)
            }
        }
        if !isTaken { done(.busy(path: places.database)) }
    }

    func load(_ role: RoleName, prefix: [UInt8], from: [UInt8], countMax: Int, done: @escaping ([StoredEntry]) -> Void) {
        let records = records
        let isTaken = writing.submit({
            outcome { () throws(StoreError) in try records.entries(role.space, prefix: prefix, from: from, countMax: countMax) }
        }) { done((try? $0.get()) ?? []) }
        if !isTaken { done([]) }
    }

    /// - Parameter done: with nil where the block is not there.
    func read(_ cid: CID, done: @escaping ([UInt8]?) -> Void) {
        let blocks = blocks
        let isTaken = reading.submit({ outcome { () throws(StoreError) in try blocks.read(cid) } }) { [weak self] result in
            switch result {
            case .success(.found(let bytes)): done(bytes)
            case .success(.missing): done(nil)
            case .success(.corrupt(let path)):
                self?.onDamage?(path)
                done(nil)
            case .failure: done(nil)
            }
        }
        if !isTaken { done(nil) }
    }

    /// - Parameter done: with nil when the block is kept, durably.
    func store(_ list: [(cid: CID, bytes: [UInt8])], _ role: RoleName, scope: Bytes32, done: @escaping (StoreError?) -> Void) {
        let (blocks, scopes) = (blocks, scopes)
        let isTaken = writing.submit({
            outcome { () throws(StoreError) in
                for (cid, bytes) in list { try blocks.put(bytes, as: cid) }
                try scopes.keep(list.map(\.cid), role, scope)
            }
        }) { result in
            switch result {
            case .success: done(nil)
            case .failure(let error): done(error)
            }
        }
        if !isTaken { done(.busy(path: blocks.directory)) }
    }

    func release(_ role: RoleName, scope: Bytes32, done: @escaping (StoreError?) -> Void) {
        let (blocks, scopes) = (blocks, scopes)
        let isTaken = writing.submit({
            outcome { () throws(StoreError) in for cid in try scopes.release(role, scope) { try blocks.remove(cid) } }
        }) { result in
            switch result {
            case .success: done(nil)
            case .failure(let error): done(error)
            }
        }
        // What is not released now is released by nobody: the scope stays, and costs its place on the disk.
        if !isTaken { done(.busy(path: blocks.directory)) }
    }

    func survey(root: CID, _ role: RoleName, scope: Bytes32, done: @escaping (SceneSurvey) -> Void) {
        let (blocks, scopes) = (blocks, scopes)
        let isTaken = writing.submit({
            outcome { () throws(StoreError) in
                let (survey, present) = try SceneSurvey.make(root: root, in: blocks)
                try scopes.keep(present, role, scope)
                return survey
            }
        }) { done((try? $0.get()) ?? .failed(.engineFailed)) }
        if !isTaken { done(.failed(.engineFailed)) }
    }

    /// - Parameter done: whether the copy is the original with marks; false where it cannot be read.
    func compare(original: CID, copy: CID, done: @escaping (Bool) -> Void) {
        let blocks = blocks
        let isTaken = writing.submit({
            func bytes(_ cid: CID) -> [UInt8]? {
                guard case .found(let bytes)? = try? blocks.read(cid) else { return nil }
                return bytes
            }
            guard let manifest = bytes(copy), let original = bytes(original) else { return false }
            return (try? MarkedCopy.isCopy(manifest, of: original, block: bytes)) ?? false
        }) { done($0) }
        if !isTaken { done(false) }
    }

    /// Before the node starts: forgets all blocks of a role.
    func releaseAll(_ role: RoleName) throws(StoreError) {
        for cid in try scopes.releaseAll(role) { try blocks.remove(cid) }
    }

    var isIdle: Bool { writing.runningCount == 0 && writing.waitingCount == 0 }

    /// Calls back when everything that was submitted so far is done.
    func whenIdle(_ done: @escaping () -> Void) {
        if !writing.submit({}, deliver: { done() }) { done() }
    }

    /// First sequence number for the gossip messages of this run: above every one of earlier runs, even where the clock went back.
    func nextSequenceNumber() throws(StoreError) -> UInt64 {
        let key = Array("sequence".utf8)
        let stored = try records.get(StorageSide.own, key: key).flatMap { Bytes.number($0) } ?? 0
        // A run publishes fewer than 2^40 messages.
        let first = max(WallClock.now.nanoseconds, stored &+ 1 << 40)
        try records.put(StorageSide.own, key: key, value: Bytes.array(first))
        return first
    }

    private static let acquaintancesKey = Array("acquaintances".utf8)

    /// What `remember` kept last; nobody where there is nothing that can be read.
    func acquaintances() throws(StoreError) -> Acquaintances {
        guard let row = try records.get(StorageSide.own, key: StorageSide.acquaintancesKey) else { return Acquaintances() }
        return (try? Acquaintances(encoded: row)) ?? Acquaintances()
    }

    /// Off the loop's thread; a later one replaces it.
    func remember(_ known: Acquaintances) { put(StorageSide.acquaintancesKey) { known.encoded } }

    private static let heldKey = Array("held".utf8)

    /// What `keep` kept last, as far as its time is not over.
    func heldRecords() throws(StoreError) -> HeldRecords {
        guard let row = try records.get(StorageSide.own, key: StorageSide.heldKey) else { return HeldRecords() }
        return (try? HeldRecords(encoded: row, at: .now)) ?? HeldRecords()
    }

    /// Off the loop's thread; a later one replaces it.
    func keep(_ held: HeldRecords) {
        let time = WallClock.now
        put(StorageSide.heldKey) { held.encoded(at: time) }
    }

    /// - Parameter row: made off the loop's thread, too: it may have megabytes.
    private func put(_ key: [UInt8], _ row: @escaping @Sendable () -> [UInt8]) {
        let records = records
        _ = writing.submit(
            { _ = outcome { () throws(StoreError) in try records.put(StorageSide.own, key: key, value: row()) } }, deliver: { _ in })
    }

    /// The daemon's own rows.
    private static let own = RecordSpace(rawValue: 32)
}

/// A result of typed throws, to be carried between threads.
private func outcome<R>(_ body: () throws(StoreError) -> R) -> Result<R, StoreError> {
    do throws(StoreError) {
        return .success(try body())
    } catch {
        return .failure(error)
    }
}

/// Numbers as eight bytes, most significant first.
private enum Bytes {
    static func array(_ number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) } }
    static func number(_ bytes: [UInt8]) -> UInt64? { bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : nil }
}

extension RecordStore {
    /// Keys that begin with the prefix and are not below `from`.
    func entries(_ space: RecordSpace, prefix: [UInt8], from: [UInt8], countMax: Int) throws(StoreError) -> [StoredEntry] {
        var found: [StoredEntry] = []
        // The scan continues behind a key; the key itself is asked for.
        if !from.isEmpty, from.starts(with: prefix), countMax > 0, let value = try get(space, key: from) {
            found.append(StoredEntry(key: from, value: value))
        }
        let rest = try scan(space, prefix: prefix, after: from.isEmpty ? nil : from, limit: max(0, countMax - found.count))
        return found + rest.map { StoredEntry(key: $0.key, value: $0.value) }
    }
}
