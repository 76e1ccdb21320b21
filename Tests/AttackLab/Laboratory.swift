import Crypto
import Determinism
import Identity
import ProofOfRender
import RenderEngine
import RenderModel
import SceneIO
import Wire

/// What a Worker commits to and delivers, honest or not.
struct Work {
    var records: TileRecords
    /// Nil: the picture that the records add up to.
    var picture: RawPicture?
    /// What the tree is built under, and what it answers challenges from; nil: the offer's own.
    var context: RecordContext?
}

/// Real renders, and the whole check of a commitment by one Verifier: challenge, locators, recomputation by the native kernels, blind,
/// openings, picture. Signatures are simulated; nothing else is.
struct Laboratory {
    struct Failure: Error { let text: String }

    let scene: CanonicalScene
    let prepared: PreparedScene
    let device = NativeDevice(threads: 1)
    let offer: Offer
    let honest: TileRecords

    private let network = NetworkID(Bytes32(words: 1, 2, 3, 4))
    private let manager = Laboratory.signing(1)
    private let worker = Laboratory.signing(2)
    private let verifier = Laboratory.signing(3)

    private static func signing(_ number: UInt64) -> Signing {
        .simulated(identity: Bytes32(words: number, 0, 0, number), secret: Bytes32(words: 9, 9, 9, 9))
    }

    /// - Parameter scene: path of a glTF file.
    init(scene path: String, size: UInt32 = 32, samples: UInt32 = 32, depth: UInt32 = 4) throws {
        scene = try SceneReader().load(path: path).scene
        prepared = try PreparedScene(scene)
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (size, size, samples, depth)
        offer = Offer(
            job: Record.signed(type: .jobRequest, body: Array("attack".utf8), by: manager, network: network).id(network: network), task: 3,
            cause: .zero, worker: worker.publicKey, sceneRoot: Hash.cid(of: Array("scene".utf8)), settings: settings, frame: 1,
            tile: Tile(x: 0, y: 0, width: size, height: size), samples: 0..<samples, jobSeed: 11, profile: .zero, deadlineRound: 100)
        honest = try device.render(prepared, offer.renderRequest(offer: offer.signed(by: manager, network: network).id(network: network)))
    }

    func offer(challenges: UInt32) -> Offer {
        var offer = offer
        (offer.rayChallenges, offer.areaChallenges) = (challenges, challenges)
        return offer
    }

    func id(_ offer: Offer) -> RecordID { offer.signed(by: manager, network: network).id(network: network) }

    /// The offer's own render, as an honest Worker has it. Each number of challenges is an offer of its own with random numbers of its own.
    func render(_ offer: Offer) throws -> TileRecords { try device.render(prepared, offer.renderRequest(offer: id(offer))) }

    /// What the Worker claims with this work.
    func claim(_ work: Work, _ offer: Offer) throws -> Claim { try committed(work, offer).claim }

    private func committed(_ work: Work, _ offer: Offer) throws -> (claim: Claim, tree: SumTree, picture: RawPicture) {
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

    /// One Verifier's verdict. `trial` stands for the beacon's output and the Verifier's nonce.
    func verdict(on work: Work, _ offer: Offer, trial: UInt64) throws -> Verdict.Outcome {
        let (claim, tree, picture) = try committed(work, offer)
        let duty = Duty(
            job: offer.job, task: offer.task, attempt: offer.attempt, offer: claim.offerID, commitment: claim.commitmentID, rank: 0,
            beaconRound: 0,
            beacon: .zero, sceneRoot: offer.sceneRoot, verifier: verifier.publicKey, recomputeRays: claim.recomputeRays)
        let dutyID = duty.signed(by: manager, network: network).id(network: network)
        let (output, nonce) = (Bytes32(words: trial, 1, 2, 3), Bytes32(words: 7, trial, 5, 3))
        guard var check = Verification(claim: claim, duty: duty, dutyID: dutyID, output: output, nonce: nonce) else {
            throw Failure(text: "the duty does not fit")
        }
        let challengeID = check.challenge.signed(by: verifier, network: network).id(network: network)
        check.sent(challenge: challengeID)
        try answer(&check, challengeID, work: work, tree: tree, claim: claim)
        _ = check.receive(picture: PictureDelivery(picture))
        guard let outcome = check.outcome else { throw Failure(text: "no verdict in phase \(check.phase)") }
        return outcome
    }

    private func answer(_ check: inout Verification, _ challengeID: RecordID, work: Work, tree: SumTree, claim: Claim) throws {
        guard check.outcome == nil else { return }
        guard let locators = Locators.make(challenge: challengeID, draw: check.draw, tree: tree, records: work.records) else {
            throw Failure(text: "no locators")
        }
        _ = check.receive(locators: locators, id: locators.signed(by: worker, network: network).id(network: network))
        guard check.phase == .recomputing else { return }
        let values = try device.recompute(prepared, claim.renderRequest, places: check.places)
        guard let blind = check.recomputed(values, salt: .zero) else { throw Failure(text: "no blind commitment") }
        let blindID = blind.signed(by: verifier, network: network).id(network: network)
        check.sent(blind: blindID)
        guard let located = check.located,
            let openings = Openings.make(duty: check.dutyID, blind: blindID, located: located, grid: claim.grid, records: work.records)
        else { throw Failure(text: "no openings") }
        _ = check.receive(openings: openings, id: openings.signed(by: worker, network: network).id(network: network))
    }

    /// Probability that the challenges of one Verifier miss all that is false in this work: (1 − f_rays)^k · (1 − f_area)^k, with the
    /// shares counted bit by bit against the honest records. Draws are with replacement, so the formula is exact.
    func missProbability(_ work: Work, honest: TileRecords, _ offer: Offer) -> Double {
        let (falseRays, allRays, falsePixels) = falseShares(work, honest)
        return power(1 - Double(falseRays) / Double(allRays), offer.rayChallenges)
            * power(1 - Double(falsePixels) / Double(honest.rays.count / honest.bucketCount), offer.areaChallenges)
    }

    private func falseShares(_ work: Work, _ honest: TileRecords) -> (rays: Int, all: Int, pixels: Int) {
        let buckets = honest.bucketCount
        let right = RawPicture(records: work.records)
        var (rays, all, pixels) = (0, 0, 0)
        for pixel in 0..<honest.rays.count / buckets {
            var isFalse = false
            for record in pixel * buckets..<(pixel + 1) * buckets {
                all += Int(work.records.rays[record])
                guard !work.records.isEqual(to: honest, record) else { continue }
                isFalse = true
                rays += Int(work.records.rays[record])
            }
            if let picture = work.picture, let right,
                picture.bytes[pixel * 12..<pixel * 12 + 12] != right.bytes[pixel * 12..<pixel * 12 + 12]
            {
                isFalse = true
            }
            if isFalse { pixels += 1 }
        }
        return (rays, all, pixels)
    }

    private func power(_ base: Double, _ exponent: UInt32) -> Double { (0..<exponent).reduce(1) { product, _ in product * base } }
}

extension TileRecords {
    func isEqual(to other: TileRecords, _ record: Int) -> Bool {
        rays[record] == other.rays[record]
            && (0..<3).allSatisfy { sums[record * 3 + $0].bitPattern == other.sums[record * 3 + $0].bitPattern }
    }

    mutating func copy(_ from: Int, to: Int, of other: TileRecords) {
        rays[to] = other.rays[from]
        for channel in 0..<3 { sums[to * 3 + channel] = other.sums[from * 3 + channel] }
    }
}
