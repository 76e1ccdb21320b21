internal import Crypto
internal import Identity
internal import ProofOfRender
internal import RenderEngine
internal import RenderModel
internal import Wire

/// One task from its offer to the verdicts on it, with a stopwatch at every step.
struct ProofTask {
    /// Seconds of each step, one per run or per check.
    struct Times {
        var render: [Double] = []
        var tree: [Double] = []
        var picture: [Double] = []
        var draw: [Double] = []
        var locate: [Double] = []
        var checkLocators: [Double] = []
        var recompute: [Double] = []
        var open: [Double] = []
        var checkOpenings: [Double] = []
        var checkPicture: [Double] = []
    }

    private let plan: ProofBenchmark.Plan
    private let scene: PreparedScene
    private let device: NativeDevice
    private let network = NetworkID(Bytes32(words: 1, 2, 3, 4))
    private let manager = Signing.ed25519(KeyPair.generate())
    private let worker = Signing.ed25519(KeyPair.generate())
    private let verifiers: [Signing]
    private let jobRequest: Record
    private let offer: Offer
    private var records: TileRecords?
    private var tree: SumTree?
    private var picture: RawPicture?
    private var commitment: Record?
    private var anchor: Anchor?
    private(set) var times = Times()
    private var sizes: (locators: [Double], openings: [Double]) = ([], [])
    private var recomputedRays: [Double] = []
    private var recomputedPlaces: [Double] = []
    private var transcripts: [ProofBundle.Transcript] = []

    init(_ plan: ProofBenchmark.Plan, scene: PreparedScene) {
        self.plan = plan
        self.scene = scene
        device = NativeDevice(threads: plan.threads)
        verifiers = (0..<plan.verifiers).map { _ in .ed25519(KeyPair.generate()) }
        jobRequest = Record.signed(type: .jobRequest, body: Array("benchmark".utf8), by: manager, network: network)
        var settings = RenderSettings()
        (settings.width, settings.height, settings.samples, settings.depth) = (plan.width, plan.height, plan.samples, plan.depth)
        offer = Offer(
            job: jobRequest.id(network: network), task: 0, cause: .zero, worker: worker.publicKey,
            sceneRoot: Hash.cid(of: Array("scene".utf8)), settings: settings, frame: 1,
            tile: Tile(x: 0, y: 0, width: plan.width, height: plan.height), samples: 0..<plan.samples, jobSeed: 1, profile: .zero,
            deadlineRound: 100, rayChallenges: plan.challenges, areaChallenges: plan.challenges)
    }

    private var offerRecord: Record { offer.signed(by: manager, network: network) }
    private var offerID: RecordID { offerRecord.id(network: network) }

    // MARK: Worker

    /// Renders the task and commits to it.
    mutating func work() throws {
        let id = offerID
        var watch = Stopwatch()
        let records = try device.render(scene, offer.renderRequest(offer: id))
        times.render.append(watch.lap())
        guard let grid = offer.grid, let tree = SumTree(records: records, grid: grid, context: offer.context(offer: id)) else {
            throw BenchmarkFailure("the records do not fit the task")
        }
        times.tree.append(watch.lap())
        guard let picture = RawPicture(records: records) else { throw BenchmarkFailure("the records give no picture") }
        let commitment = Commitment(offer: id, tree: tree, picture: picture, profile: offer.profile).signed(by: worker, network: network)
        times.picture.append(watch.lap())
        anchor = ProofTask.anchor(commitment.id(network: network), by: manager, network)
        (self.records, self.tree, self.picture, self.commitment) = (records, tree, picture, commitment)
        transcripts = []
    }

