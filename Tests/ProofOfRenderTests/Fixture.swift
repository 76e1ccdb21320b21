import Crypto
import Determinism
import Identity
import ProofOfRender
import RenderModel
import Wire

/// A renderer for tests: the value of a place is a hash of all that profile D lets it depend on.
enum TestRenderer {
    static func value(_ request: RenderRequest, _ place: RecordPlace) -> RecordValue {
        let digest = digest(request, place)
        let first = place.bucket * 16
        var value = RecordValue(sums: .zero, rays: 0)
        for sample in first..<min(first + 16, request.samples.upperBound) {
            let one = one(digest, sample)
            value.sums += one.sums
            value.rays += one.rays
        }
        return value
    }

    static func sample(_ request: RenderRequest, _ place: SamplePlace) -> RecordValue {
        one(digest(request, RecordPlace(x: place.x, y: place.y, bucket: place.sample / 16)), place.sample)
    }

    private static func one(_ digest: Bytes32, _ sample: UInt32) -> RecordValue {
        let at = Int(sample % 16)
        let sums = SIMD3<Float>(
            Float(digest[at]) / 7 + Float(digest[31 - at]) / 1024, Float(digest[at + 1]) / 3, Float(digest[at]) * Float(digest[3]) / 97)
        return RecordValue(sums: sums, rays: 1 + UInt16(digest[at + 2] % 6))
    }

    private static func digest(_ request: RenderRequest, _ place: RecordPlace) -> Bytes32 {
        var writer = ByteWriter()
        for number in [request.frame, request.settings.depth, place.x, place.y, place.bucket] { writer.writeLittleEndian(number) }
        writer.writeLittleEndian(request.rngKey)
        return Hash.blake2b(writer.bytes)
    }

    static func render(_ request: RenderRequest) -> TileRecords {
        let tile = request.tile
        var sums: [Float] = []
        var rays: [UInt16] = []
        let first = request.samples.lowerBound / 16
        let buckets = (UInt32(request.samples.count) + 15) / 16
        for y in tile.y..<tile.y + tile.height {
            for x in tile.x..<tile.x + tile.width {
                for bucket in first..<first + buckets {
                    let value = value(request, RecordPlace(x: x, y: y, bucket: bucket))
                    sums += [value.sums.x, value.sums.y, value.sums.z]
                    rays.append(value.rays)
                }
            }
        }
        return TileRecords(tile: tile, samples: request.samples, sums: sums, rays: rays)
    }
}

/// Parties, an offer, and what an honest Worker makes of it.
struct Fixture {
    let network = NetworkID(Bytes32(words: 1, 2, 3, 4))
    let manager = Fixture.signing(1)
    let worker = Fixture.signing(2)
    let client = Fixture.signing(3)
    var verifiers = (0..<6).map { Fixture.signing(UInt64(10 + $0)) }
    var jobRequest: Record
    var offer: Offer

    static let secret = Bytes32(words: 9, 9, 9, 9)
    static let profile = Bytes32(words: 0, 0, 0, 0xd)

    static func signing(_ number: UInt64) -> Signing { .simulated(identity: Bytes32(words: number, 0, 0, number), secret: secret) }

    init(
        width: UInt32 = 40, height: UInt32 = 24, samples: UInt32 = 32, tile: Tile? = nil, range: Range<UInt32>? = nil,
        challenges: UInt32 = ChallengeCount.standard, level: SecurityLevel = .standard
    ) {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples) = (width, height, samples)
        jobRequest = Record.signed(type: .jobRequest, body: Array("request".utf8), by: client, network: network)
        offer = Offer(
            job: jobRequest.id(network: network), task: 3, attempt: 1, term: 2, cause: Bytes32(words: 5, 5, 5, 5), drawRound: 6, rank: 0,
            worker: worker.publicKey, sceneRoot: Hash.cid(of: Array("scene".utf8)), settings: settings, frame: 7,
            tile: tile ?? Tile(x: 0, y: 0, width: width, height: height), samples: range ?? 0..<samples, jobSeed: 42,
            profile: Fixture.profile, pricePerIBM: 16_000, microIBMPerGigaray: 3_300_000, deadlineRound: 99, level: level,
            rayChallenges: challenges, areaChallenges: challenges)
    }

    var offerRecord: Record { offer.signed(by: manager, network: network) }
    var offerID: RecordID { offerRecord.id(network: network) }
    var request: RenderRequest { offer.renderRequest(offer: offerID) }
    var grid: RecordGrid { offer.grid! }
    var context: RecordContext { offer.context(offer: offerID) }

    func tree(_ records: TileRecords) -> SumTree { SumTree(records: records, grid: grid, context: context)! }

    func commitment(_ records: TileRecords, picture: RawPicture? = nil) -> Commitment {
        Commitment(offer: offerID, tree: tree(records), picture: picture ?? RawPicture(records: records)!, profile: offer.profile)
    }

    func claim(_ commitment: Commitment) -> Claim {
        let record = commitment.signed(by: worker, network: network)
        return Claim(offer: offer, offerID: offerID, commitment: commitment, commitmentID: record.id(network: network))!
    }

    func duty(_ claim: Claim, verifier: Int = 0, beacon: RecordID = .zero, round: UInt64 = 0) -> Duty {
        Duty(
            job: offer.job, task: offer.task, attempt: offer.attempt, offer: offerID, commitment: claim.commitmentID,
            rank: UInt32(verifier), beaconRound: round, beacon: beacon, sceneRoot: offer.sceneRoot,
            verifier: verifiers[verifier].publicKey, recomputeRays: claim.recomputeRays)
    }
}

