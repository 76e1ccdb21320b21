import Crypto
import Identity
import ProofOfRender
import RenderModel
import Wire

/// What a Worker commits to and delivers, honest or not.
struct Work {
    var records: TileRecords
    /// Nil: the picture that the records add up to.
    var picture: RawPicture?
    /// What the tree is built under, and what it answers challenges from; nil: the offer's own.
    var context: RecordContext?
}

/// The whole check of a commitment by one Verifier: challenge, locators, recomputation, blind, openings, picture. Signatures are
/// simulated; nothing else is.
struct Hearing {
    struct Failure: Error { let text: String }

    let network = NetworkID(Bytes32(words: 1, 2, 3, 4))
    let manager = Hearing.signing(1)
    let worker = Hearing.signing(2)
    let verifier = Hearing.signing(3)

    private static func signing(_ number: UInt64) -> Signing {
        .simulated(identity: Bytes32(words: number, 0, 0, number), secret: Bytes32(words: 9, 9, 9, 9))
    }

    func id(_ offer: Offer) -> RecordID { offer.signed(by: manager, network: network).id(network: network) }

    /// What the Worker claims with this work, and what it keeps to answer from.
    func commit(_ work: Work, _ offer: Offer) throws -> (claim: Claim, tree: SumTree, picture: RawPicture) {
        let offerID = id(offer)
        guard let grid = offer.grid, let picture = work.picture ?? RawPicture(records: work.records),
            let tree = SumTree(records: work.records, grid: grid, context: work.context ?? offer.context(offer: offerID))
        else { throw Failure(text: "the work has not the form of the offer") }
        let commitment = Commitment(offer: offerID, tree: tree, picture: picture, profile: offer.profile)
        let commitmentID = commitment.signed(by: worker, network: network).id(network: network)
        guard let claim = Claim(offer: offer, offerID: offerID, commitment: commitment, commitmentID: commitmentID) else {
            throw Failure(text: "the commitment does not answer the offer")
        }
        return (claim, tree, picture)
    }

    /// One Verifier's check. `trial` stands for the beacon's output and the Verifier's nonce; `recompute` is its engine.
    func hear(
        _ work: Work, _ offer: Offer, trial: UInt64, recompute: (RenderRequest, [RecordPlace]) throws -> [RecordValue]
    ) throws -> Heard {
        let (claim, tree, picture) = try commit(work, offer)
        let duty = Duty(
            job: offer.job, task: offer.task, attempt: offer.attempt, offer: claim.offerID, commitment: claim.commitmentID, rank: 0,
            beaconRound: 0, beacon: .zero, sceneRoot: offer.sceneRoot, verifier: verifier.publicKey, recomputeRays: claim.recomputeRays)
        let dutyID = duty.signed(by: manager, network: network).id(network: network)
        let (output, nonce) = (Bytes32(words: trial, 1, 2, 3), Bytes32(words: 7, trial, 5, 3))
        guard var check = Verification(claim: claim, duty: duty, dutyID: dutyID, output: output, nonce: nonce) else {
            throw Failure(text: "the duty does not fit")
        }
        let challengeID = check.challenge.signed(by: verifier, network: network).id(network: network)
        check.sent(challenge: challengeID)
        var heard = Heard(claim: claim, output: output)
        if check.outcome == nil {
            guard let locators = Locators.make(challenge: challengeID, draw: check.draw, tree: tree, records: work.records) else {
                throw Failure(text: "no locators")
            }
            _ = check.receive(locators: locators, id: locators.signed(by: worker, network: network).id(network: network))
            heard.locators = locators
        }
        if check.phase == .recomputing {
            heard.openings = try open(&check, values: try recompute(claim.renderRequest, check.places), work: work)
        }
        _ = check.receive(picture: PictureDelivery(picture))
        guard let verdict = check.verdict else { throw Failure(text: "no verdict in phase \(check.phase)") }
        (heard.located, heard.verdict) = (check.located, verdict)
        return heard
    }

    private func open(_ check: inout Verification, values: [RecordValue], work: Work) throws -> Openings {
        guard let blind = check.recomputed(values, salt: .zero) else { throw Failure(text: "no blind commitment") }
        let blindID = blind.signed(by: verifier, network: network).id(network: network)
        check.sent(blind: blindID)
        guard let located = check.located,
            let openings = Openings.make(
                duty: check.dutyID, blind: blindID, located: located, grid: check.claim.grid, records: work.records)
        else { throw Failure(text: "no openings") }
        _ = check.receive(openings: openings, id: openings.signed(by: worker, network: network).id(network: network))
        return openings
    }
}

/// A check that was heard, with all that was said.
struct Heard {
    let claim: Claim
    let output: Bytes32
    var locators: Locators?
    var openings: Openings?
    var located: LocatedPlaces?
    var verdict: Verdict?

    var outcome: Verdict.Outcome? { verdict?.outcome }

    /// The Worker's values at the places, as its records have them.
    func opened(from records: TileRecords) -> [RecordValue] {
        (located?.places ?? []).map { place in
            let tile = claim.grid.tile
            let record =
                (Int(place.y - tile.y) * Int(tile.width) + Int(place.x - tile.x)) * claim.grid.bucketCount
                + Int(place.bucket - claim.grid.firstBucket)
            return RecordValue(
                sums: SIMD3(records.sums[record * 3], records.sums[record * 3 + 1], records.sums[record * 3 + 2]),
                rays: records.rays[record])
        }
    }

    /// What there is to hold against the Verifier for its verdict.
    func accusation(_ verdict: Verdict) -> FalseAccept {
        FalseAccept(claim: claim, output: output, verdict: verdict, locators: locators, openings: openings)
    }

    /// The same, had it accepted with these values for its own.
    func accepting(_ values: [RecordValue]) throws -> FalseAccept {
        guard var verdict else { throw Hearing.Failure(text: "no verdict") }
        (verdict.outcome, verdict.values) = (.accept, values)
        return accusation(verdict)
    }
}