    /// A round of a beacon of one Manager.
    private static func anchor(_ id: RecordID, by manager: Signing, _ network: NetworkID) -> Anchor? {
        let tree = AnchorTree([id])
        let shard = ShardRoot(shard: 0, round: 8, previous: .zero, root: tree.root, count: 1).signed(by: manager, network: network)
        let shards = AnchorTree([shard.id(network: network)])
        let root = RoundRoot(round: 8, previous: .zero, root: shards.root, count: 1).signed(by: manager, network: network)
        let beacon = Beacon(round: 8, previous: .zero, root: root.id(network: network), contribution: Entropy.bytes32())
        guard let path = tree.path(to: 0), let shardPath = shards.path(to: 0) else { return nil }
        return Anchor(
            shardRoot: shard, index: 0, path: path, roundRoot: root, shardIndex: 0, shardPath: shardPath,
            beacon: beacon.signed(by: manager, network: network))
    }

    // MARK: Verifiers

    /// One whole check: duty, challenge, locators, recomputation, openings, picture, verdict.
    mutating func verify(_ number: Int) throws {
        guard let records, let tree, let picture, let commitment, let anchor, let beacon: Beacon = try? anchor.beacon.decoded(),
            let body: Commitment = try? commitment.decoded(),
            let claim = Claim(offer: offer, offerID: offerID, commitment: body, commitmentID: commitment.id(network: network))
        else { throw BenchmarkFailure("the commitment does not fit its offer") }
        let signing = verifiers[number]
        let duty = Duty(
            job: offer.job, task: 0, attempt: 0, offer: claim.offerID, commitment: claim.commitmentID, rank: UInt32(number),
            beaconRound: beacon.round, beacon: anchor.beacon.id(network: network), sceneRoot: offer.sceneRoot,
            verifier: signing.publicKey, recomputeRays: claim.recomputeRays
        ).signed(by: manager, network: network)
        let dutyID = duty.id(network: network)
        let nonce = Entropy.bytes32()
        var watch = Stopwatch()
        let draw = ChallengeDraw(claim: claim, output: beacon.output, nonce: nonce)
        times.draw.append(watch.lap())
        guard let dutyBody: Duty = try? duty.decoded(),
            var check = Verification(claim: claim, duty: dutyBody, dutyID: dutyID, output: beacon.output, nonce: nonce)
        else { throw BenchmarkFailure("the duty does not fit the claim") }
        let challenge = check.challenge.signed(by: signing, network: network)
        check.sent(challenge: challenge.id(network: network))

        _ = watch.lap()
        guard let answer = Locators.make(challenge: challenge.id(network: network), draw: draw, tree: tree, records: records) else {
            throw BenchmarkFailure("the Worker has no locators for the challenge")
        }
        times.locate.append(watch.lap())
        let locators = answer.signed(by: worker, network: network)
        _ = watch.lap()
        _ = check.receive(locators: answer, id: locators.id(network: network))
        times.checkLocators.append(watch.lap())

        let values = try device.recompute(scene, claim.renderRequest, places: check.places)
        times.recompute.append(watch.lap())
        recomputedPlaces.append(Double(values.count))
        recomputedRays.append(values.reduce(0) { $0 + Double($1.rays) })
        guard let blindBody = check.recomputed(values, salt: Entropy.bytes32()) else { throw failed(check) }
        let blind = blindBody.signed(by: signing, network: network)
        check.sent(blind: blind.id(network: network))

        _ = watch.lap()
        guard let located = check.located,
            let opened = Openings.make(
                duty: dutyID, blind: blind.id(network: network), located: located, grid: claim.grid, records: records)
        else { throw failed(check) }
        times.open.append(watch.lap())
        let openings = opened.signed(by: worker, network: network)
        _ = watch.lap()
        _ = check.receive(openings: opened, id: openings.id(network: network))
        times.checkOpenings.append(watch.lap())
        _ = check.receive(picture: PictureDelivery(picture))
        times.checkPicture.append(watch.lap())
        guard check.outcome == .accept, let verdict = check.verdict else { throw failed(check) }
        sizes.locators.append(Double(locators.body.count))
        sizes.openings.append(Double(openings.body.count))
        transcripts.append(
            ProofBundle.Transcript(
                duty: duty, accept: DutyAccept(duty: dutyID, nonce: nonce).signed(by: signing, network: network), challenge: challenge,
                locators: locators, blind: blind, openings: openings, verdict: verdict.signed(by: signing, network: network)))
    }

