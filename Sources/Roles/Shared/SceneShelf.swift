internal import Determinism
internal import Identity
internal import Wire

/// The scenes that a leaf holds: fetched once, kept while in use, and the least recently used dropped when there are too many.
struct SceneShelf: Sendable {
    enum Availability: Hashable, Sendable {
        case absent
        case fetching
        case ready
        case failed(SceneFault)
    }

    private struct Entry: Sendable {
        var fetch: SceneFetch
        var users: Int
        var lastUse: UInt64
    }

    let scenesMax: Int
    let bytesMax: UInt64
    private var entries: [CID: Entry] = [:]
    private var uses: UInt64 = 0

    init(scenesMax: Int, bytesMax: UInt64) {
        self.scenesMax = scenesMax
        self.bytesMax = bytesMax
    }

    var count: Int { entries.count }

    func availability(_ root: CID) -> Availability {
        switch entries[root]?.fetch.phase {
        case nil: .absent
        case .surveying, .fetching: .fetching
        case .complete: .ready
        case .failed(let fault): .failed(fault)
        }
    }

    /// One more user of the scene, which is fetched unless it is there. Balanced by `release`.
    mutating func use(_ root: CID, from sources: [PeerID], ids: inout RoleIDs, emit: inout [RoleEffect]) {
        uses += 1
        if var entry = entries[root] {
            entry.users += 1
            entry.lastUse = uses
            entries[root] = entry
            return
        }
        var fetch = SceneFetch(root: root, scope: root.digest, from: sources, bytesMax: bytesMax)
        fetch.begin(ids: &ids, emit: &emit)
        entries[root] = Entry(fetch: fetch, users: 1, lastUse: uses)
        evict(emit: &emit)
    }

    mutating func release(_ root: CID, emit: inout [RoleEffect]) {
        guard var entry = entries[root] else { return }
        entry.users -= 1
        entries[root] = entry
        guard entry.users <= 0 else { return }
        // A fetch that came to nothing is tried again by the next user.
        if availability(root) != .ready { drop(root, emit: &emit) } else { evict(emit: &emit) }
    }

    /// The scene whose availability changed to `ready` or `failed`; nil where none did.
    mutating func surveyed(_ id: WorkID, _ survey: SceneSurvey, ids: inout RoleIDs, emit: inout [RoleEffect]) -> CID? {
        for root in entries.keys.sorted() where entries[root]?.fetch.surveyed(id, survey, ids: &ids, emit: &emit) == true {
            return entries[root]?.fetch.isDone == true ? root : nil
        }
        return nil
    }

    mutating func block(_ id: BlockRequestID, _ bytes: [UInt8]?, ids: inout RoleIDs, emit: inout [RoleEffect]) -> CID? {
        for root in entries.keys.sorted() where entries[root]?.fetch.block(id, bytes, ids: &ids, emit: &emit) == true {
            return entries[root]?.fetch.isDone == true ? root : nil
        }
        return nil
    }

    /// All scenes that waited for this block hear of it.
    mutating func stored(_ cid: CID, _ isStored: Bool, ids: inout RoleIDs, emit: inout [RoleEffect]) -> [CID] {
        entries.keys.sorted().filter { root in
            entries[root]?.fetch.stored(cid, isStored, ids: &ids, emit: &emit) == true && entries[root]?.fetch.isDone == true
        }
    }

    private mutating func evict(emit: inout [RoleEffect]) {
        while entries.count > scenesMax {
            let idle = entries.filter { $0.value.users <= 0 }.min { $0.value.lastUse < $1.value.lastUse }
            guard let idle else { return }
            drop(idle.key, emit: &emit)
        }
    }

    private mutating func drop(_ root: CID, emit: inout [RoleEffect]) {
        entries[root]?.fetch.fail(.unavailable, emit: &emit)
        entries[root] = nil
        emit.append(.releaseBlocks(scope: root.digest))
    }
}
