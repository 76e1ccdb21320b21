internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import Wire

extension ManagerRole {
    /// A Verifier's verdict, however it came. Counted once; a repeated one is acknowledged.
    mutating func verdict(_ record: Record, now: Instant, emit: inout [RoleEffect]) -> RecordReply {
        guard let claimed = try? record.decoded(as: Verdict.self) else { return .refused(.malformed) }
        guard let ref = duties[claimed.duty], let duty = duty(ref) else { return .refused(.unknown) }
        guard duty.verifier == record.author else { return .refused(.notYours) }
        if let known = duty.verdict {
            if known == record { return .acknowledged }
            guard record.verify(with: keys.signing, network: keys.network) else { return .refused(.notSigned) }
            penalise(duty.verifier, .equivocation, ref.attempt, evidence: [keys.id(known), keys.id(record)], emit: &emit)
            return .refused(.wrongState)
        }
        if duty.stage == .lapsed { return .refused(.expired) }
        guard duty.stage >= .accepted, let verdict = duty.opened(record, keys: keys), namesASample(verdict, ref) else {
            return .refused(.malformed)
        }
        update(ref) { $0.verdict = record }
        if case .reject(let reason) = verdict.outcome, reason.restsOnPicture {
            // Checked when the picture has been read again.
            loadEvidence(ref.attempt, now: now, emit: &emit)
        } else {
            count(ref, verdict, picture: nil, now: now, emit: &emit)
        }
        return .acknowledged
    }

    private mutating func loadEvidence(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref), attempt.evidence == nil, let claim = attempt.claim else { return }
        var fetch = PictureFetch(
            result: claim.commitment.result, tile: attempt.offer.tile, from: [PeerID(ed25519: attempt.worker)],
            wait: parameters.pictureBlockWait)
        fetch.begin(ids: &ids, emit: &emit)
        update(ref) { $0.evidence = fetch }
    }

    mutating func evidenceFetched(_ ref: AttemptRef, _ fetch: PictureFetch, now: Instant, emit: inout [RoleEffect]) {
        let delivery: PictureDelivery?
        switch fetch.phase {
        case .fetching: return
        case .unavailable: delivery = nil
        case .complete(let complete): delivery = complete
        }
        update(ref) { $0.evidence = nil }
        for index in attempt(ref)?.committee?.duties.indices ?? 0..<0 {
            let dutyRef = DutyRef(attempt: ref, index: index)
            guard let duty = duty(dutyRef), duty.isLive, let record = duty.verdict, let verdict = duty.opened(record, keys: keys) else {
                continue
            }
            // Our own disk failed: a verdict that cannot be checked counts for nobody.
            guard let delivery else {
                lapse(dutyRef, now: now, emit: &emit)
                continue
            }
            count(dutyRef, verdict, picture: delivery, now: now, emit: &emit)
        }
    }

    private mutating func count(
        _ ref: DutyRef, _ verdict: Verdict, picture: PictureDelivery?, now: Instant, emit: inout [RoleEffect]
    ) {
        guard let duty = duty(ref), let record = duty.verdict, let claim = attempt(ref.attempt)?.claim else { return }
        var isEvident = false
        if case .reject(let reason) = verdict.outcome, !reason.needsRecomputation {
            let proof = FraudProof(
                claim: claim, output: duty.beacon.output, nonce: verdict.nonce, intensity: duty.body.intensity, reason: reason,
                locators: duty.locators.flatMap { try? $0.decoded() }, openings: duty.openings.flatMap { try? $0.decoded() },
                picture: picture)
            isEvident = proof.check() == .holds
        }
        releaseHeld(ref, with: .refused(.expired), emit: &emit)
        let id = keys.id(record)
        if isFalseAccept(verdict, ref) {
            update(ref.attempt) { $0.committee.mutate { $0.discard(record, duty: ref.index) } }
            penalise(duty.verifier, .wrongVerdict, ref.attempt, evidence: [id], emit: &emit)
        } else {
            update(ref.attempt) {
                $0.committee.mutate { $0.add(verdict, record: record, id: id, duty: ref.index, isEvident: isEvident) }
            }
        }
        ended(duty, ref)
        if verdict.marks?.passes == false {
            update(ref.attempt) { $0.committee.mutate { $0.alarm() } }
            emit.append(
                .event(
                    .marksMissing(
                        job: ref.attempt.job, task: ref.attempt.task, attempt: ref.attempt.attempt, verifier: duty.verifier)))
        }
        emit.append(
            .event(
                .verdictCounted(
                    job: ref.attempt.job, task: ref.attempt.task, attempt: ref.attempt.attempt, verifier: duty.verifier,
                    accepted: verdict.outcome == .accept)))
        openWherePossible(ref.attempt, now: now, emit: &emit)
        decide(ref.attempt, now: now, emit: &emit)
    }

    /// What a Verifier needs to look into a dispute of its duty.
    func evidence(_ duty: RecordID, _ verdict: RecordID, for peer: PeerID) -> RecordReply {
        guard let ref = duties[duty], let own = self.duty(ref), own.verifier == peer.ed25519Key, own.body.disputes.contains(verdict) else {
            return .refused(.unknown)
        }
        let disputed = attempt(ref.attempt)?.committee?.duties.first { $0.verdict.map(keys.id) == verdict }
        guard let disputed, let record = disputed.verdict else { return .refused(.unknown) }
        let package = EvidencePackage(
            duty: disputed.record, beacon: disputed.anchor.beacon, verdict: record, locators: disputed.locators,
            openings: disputed.openings)
        return .records(package.records)
    }
}

extension RejectReason {
    /// True for reasons that the delivered picture shows or refutes.
    var restsOnPicture: Bool {
        switch self {
        case .wrongImageSize, .wrongImageHash, .pictureMismatch: true
        default: false
        }
    }
}
