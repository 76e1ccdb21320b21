internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension ManagerRole {
    enum MarkState {
        /// The Worker gets the artist's scene.
        case bare
        case pending
        case ready(MarkedCopy)
    }

    /// The copy of a job's scene for one Worker; begins to make it where it is not there.
    mutating func marks(of id: RecordID, for worker: Bytes32, frame: UInt32, emit: inout [RoleEffect]) -> MarkState {
        guard let job = jobs[id], let grid = job.grid, let marks = job.marks, !marks.isBroken else { return .bare }
        // The first tile is as large as any.
        guard min(grid[0].tile.width, grid[0].tile.height) >= parameters.marks.tileSideMin else { return .bare }
        let place = JobMarks.Place(worker: worker, frame: frame)
        switch marks.copies[place] {
        case .ready(let copy)?: return .ready(copy)
        case .bare?: return .bare
        case .marking?, .storing?: return .pending
        case nil: break
        }
        let work = ids.work()
        jobs[id]?.marks?.set(place, to: .marking(work))
        let order = MarkOrder(
            settings: job.order.settings, frame: frame, tiles: (0..<grid.tilesPerFrame).map { grid[$0].tile }, worker: worker,
            key: marks.key, parameters: parameters.marks)
        emit.append(.markScene(work, root: job.order.sceneRoot, order))
        return .pending
    }

    /// The engine's answer; false where the work was no marking. Nil where the frame carries no marks.
    @discardableResult
    mutating func marked(_ work: WorkID, _ copy: MarkedCopy?, now: Instant, emit: inout [RoleEffect]) -> Bool {
        for id in jobOrder {
            guard let place = jobs[id]?.marks?.place(marking: work) else { continue }
            emit.append(.event(.sceneMarked(job: id, worker: place.worker, frame: place.frame, parts: copy?.parts.count ?? 0)))
            guard let copy else {
                jobs[id]?.marks?.set(place, to: .bare)
                copied(id, place, now: now, emit: &emit)
                return true
            }
            let missing = Set(copy.blocks.map(\.id))
            var kept = copy
            kept.blocks = []
            jobs[id]?.marks?.set(place, to: missing.isEmpty ? .ready(kept) : .storing(missing, kept))
            for block in copy.blocks { emit.append(.storeBlock(block.id, block.bytes, scope: id)) }
            if missing.isEmpty { copied(id, place, now: now, emit: &emit) }
            return true
        }
        return false
    }

    mutating func markStored(_ cid: CID, _ isStored: Bool, now: Instant, emit: inout [RoleEffect]) {
        for id in jobOrder where jobs[id]?.marks != nil {
            if isStored {
                for place in jobs[id]?.marks?.stored(cid) ?? [] { copied(id, place, now: now, emit: &emit) }
                continue
            }
            let places = jobs[id]?.marks?.waiting(for: cid) ?? []
            guard !places.isEmpty else { continue }
            jobs[id]?.marks?.isBroken = true
            for place in places {
                jobs[id]?.marks?.set(place, to: .bare)
                copied(id, place, now: now, emit: &emit)
            }
        }
    }

    /// A copy is there, or there will be none: its Worker gets the tasks that it was drawn for, and attempts of before a restart get
    /// their marks.
    private mutating func copied(_ id: RecordID, _ place: JobMarks.Place, now: Instant, emit: inout [RoleEffect]) {
        for index in jobs[id]?.tasks.indices ?? 0..<0 {
            guard let job = jobs[id], let grid = job.grid, grid[index].frame == place.frame else { continue }
            if job.tasks[index].drawn?.worker == place.worker {
                offerDrawn(job: id, task: index, now: now, emit: &emit)
            } else if let attempt = job.tasks[index].attempt, attempt.worker == place.worker {
                findMarks(attempt.ref, now: now, emit: &emit)
            }
        }
    }

    /// Gives a restored attempt the marks that its offer committed to.
    mutating func findMarks(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), attempt.marks == nil, attempt.offer.markCommitment != nil else { return }
        guard case .ready(let copy) = marks(of: ref.job, for: attempt.worker, frame: attempt.offer.frame, emit: &emit) else { return }
        guard copy.root == attempt.offer.sceneRoot else { return }
        update(ref) { $0.marks = copy.part(attempt.offer.tile) }
        repair(ref, now: now, emit: &emit)
    }

    /// A drawn Worker is let go: it left, or remembers nothing.
    mutating func release(drawn worker: Bytes32) {
        for id in jobOrder {
            for index in jobs[id]?.tasks.indices ?? 0..<0 where jobs[id]?.tasks[index].drawn?.worker == worker {
                jobs[id]?.tasks[index].drawn = nil
                jobs[id]?.requeue(index)
                members.ended(worker)
            }
        }
    }

    /// What a Verifier needs to look for the marks of an attempt; the places alone where nobody is named.
    func markOpening(_ attempt: Attempt, for verifier: Bytes32? = nil) -> MarkOpening? {
        guard let key = jobs[attempt.ref.job]?.marks?.key, var marks = attempt.marks else { return nil }
        let own = key.worker(attempt.worker).task(frame: attempt.offer.frame, tile: attempt.offer.tile)
        if let verifier { marks = marks.subKey(own, for: verifier) } else { marks.windows = [] }
        return MarkOpening(key: own, secret: marks)
    }

    // The repair: begun with the commitment, so that it is there when the verdicts are.

    mutating func repair(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), attempt.claim != nil, attempt.decoy == nil, attempt.repair == nil, let marks = attempt.marks
        else { return }
        let pixels = PictureRepair.pixels(of: marks, filter: attempt.offer.settings.filter)
        update(ref) { $0.repair = RepairWork(pixels: pixels) }
        repairNext(ref, now: now, emit: &emit)
    }

    /// As many pixels as one request holds, one request after another.
    private mutating func repairNext(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), let repair = attempt.repair, !repair.isOver else { return }
        let (offer, size) = (attempt.offer, Int(TileRecords.bucketSamples))
        let buckets = max(1, (offer.samples.count + size - 1) / size)
        let done = repair.values.count / buckets
        guard done < repair.pixels.count else {
            let result = PictureRepair(pixels: repair.pixels, samples: offer.samples, values: repair.values)
            return repaired(ref, result, now: now, emit: &emit)
        }
        let part = repair.pixels[done..<min(repair.pixels.count, done + max(1, ManagerRole.repairPlacesMax / buckets))]
        let work = ids.work()
        update(ref) { $0.repair?.work = work }
        emit.append(
            .recompute(
                work, sceneRoot: jobs[ref.job]?.order.sceneRoot ?? offer.sceneRoot, offer.settings, frame: offer.frame,
                rngKey: offer.rngKey(offer: attempt.offerID), PictureRepair.places(Array(part), samples: offer.samples)))
    }

    private static let repairPlacesMax = 65_536

    /// False where the work was no repair.
    @discardableResult
    mutating func recomputed(_ work: WorkID, _ values: [RecordValue]?, now: Instant, emit: inout [RoleEffect]) -> Bool {
        guard let ref = commitments.values.first(where: { (ref: AttemptRef) in attempt(ref)?.repair?.work == work }) else { return false }
        update(ref) { $0.repair?.work = nil }
        guard let values else {
            repaired(ref, nil, now: now, emit: &emit)
            return true
        }
        update(ref) { $0.repair?.values += values }
        repairNext(ref, now: now, emit: &emit)
        return true
    }

    private mutating func repaired(_ ref: AttemptRef, _ result: PictureRepair?, now: Instant, emit: inout [RoleEffect]) {
        update(ref) {
            $0.repair?.isOver = true
            $0.repair?.result = result
            $0.repair?.values = []
        }
        decide(ref, now: now, emit: &emit)
    }
}
