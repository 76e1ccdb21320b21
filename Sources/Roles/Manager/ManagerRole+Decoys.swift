internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// Some attempts are false on purpose, so that a Verifier never knows whether it is being looked at.
///
/// The promise is anchored with or before the commitment and names nothing; the Worker has the signed reveal from the start, which clears
/// it; everybody else gets it with the end of the attempt.
extension ManagerRole {
    /// Of one task, so that every task ends. Any attempt may be one: what cannot be a decoy would not be looked at.
    static let decoysMax: UInt32 = 2

    /// Nil for an attempt that is meant as it is.
    mutating func drawnDecoy(_ attempt: Attempt) -> PromisedDecoy? {
        guard parameters.decoyPermille > 0, let task = jobs[attempt.ref.job]?.tasks[Int(attempt.ref.task)] else { return nil }
        guard task.decoys < ManagerRole.decoysMax, secret.nextWord() % 1_000 < parameters.decoyPermille else { return nil }
        let permille = Decoy.permilles[Int(secret.nextWord() % UInt64(Decoy.permilles.count))]
        guard let decoy = Decoy(key: secret.next(), permille: permille) else { return nil }
        let salt = secret.next()
        let promise = keys.sign(DecoyPromise(decoy, offer: attempt.offerID, salt: salt))
        let promiseID = keys.id(promise)
        clock.add(promiseID)
        let reveal = keys.sign(DecoyReveal(promise: promiseID, offer: attempt.offerID, decoy: decoy, salt: salt))
        return PromisedDecoy(decoy: decoy, promise: promise, reveal: reveal)
    }

    func offerCall(_ attempt: Attempt) -> TaskCall {
        guard let decoy = attempt.decoy else { return .offer(attempt.record) }
        return .decoy(offer: attempt.record, promise: decoy.promise, reveal: decoy.reveal)
    }

    /// After a restart the promise is anchored anew, like the commitment.
    func restoredDecoy(_ row: TaskRow) -> PromisedDecoy? {
        guard let promise = row.promise, let record = row.reveal, let reveal: DecoyReveal = keys.open(record) else { return nil }
        return PromisedDecoy(decoy: reveal.decoy, promise: promise, reveal: record)
    }

    mutating func anchoredPromise(_ id: RecordID, _ anchor: Anchor) {
        let promised = liveAttempts.first { attempt($0)?.decoy.map { keys.id($0.promise) } == id }
        guard let promised, attempt(promised)?.decoy?.anchor == nil else { return }
        update(promised) { $0.decoy?.anchor = anchor }
    }

    /// The verdicts are in, whatever they are: its Worker did as it was asked.
    mutating func endDecoy(_ attempt: Attempt, _ decoy: PromisedDecoy, _ claim: Claim, now: Instant, emit: inout [RoleEffect]) {
        let evidence = attempt.committee?.rejections ?? []
        emit.append(.publish(.shard(of: attempt.ref.job, shards: parameters.shards), decoy.reveal.encoded))
        let outcome = AttemptEnd.Outcome.decoy(
            commitment: claim.commitmentID, reveal: keys.id(decoy.reveal), evidence: evidence)
        endAttempt(attempt.ref, outcome, as: .decoy, now: now, emit: &emit)
    }

    /// Challenged places of a duty that its Worker altered.
    func falsePlaces(_ decoy: PromisedDecoy, _ claim: Claim, _ duty: DutyState, _ verdict: Verdict) -> [RecordPlace] {
        let draw = ChallengeDraw(claim: claim, output: duty.beacon.output, nonce: verdict.nonce, intensity: duty.body.intensity)
        guard let locators = try? duty.locators?.decoded(as: Locators.self),
            case .passed(let located) = locators.verify(claim: claim, draw: draw)
        else { return [] }
        return decoy.decoy.falsePlaces(located, grid: claim.grid)
    }
}
