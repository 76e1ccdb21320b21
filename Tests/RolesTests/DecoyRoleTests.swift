import Crypto
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Synchronization
import Testing
import Wire

@testable import Roles

/// Results that are false because the Manager asked for them.
@Suite struct DecoyRoleTests {
    /// The first two attempts of every task are decoys.
    private func options(verifiers: Int = 6) -> RoleHarness.Options {
        var options = RoleHarness.Options()
        options.verifiers = verifiers
        options.manager = {
            ($0.rayChallenges, $0.areaChallenges) = (24, 24)
            $0.decoyPermille = 1_000
        }
        return options
    }

    private func deliver(_ harness: RoleHarness, _ options: RoleHarness.Options) throws -> JobStatus {
        let order = harness.order()
        let job = try #require(harness.submit(order))
        let answer = harness.fetch(job, seconds: 1_800)
        guard case .delivered(let status)? = answer else { throw NotDelivered(answer: answer) }
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        harness.run(seconds: 30)
        return status
    }

    private struct NotDelivered: Error { let answer: RoleAnswer? }

    private func penalised(_ harness: RoleHarness) -> [Bytes32: Set<PenaltyRule>] {
        var found: [Bytes32: Set<PenaltyRule>] = [:]
        for (_, event) in harness.events {
            if case .penalised(let key, let rule, _, _) = event { found[key, default: []].insert(rule) }
        }
        return found
    }

    private func bundles(_ harness: RoleHarness) -> [ProofBundle] {
        harness.parties[harness.manager].rows(prefix: [StoredEntry.archivePrefix], from: [], countMax: .max)
            .compactMap { try? ProofBundle(encoded: $0.value) }.filter { $0.decoy != nil }
    }

    private func report(_ bundle: ProofBundle, _ harness: RoleHarness) -> ReplayReport {
        let trust = Replay.Trust(managers: [harness.parties[harness.manager].keys.key])
        return bundle.replay(with: harness.parties[harness.client].keys.signing, trust: trust) { request, _, places in
            .values(FakeEngine.recompute(request.settings, frame: request.frame, rngKey: request.rngKey, places))
        }
    }

    /// Nobody is blamed, nothing is lost but the time, and what was asked for is told to everybody.
    @Test func honestPeopleLoseNothing() throws {
        let options = options()
        let harness = RoleHarness(options)
        let status = try deliver(harness, options)
        #expect(harness.outcomes(.decoy) == 2 * Int(status.tasksTotal) && harness.outcomes(.rejected) == 0)
        #expect(penalised(harness).isEmpty)
        #expect(status.attemptsLost == 0)
        let bundles = bundles(harness)
        #expect(bundles.count == 2 * Int(status.tasksTotal))
        var rejected = 0
        for bundle in bundles {
            let report = report(bundle, harness)
            #expect(report.failures.isEmpty, "\(report.failures)")
            #expect(report.lines.contains { $0.step == .decoy && $0.result == .passed })
            if case .rejected = report.conclusion { rejected += 1 }
        }
        #expect(rejected > 0, "no decoy was seen through")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func aRestartedManagerStillKnowsItsDecoys(_ seed: UInt64) throws {
        var options = options()
        options.seed = seed
        let harness = RoleHarness(options)
        let order = harness.order()
        let job = try #require(harness.submit(order))
        harness.run(seconds: 120) { harness in
            harness.events.contains { if case .leaseCommitted = $0.1 { true } else { false } }
        }
        harness.crash(harness.manager, keepsBlocks: true)
        harness.run(seconds: 2)
        harness.restart(harness.manager)
        guard case .delivered? = harness.fetch(job, seconds: 1_800) else {
            Issue.record("not delivered: \(harness.events.suffix(20))")
            return
        }
        #expect(harness.outcomes(.decoy) > 0 && harness.outcomes(.rejected) == 0)
        #expect(penalised(harness).isEmpty)
    }

