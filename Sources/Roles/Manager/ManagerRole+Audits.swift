internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// An accept of a result that was rejected, while the Manager's own engine looks whether its values are true.
struct Audit: Sendable {
    let ref: AttemptRef
    let verifier: Bytes32
    let verdict: RecordID
    let check: FalseAccept
    /// Places that are rendered; nil: all of the duty.
    let suspects: [RecordPlace]?
}

extension ManagerRole {
    /// Audits under way at most; more accepts of rejected results than that are let go.
    private static let auditsMax = 256

    /// An accept that its own records refute: its author hid values that it never rendered. True where it was one.
    func isFalseAccept(_ verdict: Verdict, _ ref: DutyRef) -> Bool {
        guard verdict.outcome == .accept, let duty = duty(ref), let claim = attempt(ref.attempt)?.claim else { return false }
        if case .isShown = FalseAccept(claim: claim, duty: duty, verdict: verdict).check() { return true }
        return false
    }

    /// The result is rejected: whoever accepted it rendered honestly and met no fault, or says what the Worker told it. Rendering its
    /// places tells the two apart.
    mutating func auditAccepts(of attempt: Attempt, emit: inout [RoleEffect]) {
        guard let claim = attempt.claim, let committee = attempt.committee else { return }
        for duty in committee.duties where audits.count < ManagerRole.auditsMax {
            guard let record = duty.verdict, let verdict = duty.opened(record, keys: keys) else { continue }
            let check = FalseAccept(claim: claim, duty: duty, verdict: verdict)
            let suspects = attempt.decoy.map { falsePlaces($0, claim, duty, verdict) }
            guard case .recompute(let places) = check.check(suspects: suspects) else { continue }
            let (work, request) = (ids.work(), claim.renderRequest)
            audits[work] = Audit(ref: attempt.ref, verifier: duty.verifier, verdict: keys.id(record), check: check, suspects: suspects)
            emit.append(
                .recompute(
                    work, sceneRoot: attempt.offer.sceneRoot, request.settings, frame: request.frame, rngKey: request.rngKey, places))
        }
    }

    /// False where the work was no audit. Without values nobody is blamed.
    mutating func audited(_ work: WorkID, _ values: [RecordValue]?, emit: inout [RoleEffect]) -> Bool {
        guard let audit = audits.removeValue(forKey: work) else { return false }
        if let values, case .isShown = audit.check.check(suspects: audit.suspects, recomputed: values) {
            penalise(audit.verifier, .wrongVerdict, audit.ref, evidence: [audit.verdict], emit: &emit)
        }
        return true
    }
}

extension FalseAccept {
    fileprivate init(claim: Claim, duty: DutyState, verdict: Verdict) {
        self.init(
            claim: claim, output: duty.beacon.output, intensity: duty.body.intensity, verdict: verdict,
            locators: duty.locators.flatMap { try? $0.decoded() }, openings: duty.openings.flatMap { try? $0.decoded() })
    }
}
