import Crypto
import Determinism
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

/// From a record that differs to the sample that does.
@Suite struct NarrowingTests {
    private func options(_ conduct: WorkerConduct) -> RoleHarness.Options {
        var options = RoleHarness.Options()
        options.conducts = [0: conduct]
        options.manager = { ($0.rayChallenges, $0.areaChallenges) = (24, 24) }
        return options
    }

    private func deliver(_ harness: RoleHarness) throws -> RecordID {
        let order = harness.order()
        let job = try #require(harness.submit(order))
        guard case .delivered? = harness.fetch(job, seconds: 1_200) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return job
        }
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        return job
    }

    /// Bundles of all attempts that were rejected.
    private func rejected(_ harness: RoleHarness) throws -> [ProofBundle] {
        let ends = harness.events.compactMap { event -> (RecordID, UInt32, UInt32)? in
            guard case .attemptEnded(let job, let task, let attempt, _, .rejected) = event.1 else { return nil }
            return (job, task, attempt)
        }
        return try ends.map { job, task, attempt in
            let query = harness.query()
            harness.push(
                .input(party: harness.client, life: 0, .query(query, .proof(job: job, task: task, attempt: attempt))), after: 0)
            harness.run(seconds: 20) { $0.answers[query] != nil }
            guard case .proof(let bytes)? = harness.answers[query] else { throw WireError.missingField }
            return try ProofBundle(encoded: bytes)
        }
    }

    private func rejects(_ bundle: ProofBundle) throws -> [Verdict] {
        try bundle.transcripts.map { try $0.verdict.decoded(as: Verdict.self) }.filter {
            if case .reject = $0.outcome { true } else { false }
        }
    }

    private func replay(_ bundle: ProofBundle, _ harness: RoleHarness) -> Replay {
        Replay(
            bundle, with: harness.parties[harness.client].keys.signing,
            trust: .init(managers: [harness.parties[harness.manager].keys.key]))
    }

    /// Whoever has the bundle renders one sample for each verdict, and sees that it is false.
    @Test func theVerdictNamesTheSample() throws {
        let harness = RoleHarness(options(Cheats.alteredBucketWithTraces))
        _ = try deliver(harness)
        let bundles = try rejected(harness)
        #expect(!bundles.isEmpty)
        for bundle in bundles {
            let verdicts = try rejects(bundle)
            #expect(verdicts.allSatisfy { $0.trace != nil && $0.sample == 15 }, "\(verdicts.map(\.sample))")
            let replay = replay(bundle, harness)
            let request = try #require(replay.request)
            #expect(replay.samples.count == verdicts.count)
            let values = replay.samples.map { FakeEngine.sample(rngKey: request.rngKey, frame: request.frame, $0) }
            let report = replay.report(values: nil, sampleValues: values)
            guard case .rejected = report.conclusion else {
                Issue.record("\(report.lines)")
                continue
            }
        }
    }

    /// A sample that the trace does not have would spoil the evidence: such a verdict is not taken, and somebody else is asked.
    @Test func aVerdictOnASampleThatIsNotThereIsNotTaken() throws {
        var options = options(Cheats.alteredBucketWithTraces)
        options.verifiers = 6
        options.verifierConducts = [0: VerifierConduct(sample: { $0 + 16 }, accepts: { _ in false })]
        let harness = RoleHarness(options)
        let liar = harness.parties[harness.verifiers[0]].keys.key
        _ = try deliver(harness)
        let bundles = try rejected(harness)
        let authors = bundles.flatMap(\.transcripts).map(\.verdict.author)
        #expect(!authors.isEmpty && !authors.contains(liar))
        let wasAsked = harness.events.contains { if case .dutyGiven(_, _, _, liar) = $0.1 { true } else { false } }
        #expect(wasAsked)
    }

    /// A trace that the Worker rendered does not end in what it committed to: the record as a whole stands against it.
    @Test func aTraceThatDoesNotFitIsNotCited() throws {
        let harness = RoleHarness(options(Cheats.alteredBucket))
        var traces = 0
        harness.onResponse = { _, bytes in
            if case .record(let record)? = try? RecordReply(encoded: bytes), record.type == .sampleTrace { traces += 1 }
        }
        _ = try deliver(harness)
        #expect(traces > 0)
        for bundle in try rejected(harness) { #expect(try rejects(bundle).allSatisfy { $0.trace == nil }) }
    }

    /// Silence about a trace changes nothing: the verdict comes when the wait is over.
    @Test func silenceDelaysTheVerdictAndNoMore() throws {
        let harness = RoleHarness(options(Cheats.alteredBucketWithTraces))
        var isAsked = false
        harness.filter = { _, _, _, name, bytes in
            guard name == .verify, case .trace? = try? VerifyCall(encoded: bytes) else { return true }
            isAsked = true
            return false
        }
        _ = try deliver(harness)
        #expect(isAsked)
        let bundles = try rejected(harness)
        #expect(!bundles.isEmpty)
        for bundle in bundles { #expect(try rejects(bundle).allSatisfy { $0.trace == nil }) }
    }

    /// Sixteen pieces of work a trace, and a render waits behind them: two at a time, of whatever commitments.
    @Test func aWorkerRendersTwoTracesAtATime() throws {
        var options = options(Cheats.alteredBucketWithTraces)
        (options.workers, options.verifiers) = (1, 6)
        let harness = RoleHarness(options)
        harness.recomputeTime = 2_000
        var begun: [(at: Instant, work: WorkID)] = []
        var running = 0
        harness.onEffect = { index, effect in
            guard index == harness.workers[0], case .recompute(let work, _, _, _, _, _) = effect else { return }
            begun.append((harness.now, work))
            running = max(running, begun.count { harness.now < $0.at + .milliseconds(2_000) })
        }
        var asked: Set<RecordID> = []
        harness.filter = { _, _, _, name, bytes in
            if name == .verify, case .trace(let offer, _)? = try? VerifyCall(encoded: bytes) { asked.insert(offer) }
            return true
        }
        var order = harness.order()
        order.level = .high
        _ = try #require(harness.submit(order))
        harness.run(seconds: 300) { _ in begun.count >= 16 * 12 }
        #expect(begun.count >= 16 * 12 && asked.count > 1, "\(begun.count) pieces for \(asked.count) commitments")
        #expect(running == 32)
    }

    /// A Verifier cannot have a Worker render more than it challenged: one question per duty, and none about what was not opened.
    @Test func aDutyHasOneQuestion() throws {
        let harness = RoleHarness(options(Cheats.alteredBucketWithTraces))
        var first: (worker: Int, offer: RecordID, record: Record)?
        harness.filter = { _, _, to, name, bytes in
            if name == .verify, case .trace(let offer, let record)? = try? VerifyCall(encoded: bytes), first == nil {
                first = (to, offer, record)
            }
            return true
        }
        let job = try #require(harness.submit(harness.order()))
        harness.run(seconds: 600) { _ in first != nil }
        let asked = try #require(first)
        let body: SampleQuestion = try asked.record.decoded()
        let author = try #require(harness.parties.first { $0.keys.key == asked.record.author }).keys
        var (other, foreign) = (body, body)
        other.place.bucket ^= 1
        foreign.openings = Hash.blake2b([1])
        var replies: [RecordReply] = []
        harness.onResponse = { index, bytes in
            guard index == harness.manager, let reply = try? RecordReply(encoded: bytes), case .refused = reply else { return }
            replies.append(reply)
        }
        harness.run(seconds: 1)
        replies = []
        for question in [other, foreign] {
            harness.request(
                RequestID(1 << 60), from: harness.manager, to: harness.parties[asked.worker].peer, .verify,
                VerifyCall.trace(offer: asked.offer, author.sign(question)).encoded, timeout: .seconds(5))
            harness.run(seconds: 1)
        }
        #expect("\(replies)" == "\([RecordReply.refused(.wrongState), .refused(.unknown)])")
        guard case .delivered? = harness.fetch(job, seconds: 1_200) else {
            Issue.record("not delivered")
            return
        }
    }
}
