internal import Identity
internal import RenderModel
internal import Wire

/// One Verifier's duty in a replay.
struct ReplayTranscript: Sendable {
    let index: Int
    /// Nil where the transcript's records do not hold together.
    private(set) var verdict: (body: Verdict, id: RecordID, verifier: Bytes32)?
    private(set) var located: LocatedPlaces?

    private var draw: ChallengeDraw?
    private var nonce: Bytes32 = .zero
    private var locators: Locators?
    private var openings: Openings?
    private var opened: OpenedValues?
    /// What the verdict narrowed its reason down to.
    private(set) var step: SampleStep?

    init(_ transcript: ProofBundle.Transcript, index: Int, frame: ReplayFrame, log: inout ReplayLog) {
        self.index = index
        let claim = frame.claim
        guard let duty = log.open(transcript.duty, .duty(index), by: log.managers, as: Duty.self) else { return }
        guard log.note(.duty(index), duty.body.answers(claim, frame: frame) ? nil : .wrongCitation) else { return }
        let verifier = duty.body.verifier
        log.add(.verifierDraw(index), frame.verifierDraw.check(verifier, rank: duty.body.rank))
        guard let accept = log.open(transcript.accept, .acceptance(index), by: [verifier], as: DutyAccept.self) else { return }
        guard log.note(.acceptance(index), accept.body.duty == duty.id ? nil : .wrongCitation) else { return }
        guard let verdict = log.open(transcript.verdict, .verdict(index), by: [verifier], as: Verdict.self) else { return }
        guard verdict.body.cites(duty.id, claim) else {
            log.fail(.verdict(index), .wrongCitation)
            return
        }
        nonce = verdict.body.nonce
        guard DutyAccept.hash(nonce: nonce) == accept.body.nonceHash else {
            log.fail(.challenge(index), .wrongNonce)
            return
        }
        draw = ChallengeDraw(claim: claim, output: frame.beacon.output, nonce: nonce, intensity: duty.body.intensity)

        guard openLocators(transcript, dutyID: duty.id, verdict: verdict.body, frame: frame, log: &log) else { return }
        guard openOpenings(transcript, duty: duty, verdict: verdict.body, frame: frame, log: &log) else { return }
        guard openTrace(transcript, dutyID: duty.id, verdict: verdict.body, frame: frame, log: &log) else { return }
        self.verdict = (verdict.body, verdict.id, verifier)
    }

    /// Challenge and locators, as far as the duty came.
    private mutating func openLocators(
        _ transcript: ProofBundle.Transcript, dutyID: RecordID, verdict: Verdict, frame: ReplayFrame, log: inout ReplayLog
    ) -> Bool {
        guard let record = transcript.challenge else {
            log.skip(.challenge(index))
            return note(.locators(index), verdict.locators == nil ? nil : .missing, log: &log)
        }
        let author: Set<Bytes32> = [transcript.verdict.author]
        guard let challenge = log.open(record, .challenge(index), by: author, as: Challenge.self) else { return false }
        let cites = challenge.body.duty == dutyID
        guard log.note(.challenge(index), !cites ? .wrongCitation : challenge.body.nonce == nonce ? nil : .wrongNonce) else { return false }

        guard let record = transcript.locators else { return note(.locators(index), verdict.locators == nil ? nil : .missing, log: &log) }
        guard let locators = log.open(record, .locators(index), by: [frame.claim.offer.worker], as: Locators.self) else { return false }
        guard locators.body.challenge == challenge.id, verdict.locators == locators.id else {
            return note(.locators(index), .wrongCitation, log: &log)
        }
        log.pass(.locators(index))
        self.locators = locators.body
        if let draw, case .passed(let located) = locators.body.verify(claim: frame.claim, draw: draw) { self.located = located }
        return true
    }

