import Crypto
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

func words(_ a: UInt64, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0) -> Bytes32 { Bytes32(words: a, b, c, d) }

/// Values that the vectors of `docs/protocols` are made from.
enum Sample {
    static let network = NetworkID(words(1, 2, 3, 4))
    static let worker = words(2, 0, 0, 2)
    static let offerID = words(5, 6, 7, 8)
    static let scene = Hash.cid(of: Array("scene".utf8))
    static let profile = words(0, 0, 0, 0xd)

    static var settings: RenderSettings {
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (40, 24, 32, 8)
        settings.filter = .blackmanHarris
        settings.ignore = .alpha
        return settings
    }

    static let context = RecordContext(
        offer: offerID, task: 3, frame: 7, worker: worker, sceneRoot: scene, profile: profile, settings: settings)

    static let counts = (16..<32).map { UInt16($0) }
    static let block = BlockRecords(rays: counts, sums: (0..<48).map { Float($0) / 2 })
    static let leaf = block.summary(bucket: 0)

    static let offer = Offer(
        job: words(1, 2, 3, 4), task: 3, attempt: 1, term: 2, cause: words(5, 5, 5, 5), drawRound: 6, rank: 4, worker: worker,
        sceneRoot: scene, settings: settings, frame: 7, tile: Tile(x: 8, y: 0, width: 32, height: 24), samples: 16..<32, jobSeed: 42,
        profile: profile, sealedKey: [1, 2], markCommitment: words(9, 9, 9, 9), pricePerIBM: 16_000, microIBMPerGigaray: 3_300_000,
        deadlineRound: 99, level: .high, rayChallenges: 133, areaChallenges: 77)
    static let commitment = Commitment(
        offer: offerID, root: words(2, 2, 2, 2), totalRays: 1000, imageHash: words(3, 0, 0, 3), result: scene, profile: profile)
    static let duty = Duty(
        job: words(1, 2, 3, 4), task: 3, attempt: 1, offer: offerID, commitment: words(2, 2, 2, 2), rank: 5, beaconRound: 8,
        beacon: words(8, 8, 8, 8), sceneRoot: scene, verifier: words(10, 0, 0, 10), recomputeRays: 77777, sealedKey: [3],
        disputes: [words(4), words(5)])
    static let node = SumNode(hash: words(7, 0, 0, 7), rays: 500)
    static let locators = Locators(
        challenge: words(1),
        rays: [
            RayLocator(block: 11, bucket: 2, leaf: leaf, path: [node, node]), RayLocator(block: 0, bucket: 0, leaf: leaf, path: []),
        ],
        areas: [AreaLocator(leaves: [leaf, leaf], path: [node])])
    static let verdict = Verdict(
        job: words(1, 2, 3, 4), task: 3, attempt: 1, duty: words(1), commitment: words(2, 2, 2, 2), locators: words(3), blind: words(4),
        openings: words(5), nonce: words(6), salt: words(7), values: [RecordValue(sums: [1, 2, -0.5], rays: 300)],
        outcome: .reject(.valueMismatch(RecordPlace(x: 5, y: 0, bucket: 1))), reproduced: [words(8)])
    static let verdictAccept = Verdict(
        job: words(1, 2, 3, 4), task: 0, attempt: 0, duty: words(1), commitment: words(2, 2, 2, 2), nonce: words(6), salt: words(7),
        outcome: .accept)
    static let attemptEnd = AttemptEnd(
        job: words(1, 2, 3, 4), task: 3, attempt: 1, term: 2, offer: offerID,
        outcome: .accepted(commitment: words(2, 2, 2, 2), verdicts: [words(1), words(2)]))
    static let attemptExpired = AttemptEnd(job: words(1, 2, 3, 4), task: 0, attempt: 0, term: 0, offer: offerID, outcome: .expired)
    static let shardRoot = ShardRoot(shard: 2, round: 8, previous: words(1), root: words(2), count: 5)
    static let roundRoot = RoundRoot(round: 8, previous: words(1), root: words(2), count: 1, workers: words(3), verifiers: words(4))
    static let beacon = Beacon(round: 8, previous: words(1), root: words(1, 2, 3, 4), contribution: words(5, 6, 7, 8))
}

@Suite struct GoldenTests {
    private func hex(_ value: Bytes32) -> String { value.description }

    @Test func record() throws {
        let record = Record(
            type: .commitment, author: words(2, 0, 0, 2), body: [1, 2, 3, 4, 5],
            signature: Signature(r: words(6, 7, 8, 9), s: words(10, 11, 12, 13)))
        #expect(Hex.encode(record.signedBytes(network: Sample.network)) == Vector.recordSigned)
        #expect(hex(record.id(network: Sample.network)) == Vector.recordID)
        #expect(Hex.encode(record.encoded) == Vector.recordEncoded)
        #expect(try Record(encoded: record.encoded) == record)
    }

    @Test func certificate() throws {
        let signature = Signature(r: words(6, 7, 8, 9), s: words(10, 11, 12, 13))
        let certificate = Certificate(
            recordID: words(1, 1, 1, 1), statement: .stored, term: 9, members: 4, signatures: [0: signature, 2: signature])
        let signed = Certificate.signedBytes(recordID: words(1, 1, 1, 1), statement: .stored, term: 9, network: Sample.network)
        #expect(Hex.encode(signed) == Vector.certificateSigned)
        #expect(Hex.encode(certificate.encoded) == Vector.certificate)
        #expect(try Certificate(encoded: certificate.encoded[...]) == certificate)
    }

    @Test func randomNumberKeys() {
        let key = RNGKey.derive(jobSeed: 42, task: 3, frame: 7, worker: Sample.worker, offer: Sample.offerID)
        #expect(key == UInt64(Vector.rng, radix: 16))
        #expect(RNGKey.local(seed: 42) == UInt64(Vector.rngLocal, radix: 16))
    }

