import Crypto
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

@Suite struct BoundTests {
    /// Over a restart, too; and nothing of a job that is still running goes.
    @Test func blocksOfAnEndedJobGoAfterAWhile() throws {
        var options = RoleHarness.Options()
        options.manager = { $0.blocksKept = .seconds(100) }
        let harness = RoleHarness(options)
        let job = try #require(harness.submit(harness.order()))
        guard case .delivered? = harness.fetch(job, seconds: 600) else {
            Issue.record("not delivered")
            return
        }
        func blocks() -> Int { harness.parties[harness.manager].blocks.count }
        func rows() -> Int { harness.parties[harness.manager].table.keys.count { $0.first == UInt8(ascii: "k") } }
        let count = blocks()
        #expect(count > 0 && rows() == 1)
        harness.crash(harness.manager, keepsBlocks: true)
        harness.run(seconds: 2)
        harness.restart(harness.manager)
        harness.run(seconds: 80)
        #expect(blocks() == count)
        harness.run(seconds: 40)
        #expect(blocks() == 0 && rows() == 0)
    }

    /// A thousand jobs leave no more behind in memory than the first few did.
    @Test func stateIsBoundedAfterAThousandJobs() throws {
        var options = RoleHarness.Options()
        options.simulatesSignatures = true
        options.renderTime = 20
        options.delay = 1...3
        options.manager = {
            $0.planner.tilesMin = 1
            ($0.rayChallenges, $0.areaChallenges, $0.areaChallengesMin) = (1, 1, 1)
        }
        let harness = RoleHarness(options)
        let order = harness.order(width: 8, height: 8)
        for batch in 0..<16 {
            let queries = (0..<63).map { _ in harness.command(harness.client, .submit(order)) }
            let isDone = harness.run(seconds: 400) { harness in
                guard queries.allSatisfy({ harness.answers[$0] != nil }), let client = harness.parties[harness.client].role.client else {
                    return false
                }
                return client.submissions.values.allSatisfy(\.isIdle)
            }
            #expect(isDone, "batch \(batch)")
        }
        let verified = harness.events.count { if case .jobEnded(_, .verified) = $0.1 { true } else { false } }
        #expect(verified == 16 * 63)
        harness.run(seconds: 60)
        let manager = try #require(harness.parties[0].role.manager)
        #expect(manager.jobs.isEmpty && manager.jobOrder.isEmpty && manager.offers.isEmpty && manager.commitments.isEmpty)
        #expect(manager.duties.isEmpty && manager.hungry.isEmpty && manager.starving.isEmpty && manager.loads.isEmpty)
        #expect(manager.pending.isEmpty && manager.ended.count == manager.parameters.endedMax)
        #expect(manager.timers.count == 1, "only the round's timer is left")
        #expect(manager.clock.waitingCount == 0)
        #expect(manager.members.keys.allSatisfy { manager.members[$0]?.active == 0 })
        let live = harness.parties[0].table.keys.filter { $0.first == UInt8(ascii: "j") }
        #expect(live.isEmpty, "no live rows are left")
        for index in harness.workers {
            let worker = try #require(harness.parties[index].role.worker)
            #expect(worker.leases.isEmpty && worker.order.isEmpty && worker.pending.isEmpty && worker.timers.count == 0)
            #expect(worker.answered.count <= 256 && worker.shelf.count <= 4)
        }
        for index in harness.verifiers {
            let verifier = try #require(harness.parties[index].role.verifier)
            #expect(verifier.duties.isEmpty && verifier.order.isEmpty && verifier.pending.isEmpty && verifier.timers.count == 0)
        }
        let client = try #require(harness.parties[harness.client].role.client)
        #expect(client.submissions.count <= client.parameters.submissionsMax)
    }

    /// Strangers get no further than a refusal, and change nothing.
    @Test func strangersAreRefused() throws {
        let harness = RoleHarness()
        let job = try #require(harness.submit(harness.order()))
        harness.run(seconds: 6)
        let stranger = RoleKeys(signing: .ed25519(KeyPair(seed: Hash.blake2b([77]))), network: RoleHarness.network)
        let elsewhere = RoleKeys(signing: stranger.signing, network: NetworkID(.zero))
        var manager = try #require(harness.parties[0].role.manager)
        let offer = try #require(manager.offers.keys.min())
        let before = "\(manager.jobs[job]?.summary(phase: .running, round: 0, now: harness.now) as Any) \(manager.members.count)"
        let calls: [(ProtocolName, [UInt8])] = [
            (.job, JobCall.control(stranger.sign(JobControl(job: job, action: .cancel, number: 9))).encoded),
            (.job, JobCall.status(JobStatusQuery(job: job)).encoded),
            (.job, JobCall.submit(elsewhere.sign(JobRequest(order: harness.order(), nonce: .zero))).encoded),
            (.task, TaskCall.progress(stranger.sign(Progress(offer: offer, permille: 1, rays: 1))).encoded),
            (.task, TaskCall.handBack(stranger.sign(HandBack(offer: offer, reason: .draining))).encoded),
            (
                .task,
                TaskCall.commitment(
                    stranger.sign(
                        Commitment(offer: offer, root: .zero, totalRays: 1, imageHash: .zero, result: Hash.cid(of: []), profile: .zero))
                ).encoded
            ),
            (.verify, VerifyCall.challenge(stranger.sign(Challenge(duty: offer, nonce: .zero))).encoded),
            (.verify, VerifyCall.evidence(duty: offer, verdict: offer).encoded),
            (.registry, RegistryCall.register(elsewhere.sign(Leave(session: 1))).encoded),
            (.task, [1, 2, 3]), (.verify, []), (.job, [0xff]), (.registry, [8, 9]),
        ]
        for (name, bytes) in calls {
            var emit: [RoleEffect] = []
            manager.handle(.request(from: stranger.peer, name, InboundID(1), bytes), now: harness.now, emit: &emit)
            let answers = emit.compactMap { if case .respond(_, let bytes) = $0 { bytes } else { nil } }
            let isRefused = answers.count == 1 && answers[0] != RecordReply.acknowledged.encoded
            #expect(isRefused, "\(name) \(emit)")
            let changes = emit.contains { if case .persist = $0 { true } else { false } }
            #expect(!changes)
        }
        let after = "\(manager.jobs[job]?.summary(phase: .running, round: 0, now: harness.now) as Any) \(manager.members.count)"
        #expect(after == before)
    }

