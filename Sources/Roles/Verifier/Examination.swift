internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// One duty at the Verifier, from its acceptance until the Manager has the verdict.
struct Examination: Sendable {
    enum Work: Hashable, Sendable {
        case waiting
        case running(WorkID)
        case done
    }

    let duty: Duty
    let dutyID: RecordID
    let manager: PeerID
    let accept: Record
    var check: Verification
    var picture: PictureFetch
    var disputes: [DisputeCheck]
    var work: Work = .waiting
    var challenge: Record?
    var blind: Record?
    /// Where the task carries marks.
    let marks: MarkSecret?
    /// What was seen of them, once the picture is there.
    var figures: MarkFigures?
    /// From a mismatch on.
    var narrowing: Narrowing?
    var verdict: Record?

    var offer: Offer { check.claim.offer }

    /// Everything that one call of the engine renders: our own challenges, then the disputed places.
    var places: [RecordPlace] { check.places + disputes.compactMap(\.place) }

    /// The scene is there, the places are known, and nothing more has to be asked about the disputes.
    var isReadyToRender: Bool { check.phase == .recomputing && work == .waiting && disputes.allSatisfy { !$0.isOpen } }

    /// Takes the engine's values; false where their number is wrong.
    mutating func recomputed(_ rendered: [RecordValue], salt: Bytes32, conduct: VerifierConduct, keys: RoleKeys) -> Bool {
        let values = conduct.values(offer, rendered)
        guard values.count == places.count else { return false }
        var rest = values.dropFirst(check.places.count)
        for index in disputes.indices where disputes[index].place != nil {
            if let value = rest.popFirst() { disputes[index].recomputed(value) }
        }
        guard let body = check.recomputed(Array(values.prefix(check.places.count)), salt: salt) else { return false }
        let record = keys.sign(body)
        blind = record
        check.sent(blind: keys.id(record))
        work = .done
        return true
    }

    /// L0 and L1, on a delivery that `check` has taken.
    mutating func look(at delivery: PictureDelivery) {
        guard let marks, let picture = delivery.picture(tile: offer.tile) else { return }
        figures = MarkFinding(picture, secret: marks).map(MarkFigures.init)
    }

    /// Signs the verdict once there is an outcome; nil before.
    mutating func conclude(conduct: VerifierConduct, keys: RoleKeys) -> Record? {
        if let verdict { return verdict }
        guard var body = check.verdict else { return nil }
        body.reproduced = disputes.filter(\.isReproduced).map(\.verdict)
        body.marks = figures
        if let finding = narrowing?.finding { (body.trace, body.sample) = (finding.trace, conduct.sample(finding.sample)) }
        if body.openings != nil, conduct.accepts(offer) { (body.outcome, body.trace, body.sample) = (.accept, nil, 0) }
        let record = keys.sign(body)
        verdict = record
        return record
    }

    var outcome: DutyOutcome {
        switch check.outcome {
        case .accept: .accepted
        case .reject: .rejected
        case .cannot: .cannot
        case nil: .lapsed
        }
    }
}

/// A record that differs, on its way to the first of its samples that does.
struct Narrowing: Sendable {
    var machine: Bisection
    var question: Record?
    var renders: SampleRenders?
    var isOver = false
    var finding: Bisection.Finding?

    init(_ machine: Bisection) { self.machine = machine }
}

/// Another Verifier's rejection that this one is asked to look into.
struct DisputeCheck: Sendable {
    let verdict: RecordID
    /// The evidence has been asked for and has not come.
    private(set) var isOpen = true
    private(set) var isReproduced = false
    private var proof: FraudProof?

    init(verdict: RecordID) { self.verdict = verdict }

    /// Where a render decides.
    var place: RecordPlace? {
        guard case .recompute(let place)? = proof?.check() else { return nil }
        return place
    }

    mutating func close() { isOpen = false }

    /// The records behind the verdict; those that are forged or belong to something else are left out.
    mutating func received(_ evidence: EvidencePackage, claim: Claim, manager: Bytes32, keys: RoleKeys) {
        guard isOpen else { return }
        isOpen = false
        guard keys.id(evidence.verdict) == verdict, let body: Verdict = keys.open(evidence.verdict),
            let duty: Duty = keys.open(evidence.duty)
        else { return }
        guard let beacon: Beacon = keys.open(evidence.beacon) else { return }
        guard
            evidence.duty.author == manager, evidence.beacon.author == manager, evidence.verdict.author == duty.verifier,
            body.duty == keys.id(evidence.duty), duty.commitment == claim.commitmentID, duty.beacon == keys.id(evidence.beacon)
        else { return }
        guard case .reject(let reason) = body.outcome else { return }
        proof = FraudProof(
            claim: claim, output: beacon.output, nonce: body.nonce, intensity: duty.intensity, reason: reason,
            locators: evidence.locators.flatMap { open($0, as: Locators.self, by: claim.offer.worker, cited: body.locators, keys) },
            openings: evidence.openings.flatMap { open($0, as: Openings.self, by: claim.offer.worker, cited: body.openings, keys) },
            picture: nil)
        if proof?.check() == .holds { isReproduced = true }
    }

    mutating func recomputed(_ value: RecordValue) {
        if proof?.check(recomputed: value) == .holds { isReproduced = true }
    }

    private func open<Body: RecordBody>(_ record: Record, as _: Body.Type, by author: Bytes32, cited: RecordID?, _ keys: RoleKeys) -> Body?
    {
        guard record.author == author, keys.id(record) == cited else { return nil }
        return keys.open(record)
    }
}
