internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension WorkerRole {
    mutating func taskCall(_ peer: PeerID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        guard let call = try? TaskCall(encoded: bytes) else {
            emit.append(.penalise(peer, .malformed))
            return .refused(.malformed)
        }
        switch call {
        case .offer(let record): return offered(record, by: peer, now: now, emit: &emit)
        case .decoy(let record, let promise, let reveal):
            return offered(record, asDecoy: (promise, reveal), by: peer, now: now, emit: &emit)
        case .attemptEnd(let record): return ended(record, by: peer, now: now, emit: &emit)
        case .jobEnd(let record):
            guard record.author == peer.ed25519Key, let end: JobEnd = keys.open(record) else { return .refused(.notSigned) }
            for offer in order where leases[offer]?.offer.job == end.job && leases[offer]?.manager == peer {
                self.end(offer, .cancelled, now: now, emit: &emit)
            }
            return .acknowledged
        case .progress, .commitment, .handBack: return .refused(.unsupported)
        }
    }

    /// The answer to an offer is the same however often it comes.
    private mutating func offered(
        _ record: Record, asDecoy evidence: (promise: Record, reveal: Record)? = nil, by peer: PeerID, now: Instant,
        emit: inout [RoleEffect]
    ) -> RecordReply {
        guard peer.ed25519Key == record.author, membership.isManager(record.author) else { return .refused(.notYours) }
        let id = keys.id(record)
        if let lease = leases[id] { return .record(lease.accept) }
        if let answer = answered[id] { return .record(answer) }
        guard let offer: Offer = keys.open(record) else {
            emit.append(.penalise(peer, .forged))
            return .refused(.notSigned)
        }
        guard offer.worker == keys.key else { return .refused(.notYours) }
        let decoy = evidence.flatMap { self.decoy($0, offer: id, manager: record.author) }
        // A false result without the Manager's own word for it would be a cheat's.
        if let reason = evidence != nil && decoy == nil ? .invalid : declineReason(offer) {
            let decline = keys.sign(TaskDecline(offer: id, reason: reason))
            answered.insert(decline, for: id)
            return .record(decline)
        }
        let accept = keys.sign(TaskAccept(offer: id))
        guard var lease = Lease(offer: offer, offerID: id, manager: peer, accept: accept) else { return .refused(.malformed) }
        lease.decoy = decoy
        leases[id] = lease
        order.append(id)
        timers.set(.lease(id), at: now + parameters.leaseMax)
        timers.set(.progress(id), at: now + parameters.progressInterval)
        emit.append(.event(.leaseTaken(job: offer.job, task: offer.task, attempt: offer.attempt)))
        shelf.use(offer.sceneRoot, from: [peer], ids: &ids, emit: &emit)
        sceneChanged(offer.sceneRoot, now: now, emit: &emit)
        return .record(accept)
    }

    private func decoy(_ evidence: (promise: Record, reveal: Record), offer: RecordID, manager: Bytes32) -> Decoy? {
        guard
            evidence.promise.author == manager, evidence.reveal.author == manager, let promise: DecoyPromise = keys.open(evidence.promise),
            let reveal: DecoyReveal = keys.open(evidence.reveal), reveal.promise == keys.id(evidence.promise), reveal.offer == offer,
            reveal.keeps(promise)
        else { return nil }
        return reveal.decoy
    }

    private func declineReason(_ offer: Offer) -> DeclineReason? {
        let capabilities = parameters.capabilities
        if status.isLeaving { return .draining }
        if status.isPaused { return .paused }
        guard offer.isValid, let grid = offer.grid else { return .invalid }
        if offer.profile != capabilities.profile { return .profileUnknown }
        if offer.pricePerIBM < capabilities.priceMin { return .priceTooLow }
        let bytes = UInt64(grid.pixelCount) * UInt64(grid.bucketCount) * 14
        let kept = leases.values.reduce(bytes) { $0 + $1.recordBytes }
        let waiting = leases.values.count { $0.stage.isBeforeCommitment }
        let isFull = leases.count >= parameters.leasesMax || kept > parameters.recordBytesMax || waiting >= Int(parameters.slots)
        return isFull ? .busy : nil
    }

    /// The Manager's decision on an attempt of ours.
    private mutating func ended(_ record: Record, by peer: PeerID, now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        guard record.author == peer.ed25519Key, let end: AttemptEnd = keys.open(record) else { return .refused(.notSigned) }
        guard let lease = leases[end.offer], lease.manager == peer else { return .acknowledged }
        self.end(end.offer, end.outcome.summary, now: now, emit: &emit)
        return .acknowledged
    }

    /// What the Manager says to a report: it may know that the attempt is over.
    mutating func told(_ offer: RecordID, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let lease = leases[offer] else { return }
        switch reply {
        case .record(let record): _ = ended(record, by: lease.manager, now: now, emit: &emit)
        case .refused(.unknown), .refused(.expired): end(offer, .expired, now: now, emit: &emit)
        case .acknowledged, .pending, .records, .refused: break
        }
    }

    mutating func report(_ offer: RecordID, now: Instant, emit: inout [RoleEffect]) {
        guard let lease = leases[offer] else { return }
        timers.set(.progress(offer), at: now + parameters.progressInterval)
        guard conduct.reportsProgress else { return }
        let record = keys.sign(Progress(offer: offer, permille: lease.permille, rays: lease.rays))
        send(.progress(record), to: lease.manager, as: .progress(offer), emit: &emit)
    }

    mutating func handBack(_ offer: RecordID, _ reason: HandBack.Reason, now: Instant, emit: inout [RoleEffect]) {
        guard let lease = leases[offer] else { return }
        send(.handBack(keys.sign(HandBack(offer: offer, reason: reason))), to: lease.manager, as: .handBack(offer), emit: &emit)
        end(offer, .handedBack, now: now, emit: &emit)
    }

    /// Forgets a lease and goes on with the next.
    mutating func end(_ offer: RecordID, _ outcome: AttemptOutcome, now: Instant, emit: inout [RoleEffect]) {
        guard let lease = leases.removeValue(forKey: offer) else { return }
        order.removeAll { $0 == offer }
        for timer in [Timer.progress(offer), .resend(offer), .lease(offer)] { timers.cancel(timer) }
        if case .rendering(let work) = lease.stage { emit.append(.cancelWork(work)) }
        lease.proof?.cancelTraces(emit: &emit)
        answered.insert(lease.accept, for: offer)
        emit.append(.releaseBlocks(scope: offer))
        shelf.release(lease.offer.sceneRoot, emit: &emit)
        switch outcome {
        case .accepted, .decoy:
            status.tasksAccepted += 1
            status.rays &+= lease.rays
        case .rejected: status.tasksRejected += 1
        case .expired, .handedBack, .declined, .cancelled: break
        }
        emit.append(.event(.leaseEnded(job: lease.offer.job, task: lease.offer.task, attempt: lease.offer.attempt, outcome)))
        renderNext(emit: &emit)
        leaveIfDone(emit: &emit)
    }

    // Leaving.

    static var leaveTimer: Timer { .leave }
    var activeCount: Int { leases.count }
    var requestWait: Duration { parameters.requestWait }
    var drainWait: Duration { parameters.drainWait }

    /// What is rendered is finished; what waits is handed back.
    mutating func giveUpWaiting(now: Instant, emit: inout [RoleEffect]) {
        for offer in order {
            switch leases[offer]?.stage {
            case .fetchingScene, .queued: handBack(offer, .draining, now: now, emit: &emit)
            case .rendering, .proving, .storing, .committing, .held, nil: break
            }
        }
    }

    mutating func handBackAll(now: Instant, emit: inout [RoleEffect]) {
        for offer in order { handBack(offer, .draining, now: now, emit: &emit) }
    }
}

extension AttemptEnd.Outcome {
    var summary: AttemptOutcome {
        switch self {
        case .accepted: .accepted
        case .rejected: .rejected
        case .expired: .expired
        case .handedBack: .handedBack
        case .decoy: .decoy
        }
    }
}