    /// Who knows a Worker's key and not its secret cannot commit in its name.
    @Test func nobodyCommitsForAnother() throws {
        let harness = RoleHarness()
        _ = try #require(harness.submit(harness.order()))
        var manager = try #require(harness.parties[0].role.manager)
        while manager.offers.isEmpty {
            harness.run(seconds: 1)
            manager = try #require(harness.parties[0].role.manager)
        }
        let (offer, ref) = try #require(manager.offers.min { $0.key < $1.key })
        let attempt = try #require(manager.attempt(ref))
        let stranger = RoleKeys(signing: .ed25519(KeyPair(seed: Hash.blake2b([77]))), network: RoleHarness.network)
        let grid = try #require(attempt.offer.grid)
        var record = stranger.sign(
            Commitment(
                offer: offer, root: .zero, totalRays: grid.totalRays.lowerBound, imageHash: .zero, result: Hash.cid(of: []),
                profile: attempt.offer.profile))
        record.author = attempt.worker
        // By gossip the record comes in an envelope of anybody's.
        for input in [
            RoleInput.request(from: stranger.peer, .task, InboundID(1), TaskCall.commitment(record).encoded),
            .gossip(.shard(0), from: stranger.peer, record.encoded),
        ] {
            var emit: [RoleEffect] = []
            manager.handle(input, now: harness.now, emit: &emit)
            let answers = emit.compactMap { if case .respond(_, let bytes) = $0 { bytes } else { nil } }
            let isAnswered = answers.contains { $0 != RecordReply.refused(.notSigned).encoded }
            #expect(!isAnswered)
            let isCommitted = manager.attempt(ref)?.claim != nil
            #expect(!isCommitted)
        }
    }

    @Test func scenesBeyondTheBoundAreRefused() throws {
        let harness = RoleHarness()
        var order = harness.order()
        var manager = try #require(harness.parties[0].role.manager)
        let client = harness.parties[harness.client].keys
        func answer(_ nonce: UInt64) -> [[UInt8]] {
            let call = JobCall.submit(client.sign(JobRequest(order: order, nonce: Bytes32(words: nonce, 0, 0, 0))))
            var emit: [RoleEffect] = []
            manager.handle(.request(from: client.peer, .job, InboundID(1), call.encoded), now: harness.now, emit: &emit)
            return emit.compactMap { if case .respond(_, let bytes) = $0 { bytes } else { nil } }
        }
        order.sceneBytes = manager.parameters.sceneBytesMax + 1
        #expect(answer(1) == [JobReply.refused(.tooLarge).encoded])
        order.sceneBytes = manager.parameters.sceneBytesMax
        #expect(answer(2) != [JobReply.refused(.tooLarge).encoded])
    }

    /// A pause, a resumption and a cancellation by the client; the Workers drop what they hold.
    @Test func theClientControlsItsJob() throws {
        let harness = RoleHarness()
        let job = try #require(harness.submit(harness.order(width: 32, height: 32, frames: 6)))
        harness.run(seconds: 6)
        let pause = harness.command(harness.client, .pauseJob(job: job))
        harness.run(seconds: 40)
        guard case .done? = harness.answers[pause] else {
            Issue.record("not paused")
            return
        }
        let accepted = harness.outcomes(.accepted)
        #expect(accepted < 24)
        let resume = harness.command(harness.client, .resumeJob(job: job))
        harness.run(seconds: 2)
        let cancel = harness.command(harness.client, .cancel(job: job))
        harness.run(seconds: 30)
        for query in [resume, cancel] {
            guard case .done? = harness.answers[query] else {
                Issue.record("\(String(describing: harness.answers[query]))")
                return
            }
        }
        let isCancelled = harness.events.contains { $0.1 == .jobEnded(job: job, .cancelled) }
        #expect(isCancelled, "\(harness.events.suffix(12))")
        for index in harness.workers {
            let worker = try #require(harness.parties[index].role.worker)
            #expect(worker.leases.isEmpty)
        }
    }
}
