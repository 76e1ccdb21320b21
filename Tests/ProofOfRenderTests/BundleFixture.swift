import Crypto
import Identity
import RenderModel
import Wire

@testable import ProofOfRender

/// A whole attempt in a network of one Manager: rosters, rounds, drawn Worker and Verifiers, verdicts, decision.
struct BundleFixture {
    var fixture: Fixture
    var bundle: ProofBundle
    /// Verifiers in the order of their ranks, as indices into those of the fixture.
    var runs: [CheckRun]

    /// `fake` alters the records that the Worker commits to; `committee` Verifiers judge them.
    init(
        _ base: Fixture = Fixture(width: 21, height: 13, samples: 40, challenges: 12), committee: Int = 2,
        fake: (inout TileRecords) -> Void = { _ in }
    ) {
        var fixture = base
        let network = fixture.network
        let manager = fixture.manager
        let job = fixture.jobRequest.id(network: network)

        let workers = Roster([
            Roster.Entry(key: fixture.worker.publicKey, operatorID: words(77), tickets: 16),
            Roster.Entry(key: words(900), operatorID: words(78), tickets: 1),
        ])!
        // The last Verifier belongs to the Worker's operator.
        let verifiers = Roster(
            fixture.verifiers.enumerated().map { index, signing in
                Roster.Entry(key: signing.publicKey, operatorID: index == 5 ? words(77) : words(UInt64(index)))
            })!

        let first = RoundRoot(
            round: 5, previous: .zero, root: AnchorTree.emptyRoot, count: 0, workers: workers.root, verifiers: verifiers.root
        ).signed(by: manager, network: network)
        let drawBeacon = Beacon(round: 6, previous: .zero, root: words(6), contribution: words(66))
        var draw = Draw(
            .worker, subject: DrawSubject.worker(job: job, task: fixture.offer.task, attempt: fixture.offer.attempt),
            output: drawBeacon.output, roster: workers)
        fixture.offer.rank = draw.next()!.key == fixture.worker.publicKey ? 0 : 1

        var records = TestRenderer.render(fixture.request)
        fake(&records)
        let picture = RawPicture(records: records)!
        let commitment = fixture.commitment(records, picture: picture)
        let claim = fixture.claim(commitment)
        let anchor = BundleFixture.anchor(claim.commitmentID, signing: manager, network: network)
        let beacon: Beacon = try! anchor.beacon.decoded()

        var ranks = Draw(
            .verifier, subject: DrawSubject.verifiers(job: job, worker: fixture.worker.publicKey, round: beacon.round),
            output: beacon.output, roster: verifiers, excluding: Draw.Exclusion(worker: fixture.worker.publicKey, in: workers))
        var runs: [CheckRun] = []
        for rank in 0..<committee {
            let key = ranks.entry(rank: rank)!.key
            var ordered = fixture
            ordered.order(key, rank: rank)
            let duty = ordered.duty(claim, verifier: rank, beacon: anchor.beacon.id(network: network), round: beacon.round)
            runs.append(
                CheckRun(
                    ordered, claim: claim, records: records, picture: PictureDelivery(picture), duty: duty, output: beacon.output,
                    nonce: words(UInt64(rank), 1)))
        }
        let verdicts = runs.map { $0.transcript.verdict.id(network: network) }
        let accepted = runs.allSatisfy { $0.outcome == .accept }
        let end = AttemptEnd(
            job: job, task: fixture.offer.task, attempt: fixture.offer.attempt, term: fixture.offer.term, offer: fixture.offerID,
            outcome: accepted
                ? .accepted(commitment: claim.commitmentID, verdicts: verdicts)
                : .rejected(commitment: claim.commitmentID, evidence: verdicts))
        bundle = ProofBundle(
            network: network, jobRequest: fixture.jobRequest,
            jobPlan: Record.signed(type: .jobPlan, body: [1], by: manager, network: network), offer: fixture.offerRecord,
            commitment: commitment.signed(by: fixture.worker, network: network), anchor: anchor, transcripts: runs.map(\.transcript),
            attemptEnd: end.signed(by: manager, network: network), picture: PictureDelivery(picture), sceneBlocks: [Array("scene".utf8)],
            workerDraw: ProofBundle.DrawEvidence(
                roster: workers, roundRoot: first, beacon: drawBeacon.signed(by: manager, network: network)),
            verifierDraw: ProofBundle.DrawEvidence(roster: verifiers, roundRoot: first))
        self.runs = runs
        self.fixture = fixture
    }

    /// Anchors `id` among others in round 8.
    static func anchor(_ id: RecordID, signing: Signing, network: NetworkID) -> Anchor {
        let tree = AnchorTree([words(1), words(2), id, words(3), words(4)])
        let shard = ShardRoot(shard: 0, round: 8, previous: words(7), root: tree.root, count: 5).signed(by: signing, network: network)
        let shards = AnchorTree([words(5), shard.id(network: network)])
        let root = RoundRoot(round: 8, previous: words(7), root: shards.root, count: 2).signed(by: signing, network: network)
        let beacon = Beacon(round: 8, previous: words(7), root: root.id(network: network), contribution: words(88))
        return Anchor(
            shardRoot: shard, index: 2, path: tree.path(to: 2)!, roundRoot: root, shardIndex: 1, shardPath: shards.path(to: 1)!,
            beacon: beacon.signed(by: signing, network: network))
    }

    func replay(_ bundle: ProofBundle? = nil, managers: Set<Bytes32>? = nil) -> ReplayReport {
        (bundle ?? self.bundle).replay(
            with: fixture.manager, trust: Replay.Trust(managers: managers ?? [fixture.manager.publicKey])
        ) { request, _, places in .values(places.map { TestRenderer.value(request, $0) }) }
    }
}

extension Fixture {
    /// Puts the Verifier with this key at a position, so that ranks are positions.
    mutating func order(_ key: Bytes32, rank: Int) {
        let position = verifiers.firstIndex { $0.publicKey == key }!
        verifiers.swapAt(rank, position)
    }
}
