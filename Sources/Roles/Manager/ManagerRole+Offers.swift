internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension ManagerRole {
    /// Tasks of one job that are looked at in one go before those of the next.
    private static let skipsMax = 64

    /// Gives waiting tasks to drawn Workers, while there are free ones that qualify.
    mutating func assign(now: Instant, emit: inout [RoleEffect]) {
        guard let output = clock.output, rosters.drawable(at: clock.round - 1)?.workers != nil, !status.isDraining else { return }
        for id in jobOrder {
            guard let job = jobs[id], job.isRunning, !job.isPaused else { continue }
            var skipped = 0
            var position = 0
            while position < jobs[id]?.waiting.count ?? 0, skipped < ManagerRole.skipsMax {
                guard members.hasFreeSlot(.worker, now: now) else { return }
                guard let task = jobs[id]?.waiting[position] else { break }
                if offer(job: id, task: task, output: output, now: now, emit: &emit) {
                    jobs[id]?.waiting.remove(at: position)
                } else {
                    skipped += 1
                    position += 1
                }
            }
        }
    }

    /// Whether a Worker may render this job at all.
    func qualifies(_ key: Bytes32, _ member: MemberTable.Member, for job: JobState) -> Bool {
        let registration = member.registration
        return registration.profile == parameters.profile && registration.memory >= job.plan?.memory ?? 0
            && registration.sceneBytesMax >= job.facts?.bytes ?? 0
            && (job.order.priceMax == 0 || registration.priceMin <= job.order.priceMax)
            && (job.strikes[key] ?? 0) < parameters.strikesMax
    }

    /// Draws a Worker for the task's next attempt, which gets the offer as soon as its scene is there; false where nobody is free.
    private mutating func offer(job id: RecordID, task index: Int, output: Bytes32, now: Instant, emit: inout [RoleEffect]) -> Bool {
        guard let job = jobs[id], job.isRunning else { return false }
        let task = job.tasks[index]
        guard let certified = rosters.drawable(at: clock.round - 1), let roster = certified.workers, let beacon = clock.beacon else {
            return false
        }
        let eligible = Set(
            members.keys.filter { key in
                guard let member = members[key], member.registration.role == .worker, roster[key] != nil else { return false }
                return member.isConnected && member.slotsFree > 0 && member.coolUntil <= now && (task.barred[key] ?? .origin) <= now
                    && qualifies(key, member, for: job)
            })
        guard !eligible.isEmpty else { return false }
        let number = UInt32(truncatingIfNeeded: index)
        let subject = DrawSubject.worker(job: id, task: number, attempt: task.attempts)
        var draw = Draw(.worker, subject: subject, output: output, roster: roster)
        // Ranks that do not qualify or have no time are passed over; anybody can repeat the draw and count them.
        while let entry = draw.next(), !eligible.contains(entry.key) {}
        guard let drawn = draw.drawn.last, eligible.contains(drawn.key) else { return false }
        jobs[id]?.tasks[index].drawn = DrawnWorker(
            worker: drawn.key, rank: UInt32(clamping: draw.drawn.count - 1), round: clock.round - 1,
            evidence: ProofBundle.DrawEvidence(roster: roster, roundRoot: certified.roundRoot, beacon: beacon))
        members.began(drawn.key)
        offerDrawn(job: id, task: index, now: now, emit: &emit)
        return true
    }

    /// Makes the offer to the Worker that was drawn, once its copy of the scene is marked.
    mutating func offerDrawn(job id: RecordID, task index: Int, now: Instant, emit: inout [RoleEffect]) {
        guard let job = jobs[id], let plan = job.plan, let planned = job.grid?[index], let drawn = job.tasks[index].drawn else { return }
        var copy: MarkedCopy?
        switch marks(of: id, for: drawn.worker, frame: planned.frame, emit: &emit) {
        case .pending: return
        case .bare: break
        case .ready(let ready): copy = ready
        }
        let (task, number) = (job.tasks[index], UInt32(truncatingIfNeeded: index))
        let part = copy?.part(planned.tile)
        let key = part == nil ? nil : job.marks?.key.worker(drawn.worker).task(frame: planned.frame, tile: planned.tile)
        let body = Offer(
            job: id, task: number, attempt: task.attempts, cause: task.cause, drawRound: drawn.round, rank: drawn.rank,
            worker: drawn.worker, sceneRoot: (key == nil ? nil : copy?.root) ?? job.order.sceneRoot, settings: job.order.settings,
            frame: planned.frame, tile: planned.tile,
            samples: planned.samples, jobSeed: plan.seed, profile: plan.profile, markCommitment: key.map { $0.commitment(salt: $0.salt) },
            pricePerIBM: members[drawn.worker]?.registration.priceMin ?? 0,
            microIBMPerGigaray: parameters.microIBMPerGigaray, deadlineRound: clock.round &+ parameters.deadlineRounds,
            level: job.order.level, rayChallenges: plan.rayChallenges, areaChallenges: plan.areaChallenges)
        let record = keys.sign(body)
        let ref = AttemptRef(job: id, task: number, attempt: task.attempts)
        var attempt = Attempt(ref: ref, offer: body, offerID: keys.id(record), record: record, now: now)
        attempt.workerDraw = drawn.evidence
        attempt.marks = part
        attempt.decoy = drawnDecoy(attempt)
        jobs[id]?.tasks[index].drawn = nil
        jobs[id]?.tasks[index].attempts += 1
        if attempt.decoy != nil { jobs[id]?.tasks[index].decoys += 1 }
        jobs[id]?.tasks[index].attempt = attempt
        offers[attempt.offerID] = ref
        persistTask(id, index, emit: &emit)
        emit.append(.event(.offered(job: id, task: number, attempt: ref.attempt, worker: drawn.worker)))
        timers.set(.offer(ref), at: now + parameters.answerWait)
        sendOffer(ref, emit: &emit)
    }

    mutating func sendOffer(_ ref: AttemptRef, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), attempt.stage == .offered else { return }
        let id = ids.request()
        pending[id] = .offer(ref)
        emit.append(
            .request(
                id, to: PeerID(ed25519: attempt.worker), at: [], .task, offerCall(attempt).encoded, timeout: parameters.requestWait))
    }

    mutating func offerAnswered(_ ref: AttemptRef, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), attempt.stage == .offered else { return }
        if case .record(let record) = reply, record.author == attempt.worker {
            if let accept: TaskAccept = keys.open(record), accept.offer == attempt.offerID {
                update(ref) { $0.stage = .leased }
                lease(ref, now: now)
                return
            }
            if let decline: TaskDecline = keys.open(record), decline.offer == attempt.offerID {
                members.cool(attempt.worker, until: now + parameters.coolDown)
                endAttempt(ref, .handedBack, as: .declined, now: now, emit: &emit)
                return
            }
        }
        timers.set(.offerRetry(ref), at: now + parameters.retryPause)
    }

    /// The Worker has the task: from now on it reports.
    func leaseTimers(_ ref: AttemptRef) -> [Timer] { [.offer(ref), .offerRetry(ref), .silence(ref), .lease(ref), .picture(ref)] }

    mutating func lease(_ ref: AttemptRef, now: Instant) {
        timers.cancel(.offer(ref))
        timers.cancel(.offerRetry(ref))
        timers.set(.silence(ref), at: now + parameters.silenceMax)
        timers.set(.lease(ref), at: now + parameters.leaseMax)
    }

    mutating func taskCall(_ peer: PeerID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        guard let call = try? TaskCall(encoded: bytes) else {
            emit.append(.penalise(peer, .malformed))
            return .refused(.malformed)
        }
        switch call {
        case .progress(let record):
            guard record.author == peer.ed25519Key, let body: Progress = keys.open(record) else { return forged(peer, emit: &emit) }
            return progressed(body, by: record.author, now: now)
        case .commitment(let record):
            guard record.author == peer.ed25519Key else { return forged(peer, emit: &emit) }
            return committed(record, now: now, emit: &emit)
        case .handBack(let record):
            guard record.author == peer.ed25519Key, let body: HandBack = keys.open(record) else { return forged(peer, emit: &emit) }
            return handedBack(body, by: record.author, now: now, emit: &emit)
        case .offer, .decoy, .attemptEnd, .jobEnd: return .refused(.unsupported)
        }
    }

    private func forged(_ peer: PeerID, emit: inout [RoleEffect]) -> RecordReply {
        emit.append(.penalise(peer, .forged))
        return .refused(.notSigned)
    }

    private mutating func progressed(_ body: Progress, by worker: Bytes32, now: Instant) -> RecordReply {
        guard let ref = offers[body.offer], let attempt = attempt(ref) else { return .refused(.unknown) }
        guard attempt.worker == worker else { return .refused(.notYours) }
        if attempt.stage == .offered {
            // The report came before the answer to the offer, or the answer was lost.
            update(ref) { $0.stage = .leased }
            lease(ref, now: now)
        }
        if attempt.holdsSlot {
            update(ref) {
                $0.permille = max($0.permille, min(body.permille, 999))
                $0.rays = max($0.rays, body.rays)
            }
            timers.set(.silence(ref), at: now + parameters.silenceMax)
        }
        return .acknowledged
    }

    private mutating func handedBack(_ body: HandBack, by worker: Bytes32, now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        guard let ref = offers[body.offer], let attempt = attempt(ref) else { return .refused(.unknown) }
        guard attempt.worker == worker else { return .refused(.notYours) }
        // Whoever drains is not to blame; the others get another task first.
        let isFailure = body.reason != .draining
        if isFailure {
            jobs[ref.job]?.tasks[Int(ref.task)].failures += 1
            bar(worker, from: ref, until: now + parameters.barWait)
        }
        members.cool(worker, until: now + parameters.coolDown)
        endAttempt(ref, .handedBack, as: .handedBack, now: now, emit: &emit)
        return .acknowledged
    }

    mutating func bar(_ worker: Bytes32, from ref: AttemptRef, until instant: Instant) {
        jobs[ref.job]?.tasks[Int(ref.task)].barred[worker] = instant
    }
}