    /// All Workers tell one Verifier what they committed to. It repeats that and accepts, and decoys give it away although no Worker
    /// cheats.
    @Test func whoRepeatsWhatWorkersSayIsFound() throws {
        final class Whispers: Sendable {
            let records = Mutex<[RecordID: (TileRecords, RecordGrid)]>([:])
            let places = Mutex<[RecordPlace]>([])
        }
        let whispers = Whispers()
        var options = options()
        for worker in 0..<3 {
            options.conducts[worker] = WorkerConduct { offer, id, records in
                if let grid = offer.grid { whispers.records.withLock { $0[offer.cause] = (records, grid) } }
                return RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
            }
        }
        options.verifierConducts = [
            0: VerifierConduct(
                places: { _, places in
                    whispers.places.withLock { $0 = places }
                    return places
                },
                values: { offer, rendered in
                    guard let (records, grid) = whispers.records.withLock({ $0[offer.cause] }), grid.tile == offer.tile else {
                        return rendered
                    }
                    let places = whispers.places.withLock { $0 }
                    return zip(places, rendered).map { grid.value(at: $0, in: records) ?? $1 }
                }, accepts: { _ in true })
        ]
        // All tasks have one cause, the plan: one task, or they would be mixed up.
        let harness = RoleHarness(options)
        let order = harness.order(width: 16, height: 16)
        let job = try #require(harness.submit(order))
        guard case .delivered? = harness.fetch(job, seconds: 1_800) else {
            Issue.record("not delivered: \(harness.events.suffix(20))")
            return
        }
        harness.run(seconds: 30)
        let liar = harness.parties[harness.verifiers[0]].keys.key
        let wasAsked = harness.events.contains { if case .dutyGiven(_, _, 0, liar) = $0.1 { true } else { false } }
        #expect(wasAsked)
        #expect(penalised(harness) == [liar: [.wrongVerdict]])
    }

    /// A Worker commits to nothing false without the Manager's signed word for it.
    @Test(arguments: ["salt", "offer", "author"]) func aWorkerWantsTheManagersWord(_ flaw: String) throws {
        let harness = RoleHarness(options())
        var call: (worker: Int, offer: Record, promise: Record, reveal: Record)?
        harness.filter = { _, _, to, name, bytes in
            guard name == .task, case .decoy(let offer, let promise, let reveal)? = try? TaskCall(encoded: bytes), call == nil else {
                return true
            }
            call = (to, offer, promise, reveal)
            return false
        }
        #expect(harness.submit(harness.order()) != nil)
        harness.run(seconds: 60) { _ in call != nil }
        let asked = try #require(call)
        var reveal: DecoyReveal = try asked.reveal.decoded()
        var author = harness.parties[harness.manager].keys
        switch flaw {
        case "salt": reveal.salt = .zero
        case "offer": reveal.offer = .zero
        default: author = harness.parties[asked.worker].keys
        }
        var declined: [TaskDecline] = []
        let keys = harness.parties[harness.manager].keys
        harness.onResponse = { _, bytes in
            if case .record(let record)? = try? RecordReply(encoded: bytes), let body: TaskDecline = keys.open(record) {
                declined.append(body)
            }
        }
        harness.request(
            RequestID(1 << 60), from: harness.manager, to: harness.parties[asked.worker].peer, .task,
            TaskCall.decoy(offer: asked.offer, promise: asked.promise, reveal: author.sign(reveal)).encoded, timeout: .seconds(5))
        harness.run(seconds: 0.5)
        #expect(declined.map(\.offer) == [keys.id(asked.offer)] && declined.first?.reason == .invalid)
    }

    /// A Manager cannot call a cheat's result a decoy afterwards.
    @Test func promisesComeBeforeCommitments() throws {
        let options = options()
        let harness = RoleHarness(options)
        _ = try deliver(harness, options)
        let bundles = bundles(harness)
        let bundle = try #require(bundles.first)
        let decoy = try #require(bundle.decoy)
        let keys = harness.parties[harness.manager].keys
        var late = RoundClock()
        let round = try bundle.anchor.beacon.decoded(as: Beacon.self).round
        while late.round <= round { _ = late.close(contribution: .zero, workers: nil, verifiers: nil, keys: keys) }
        late.add(keys.id(decoy.promise))
        let closed = late.close(contribution: .zero, workers: nil, verifiers: nil, keys: keys)
        let failures: [(ReplayFailure, (inout ProofBundle) throws -> Void)] = [
            (.brokenPromise, { $0.decoy?.anchor = try #require(closed.anchors.first).anchor }),
            (.wrongCitation, { $0.decoy?.reveal = try #require(bundles.last?.decoy).reveal }),
            (
                .brokenPromise,
                {
                    var reveal: DecoyReveal = try decoy.reveal.decoded()
                    reveal.salt = .zero
                    $0.decoy?.reveal = keys.sign(reveal)
                }
            ),
        ]
        for (failure, change) in failures {
            var changed = bundle
            try change(&changed)
            let report = report(changed, harness)
            #expect(report.failures.contains { $0.step == .decoy && $0.failure == failure }, "\(report.failures)")
            #expect(report.conclusion == .contradicted)
        }
        var bare = bundle
        bare.decoy = nil
        #expect(report(bare, harness).failures.contains { $0.step == .attemptEnd && $0.failure == .falseDecision })
    }
}
