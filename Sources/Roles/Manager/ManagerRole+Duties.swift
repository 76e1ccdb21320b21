internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import Wire

extension ManagerRole {
    /// Asks as many drawn Verifiers as the decision still needs.
    mutating func fill(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        while let attempt = attempt(ref), var committee = attempt.committee {
            guard let job = jobs[ref.job] else { return }
            let invitation = committee.nextInvitation { key in
                guard let member = members[key], canVerify(key, job) else { return .gone }
                return member.slotsFree > 0 && member.coolUntil <= now ? .free : .busy
            }
            guard let invitation else {
                // Those who are gone were passed over.
                update(ref) { $0.committee = committee }
                break
            }
            give(invitation, committee, attempt, now: now, emit: &emit)
        }
        guard let committee = attempt(ref)?.committee else { return }
        if committee.decision == .undecidable { return decide(ref, now: now, emit: &emit) }
        // Somebody that was drawn has no time now, or cools down: ask again when anything changes.
        if committee.verdictsMissing > committee.duties.count(where: \.isChecking), !committee.isExhausted { starving.insert(ref) }
        inviteWitness(ref, now: now, emit: &emit)
    }

    private mutating func give(
        _ invitation: Committee.Invitation, marksOnly: Bool = false, _ committee: Committee, _ attempt: Attempt, now: Instant,
        emit: inout [RoleEffect]
    ) {
        let ref = attempt.ref
        let duty = duty(for: invitation, marksOnly: marksOnly, attempt: attempt, committee: committee)
        var committee = committee
        committee.duties.append(duty)
        update(ref) { $0.committee = committee }
        let dutyRef = DutyRef(attempt: ref, index: committee.duties.count - 1)
        duties[duty.id] = dutyRef
        members.began(invitation.verifier)
        timers.set(.duty(dutyRef), at: now + parameters.answerWait)
        emit.append(.event(.dutyGiven(job: ref.job, task: ref.task, attempt: ref.attempt, verifier: invitation.verifier)))
        sendDuty(dutyRef, emit: &emit)
    }

