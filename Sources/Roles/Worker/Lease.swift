internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// One accepted offer at the Worker, from the acceptance to the end of the attempt.
struct Lease: Sendable {
    enum Stage: Hashable, Sendable {
        case fetchingScene
        case queued
        case rendering(WorkID)
        /// Picture blocks on their way to the disk.
        case storing(Set<CID>)
        /// Sent until the Manager holds it.
        case committing
        /// Answers challenges until the attempt ends.
        case held

        var isBeforeCommitment: Bool {
            switch self {
            case .fetchingScene, .queued, .rendering, .storing: true
            case .committing, .held: false
            }
        }
    }

    let offer: Offer
    let offerID: RecordID
    let grid: RecordGrid
    let manager: PeerID
    let accept: Record
    var stage: Stage = .fetchingScene
    var permille: UInt32 = 0
    var rays: UInt64 = 0
    private(set) var proof: LeaseProof?

    init?(offer: Offer, offerID: RecordID, manager: PeerID, accept: Record) {
        guard let grid = offer.grid else { return nil }
        self.offer = offer
        self.offerID = offerID
        self.grid = grid
        self.manager = manager
        self.accept = accept
    }

    /// Bytes that the records of this lease take.
    var recordBytes: UInt64 { UInt64(grid.pixelCount) * UInt64(grid.bucketCount) * 14 }

    /// Builds the tree and signs the commitment. False where the records are not those of the offer.
    mutating func commit(_ result: WorkResult, keys: RoleKeys) -> Bool {
        guard let tree = SumTree(records: result.records, grid: grid, context: offer.context(offer: offerID)) else { return false }
        let commitment = Commitment(offer: offerID, tree: tree, picture: result.picture, profile: offer.profile)
        let record = keys.sign(commitment)
        proof = LeaseProof(
            tree: tree, records: result.records, commitment: commitment, record: record, recordID: keys.id(record))
        permille = 1_000
        rays = commitment.totalRays
        return true
    }

    mutating func locators(for package: ChallengePackage, keys: RoleKeys) -> RecordReply {
        guard var proof else { return .refused(.wrongState) }
        defer { self.proof = proof }
        return proof.locators(for: package, offer: offer, offerID: offerID, manager: manager, keys: keys)
    }

    func openings(for blind: Record, keys: RoleKeys) -> RecordReply {
        proof?.openings(for: blind, grid: grid, keys: keys) ?? .refused(.wrongState)
    }
}

/// What a Worker keeps of a commitment, so that it can answer for it.
struct LeaseProof: Sendable {
    /// Duties on one commitment: two or six, and those of disputes.
    static let dutiesMax = 64

    private struct Served: Sendable {
        var verifier: Bytes32
        var challenge: RecordID
        var locators: Record
        var locatorsID: RecordID
        /// Nil where our own locators do not hold: then there is nothing to open.
        var located: LocatedPlaces?
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

    func openings(for blind: Record, grid: RecordGrid, keys: RoleKeys) -> RecordReply {
        guard let body: Blind = keys.open(blind) else { return .refused(.notSigned) }
        guard let duty = served[body.duty], duty.verifier == blind.author, duty.locatorsID == body.locators else {
            return .refused(.unknown)
        }
        guard let located = duty.located else { return .refused(.wrongState) }
        let openings = Openings.make(duty: body.duty, blind: keys.id(blind), located: located, grid: grid, records: records)
        return openings.map { .record(keys.sign($0)) } ?? .refused(.wrongState)
    }
}
