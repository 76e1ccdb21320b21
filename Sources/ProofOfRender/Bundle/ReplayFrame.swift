internal import Identity
internal import Wire

/// The part of a replay that all transcripts share: job, offer, commitment, anchor.
struct ReplayFrame: Sendable {
    let claim: Claim
    let beacon: Beacon
    let beaconID: RecordID
    let jobID: RecordID
    let verifierDraw: VerifierDraw
    let decision: (body: AttemptEnd, id: RecordID)?
    let picture: PictureDelivery?
    /// Id of the reveal of a decoy that was promised in time.
    let reveal: RecordID?

    /// Nil where the offer, the commitment or its anchor does not hold: nothing after it means anything then.
    init?(_ bundle: ProofBundle, log: inout ReplayLog) {
        guard let jobID = log.check(bundle.jobRequest, .jobRequest, .jobRequest, by: nil) else { return nil }
        log.pass(.jobRequest)
        if let plan = bundle.jobPlan {
            guard log.check(plan, .jobPlan, .jobPlan, by: log.managers) != nil else { return nil }
            log.pass(.jobPlan)
        } else {
            log.skip(.jobPlan)
        }
        guard let offer = log.open(bundle.offer, .offer, by: log.managers, as: Offer.self) else { return nil }
        guard log.note(.offer, offer.body.job == jobID ? nil : .wrongCitation) else { return nil }
        ReplayFrame.checkWorkerDraw(bundle.workerDraw, offer: offer.body, log: &log)

        guard let commitment = log.open(bundle.commitment, .commitment, by: [offer.body.worker], as: Commitment.self) else { return nil }
        let claim = Claim(offer: offer.body, offerID: offer.id, commitment: commitment.body, commitmentID: commitment.id)
        guard log.note(.commitment, claim == nil ? .wrongCitation : nil), let claim else { return nil }

        do throws(Anchor.Failure) {
            beacon = try log.anchored(commitment.id, bundle.anchor)
            log.pass(.anchor)
        } catch {
            log.fail(.anchor, .notAnchored(error))
            return nil
        }
        beaconID = bundle.anchor.beacon.id(network: log.network)
        self.claim = claim
        self.jobID = jobID
        verifierDraw = VerifierDraw(bundle, claim: claim, beacon: beacon, log: log)
        picture = bundle.picture
        if let picture {
            let result = claim.commitment.result
            if case .foreign = picture.check(result: result, tile: claim.offer.tile) {
                log.fail(.picture, .foreignPicture)
            } else {
                log.pass(.picture)
            }
        } else {
            log.skip(.picture)
        }
        if let marks = bundle.marks {
            log.note(.marks, marks.isCommitted(by: claim.offer) ? nil : .wrongMarks)
        } else if claim.offer.markCommitment != nil {
            log.skip(.marks)
        }
        if let decoy = bundle.decoy {
            reveal = ReplayFrame.reveal(decoy, claim: claim, beacon: beacon, log: &log)
        } else {
            reveal = nil
        }
        if let record = bundle.attemptEnd {
            decision = log.open(record, .attemptEnd, by: log.managers)
        } else {
            decision = nil
        }
    }

    /// Promise and reveal are the Manager's, the one opens the other, and the promise came no later than the commitment.
    private static func reveal(_ decoy: DecoyEvidence, claim: Claim, beacon: Beacon, log: inout ReplayLog) -> RecordID? {
        guard let promise = log.open(decoy.promise, .decoy, by: log.managers, as: DecoyPromise.self),
            let reveal = log.open(decoy.reveal, .decoy, by: log.managers, as: DecoyReveal.self)
        else { return nil }
        guard reveal.body.promise == promise.id, reveal.body.offer == claim.offerID else {
            log.fail(.decoy, .wrongCitation)
            return nil
        }
        do throws(Anchor.Failure) {
            let isInTime = try log.anchored(promise.id, decoy.anchor).round <= beacon.round
            return log.note(.decoy, isInTime && reveal.body.keeps(promise.body) ? nil : .brokenPromise) ? reveal.id : nil
        } catch {
            log.fail(.decoy, .notAnchored(error))
            return nil
        }
    }

    private static func checkWorkerDraw(_ evidence: ProofBundle.DrawEvidence?, offer: Offer, log: inout ReplayLog) {
        guard let evidence, let record = evidence.beacon else { return log.skip(.workerDraw) }
        guard
            let round = log.opened(evidence.roundRoot, by: log.managers, as: RoundRoot.self)?.body,
            let beacon = log.opened(record, by: log.managers, as: Beacon.self)?.body,
            round.workers == evidence.roster.root, round.round < beacon.round, beacon.round == offer.drawRound
        else { return log.fail(.workerDraw, .notDrawn) }
        let subject = DrawSubject.worker(job: offer.job, task: offer.task, attempt: offer.attempt)
        var draw = Draw(.worker, subject: subject, output: beacon.output, roster: evidence.roster)
        let drawn = offer.rank < VerifierDraw.rankMax ? draw.entry(rank: Int(offer.rank)) : nil
        log.note(.workerDraw, drawn?.key == offer.worker ? nil : .notDrawn)
    }
}

/// The draw of the Verifiers, as far as the bundle shows it.
enum VerifierDraw: Sendable {
    /// The bundle lacks a roster. The operator of the Worker stands in that of the Workers, so both are needed.
    case absent
    /// The roster is not one that a round before certified.
    case invalid
    case certified(Roster, exclusion: Draw.Exclusion, subject: Bytes32, output: Bytes32)

    /// Bound on the rank that a replay goes to.
    static let rankMax: UInt32 = 4096

    init(_ bundle: ProofBundle, claim: Claim, beacon: Beacon, log: ReplayLog) {
        guard let evidence = bundle.verifierDraw, let workers = bundle.workerDraw?.roster else {
            self = .absent
            return
        }
        let round = log.opened(evidence.roundRoot, by: log.managers, as: RoundRoot.self)?.body
        guard let round, round.verifiers == evidence.roster.root, round.round < beacon.round else {
            self = .invalid
            return
        }
        let worker = claim.offer.worker
        self = .certified(
            evidence.roster, exclusion: Draw.Exclusion(worker: worker, in: workers),
            subject: DrawSubject.verifiers(job: claim.offer.job, worker: worker, round: beacon.round), output: beacon.output)
    }

    func check(_ verifier: Bytes32, rank: UInt32) -> ReplayReport.Result {
        switch self {
        case .absent: return .skipped
        case .invalid: return .failed(.notDrawn)
        case .certified(let roster, let exclusion, let subject, let output):
            guard rank < VerifierDraw.rankMax else { return .failed(.notDrawn) }
            var draw = Draw(.verifier, subject: subject, output: output, roster: roster, excluding: exclusion)
            return draw.entry(rank: Int(rank))?.key == verifier ? .passed : .failed(.notDrawn)
        }
    }
}
