internal import Identity
internal import Wire

/// A transcript's verdict and whether the replay gives it too.
struct ReplayOutcome: Sendable {
    /// Nil where the transcript does not hold together.
    var verdict: (body: Verdict, id: RecordID, verifier: Bytes32)?
    var holds: Bool
    /// False where the Verifier's own values stood in for rendered ones.
    var isRendered: Bool
    /// True where the verdict rests on a picture that the bundle does not hold.
    var lacksPicture = false

    /// The reason to reject, where it is shown: a mismatch of values only by a render.
    var shownReason: RejectReason? {
        guard holds, case .reject(let reason)? = verdict?.body.outcome else { return nil }
        return isRendered || !reason.needsRecomputation ? reason : nil
    }

    var accepts: Bool { holds && verdict?.body.outcome == .accept }
}

/// The attempt's end against the verdicts.
struct ReplayDecision {
    private let outcomes: [ReplayOutcome]
    private let level: SecurityLevel?
    private let picture: CID?
    /// Verdicts that the attempt's end rests on; nil where it is not in the bundle or cites none.
    private let cited: Set<RecordID>?
    private let verdictIDs: [RecordID]

    init(bundle: ProofBundle, frame: ReplayFrame?, outcomes: [ReplayOutcome], log: inout ReplayLog) {
        self.outcomes = outcomes
        level = frame?.claim.offer.level
        picture = outcomes.contains(where: \.lacksPicture) ? frame?.claim.commitment.result : nil
        verdictIDs = bundle.transcripts.map { $0.verdict.id(network: bundle.network) }
        cited = frame?.decision.flatMap { $0.body.citations }
        guard let frame else { return }
        guard let end = frame.decision?.body else {
            if bundle.attemptEnd == nil { log.skip(.attemptEnd) }
            return
        }
        let offer = frame.claim.offer
        let cites = end.offer == frame.claim.offerID && end.job == frame.jobID && end.task == offer.task && end.attempt == offer.attempt
        log.note(.attemptEnd, cites ? failure(end, frame) : .wrongCitation)
    }

    private func failure(_ end: AttemptEnd, _ frame: ReplayFrame) -> ReplayFailure? {
        let claim = frame.claim
        switch end.outcome {
        case .accepted(let commitment, let ids):
            guard commitment == claim.commitmentID else { return .wrongCitation }
            guard Set(ids).isSubset(of: verdictIDs) else { return .missing }
            let accepting = outcomes.filter { $0.accepts && ids.contains($0.verdict?.id ?? .zero) }
            let verifiers = Set(accepting.compactMap { $0.verdict?.verifier })
            guard verifiers.count == ids.count, verifiers.count >= claim.offer.level.verifiers else { return .falseDecision }
            // One shown reason outweighs every accept.
            return outcomes.contains { $0.shownReason != nil } ? .falseDecision : nil
        case .rejected(let commitment, let ids):
            guard commitment == claim.commitmentID else { return .wrongCitation }
            guard Set(ids).isSubset(of: verdictIDs) else { return .missing }
            // Without a render a mismatch is neither shown nor refuted: the conclusion will say so.
            let stands = outcomes.contains { outcome in
                guard outcome.holds || outcome.lacksPicture, case .reject? = outcome.verdict?.body.outcome else { return false }
                return ids.contains(outcome.verdict?.id ?? .zero)
            }
            return stands ? nil : .falseDecision
        case .decoy(let commitment, let reveal, let ids):
            guard commitment == claim.commitmentID else { return .wrongCitation }
            guard Set(ids).isSubset(of: verdictIDs) else { return .missing }
            return reveal == frame.reveal ? nil : .falseDecision
        case .expired, .handedBack:
            // An anchored commitment is in the bundle; whether it came in time is for the rounds to tell.
            return nil
        }
    }

    func conclusion(_ lines: [ReplayReport.Line], rendered: Bool, missing: [CID]) -> ReplayReport.Conclusion {
        guard let level, !lines.contains(where: isFatal) else { return .contradicted }
        if let reason = outcomes.compactMap(\.shownReason).first { return .rejected(reason) }
        if !rendered || picture != nil { return .incomplete(missing: missing + (picture.map { [$0] } ?? [])) }
        let accepting = Set(outcomes.filter(\.accepts).compactMap { $0.verdict?.verifier })
        return accepting.count >= level.verifiers ? .accepted : .undecided
    }

    /// A failed line, unless it belongs to a transcript that the decision does not rest on, or names a sample of a record which differs.
    private func isFatal(_ line: ReplayReport.Line) -> Bool {
        guard case .failed = line.result else { return false }
        if case .sample(let index) = line.step, outcomes.indices.contains(index), outcomes[index].shownReason != nil { return false }
        guard let transcript = line.step.transcript, let cited, verdictIDs.indices.contains(transcript) else { return true }
        return cited.contains(verdictIDs[transcript])
    }
}

extension AttemptEnd {
    fileprivate var citations: Set<RecordID>? {
        switch outcome {
        case .accepted(_, let ids), .rejected(_, let ids), .decoy(_, _, let ids): Set(ids)
        case .expired, .handedBack: nil
        }
    }
}

extension ReplayStep {
    /// Position of the transcript that the step belongs to.
    var transcript: Int? {
        switch self {
        case .verifierDraw(let index), .duty(let index), .acceptance(let index), .challenge(let index), .locators(let index),
            .blind(let index), .openings(let index), .trace(let index), .recomputation(let index), .sample(let index), .verdict(let index):
            index
        case .jobRequest, .jobPlan, .offer, .workerDraw, .commitment, .anchor, .picture, .marks, .decoy, .attemptEnd: nil
        }
    }
}
