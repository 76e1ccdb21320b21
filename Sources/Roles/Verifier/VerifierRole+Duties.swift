internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension VerifierRole {
    mutating func verifyCall(_ peer: PeerID, _ inbound: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) {
        guard let call = try? VerifyCall(encoded: bytes) else {
            emit.append(.penalise(peer, .malformed))
            emit.append(.respond(inbound, RecordReply.refused(.malformed).encoded))
            return
        }
        guard case .duty(let package) = call else {
            emit.append(.respond(inbound, RecordReply.refused(.unsupported).encoded))
            return
        }
        let id = keys.id(package.duty)
        if let known = duties[id]?.accept ?? answered[id] {
            emit.append(.respond(inbound, RecordReply.record(known).encoded))
            return
        }
        switch examination(package, id: id, from: peer) {
        case .failure(let reason):
            let decline = keys.sign(DutyDecline(duty: id, reason: reason))
            answered.insert(decline, for: id)
            emit.append(.respond(inbound, RecordReply.record(decline).encoded))
        case .success(let examination):
            duties[id] = examination
            order.append(id)
            timers.set(.duty(id), at: now + parameters.dutyMax)
            // The acceptance leaves before the challenge does.
            emit.append(.respond(inbound, RecordReply.record(examination.accept).encoded))
            emit.append(
                .event(.dutyTaken(job: examination.duty.job, task: examination.duty.task, attempt: examination.duty.attempt)))
            duties[id]?.picture.begin(ids: &ids, emit: &emit)
            for dispute in examination.disputes {
                send(.evidence(duty: id, verdict: dispute.verdict), to: peer, as: .evidence(id, dispute: dispute.verdict), emit: &emit)
            }
            if examination.duty.marksOnly { return }
            shelf.use(examination.duty.sceneRoot, from: [peer], ids: &ids, emit: &emit)
            sceneChanged(examination.duty.sceneRoot, now: now, emit: &emit)
            advance(id, now: now, emit: &emit)
        }
    }

    /// Checks that the duty is for a result that was fixed before its output, by a Manager of ours.
    private mutating func examination(_ package: DutyPackage, id: RecordID, from peer: PeerID) -> Result<Examination, DeclineReason> {
        let manager = package.duty.author
        guard manager == peer.ed25519Key, membership.isManager(manager) else { return .failure(.invalid) }
        guard let duty: Duty = keys.open(package.duty), duty.verifier == keys.key else { return .failure(.invalid) }
        if status.isLeaving { return .failure(.draining) }
        if status.isPaused { return .failure(.paused) }
        if duties.count >= Int(parameters.slots) { return .failure(.busy) }
        guard
            let offer: Offer = keys.open(package.offer), package.offer.author == manager,
            let commitment: Commitment = keys.open(package.commitment), package.commitment.author == offer.worker,
            offer.worker != keys.key
        else { return .failure(.invalid) }
        if offer.profile != parameters.capabilities.profile { return .failure(.profileUnknown) }
        let commitmentID = keys.id(package.commitment)
        let anchored = try? package.anchor.verify(commitmentID, with: keys.signing, network: keys.network) { $0 == manager }
        guard let beacon = anchored, beacon.round == duty.beaconRound, keys.id(package.anchor.beacon) == duty.beacon else {
            return .failure(.notAnchored)
        }
        guard
            let claim = Claim(offer: offer, offerID: keys.id(package.offer), commitment: commitment, commitmentID: commitmentID),
            let check = Verification(claim: claim, duty: duty, dutyID: id, output: beacon.output, nonce: secret.next())
        else { return .failure(.invalid) }
        if duty.marksOnly, !duty.disputes.isEmpty { return .failure(.invalid) }
        if let hash = duty.marks {
            guard let marks = package.marks, marks.hash == hash, marks.opens(offer, parameters: parameters.marks) else {
                return .failure(.invalid)
            }
        }
        let accept = keys.sign(DutyAccept(duty: id, nonce: check.nonce))
        let picture = PictureFetch(result: commitment.result, tile: offer.tile, from: [peer], wait: parameters.pictureWait)
        return .success(
            Examination(
                duty: duty, dutyID: id, manager: peer, accept: accept, check: check, picture: picture,
                disputes: duty.disputes.map(DisputeCheck.init(verdict:)), marks: duty.marks == nil ? nil : package.marks?.secret))
    }

    /// Does the next step of a duty: called after every change and at every retry.
    mutating func advance(_ id: RecordID, now: Instant, emit: inout [RoleEffect]) {
        if narrows(id, now: now, emit: &emit) { return }
        guard var duty = duties[id] else { return }
        defer { if duties[id] != nil { duties[id] = duty } }
        if let verdict = duty.conclude(conduct: conduct, keys: keys) {
            if !isPending(.verdict(id)) {
                emit.append(.publish(.shard(of: duty.duty.job, shards: parameters.shards), verdict.encoded))
                send(.verdict(verdict), to: duty.manager, as: .verdict(id), emit: &emit)
            }
            return
        }
        if duty.duty.marksOnly { return }
        switch duty.check.phase {
        case .awaitingLocators:
            guard !isPending(.challenge(id)) else { return }
            let record = duty.challenge ?? keys.sign(duty.check.challenge)
            duty.challenge = record
            duty.check.sent(challenge: keys.id(record))
            send(.challenge(record), to: duty.manager, as: .challenge(id), emit: &emit)
        case .recomputing:
            duties[id] = duty
            recomputeNext(emit: &emit)
            duty = duties[id] ?? duty
        case .awaitingOpenings:
            guard !isPending(.blind(id)), let blind = duty.blind else { return }
            send(.blind(blind), to: duty.manager, as: .blind(id), emit: &emit)
        case .awaitingPicture, .decided: break
        }
    }

    /// One recomputation at a time, in the order of acceptance.
    mutating func recomputeNext(emit: inout [RoleEffect]) {
        let isRunning = duties.values.contains { duty in
            if case .running = duty.work { return true }
            return false
        }
        guard !isRunning else { return }
        // The engine holds one scene prepared: duties on the last one go first.
        for id in order.filter({ duties[$0]?.duty.sceneRoot == lastScene }) + order {
            guard let duty = duties[id], duty.isReadyToRender, shelf.availability(duty.duty.sceneRoot) == .ready else { continue }
            let work = ids.work()
            duties[id]?.work = .running(work)
            lastScene = duty.duty.sceneRoot
            let request = duty.check.claim.renderRequest
            emit.append(
                .recompute(
                    work, sceneRoot: duty.duty.sceneRoot, request.settings, frame: request.frame, rngKey: request.rngKey,
                    conduct.places(duty.offer, duty.places)))
            return
        }
    }

    func duty(running work: WorkID) -> RecordID? { order.first { duties[$0]?.work == .running(work) } }

    mutating func recomputed(_ work: WorkID, _ values: [RecordValue], now: Instant, emit: inout [RoleEffect]) {
        guard let id = duty(running: work), var duty = duties[id] else { return }
        if !duty.recomputed(values, salt: secret.next(), conduct: conduct, keys: keys) {
            duty.work = .done
            duty.check.giveUp(.engineFailed)
        }
        duties[id] = duty
        advance(id, now: now, emit: &emit)
        recomputeNext(emit: &emit)
    }

    mutating func sceneChanged(_ root: CID?, now: Instant, emit: inout [RoleEffect]) {
        guard let root else { return }
        if case .failed(let fault) = shelf.availability(root) {
            for id in order where duties[id]?.duty.sceneRoot == root && duties[id]?.work == .waiting {
                duties[id]?.check.giveUp(fault == .tooLarge ? .sceneTooLarge : .sceneUnavailable)
                advance(id, now: now, emit: &emit)
            }
        }
        recomputeNext(emit: &emit)
    }

    mutating func pictureBlock(_ block: BlockRequestID, _ bytes: [UInt8]?, now: Instant, emit: inout [RoleEffect]) {
        for id in order where duties[id]?.picture.block(block, bytes, ids: &ids, emit: &emit) == true {
            switch duties[id]?.picture.phase {
            case .complete(let delivery)?:
                if duties[id]?.check.receive(picture: delivery) == .unexpected {
                    duties[id]?.check.giveUp(.pictureUnavailable)
                } else {
                    duties[id]?.look(at: delivery)
                    if duties[id]?.duty.marksOnly == true { duties[id]?.check.giveUp(.marksOnly) }
                }
            case .unavailable?: duties[id]?.check.giveUp(.pictureUnavailable)
            case .fetching?, nil: continue
            }
            advance(id, now: now, emit: &emit)
            return
        }
    }

    mutating func end(_ id: RecordID, now: Instant, emit: inout [RoleEffect]) {
        guard var duty = duties.removeValue(forKey: id) else { return }
        order.removeAll { $0 == id }
        timers.cancel(.resend(id))
        timers.cancel(.duty(id))
        timers.cancel(.narrowing(id))
        duty.narrowing?.renders?.cancel(emit: &emit)
        duty.picture.cancel(emit: &emit)
        if case .running(let work) = duty.work { emit.append(.cancelWork(work)) }
        answered.insert(duty.accept, for: id)
        if !duty.duty.marksOnly { shelf.release(duty.duty.sceneRoot, emit: &emit) }
        if duty.outcome == .accepted { status.tasksAccepted += 1 }
        if duty.outcome == .rejected { status.tasksRejected += 1 }
        emit.append(.event(.dutyEnded(job: duty.duty.job, task: duty.duty.task, attempt: duty.duty.attempt, duty.outcome)))
        recomputeNext(emit: &emit)
        leaveIfDone(emit: &emit)
    }
}
