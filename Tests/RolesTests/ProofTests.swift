import Crypto
import Identity
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

@Suite struct ProofTests {
    private func proof(_ harness: RoleHarness, _ job: RecordID, _ task: UInt32, attempt: UInt32? = nil) throws -> ProofBundle {
        let query = harness.query()
        harness.push(.input(party: harness.client, life: 0, .query(query, .proof(job: job, task: task, attempt: attempt))), after: 0)
        harness.run(seconds: 20) { $0.answers[query] != nil }
        guard case .proof(let bytes)? = harness.answers[query] else { throw NoProof(answer: harness.answers[query]) }
        return try ProofBundle(encoded: bytes)
    }

    private struct NoProof: Error { let answer: RoleAnswer? }

    /// - Parameter change: what is added to the key of the random numbers; 0 for an engine that gives the right values.
    private func replay(_ bundle: ProofBundle, _ harness: RoleHarness, change: UInt64 = 0) -> ReplayReport {
        let trust = Replay.Trust(managers: [harness.parties[harness.manager].keys.key])
        return bundle.replay(with: harness.parties[harness.client].keys.signing, trust: trust) { request, _, places in
            .values(FakeEngine.recompute(request.settings, frame: request.frame, rngKey: request.rngKey &+ change, places))
        }
    }

    /// What the client fetches can be replayed by anybody with the engine, and says what the network decided; every draw is shown.
    @Test(arguments: [false, true])
    func theBundleOfEveryTaskReplays(_ withCheat: Bool) throws {
        var options = RoleHarness.Options()
        if withCheat { options.conducts = [0: Cheats.alteredBucket] }
        let harness = RoleHarness(options)
        let job = try #require(harness.submit(harness.order(width: 32, height: 32)))
        guard case .delivered(let status)? = harness.fetch(job, seconds: 600) else {
            Issue.record("not delivered")
            return
        }
        for task in 0..<status.tasksTotal {
            let bundle = try proof(harness, job, task)
            #expect(bundle.picture != nil && bundle.workerDraw != nil && bundle.verifierDraw != nil)
            let report = replay(bundle, harness)
            #expect(report.conclusion == .accepted, "\(report.lines)")
            // With another engine's values the same records convict.
            #expect(replay(bundle, harness, change: 1).conclusion != .accepted)
        }
    }

    /// The evidence of a penalty outlives the attempt that put it right.
    @Test func theBundleOfARejectedAttemptStays() throws {
        var options = RoleHarness.Options()
        options.conducts = [0: Cheats.alteredBucket]
        let harness = RoleHarness(options)
        let job = try #require(harness.submit(harness.order()))
        guard case .delivered? = harness.fetch(job, seconds: 900) else {
            Issue.record("not delivered")
            return
        }
        let query = harness.query()
        harness.push(.input(party: harness.manager, life: 0, .query(query, .penalties)), after: 0)
        harness.run(seconds: 1) { $0.answers[query] != nil }
        guard case .penalties(let penalties)? = harness.answers[query] else {
            Issue.record("no penalties")
            return
        }
        #expect(!penalties.isEmpty)
        for penalty in penalties {
            let bundle = try proof(harness, penalty.job, penalty.task, attempt: penalty.attempt)
            #expect(try bundle.offer.decoded(as: Offer.self).attempt == penalty.attempt)
            let report = replay(bundle, harness)
            guard case .rejected = report.conclusion else {
                Issue.record("\(report.lines)")
                continue
            }
            let last = try proof(harness, penalty.job, penalty.task)
            #expect(try last.offer.decoded(as: Offer.self).attempt > penalty.attempt)
        }
        #expect(throws: NoProof.self) { try proof(harness, job, 0, attempt: 99) }
    }

    /// The status tells the key that renders each tile again.
    @Test func theStatusTellsTheKeyOfEveryTile() throws {
        let harness = RoleHarness()
        let order = harness.order()
        let job = try #require(harness.submit(order))
        guard case .delivered(let status)? = harness.fetch(job, seconds: 600) else {
            Issue.record("not delivered")
            return
        }
        #expect(status.tasks.count > 1)
        for task in status.tasks {
            let request = RenderRequest(
                settings: order.settings, frame: task.frame, rngKey: try #require(task.rngKey), tile: task.tile,
                samples: 0..<order.settings.samples)
            #expect(RawPicture(records: FakeEngine.render(request))?.bytes == harness.tiles[job]?[task.frame]?[task.tile])
        }
    }
}
