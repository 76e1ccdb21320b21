internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension ManagerRole {
    /// A wait for the Worker passed: answer, reports, lease, picture, locators or openings.
    mutating func workerSilent(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref) else { return }
        members.cool(attempt.worker, until: now + parameters.coolDown)
        expire(ref, isStrike: attempt.stage != .offered, now: now, emit: &emit)
    }

    /// Nobody is to blame for silence alone, but the task goes to another Worker first.
    mutating func expire(_ ref: AttemptRef, isStrike: Bool, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref) else { return }
        if isStrike {
            jobs[ref.job]?.strikes[attempt.worker, default: 0] += 1
            jobs[ref.job]?.tasks[Int(ref.task)].failures += 1
        }
        bar(attempt.worker, from: ref, until: now + parameters.barWait)
        endAttempt(ref, .expired, as: .expired, now: now, emit: &emit)
    }

    /// What the verdicts say, if they say something.
    mutating func decide(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), let committee = attempt.committee, let claim = attempt.claim else { return }
        switch committee.decision {
        case .undecided: hungry.append(ref)
        case .undecidable: expire(ref, isStrike: false, now: now, emit: &emit)
        case .accepted, .rejected:
            if let decoy = attempt.decoy { return endDecoy(attempt, decoy, claim, now: now, emit: &emit) }
            decided(attempt, committee, claim, now: now, emit: &emit)
        }
    }

    private mutating func decided(_ attempt: Attempt, _ committee: Committee, _ claim: Claim, now: Instant, emit: inout [RoleEffect]) {
        let ref = attempt.ref
        switch committee.decision {
        case .undecided, .undecidable: break
        // The picture is delivered without its marks: what takes them out is about to be there.
        case .accepted where attempt.repair?.isOver == false: break
        case .accepted(let verdicts):
            let outcome = AttemptEnd.Outcome.accepted(commitment: claim.commitmentID, verdicts: verdicts)
            endAttempt(ref, outcome, as: .accepted, now: now, emit: &emit)
        case .rejected(let evidence):
            jobs[ref.job]?.strikes[attempt.worker, default: 0] += 1
            jobs[ref.job]?.tasks[Int(ref.task)].failures += 1
            bar(attempt.worker, from: ref, until: .distantFuture)
            penalise(attempt.worker, .rejectedResult, ref, evidence: [claim.commitmentID] + evidence, emit: &emit)
            let outcome = AttemptEnd.Outcome.rejected(commitment: claim.commitmentID, evidence: evidence)
            endAttempt(ref, outcome, as: .rejected, now: now, emit: &emit)
        }
    }

    /// Whoever is gone may have lost its power; whoever is here and does not answer withholds. Both lose the work.
    mutating func penaliseSilence(of key: Bytes32, _ ref: AttemptRef, evidence: Record?..., emit: inout [RoleEffect]) {
        guard members[key]?.isConnected == true else { return }
        penalise(key, .silence, ref, evidence: evidence.compactMap { $0.map(keys.id) }, emit: &emit)
    }

    mutating func penalise(_ key: Bytes32, _ rule: PenaltyRule, _ ref: AttemptRef, evidence: [RecordID], emit: inout [RoleEffect]) {
        let body = Penalty(
            offender: key, rule: rule, job: ref.job, task: ref.task, attempt: ref.attempt, round: clock.round, evidence: evidence)
        let record = keys.sign(body)
        penalties.insert(record, for: keys.id(record))
        emit.append(.persist([store.penalty(record, id: keys.id(record))]))
        emit.append(.event(.penalised(key, rule, job: ref.job, task: ref.task)))
    }

    /// Signs and persists the end of an attempt, tells the Worker, and goes on with the task.
    mutating func endAttempt(
        _ ref: AttemptRef, _ outcome: AttemptEnd.Outcome, as summary: AttemptOutcome, now: Instant, emit: inout [RoleEffect]
    ) {
        guard let attempt = attempt(ref) else { return }
        let index = Int(ref.task)
        let record = keys.sign(
            AttemptEnd(job: ref.job, task: ref.task, attempt: ref.attempt, term: 0, offer: attempt.offerID, outcome: outcome))
        let id = keys.id(record)
        if let committee = attempt.committee {
            for (verifier, verdict) in committee.refuted { penalise(verifier, .wrongVerdict, ref, evidence: [verdict], emit: &emit) }
            let isDecided = summary == .accepted || summary == .rejected || summary == .decoy
            if isDecided { archiveProof(attempt, committee, end: record, emit: &emit) }
            if summary == .rejected || summary == .decoy { auditAccepts(of: attempt, emit: &emit) }
        }
        drop(attempt, emit: &emit)
        if summary == .accepted, let claim = attempt.claim, let commitment = attempt.commitment {
            let accepted = AcceptedTask(
                worker: attempt.worker, attempt: ref.attempt, rays: claim.commitment.totalRays, accepts: attempt.committee?.accepts ?? 0,
                rejects: attempt.committee?.rejects ?? 0,
                milliseconds: ((attempt.committedAt ?? now) - attempt.begunAt).nanosecondsClamped / 1_000_000,
                picture: claim.commitment.result, rngKey: attempt.offer.rngKey(offer: attempt.offerID))
            jobs[ref.job]?.accept(index, accepted, end: id)
            let repair = attempt.repair?.result.map { keys.sign(Repair(commitment: claim.commitmentID, repair: $0)) }
            let result = TaskResult(offer: attempt.record, commitment: commitment, end: record, repair: repair)
            emit.append(.persist([store.result(result, job: ref.job, task: ref.task)]))
            status.tasksAccepted += 1
            status.rays &+= accepted.rays
        } else {
            jobs[ref.job]?.tasks[index].attempt = nil
            jobs[ref.job]?.tasks[index].cause = id
            if summary != .decoy { jobs[ref.job]?.attemptsLost += 1 }
            emit.append(.persist([store.end(record, ref)]))
            if summary == .rejected { status.tasksRejected += 1 }
            if jobs[ref.job]?.tasks[index].failures ?? 0 >= parameters.failuresMax {
                jobs[ref.job]?.tasks[index].isGivenUp = true
                jobs[ref.job]?.tasksGivenUp += 1
            } else {
                jobs[ref.job]?.requeue(index)
            }
        }
        persistTask(ref.job, index, emit: &emit)
        emit.append(
            .event(.attemptEnded(job: ref.job, task: ref.task, attempt: ref.attempt, worker: attempt.worker, summary)))
        if summary != .declined {
            emit.append(
                .request(
                    ids.request(), to: PeerID(ed25519: attempt.worker), at: [], .task, TaskCall.attemptEnd(record).encoded,
                    timeout: parameters.requestWait))
        }
        wantsAssignment = true
        if let job = jobs[ref.job], job.isDone {
            endJob(ref.job, job.tasksGivenUp == 0 ? .verified : .failed, reasons: finalReasons(job), now: now, emit: &emit)
        }
    }

    /// Keeps what a third party needs to replay the verdicts. The picture stays in the store under its CID.
    private func archiveProof(_ attempt: Attempt, _ committee: Committee, end: Record, emit: inout [RoleEffect]) {
        guard let job = jobs[attempt.ref.job], let commitment = attempt.commitment else { return }
        let transcripts = committee.duties.filter { $0.anchor == committee.anchor }.compactMap(\.transcript)
        let bundle = ProofBundle(
            network: keys.network, jobRequest: job.record, jobPlan: job.planRecord, offer: attempt.record, commitment: commitment,
            anchor: committee.anchor, transcripts: transcripts, attemptEnd: end, workerDraw: attempt.workerDraw,
            verifierDraw: committee.evidence, marks: markOpening(attempt),
            decoy: attempt.decoy?.evidence)
        emit.append(.persist([store.proof(bundle, attempt.ref)]))
    }

    /// Forgets an attempt's timers, slots, fetches, duties and held calls.
    mutating func drop(_ attempt: Attempt, emit: inout [RoleEffect]) {
        let ref = attempt.ref
        for timer in leaseTimers(ref) { timers.cancel(timer) }
        offers[attempt.offerID] = nil
        if let claim = attempt.claim { commitments[claim.commitmentID] = nil }
        if attempt.holdsSlot { members.ended(attempt.worker) }
        var (picture, evidence) = (attempt.picture, attempt.evidence)
        picture?.cancel(emit: &emit)
        evidence?.cancel(emit: &emit)
        if let work = attempt.repair?.work { emit.append(.cancelWork(work)) }
        for (index, duty) in (attempt.committee?.duties ?? []).enumerated() {
            let dutyRef = DutyRef(attempt: ref, index: index)
            for timer in [Timer.duty(dutyRef), .dutyRetry(dutyRef), .hold(dutyRef)] { timers.cancel(timer) }
            duties[duty.id] = nil
            if duty.isLive { members.ended(duty.verifier) }
            if let inbound = duty.inbound { emit.append(.respond(inbound, RecordReply.refused(.expired).encoded)) }
        }
        hungry.removeAll { $0 == ref }
        starving.remove(ref)
    }

    func finalReasons(_ job: JobState) -> [WhyReason] {
        guard job.tasksGivenUp > 0 else { return [.complete] }
        return job.tasks.enumerated().filter { $0.element.isGivenUp }.prefix(JobStatus.reasonsMax).map {
            .taskGivenUp(task: UInt64($0.offset), attempts: UInt64($0.element.attempts))
        }
    }

    func persistTask(_ id: RecordID, _ index: Int, emit: inout [RoleEffect]) {
        guard let job = jobs[id] else { return }
        emit.append(.persist([store.task(job.tasks[index], job: id, index: index), store.header(job)]))
    }
}