    /// Blind commitment and openings, as far as the duty came.
    private mutating func openOpenings(
        _ transcript: ProofBundle.Transcript, duty: (body: Duty, id: RecordID), verdict: Verdict, frame: ReplayFrame,
        log: inout ReplayLog
    ) -> Bool {
        guard let record = transcript.blind else {
            return note(.openings(index), verdict.blind == nil && verdict.openings == nil ? nil : .missing, log: &log)
        }
        guard let blind = log.open(record, .blind(index), by: [duty.body.verifier], as: Blind.self) else { return false }
        guard blind.body.duty == duty.id, verdict.blind == blind.id, blind.body.locators == verdict.locators else {
            return note(.blind(index), .wrongCitation, log: &log)
        }
        let hash = Blind.hash(duty: duty.id, verifier: duty.body.verifier, values: verdict.values, salt: verdict.salt)
        guard log.note(.blind(index), hash == blind.body.hash ? nil : .wrongBlind) else { return false }

        guard let record = transcript.openings else { return note(.openings(index), verdict.openings == nil ? nil : .missing, log: &log) }
        guard let openings = log.open(record, .openings(index), by: [frame.claim.offer.worker], as: Openings.self) else { return false }
        guard openings.body.duty == duty.id, openings.body.blind == blind.id, verdict.openings == openings.id else {
            return note(.openings(index), .wrongCitation, log: &log)
        }
        log.pass(.openings(index))
        self.openings = openings.body
        if let located, case .passed(let opened) = openings.body.verify(located: located, grid: frame.claim.grid) { self.opened = opened }
        return true
    }

    /// Question and trace, where the verdict cites one.
    private mutating func openTrace(
        _ transcript: ProofBundle.Transcript, dutyID: RecordID, verdict: Verdict, frame: ReplayFrame, log: inout ReplayLog
    ) -> Bool {
        guard let cited = verdict.trace else { return true }
        guard let asked = transcript.question, let told = transcript.trace else { return note(.trace(index), .missing, log: &log) }
        let author: Set<Bytes32> = [transcript.verdict.author]
        guard let question = log.open(asked, .trace(index), by: author, as: SampleQuestion.self),
            let trace = log.open(told, .trace(index), by: [frame.claim.offer.worker], as: SampleTrace.self)
        else { return false }
        guard case .reject(let reason) = verdict.outcome, let place = reason.disputedPlace, question.body.place == place,
            question.body.duty == dutyID, question.body.openings == verdict.openings, trace.body.question == question.id, trace.id == cited
        else { return note(.trace(index), .wrongCitation, log: &log) }
        guard let located, let opened, let at = located.places.firstIndex(of: place),
            let step = SampleStep(
                trace.body, sample: verdict.sample, of: place, claimed: located.claimed(opened, at: at), grid: frame.claim.grid)
        else { return note(.trace(index), .wrongSample, log: &log) }
        log.pass(.trace(index))
        self.step = step
        return true
    }

    /// A record that did not come: fine where the verdict cites none.
    private func note(_ step: ReplayStep, _ failure: ReplayFailure?, log: inout ReplayLog) -> Bool {
        if let failure { log.fail(step, failure) } else { log.skip(step) }
        return failure == nil
    }
}

extension Duty {
    fileprivate func answers(_ claim: Claim, frame: ReplayFrame) -> Bool {
        offer == claim.offerID && commitment == claim.commitmentID && job == claim.offer.job && task == claim.offer.task
            && attempt == claim.offer.attempt && sceneRoot == claim.offer.sceneRoot && beaconRound == frame.beacon.round
            && beacon == frame.beaconID && intensity <= claim.offer.intensityMax
    }
}

extension Verdict {
    fileprivate func cites(_ duty: RecordID, _ claim: Claim) -> Bool {
        self.duty == duty && commitment == claim.commitmentID && job == claim.offer.job && task == claim.offer.task
            && attempt == claim.offer.attempt
    }
}