    private func failed(_ check: Verification) -> BenchmarkFailure {
        BenchmarkFailure("honest work was not accepted: \(check.outcome.map { "\($0)" } ?? "\(check.phase)")")
    }

    // MARK: Report

    private var bundle: ProofBundle? {
        guard let commitment, let anchor else { return nil }
        return ProofBundle(
            network: network, jobRequest: jobRequest, offer: offerRecord, commitment: commitment, anchor: anchor, transcripts: transcripts)
    }

    func report(into report: inout BenchmarkReport, name: String) {
        let task = "\(name), \(plan.width)x\(plan.height), \(plan.samples) samples"
        let paths = Double(plan.width) * Double(plan.height) * Double(plan.samples)
        report.add("Worker: \(task)", "render", "render", "s", times.render)
        report.add("Worker: \(task)", "tree", "sum tree over the records", "ms", times.tree.map { $0 * 1e3 })
        report.add("Worker: \(task)", "tree_rate", "paths whose records are hashed, one thread", "M/s", times.tree.map { paths / $0 / 1e6 })
        report.add("Worker: \(task)", "picture", "picture, its hash and the commitment", "ms", times.picture.map { $0 * 1e3 })
        let shares = zip(times.render, zip(times.tree, times.picture)).map { ($1.0 + $1.1) / $0 * 100 }
        report.add("Worker: \(task)", "records_share", "tree and picture against the render", "%", shares)
        report.add("Worker: \(task)", "locators", "locators for one challenge", "ms", times.locate.map { $0 * 1e3 })
        report.add("Worker: \(task)", "openings", "openings for one challenge", "ms", times.open.map { $0 * 1e3 })

        let check = "one Verifier, \(plan.challenges) rays and \(plan.challenges) pixels"
        report.add(check, "draw", "drawing the challenge", "ms", times.draw.map { $0 * 1e3 })
        report.add(check, "check_locators", "checking locators", "ms", times.checkLocators.map { $0 * 1e3 })
        report.add(check, "recompute", "recomputing, one thread, scene loaded and built", "ms", times.recompute.map { $0 * 1e3 })
        report.add(check, "check_openings", "checking and comparing openings", "ms", times.checkOpenings.map { $0 * 1e3 })
        report.add(check, "check_picture", "checking the picture", "ms", times.checkPicture.map { $0 * 1e3 })
        report.add(check, "places", "records recomputed", "", recomputedPlaces)
        report.add(check, "rays", "rays recomputed", "", recomputedRays)

        let total = Double(tree?.root.rays ?? 0)
        let both = stride(from: 0, to: recomputedRays.count, by: plan.verifiers).map { start in
            recomputedRays[start..<start + plan.verifiers].reduce(0, +)
        }
        report.add("all \(plan.verifiers) Verifiers", "ray_share", "rays recomputed of this commitment", "%", both.map { $0 / total * 100 })
        // The challenges are as many whatever the size of the commitment.
        let scale = 1920 * 1080 * 64 / paths
        let wide = plan.width == 1920 && plan.height == 1080 ? "rendered" : "extrapolated"
        report.add(
            "all \(plan.verifiers) Verifiers", "ray_share_1080p", "rays recomputed of 1920x1080 with 64 samples, \(wide)", "%",
            both.map { $0 / (total * scale) * 100 })

        report.add("bytes", "locators", "locators of one check", "KiB", sizes.locators.map { $0 / 1024 })
        report.add("bytes", "openings", "openings of one check", "KiB", sizes.openings.map { $0 / 1024 })
        report.add("bytes", "picture", "picture, fetched by every Verifier", "KiB", [Double(picture?.bytes.count ?? 0) / 1024])
        if let bundle {
            report.add(
                "bytes", "bundle", "bundle of the attempt without picture and scene", "KiB", [Double(bundle.encoded.count) / 1024])
        }
    }
}