    @Test func tree() throws {
        #expect(hex(Sample.context.digest) == Vector.context)
        #expect(hex(Sample.leaf.valuesHash) == Vector.values)
        #expect(hex(Sample.leaf.node(context: Sample.context, block: 11, bucket: 2).hash) == Vector.leaf)
        let leaves = [(0, 0), (0, 1), (1, 0)].map { Sample.leaf.node(context: Sample.context, block: $0.0, bucket: $0.1) }
        #expect(leaves[0].rays == 376)
        let levels = try #require(SumPath.levels(leaves))
        #expect(hex(levels[1][0].hash) == Vector.inner)
        #expect(hex(levels[2][0].hash) == Vector.three)
        #expect(levels[2][0].rays == 3 * 376)
    }

    @Test func challenges() {
        let root = SumNode(hash: words(2, 2, 2, 2), rays: 1000)
        let seed = ChallengeDraw.seed(output: words(1, 1, 1, 1), root: root, context: Sample.context, nonce: words(3, 3, 3, 3))
        #expect(hex(seed) == Vector.seed)
        #expect(ChallengeDraw.draw(seed: seed, kind: 0, count: 6, bound: 1000) == [197, 189, 954, 580, 46, 516])
        #expect(ChallengeDraw.draw(seed: seed, kind: 1, count: 6, bound: 960) == [174, 534, 440, 42, 636, 728])
        // Half of all tries are rejected here.
        let large = ChallengeDraw.draw(seed: seed, kind: 0, count: 4, bound: 1 << 63 + 1)
        #expect(large == [1_852_521_573_817_925_197, 2_106_961_368_488_956_189, 5_033_459_425_893_028_954, 6_672_412_934_574_140_046])
    }

    @Test func blindAndNonce() {
        let values = [RecordValue(sums: [1, 2, -0.5], rays: 300), RecordValue(sums: [0, 3, 4], rays: 17)]
        #expect(hex(Blind.hash(duty: words(1), verifier: words(2), values: values, salt: words(4))) == Vector.blind)
        #expect(hex(DutyAccept.hash(nonce: words(3, 3, 3, 3))) == Vector.nonce)
    }

    @Test func draws() throws {
        let entries = (1...20).map {
            Roster.Entry(key: words($0, 0, 0, $0), operatorID: words(0, 0, 0, $0 / 2), tickets: UInt8(1 + $0 % 16))
        }
        let roster = try #require(Roster(entries.reversed()))
        #expect(hex(roster.root) == Vector.roster)
        let subject = DrawSubject.worker(job: words(1, 2, 3, 4), task: 3, attempt: 1)
        #expect(hex(subject) == Vector.subjectWorker)
        #expect(hex(DrawSubject.verifiers(job: words(1, 2, 3, 4), worker: Sample.worker, round: 8)) == Vector.subjectVerifiers)
        var draw = Draw(.worker, subject: subject, output: words(1, 1, 1, 1), roster: roster)
        _ = draw.entry(rank: 7)
        #expect(draw.drawn.map { $0.key.words.0 } == [15, 11, 8, 1, 12, 6, 5, 13])
    }

    @Test func anchorsAndOutput() {
        #expect(hex(AnchorTree((0..<5).map { words($0) }).root) == Vector.anchor5)
        #expect(hex(AnchorTree([]).root) == Vector.anchorEmpty)
        #expect(hex(Sample.beacon.output) == Vector.output)
    }

    @Test func pictures() throws {
        let records = TileRecords(
            tile: Tile(x: 0, y: 0, width: 2, height: 1), samples: 0..<17, sums: (0..<12).map { Float($0) * 0.1 }, rays: [16, 1, 16, 1])
        let picture = try #require(RawPicture(records: records))
        #expect(Hex.encode(picture.bytes) == Vector.picture)
        #expect(hex(picture.imageHash) == Vector.imageHash)
        #expect(Hex.encode(picture.result.bytes) == Vector.pictureCID)
        let bytes = (0..<320 * 280 * 12).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let large = try #require(RawPicture(tile: Tile(x: 0, y: 0, width: 320, height: 280), bytes: bytes))
        #expect(Hex.encode(large.result.bytes) == Vector.manifestCID)
    }

    private func check<Body: RecordBody>(_ value: Body, _ vector: String) throws {
        #expect(Hex.encode(value.body) == vector)
        #expect(try Body(body: try #require(Hex.decode(vector))) == value)
    }

    @Test func bodies() throws {
        try check(Sample.offer, Vector.offer)
        try check(Sample.commitment, Vector.commitment)
        try check(Held(commitment: words(1)), Vector.held)
        try check(Sample.duty, Vector.duty)
        try check(DutyAccept(duty: words(1), nonce: words(3, 3, 3, 3)), Vector.dutyAccept)
        try check(Challenge(duty: words(1), nonce: words(3, 3, 3, 3)), Vector.challenge)
        try check(Sample.locators, Vector.locators)
        try check(Blind(duty: words(1), locators: words(2), hash: words(3)), Vector.blindBody)
        try check(Openings(duty: words(1), blind: words(2), values: Sample.block.values(bucket: 0)), Vector.openings)
        try check(Sample.verdict, Vector.verdict)
        try check(Sample.verdictAccept, Vector.verdictAccept)
        try check(Sample.attemptEnd, Vector.attemptEnd)
        try check(Sample.attemptExpired, Vector.attemptExpired)
        try check(Sample.shardRoot, Vector.shardRoot)
        try check(Sample.roundRoot, Vector.roundRoot)
        try check(Sample.beacon, Vector.beacon)
    }
}