/// One check from the duty to the verdict, with the Worker's answers made from `records`.
struct CheckRun {
    var transcript: ProofBundle.Transcript
    var verification: Verification
    var outcome: Verdict.Outcome? { verification.outcome }

    /// What the Worker may alter before it signs.
    struct Tampering {
        var locators: (inout Locators) -> Void = { _ in }
        var openings: (inout Openings) -> Void = { _ in }
        var values: (inout [RecordValue]) -> Void = { _ in }
    }

    init(
        _ fixture: Fixture, claim: Claim, records: TileRecords, picture: PictureDelivery, duty: Duty, output: Bytes32, nonce: Bytes32,
        tampering: Tampering = Tampering()
    ) {
        let (network, worker) = (fixture.network, fixture.worker)
        let verifier = fixture.verifiers[Int(duty.rank)]
        let dutyRecord = duty.signed(by: fixture.manager, network: network)
        let dutyID = dutyRecord.id(network: network)
        let accept = DutyAccept(duty: dutyID, nonce: nonce).signed(by: verifier, network: network)
        var check = Verification(claim: claim, duty: duty, dutyID: dutyID, output: output, nonce: nonce)!
        let challenge = check.challenge.signed(by: verifier, network: network)
        check.sent(challenge: challenge.id(network: network))
        var transcript = ProofBundle.Transcript(duty: dutyRecord, accept: accept, challenge: challenge, verdict: dutyRecord)

        let tree = fixture.tree(records)
        if var locators = Locators.make(
            challenge: challenge.id(network: network), draw: ChallengeDraw(claim: claim, output: output, nonce: nonce), tree: tree,
            records: records)
        {
            tampering.locators(&locators)
            transcript.locators = locators.signed(by: worker, network: network)
            _ = check.receive(locators: locators, id: transcript.locators!.id(network: network))
        }
        if check.phase == .recomputing {
            var values = check.places.map { TestRenderer.value(claim.renderRequest, $0) }
            tampering.values(&values)
            let blind = check.recomputed(values, salt: Bytes32(words: 7, 7, 7, 7))!.signed(by: verifier, network: network)
            transcript.blind = blind
            check.sent(blind: blind.id(network: network))
            var openings = Openings.make(
                duty: dutyID, blind: blind.id(network: network), located: check.located!, grid: claim.grid, records: records)!
            tampering.openings(&openings)
            transcript.openings = openings.signed(by: worker, network: network)
            _ = check.receive(openings: openings, id: transcript.openings!.id(network: network))
        }
        _ = check.receive(picture: picture)
        if check.outcome == nil { check.giveUp(.pictureUnavailable) }
        transcript.verdict = check.verdict!.signed(by: verifier, network: network)
        self.transcript = transcript
        verification = check
    }

    /// The usual case: a commitment to `records` and their picture.
    init(
        _ fixture: Fixture, records: TileRecords, picture: RawPicture? = nil, nonce: UInt64 = 1, tampering: Tampering = Tampering()
    ) {
        let picture = picture ?? RawPicture(records: records)!
        let claim = fixture.claim(fixture.commitment(records, picture: picture))
        self.init(
            fixture, claim: claim, records: records, picture: PictureDelivery(picture), duty: fixture.duty(claim),
            output: Bytes32(words: 1, 1, 1, 1), nonce: Bytes32(words: nonce, 0, 0, 0), tampering: tampering)
    }
}
