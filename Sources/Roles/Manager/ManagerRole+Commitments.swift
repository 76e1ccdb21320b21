internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension ManagerRole {
    /// A Worker's commitment, however it came. `Held` goes out only after it is durable.
    mutating func committed(_ record: Record, now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        guard let body = try? record.decoded(as: Commitment.self) else { return .refused(.malformed) }
        guard let ref = offers[body.offer], let attempt = attempt(ref) else { return .refused(.unknown) }
        guard attempt.worker == record.author else { return .refused(.notYours) }
        guard record.verify(with: keys.signing, network: keys.network) else { return .refused(.notSigned) }
        let id = keys.id(record)
        let held = RecordReply.record(keys.sign(Held(commitment: id)))
        if let claim = attempt.claim {
            if claim.commitmentID == id { return held }
            // The first one stands; both are the evidence.
            penalise(attempt.worker, .equivocation, ref, evidence: [claim.commitmentID, id], emit: &emit)
            return .refused(.wrongState)
        }
        guard clock.round <= attempt.offer.deadlineRound else { return .refused(.expired) }
        var isTaken = false
        update(ref) { isTaken = $0.commit(body, record: record, id: id, now: now) }
        guard isTaken else { return .refused(.malformed) }
        for timer in leaseTimers(ref) { timers.cancel(timer) }
        members.ended(attempt.worker)
        wantsAssignment = true
        persistTask(ref.job, Int(ref.task), emit: &emit)
        hold(ref, now: now, emit: &emit)
        return held
    }

    /// From the commitment on, also after a restart: anchor it, and get the picture.
    mutating func hold(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), let claim = attempt.claim else { return }
        commitments[claim.commitmentID] = ref
        clock.add(claim.commitmentID)
        var fetch = PictureFetch(
            result: claim.commitment.result, tile: attempt.offer.tile, from: [PeerID(ed25519: attempt.worker)],
            wait: parameters.pictureBlockWait)
        fetch.begin(ids: &ids, emit: &emit)
        update(ref) { $0.picture = fetch }
        repair(ref, now: now, emit: &emit)
        timers.set(.picture(ref), at: now + parameters.pictureWait)
    }

    mutating func pictureBlock(_ id: BlockRequestID, _ bytes: [UInt8]?, now: Instant, emit: inout [RoleEffect]) {
        for ref in commitments.values.sorted(by: AttemptRef.isBefore) {
            guard var attempt = attempt(ref) else { continue }
            if var fetch = attempt.picture, fetch.block(id, bytes, ids: &ids, emit: &emit) {
                attempt.picture = fetch
                update(ref) { $0.picture = fetch }
                pictureFetched(ref, fetch, now: now, emit: &emit)
                return
            }
            if var fetch = attempt.evidence, fetch.block(id, bytes, ids: &ids, emit: &emit) {
                update(ref) { $0.evidence = fetch }
                evidenceFetched(ref, fetch, now: now, emit: &emit)
                return
            }
        }
    }

    /// The picture is only stored: whether it is the committed one is for the Verifiers to say.
    private mutating func pictureFetched(_ ref: AttemptRef, _ fetch: PictureFetch, now: Instant, emit: inout [RoleEffect]) {
        switch fetch.phase {
        case .fetching: return
        case .unavailable: workerSilent(ref, now: now, emit: &emit)
        case .complete(let delivery):
            let blocks = delivery.stored(as: fetch.result, tile: fetch.tile).blocks
            update(ref) {
                $0.picture = nil
                $0.storing = Set(blocks.map(\.cid))
            }
            for block in blocks { emit.append(.storeBlock(block.cid, block.bytes, scope: ref.job)) }
        }
    }

    mutating func pictureStored(_ cid: CID, _ isStored: Bool, now: Instant, emit: inout [RoleEffect]) {
        for ref in commitments.values.sorted(by: AttemptRef.isBefore) where attempt(ref)?.storing.contains(cid) == true {
            guard isStored else {
                // A full disk is our own failure: the Worker keeps its result, and the attempt ends when the picture's wait does.
                continue
            }
            update(ref) {
                $0.storing.remove(cid)
                if $0.storing.isEmpty { $0.isPictureHeld = true }
            }
            if attempt(ref)?.isPictureHeld == true { timers.cancel(.picture(ref)) }
            verifyIfReady(ref, now: now, emit: &emit)
        }
    }

    /// Draws Verifiers once the commitment is anchored and its picture can be had from here.
    mutating func verifyIfReady(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), attempt.isPictureHeld, let anchor = attempt.anchor, let job = jobs[ref.job] else { return }
        guard attempt.committee?.anchor != anchor, let beacon = try? anchor.beacon.decoded(as: Beacon.self) else { return }
        guard let certified = rosters.drawable(at: beacon.round), let roster = certified.verifiers, isVerifiable(job) else { return }
        let workers = attempt.workerDraw?.roster ?? certified.workers ?? roster
        let exclusion = Draw.Exclusion(worker: attempt.worker, in: workers)
        let subject = DrawSubject.verifiers(job: ref.job, worker: attempt.worker, round: beacon.round)
        var committee = attempt.committee ?? Committee(level: attempt.offer.level, anchor: anchor, beacon: beacon)
        committee.draw(anchor: anchor, beacon: beacon, subject: subject, from: certified, roster: roster, excluding: exclusion)
        update(ref) {
            $0.stage = .verifying
            $0.committee = committee
        }
        hungry.append(ref)
    }

    /// Whether a Verifier that was drawn is there and can load the job's scene.
    func canVerify(_ key: Bytes32, _ job: JobState) -> Bool {
        guard isVerifierHere(key), let registration = members[key]?.registration else { return false }
        return registration.sceneBytesMax >= job.facts?.bytes ?? 0
            && registration.memory >= job.plan?.memory ?? 0
    }

    func isVerifierHere(_ key: Bytes32) -> Bool {
        guard let member = members[key], member.isConnected, member.registration.role == .verifier else { return false }
        return member.registration.profile == parameters.profile
    }

    func verifiersPresent(for job: JobState) -> Int { members.keys.count { canVerify($0, job) } }
    private func isVerifiable(_ job: JobState) -> Bool { members.keys.contains { canVerify($0, job) } }

    /// Where nobody is left to ask, the commitment is anchored again: the next output draws from those who are there then.
    mutating func anchorAgainIfStarved(_ ref: AttemptRef) {
        guard let attempt = attempt(ref), attempt.isPictureHeld, attempt.anchor != nil, let claim = attempt.claim else { return }
        guard let committee = attempt.committee else {
            // Anchored while no Verifier was there.
            if let job = jobs[ref.job], isVerifiable(job) { clock.add(claim.commitmentID) }
            return
        }
        guard committee.isExhausted, committee.decision == .undecided, let job = jobs[ref.job] else { return }
        let spent = Set(committee.duties.filter { $0.verdict != nil }.map(\.verifier))
        let fresh = members.keys.contains { !spent.contains($0) && $0 != attempt.worker && canVerify($0, job) }
        if fresh, committee.duties.count < Committee.dutiesMax { clock.add(claim.commitmentID) }
    }
}

extension AttemptRef {
    static func isBefore(_ a: AttemptRef, _ b: AttemptRef) -> Bool {
        a.job != b.job ? a.job < b.job : (a.task, a.attempt) < (b.task, b.attempt)
    }
}
