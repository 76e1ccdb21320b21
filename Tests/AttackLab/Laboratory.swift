import Crypto
import Determinism
import Identity
import ProofOfRender
import RenderEngine
import RenderModel
import SceneIO
import Wire

/// Real renders of one scene, heard by a Verifier that recomputes with the native kernels.
struct Laboratory {
    typealias Failure = Hearing.Failure

    let scene: CanonicalScene
    let prepared: PreparedScene
    let device = NativeDevice(threads: 1)
    let offer: Offer
    let honest: TileRecords

    private let hearing = Hearing()

    /// - Parameter scene: path of a glTF file.
    init(scene path: String, size: UInt32 = 32, samples: UInt32 = 32, depth: UInt32 = 4) throws {
        scene = try SceneReader().load(path: path).scene
        prepared = try PreparedScene(scene)
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (size, size, samples, depth)
        offer = Offer(
            job: Record.signed(type: .jobRequest, body: Array("attack".utf8), by: hearing.manager, network: hearing.network).id(
                network: hearing.network), task: 3,
            cause: .zero, worker: hearing.worker.publicKey, sceneRoot: Hash.cid(of: Array("scene".utf8)), settings: settings, frame: 1,
            tile: Tile(x: 0, y: 0, width: size, height: size), samples: 0..<samples, jobSeed: 11, profile: .zero, deadlineRound: 100)
        honest = try device.render(prepared, offer.renderRequest(offer: hearing.id(offer)))
    }

    func offer(challenges: UInt32) -> Offer {
        var offer = offer
        (offer.rayChallenges, offer.areaChallenges) = (challenges, challenges)
        return offer
    }

    func id(_ offer: Offer) -> RecordID { hearing.id(offer) }

    /// The offer's own render, as an honest Worker has it. Each number of challenges is an offer of its own with random numbers of its own.
    func render(_ offer: Offer) throws -> TileRecords { try device.render(prepared, offer.renderRequest(offer: id(offer))) }

    /// What the Worker claims with this work.
    func claim(_ work: Work, _ offer: Offer) throws -> Claim { try hearing.commit(work, offer).claim }

    /// One Verifier's verdict. `trial` stands for the beacon's output and the Verifier's nonce.
    func verdict(on work: Work, _ offer: Offer, trial: UInt64) throws -> Verdict.Outcome {
        guard let outcome = try hear(work, offer, trial: trial).outcome else { throw Failure(text: "no verdict") }
        return outcome
    }

    /// As above, with all that was said.
    func hear(_ work: Work, _ offer: Offer, trial: UInt64) throws -> Heard {
        try hear(work, offer, trial: trial) { try recompute($0, $1) }
    }

    /// By a Verifier with an engine of its own.
    func hear(
        _ work: Work, _ offer: Offer, trial: UInt64, recompute: (RenderRequest, [RecordPlace]) throws -> [RecordValue]
    ) throws -> Heard { try hearing.hear(work, offer, trial: trial, recompute: recompute) }

    func recompute(_ request: RenderRequest, _ places: [RecordPlace]) throws -> [RecordValue] {
        try device.recompute(prepared, request, places: places)
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
