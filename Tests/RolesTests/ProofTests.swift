import Crypto
import Identity
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

@Suite struct ProofTests {
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
            let query = harness.query()
            harness.push(.input(party: harness.client, life: 0, .query(query, .proof(job: job, task: task))), after: 0)
            harness.run(seconds: 20) { $0.answers[query] != nil }
            guard case .proof(let bytes)? = harness.answers[query] else {
                Issue.record("no proof: \(String(describing: harness.answers[query]))")
                return
            }
            let bundle = try ProofBundle(encoded: bytes)
            #expect(bundle.picture != nil && bundle.workerDraw != nil && bundle.verifierDraw != nil)
            let trust = Replay.Trust(managers: [harness.parties[harness.manager].keys.key])
            let report = bundle.replay(with: harness.parties[harness.client].keys.signing, trust: trust) { request, _, places in
                .values(FakeEngine.recompute(request.settings, frame: request.frame, rngKey: request.rngKey, places))
            }
            #expect(report.conclusion == .accepted, "\(report.lines)")
            // With another engine's values the same records convict.
            let wrong = bundle.replay(with: harness.parties[harness.client].keys.signing, trust: trust) { request, _, places in
                .values(FakeEngine.recompute(request.settings, frame: request.frame, rngKey: request.rngKey &+ 1, places))
            }
            #expect(wrong.conclusion != .accepted)
        }
    }
}