extension ReplayTranscript {
    /// The verdict against what the records and the rendered values give. Without values, those of the Verifier stand in for them.
    func judge(
        frame: ReplayFrame, values: [RecordPlace: RecordValue]?, sample: RecordValue?, log: inout ReplayLog
    ) -> ReplayOutcome {
        guard let verdict, let draw else { return ReplayOutcome(verdict: nil, holds: false, isRendered: values != nil) }
        let stated = verdict.body.outcome
        if case .cannot = stated {
            log.pass(.verdict(index))
            return ReplayOutcome(verdict: verdict, holds: true, isRendered: values != nil)
        }
        if !checkValues(verdict.body, frame: frame, values: values, log: &log) {
            return ReplayOutcome(verdict: verdict, holds: false, isRendered: values != nil)
        }
        let isSampleFalse = step.map { checkSample($0, sample, log: &log) } ?? nil
        // A wrong sample takes nothing from a record that is rendered and differs.
        if isSampleFalse == false, values == nil { return ReplayOutcome(verdict: verdict, holds: false, isRendered: true) }
        let rendered = located.map { located in
            located.places.enumerated().map { index, place in values?[place] ?? verdict.body.values[safely: index] }
        }
        if frame.picture == nil, case .reject(let reason) = stated, reason.restsOnPicture {
            log.skip(.verdict(index))
            return ReplayOutcome(verdict: verdict, holds: false, isRendered: values != nil, lacksPicture: true)
        }
        let found = outcome(frame: frame, draw: draw, rendered: rendered)
        let holds = found == stated || (found?.rejectsByTolerance ?? false) && stated.rejectsByTolerance
        log.note(.verdict(index), holds ? nil : .falseVerdict(found: found))
        return ReplayOutcome(
            verdict: verdict, holds: holds, isRendered: values != nil || isSampleFalse == true,
            lacksPicture: frame.picture == nil && stated == .accept)
    }

    /// Whether the one sample does not lead from the record before it to the record after it; nil where it was not rendered.
    private func checkSample(_ step: SampleStep, _ value: RecordValue?, log: inout ReplayLog) -> Bool? {
        guard let value else {
            log.skip(.sample(index))
            return nil
        }
        return log.note(.sample(index), step.follows(from: value) ? .wrongSample : nil)
    }

    /// The Verifier's values against the rendered ones.
    private func checkValues(_ verdict: Verdict, frame: ReplayFrame, values: [RecordPlace: RecordValue]?, log: inout ReplayLog) -> Bool {
        guard let located, !verdict.values.isEmpty else {
            log.skip(.recomputation(index))
            return true
        }
        guard verdict.values.count == located.places.count else {
            log.fail(.recomputation(index), .wrongValues)
            return false
        }
        guard let values else {
            log.skip(.recomputation(index))
            return true
        }
        let rendered = located.places.compactMap { values[$0] }
        let equal = frame.claim.rule.agree(rendered, verdict.values, located: located, grid: frame.claim.grid)
        return log.note(.recomputation(index), equal ? nil : .wrongValues)
    }

    /// What an honest Verifier with these records and values states; nil where they do not suffice. A picture that is not in the
    /// bundle is taken for right, and the conclusion says that it is missing.
    private func outcome(frame: ReplayFrame, draw: ChallengeDraw, rendered: [RecordValue?]?) -> Verdict.Outcome? {
        let claim = frame.claim
        if let reason = claim.impossibility { return .reject(reason) }
        let picture = frame.picture.map { PictureSample.check($0, claim: claim, draw: draw) }
        // A Verifier may see a bad picture at any time, so a verdict that names it stands by itself.
        if case .rejected(let reason) = picture, case .reject(reason)? = verdict?.body.outcome { return .reject(reason) }
        guard let locators else { return nil }
        if case .rejected(let reason) = locators.verify(claim: claim, draw: draw) { return .reject(reason) }
        guard let openings, let located else { return nil }
        if case .rejected(let reason) = openings.verify(located: located, grid: claim.grid) { return .reject(reason) }
        guard let opened, let rendered else { return nil }
        let values = rendered.compactMap { $0 }
        guard values.count == located.places.count else { return nil }
        switch claim.rule.judge(located: located, opened: opened, recomputed: values, grid: claim.grid) {
        case .rejected(let reason): return .reject(reason)
        case .undecided: return .cannot(.undecided)
        case .passed: break
        }
        switch picture {
        case nil: return .accept
        case .rejected(let reason): return .reject(reason)
        case .foreign: return nil
        case .sample(let sample):
            let reason = Judgement.compare(located: located, opened: opened, picture: sample, grid: claim.grid)
            return reason.map { .reject($0) } ?? .accept
        }
    }
}

extension Verdict.Outcome {
    /// Renders that need not have the same bits need not count the same mismatches.
    fileprivate var rejectsByTolerance: Bool {
        if case .reject(let reason) = self { return reason.restsOnAllPlaces }
        return false
    }
}

extension Array {
    fileprivate subscript(safely index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