    /// A Verifier that cannot load the scene still sees whether its marks are there.
    private mutating func inviteWitness(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), attempt.marks != nil, let committee = attempt.committee, let job = jobs[ref.job] else { return }
        let invitation = committee.nextWitness { key in
            guard let member = members[key], isVerifierHere(key), !canVerify(key, job) else { return false }
            return member.slotsFree > 0 && member.coolUntil <= now
        }
        if let invitation { give(invitation, marksOnly: true, committee, attempt, now: now, emit: &emit) }
    }

    private func duty(for invitation: Committee.Invitation, marksOnly: Bool, attempt: Attempt, committee: Committee) -> DutyState {
        let intensity = committee.isAlarmed ? attempt.offer.intensityMax : 1
        let body = Duty(
            job: attempt.ref.job, task: attempt.ref.task, attempt: attempt.ref.attempt, offer: attempt.offerID,
            commitment: attempt.claim?.commitmentID ?? .zero, rank: invitation.rank, beaconRound: committee.beacon.round,
            beacon: keys.id(committee.anchor.beacon), sceneRoot: attempt.offer.sceneRoot, verifier: invitation.verifier,
            recomputeRays: marksOnly ? 0 : UInt64(intensity) &* (attempt.claim?.recomputeRays ?? 0), disputes: invitation.disputes,
            intensity: intensity,
            marks: markOpening(attempt, for: invitation.verifier)?.hash, marksOnly: marksOnly)
        let record = keys.sign(body)
        return DutyState(
            verifier: invitation.verifier, body: body, id: keys.id(record), record: record, beacon: committee.beacon,
            anchor: committee.anchor)
    }

    private mutating func sendDuty(_ ref: DutyRef, emit: inout [RoleEffect]) {
        guard let duty = duty(ref), let attempt = attempt(ref.attempt), let commitment = attempt.commitment else { return }
        let package = DutyPackage(
            duty: duty.record, offer: attempt.record, commitment: commitment, anchor: duty.anchor,
            marks: duty.body.marks == nil ? nil : markOpening(attempt, for: duty.verifier))
        send(.duty(package), to: duty.verifier, as: .duty(ref), emit: &emit)
    }

    mutating func send(_ call: VerifyCall, to key: Bytes32, as request: Pending, emit: inout [RoleEffect]) {
        let id = ids.request()
        pending[id] = request
        emit.append(.request(id, to: PeerID(ed25519: key), at: [], .verify, call.encoded, timeout: parameters.requestWait))
    }

    mutating func dutyAnswered(_ ref: DutyRef, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duty(ref), duty.stage == .asked else { return }
        if case .record(let record) = reply, record.author == duty.verifier {
            if let accept: DutyAccept = keys.open(record), accept.duty == duty.id {
                update(ref) {
                    $0.accept = record
                    $0.nonceHash = accept.nonceHash
                    $0.stage = .accepted
                }
                timers.set(.duty(ref), at: now + (duty.body.marksOnly ? parameters.verdictWait : parameters.challengeWait))
                return
            }
            if let decline: DutyDecline = keys.open(record), decline.duty == duty.id {
                members.cool(duty.verifier, until: now + parameters.coolDown)
                return lapse(ref, now: now, emit: &emit)
            }
        }
        timers.set(.dutyRetry(ref), at: now + parameters.retryPause)
    }

    /// Sends again what was not answered.
    mutating func retryDuty(_ ref: DutyRef, emit: inout [RoleEffect]) {
        switch duty(ref)?.stage {
        case .asked: sendDuty(ref, emit: &emit)
        case .challenged: sendLocate(ref, emit: &emit)
        case .opening: sendOpen(ref, emit: &emit)
        case .opened: sendQuestion(ref, emit: &emit)
        case .accepted, .located, .blinded, .revealed, .lapsed, nil: break
        }
    }

    /// A wait of a duty passed: the Worker's where its proof is missing, else the Verifier's.
    mutating func dutyLate(_ ref: DutyRef, now: Instant, emit: inout [RoleEffect]) {
        switch duty(ref)?.stage {
        case .challenged, .opening:
            if let attempt = attempt(ref.attempt), let duty = duty(ref), let asked = duty.blind ?? duty.challenge {
                penaliseSilence(of: attempt.worker, ref.attempt, evidence: attempt.commitment, asked, emit: &emit)
            }
            workerSilent(ref.attempt, now: now, emit: &emit)
        case .asked, .accepted, .located, .opened:
            if let duty = duty(ref), let accept = duty.accept {
                penaliseSilence(of: duty.verifier, ref.attempt, evidence: duty.record, accept, emit: &emit)
            }
            if let verifier = duty(ref)?.verifier { members.cool(verifier, until: now + parameters.coolDown) }
            lapse(ref, now: now, emit: &emit)
        case .blinded, .revealed, .lapsed, nil: break
        }
    }

    /// The Verifier is out; others need not wait for it, and another one is asked.
    mutating func lapse(_ ref: DutyRef, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duty(ref), duty.isLive else { return }
        releaseHeld(ref, with: .refused(.expired), emit: &emit)
        update(ref) { $0.stage = .lapsed }
        ended(duty, ref)
        openWherePossible(ref.attempt, now: now, emit: &emit)
        decide(ref.attempt, now: now, emit: &emit)
    }

    mutating func ended(_ duty: DutyState, _ ref: DutyRef) {
        members.ended(duty.verifier)
        for timer in [Timer.duty(ref), .dutyRetry(ref), .hold(ref)] { timers.cancel(timer) }
        // A free Verifier may be what another attempt waits for.
        hungry += starving.sorted(by: AttemptRef.isBefore)
        starving = []
    }

    // Calls of Verifiers.

    mutating func verifyCall(_ peer: PeerID, _ inbound: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) {
        let reply: RecordReply?
        switch try? VerifyCall(encoded: bytes) {
        case .challenge(let record): reply = challenged(record, by: peer, inbound, now: now, emit: &emit)
        case .blind(let record): reply = blinded(record, by: peer, inbound, now: now, emit: &emit)
        case .verdict(let record): reply = record.author == peer.ed25519Key ? verdict(record, now: now, emit: &emit) : .refused(.notYours)
        case .evidence(let duty, let id): reply = evidence(duty, id, for: peer)
        case .question(let record): reply = questioned(record, by: peer, inbound, now: now, emit: &emit)
        case .duty, .locate, .open, .trace: reply = .refused(.unsupported)
        case nil:
            emit.append(.penalise(peer, .malformed))
            reply = .refused(.malformed)
        }
        if let reply { emit.append(.respond(inbound, reply.encoded)) }
    }

    /// The duty that a record of its Verifier's belongs to; nil for records of others.
    func dutyRef<Body: RecordBody>(_ record: Record, _ peer: PeerID, as _: Body.Type, _ duty: (Body) -> RecordID) -> (
        DutyRef, Body
    )? {
        guard record.author == peer.ed25519Key, let body: Body = keys.open(record), let ref = duties[duty(body)] else { return nil }
        return self.duty(ref)?.verifier == record.author ? (ref, body) : nil
    }

    /// Nil where the answer is held back.
    private mutating func challenged(
        _ record: Record, by peer: PeerID, _ inbound: InboundID, now: Instant, emit: inout [RoleEffect]
    ) -> RecordReply? {
        guard let (ref, body) = dutyRef(record, peer, as: Challenge.self, \.duty), let duty = duty(ref) else { return .refused(.unknown) }
        if let locators = duty.locators { return duty.challenge == record ? .record(locators) : .refused(.wrongState) }
        switch duty.stage {
        case .asked: return .pending
        case .accepted:
            guard DutyAccept.hash(nonce: body.nonce) == duty.nonceHash else { return .refused(.wrongState) }
            update(ref) {
                $0.challenge = record
                $0.stage = .challenged
            }
            timers.set(.duty(ref), at: now + parameters.proofWait)
            hold(inbound, for: ref, now: now, emit: &emit)
            sendLocate(ref, emit: &emit)
            return nil
        case .challenged:
            guard duty.challenge == record else { return .refused(.wrongState) }
            hold(inbound, for: ref, now: now, emit: &emit)
            return nil
        case .located, .blinded, .opening, .opened, .revealed: return .refused(.wrongState)
        case .lapsed: return .refused(.expired)
        }
    }

    private mutating func sendLocate(_ ref: DutyRef, emit: inout [RoleEffect]) {
        guard let duty = duty(ref), let attempt = attempt(ref.attempt), let accept = duty.accept, let challenge = duty.challenge else {
            return
        }
        let package = ChallengePackage(duty: duty.record, accept: accept, beacon: duty.anchor.beacon, challenge: challenge)
        send(.locate(package), to: attempt.worker, as: .locate(ref), emit: &emit)
    }

    mutating func located(_ ref: DutyRef, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duty(ref), duty.stage == .challenged, let attempt = attempt(ref.attempt) else { return }
        guard
            case .record(let record) = reply, record.author == attempt.worker, let body: Locators = keys.open(record),
            body.challenge == duty.challenge.map(keys.id)
        else {
            if isLost(reply) { return workerSilent(ref.attempt, now: now, emit: &emit) }
            timers.set(.dutyRetry(ref), at: now + parameters.retryPause)
            return
        }
        update(ref) {
            $0.locators = record
            $0.stage = .located
        }
        timers.set(.duty(ref), at: now + parameters.blindWait)
        releaseHeld(ref, with: .record(record), emit: &emit)
    }

    /// The Worker says that it cannot answer for this attempt, now or later.
    private func isLost(_ reply: RecordReply) -> Bool {
        switch reply {
        case .refused(.unknown), .refused(.wrongState), .refused(.notYours), .refused(.tooMany): true
        case .record, .records, .acknowledged, .pending, .refused: false
        }
    }

    private mutating func blinded(
        _ record: Record, by peer: PeerID, _ inbound: InboundID, now: Instant, emit: inout [RoleEffect]
    ) -> RecordReply? {
        guard let (ref, body) = dutyRef(record, peer, as: Blind.self, \.duty), let duty = duty(ref) else { return .refused(.unknown) }
        if duty.stage == .lapsed { return .refused(.expired) }
        if let blind = duty.blind, blind != record { return .refused(.wrongState) }
        if let openings = duty.openings { return .record(openings) }
        guard duty.stage >= .located, duty.stage < .opened, body.locators == duty.locators.map(keys.id) else {
            return .refused(.wrongState)
        }
        hold(inbound, for: ref, now: now, emit: &emit)
        if duty.stage == .located {
            update(ref) {
                $0.blind = record
                $0.stage = .blinded
            }
            timers.cancel(.duty(ref))
            openWherePossible(ref.attempt, now: now, emit: &emit)
        }
        return nil
    }

    /// Lets the openings flow once every Verifier that may still answer has fixed its values.
    mutating func openWherePossible(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let committee = attempt(ref)?.committee, committee.mayOpen else { return }
        for index in committee.duties.indices where committee.duties[index].stage == .blinded {
            let dutyRef = DutyRef(attempt: ref, index: index)
            update(dutyRef) { $0.stage = .opening }
            timers.set(.duty(dutyRef), at: now + parameters.proofWait)
            sendOpen(dutyRef, emit: &emit)
        }
    }

    private mutating func sendOpen(_ ref: DutyRef, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref.attempt), let blind = duty(ref)?.blind else { return }
        send(.open(offer: attempt.offerID, blind), to: attempt.worker, as: .open(ref), emit: &emit)
    }

    mutating func opened(_ ref: DutyRef, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duty(ref), duty.stage == .opening, let attempt = attempt(ref.attempt) else { return }
        guard
            case .record(let record) = reply, record.author == attempt.worker, let body: Openings = keys.open(record),
            body.duty == duty.id, body.blind == duty.blind.map(keys.id)
        else {
            if isLost(reply) { return workerSilent(ref.attempt, now: now, emit: &emit) }
            timers.set(.dutyRetry(ref), at: now + parameters.retryPause)
            return
        }
        update(ref) {
            $0.openings = record
            $0.stage = .opened
        }
        timers.set(.duty(ref), at: now + parameters.verdictWait)
        releaseHeld(ref, with: .record(record), emit: &emit)
    }

    // Held calls: one per duty; an older one is told to ask again.

    mutating func hold(_ inbound: InboundID, for ref: DutyRef, now: Instant, emit: inout [RoleEffect]) {
        releaseHeld(ref, with: .pending, emit: &emit)
        update(ref) { $0.inbound = inbound }
        timers.set(.hold(ref), at: now + parameters.holdMax)
    }

    mutating func releaseHeld(_ ref: DutyRef, with reply: RecordReply, emit: inout [RoleEffect]) {
        guard let inbound = duty(ref)?.inbound else { return }
        update(ref) { $0.inbound = nil }
        timers.cancel(.hold(ref))
        emit.append(.respond(inbound, reply.encoded))
    }
}
