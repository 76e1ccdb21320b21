internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// What a Worker keeps of a commitment, so that it can answer for it.
struct LeaseProof: Sendable {
    /// Duties on one commitment: two or six, and those of disputes.
    static let dutiesMax = 64
    /// Traces that a Worker renders at a time, over all of its commitments: sixteen pieces of work each.
    static let tracesMax = 2

    private struct Served: Sendable {
        var verifier: Bytes32
        var challenge: RecordID
        var locators: Record
        var locatorsID: RecordID
        /// Nil where our own locators do not hold: then there is nothing to open.
        var located: LocatedPlaces?
        var openings: RecordID?
        var trace: Trace?
    }

    /// The answer to a duty's one question.
    private struct Trace: Sendable {
        var question: RecordID
        var place: RecordPlace
        var renders: SampleRenders?
        /// Nil until it is rendered, and where rendering failed.
        var record: Record?
    }

    enum TraceAnswer {
        case reply(RecordReply)
        /// Render these at the place, and give them to `tracing`.
        case render([RenderRequest], RecordPlace, duty: RecordID)
    }

    let tree: SumTree
    let records: TileRecords
    let commitment: Commitment
    let record: Record
    let recordID: RecordID
    private var served: [RecordID: Served] = [:]

    init(tree: SumTree, records: TileRecords, commitment: Commitment, record: Record, recordID: RecordID) {
        self.tree = tree
        self.records = records
        self.commitment = commitment
        self.record = record
        self.recordID = recordID
    }

    /// One challenge per duty; the same again gets the same answer.
    mutating func locators(
        for package: ChallengePackage, offer: Offer, offerID: RecordID, manager: PeerID, keys: RoleKeys
    ) -> RecordReply {
        guard
            let duty: Duty = keys.open(package.duty), let accept: DutyAccept = keys.open(package.accept),
            let beacon: Beacon = keys.open(package.beacon), let challenge: Challenge = keys.open(package.challenge)
        else { return .refused(.notSigned) }
        let dutyID = keys.id(package.duty)
        let challengeID = keys.id(package.challenge)
        guard
            package.duty.author == manager.ed25519Key, package.beacon.author == manager.ed25519Key, duty.offer == offerID,
            duty.commitment == recordID, duty.beacon == keys.id(package.beacon), package.accept.author == duty.verifier,
            accept.duty == dutyID, package.challenge.author == duty.verifier, challenge.duty == dutyID,
            accept.nonceHash == DutyAccept.hash(nonce: challenge.nonce)
        else { return .refused(.notYours) }
        if let known = served[dutyID] { return known.challenge == challengeID ? .record(known.locators) : .refused(.wrongState) }
        guard served.count < LeaseProof.dutiesMax else { return .refused(.tooMany) }
        guard let claim = Claim(offer: offer, offerID: offerID, commitment: commitment, commitmentID: recordID) else {
            return .refused(.wrongState)
        }
        guard duty.intensity <= offer.intensityMax else { return .refused(.malformed) }
        let draw = ChallengeDraw(claim: claim, output: beacon.output, nonce: challenge.nonce, intensity: duty.intensity)
        guard let locators = Locators.make(challenge: challengeID, draw: draw, tree: tree, records: records) else {
            return .refused(.wrongState)
        }
        let signed = keys.sign(locators)
        var located: LocatedPlaces?
        if case .passed(let places) = locators.verify(claim: claim, draw: draw) { located = places }
        served[dutyID] = Served(
            verifier: duty.verifier, challenge: challengeID, locators: signed, locatorsID: keys.id(signed), located: located)
        return .record(signed)
    }

    mutating func openings(for blind: Record, grid: RecordGrid, keys: RoleKeys) -> RecordReply {
        guard let body: Blind = keys.open(blind) else { return .refused(.notSigned) }
        guard let duty = served[body.duty], duty.verifier == blind.author, duty.locatorsID == body.locators else {
            return .refused(.unknown)
        }
        guard
            let located = duty.located,
            let openings = Openings.make(duty: body.duty, blind: keys.id(blind), located: located, grid: grid, records: records)
        else { return .refused(.wrongState) }
        let record = keys.sign(openings)
        served[body.duty]?.openings = keys.id(record)
        return .record(record)
    }

    /// One question per duty, about a record that was opened for it.
    /// `isBusy`: no other trace can be begun now.
    mutating func trace(for question: Record, offer: Offer, offerID: RecordID, isBusy: Bool, keys: RoleKeys) -> TraceAnswer {
        guard let body: SampleQuestion = keys.open(question) else { return .reply(.refused(.notSigned)) }
        guard let duty = served[body.duty], duty.verifier == question.author, duty.openings == body.openings else {
            return .reply(.refused(.unknown))
        }
        let id = keys.id(question)
        if let trace = duty.trace {
            guard trace.question == id else { return .reply(.refused(.wrongState)) }
            if let record = trace.record { return .reply(.record(record)) }
            return .reply(trace.renders == nil ? .refused(.wrongState) : .pending)
        }
        if isBusy { return .reply(.pending) }
        guard
            let located = duty.located,
            let claim = Claim(offer: offer, offerID: offerID, commitment: commitment, commitmentID: recordID),
            let requests = body.requests(claim: claim, located: located), !requests.isEmpty
        else { return .reply(.refused(.wrongState)) }
        served[body.duty]?.trace = Trace(question: id, place: body.place)
        return .render(requests, body.place, duty: body.duty)
    }

    var tracesRunning: Int { served.values.count { $0.trace?.renders != nil } }

    mutating func tracing(_ duty: RecordID, _ renders: SampleRenders) { served[duty]?.trace?.renders = renders }

    /// Takes a piece of a trace; nil values: it could not be rendered. False where it belongs to none.
    mutating func traced(
        _ work: WorkID, _ values: [RecordValue]?, grid: RecordGrid, conduct: WorkerConduct, keys: RoleKeys, emit: inout [RoleEffect]
    ) -> Bool {
        guard let duty = served.first(where: { $0.value.trace?.renders?.contains(work) == true })?.key,
            var trace = served[duty]?.trace, var renders = trace.renders
        else { return false }
        defer { served[duty]?.trace = trace }
        guard let values, renders.rendered(work, values) else {
            renders.cancel(emit: &emit)
            trace.renders = nil
            return true
        }
        trace.renders = renders
        if let prefixes = renders.complete, let claimed = grid.value(at: trace.place, in: records) {
            trace.record = keys.sign(SampleTrace(question: trace.question, prefixes: conduct.trace(claimed, prefixes)))
            trace.renders = nil
        }
        return true
    }

    func cancelTraces(emit: inout [RoleEffect]) {
        for duty in served.values.sorted(by: { $0.challenge < $1.challenge }) { duty.trace?.renders?.cancel(emit: &emit) }
    }
}
