internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// What a client knows about a Worker's copy of its scene: tiles are taken only of a copy that is the client's own scene with marks.
enum CopyCheck: Sendable {
    case fetching(SceneFetch)
    case comparing(WorkID)
    case good
    /// Something else, or not to be had.
    case bad
}

extension ClientRole {
    /// Begins to look at the scene of a tile; true where that is done and the tile may be fetched. Nil where it may never be.
    mutating func isScene(_ root: CID, of job: RecordID, emit: inout [RoleEffect]) -> Bool? {
        // Of a job of an earlier process the order is not known.
        guard let submission = submissions[job], let order = submission.order, order.sceneRoot != root else { return true }
        switch submission.copies[root] {
        case .good?: return true
        case .bad?: return nil
        case .fetching?, .comparing?: return false
        case nil: break
        }
        guard submission.copies.count < parameters.copiesMax, let manager = submission.manager else { return nil }
        // Textures with marks are twice as deep.
        let (bytesMax, isOver) = order.sceneBytes.multipliedReportingOverflow(by: 4)
        var fetch = SceneFetch(root: root, scope: job, from: [manager.peer], bytesMax: isOver ? .max : bytesMax + (16 << 20))
        fetch.begin(ids: &ids, emit: &emit)
        submissions[job]?.copies[root] = .fetching(fetch)
        return false
    }

    /// Gives an input to the fetches of copies; true where one took it.
    @discardableResult
    mutating func copies(
        now: Instant, emit: inout [RoleEffect], _ take: (inout SceneFetch, inout RoleIDs, inout [RoleEffect]) -> Bool
    ) -> Bool {
        var isTaken = false
        for job in order {
            guard let submission = submissions[job], let order = submission.order else { continue }
            for root in submission.copies.keys.sorted() {
                guard case .fetching(var fetch)? = submission.copies[root], take(&fetch, &ids, &emit) else { continue }
                isTaken = true
                switch fetch.phase {
                case .complete:
                    let work = ids.work()
                    submissions[job]?.copies[root] = .comparing(work)
                    emit.append(.compareScenes(work, original: order.sceneRoot, copy: root))
                case .failed: judged(root, of: job, isGood: false, emit: &emit)
                case .surveying, .fetching: submissions[job]?.copies[root] = .fetching(fetch)
                }
            }
        }
        return isTaken
    }

    mutating func compared(_ work: WorkID, _ isCopy: Bool, emit: inout [RoleEffect]) {
        for job in order {
            let root = submissions[job]?.copies.first { _, check in
                if case .comparing(work) = check { return true }
                return false
            }?.key
            guard let root else { continue }
            return judged(root, of: job, isGood: isCopy, emit: &emit)
        }
    }

    /// Tiles of the copy are fetched, or given up.
    private mutating func judged(_ root: CID, of job: RecordID, isGood: Bool, emit: inout [RoleEffect]) {
        submissions[job]?.copies[root] = isGood ? .good : .bad
        for task in submissions[job]?.tiles.keys.sorted() ?? [] {
            guard var tile = submissions[job]?.tiles[task], tile.offer.sceneRoot == root, tile.awaitsScene else { continue }
            if isGood {
                tile.awaitsScene = false
                tile.fetch.begin(ids: &ids, emit: &emit)
                submissions[job]?.tiles[task] = tile
            } else {
                submissions[job]?.tiles[task] = nil
                submissions[job]?.failures += 1
                giveUpIfHopeless(job, task, emit: &emit)
            }
        }
    }
}
