internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// A Verifier asks by which sample a record became another: the Manager carries question and answer, and keeps both for the proof.
extension ManagerRole {
    /// Nil where the answer is held back.
    mutating func questioned(
        _ record: Record, by peer: PeerID, _ inbound: InboundID, now: Instant, emit: inout [RoleEffect]
    ) -> RecordReply? {
        guard let (ref, body) = dutyRef(record, peer, as: SampleQuestion.self, \.duty), let duty = duty(ref) else {
            return .refused(.unknown)
        }
        if duty.stage == .lapsed { return .refused(.expired) }
        if let question = duty.question, question != record { return .refused(.wrongState) }
        if let trace = duty.trace { return .record(trace) }
        guard duty.stage == .opened, body.openings == duty.openings.map(keys.id) else { return .refused(.wrongState) }
        hold(inbound, for: ref, now: now, emit: &emit)
        guard duty.question == nil else { return nil }
        update(ref) { $0.question = record }
        // The Verifier ends this by itself, and its verdict comes then.
        timers.set(.duty(ref), at: now + parameters.traceWait + parameters.verdictWait)
        sendQuestion(ref, emit: &emit)
        return nil
    }

    mutating func sendQuestion(_ ref: DutyRef, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref.attempt), let duty = duty(ref), let question = duty.question, duty.trace == nil else { return }
        send(.trace(offer: attempt.offerID, question), to: attempt.worker, as: .trace(ref), emit: &emit)
    }

    /// A Worker that says nothing here loses nothing by it: the record that it opened stands against it.
    mutating func traced(_ ref: DutyRef, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let duty = duty(ref), duty.stage == .opened, let question = duty.question, duty.trace == nil else { return }
        switch reply {
        case .record(let record) where record.author == attempt(ref.attempt)?.worker:
            guard let body: SampleTrace = keys.open(record), body.question == keys.id(question) else {
                return releaseHeld(ref, with: .refused(.notSigned), emit: &emit)
            }
            update(ref) { $0.trace = record }
            releaseHeld(ref, with: .record(record), emit: &emit)
        case .pending: timers.set(.dutyRetry(ref), at: now + parameters.retryPause)
        case .record, .records, .acknowledged, .refused: releaseHeld(ref, with: .refused(.wrongState), emit: &emit)
        }
    }

    /// Whether the sample that a verdict names is one of the trace that it cites; true where it cites none.
    func namesASample(_ verdict: Verdict, _ ref: DutyRef) -> Bool {
        guard verdict.trace != nil else { return true }
        guard let duty = duty(ref), let claim = attempt(ref.attempt)?.claim, case .reject(let reason) = verdict.outcome,
            let question = try? duty.question?.decoded(as: SampleQuestion.self), question.place == reason.disputedPlace,
            let trace = try? duty.trace?.decoded(as: SampleTrace.self)
        else { return false }
        let proof = FraudProof(
            claim: claim, output: duty.beacon.output, nonce: verdict.nonce, intensity: duty.body.intensity, reason: reason,
            locators: duty.locators.flatMap { try? $0.decoded() }, openings: duty.openings.flatMap { try? $0.decoded() }, picture: nil,
            trace: (trace, verdict.sample))
        return proof.step != nil
    }
}
