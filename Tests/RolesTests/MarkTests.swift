import Determinism
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Testing

@testable import Roles

/// Marks through the whole flow: copies, duties, verdicts, repairs, delivery.
@Suite struct MarkTests {
    /// Tiles of 64 pixels a side carry marks here, so that pictures stay small.
    private static func options(verifiers: Int = 3, _ adjust: @escaping (inout ManagerParameters) -> Void = { _ in }) -> RoleHarness.Options
    {
        var options = RoleHarness.Options()
        options.verifiers = verifiers
        options.marks.tileSideMin = 64
        options.manager = { parameters in
            parameters.planner.tilePixelsMin = 64 * 64
            adjust(&parameters)
        }
        return options
    }

    private func verdicts(_ harness: RoleHarness, _ job: RecordID) -> [Verdict] {
        harness.parties[harness.manager].rows(prefix: [StoredEntry.archivePrefix], from: [], countMax: .max).flatMap { row in
            ((try? ProofBundle(encoded: row.value))?.transcripts ?? []).compactMap { try? $0.verdict.decoded(as: Verdict.self) }
        }
    }

    private func delivered(_ harness: RoleHarness, _ order: JobOrder, seconds: Double = 600) throws -> RecordID {
        let job = try #require(harness.submit(order))
        guard case .delivered? = harness.fetch(job, seconds: seconds) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return job
        }
        return job
    }

    @Test func everyWorkerHasItsCopyAndTheArtistAPictureWithoutMarks() throws {
        let harness = RoleHarness(MarkTests.options())
        let order = harness.order(width: 128, height: 128)
        let job = try delivered(harness, order)
        let offers = harness.invariants.allOffers
        #expect(offers.count >= 4 && offers.allSatisfy { $0.markCommitment != nil && $0.sceneRoot != order.sceneRoot })
        // One copy a Worker, whatever the number of its tasks.
        #expect(Set(offers.map(\.sceneRoot)).count == Set(offers.map(\.worker)).count && Set(offers.map(\.worker)).count > 1)
        // Committed to one by one: who learns the key of a task knows nothing of another.
        #expect(Set(offers.compactMap(\.markCommitment)).count == offers.count)
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        let verdicts = verdicts(harness, job)
        #expect(verdicts.count >= 8 && verdicts.allSatisfy { $0.marks?.passes == true && $0.marks?.regions ?? 0 >= 3 })
        #expect(!harness.events.contains { if case .marksMissing = $0.1 { true } else { false } })
    }

    /// However long it takes: what was accepted can be delivered without its marks.
    @Test func acceptanceWaitsForTheRepair() throws {
        let harness = RoleHarness(MarkTests.options())
        harness.managerTime = 40_000
        let order = harness.order(width: 128, height: 128)
        let job = try delivered(harness, order)
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }

    /// Who cannot load the scene sees whether its marks are there, and decides nothing.
    @Test func aSmallVerifierLooksAtTheMarks() throws {
        var options = MarkTests.options(verifiers: 4)
        options.witnesses = [1]
        let harness = RoleHarness(options)
        let order = harness.order(width: 128, height: 128)
        let job = try delivered(harness, order)
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        let witness = harness.parties[harness.verifiers[1]]
        let bundles = harness.parties[harness.manager].rows(prefix: [StoredEntry.archivePrefix], from: [], countMax: .max)
            .compactMap { try? ProofBundle(encoded: $0.value) }
        let own = bundles.flatMap(\.transcripts).filter { $0.verdict.author == witness.keys.key }
        #expect(!own.isEmpty)
        for transcript in own {
            let (duty, verdict): (Duty, Verdict) = (try transcript.duty.decoded(), try transcript.verdict.decoded())
            #expect(duty.marksOnly && duty.recomputeRays == 0 && transcript.challenge == nil && transcript.locators == nil)
            #expect(verdict.outcome == .cannot(.marksOnly) && verdict.marks?.passes == true && verdict.values.isEmpty)
        }
        // It has loaded no scene, and its duties stand in no one's way: two others gave the verdicts that decided.
        #expect(witness.blocks.isEmpty)
        for bundle in bundles {
            let report = Replay(bundle, with: witness.keys.signing, trust: .init(managers: [harness.parties[harness.manager].keys.key]))
                .report(values: nil)
            #expect(report.failures.isEmpty, "\(report.failures)")
            let end: AttemptEnd = try #require(bundle.attemptEnd).decoded()
            guard case .accepted(_, let verdicts) = end.outcome else { continue }
            let ids = bundle.transcripts.filter { $0.verdict.author == witness.keys.key }.map { $0.verdict.id(network: bundle.network) }
            #expect(verdicts.count == 2 && Set(ids).isDisjoint(with: verdicts))
        }
    }

    /// What it alone sees to be missing makes the others look closer.
    @Test func aSmallVerifierRaisesTheAlarm() throws {
        var options = MarkTests.options(verifiers: 8)
        options.witnesses = [1]
        options.marks.filterThreshold = 100
        let harness = RoleHarness(options)
        let job = try delivered(harness, harness.order(width: 64, height: 64), seconds: 900)
        let witness = harness.parties[harness.verifiers[1]].keys.key
        let alarms = harness.events.filter { if case .marksMissing(job, _, _, witness) = $0.1 { true } else { false } }
        #expect(!alarms.isEmpty)
    }

    @Test func nobodyWaitsForASmallVerifier() throws {
        var options = MarkTests.options(verifiers: 4)
        options.witnesses = [1]
        let harness = RoleHarness(options)
        let job = try #require(harness.submit(harness.order(width: 64, height: 64)))
        let witness = harness.verifiers[1]
        harness.run(seconds: 600) { harness in
            harness.events.contains { event in
                if case (witness, .dutyTaken) = event { true } else { false }
            }
        }
        harness.parties[witness].isSilent = true
        let start = harness.now
        guard case .delivered? = harness.fetch(job, seconds: 600) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return
        }
        #expect((harness.now - start).inSeconds < 30)
    }

    /// Without marks there is nothing that it could do.
    @Test func withoutMarksASmallVerifierIsNotAsked() throws {
        var options = MarkTests.options(verifiers: 4)
        options.witnesses = [1]
        let harness = RoleHarness(options)
        var order = harness.order(width: 128, height: 128)
        order.isMarked = false
        _ = try delivered(harness, order)
        let witness = harness.parties[harness.verifiers[1]].keys.key
        let asked = harness.events.contains { if case .dutyGiven(_, _, _, witness) = $0.1 { true } else { false } }
        #expect(!asked)
    }

    @Test func withMarksOffNothingIsMarked() throws {
        let harness = RoleHarness(MarkTests.options())
        var order = harness.order(width: 128, height: 128)
        order.isMarked = false
        let job = try delivered(harness, order)
        #expect(harness.copies.isEmpty)
        #expect(harness.invariants.allOffers.allSatisfy { $0.markCommitment == nil && $0.sceneRoot == order.sceneRoot })
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }

    @Test func whereNothingCanBeMarkedTheArtistsSceneIsRendered() throws {
        let harness = RoleHarness(MarkTests.options())
        harness.isMarking = false
        let order = harness.order(width: 128, height: 128)
        let job = try delivered(harness, order)
        #expect(harness.invariants.allOffers.allSatisfy { $0.markCommitment == nil && $0.sceneRoot == order.sceneRoot })
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }

    /// Marks that no picture shows: the committee is full, and who comes later challenges more.
    @Test func missingMarksFillTheCommittee() throws {
        var options = MarkTests.options(verifiers: 7)
        options.marks.filterThreshold = 100
        let harness = RoleHarness(options)
        let order = harness.order(width: 128, height: 128)
        let job = try delivered(harness, order)
        let offers = harness.invariants.allOffers
        let verdicts = verdicts(harness, job)
        #expect(verdicts.allSatisfy { $0.marks?.passes == false })
        #expect(harness.events.contains { if case .marksMissing = $0.1 { true } else { false } })
        for task in Set(offers.map(\.task)) {
            let own = verdicts.filter { $0.task == task }
            #expect(own.count { $0.outcome == .accept } >= SecurityLevel.high.verifiers, "task \(task)")
            // Two were asked before anybody had looked; the others recompute several times as many places.
            let counts = own.map(\.values.count).sorted()
            #expect(counts.last ?? 0 > 3 * (counts.first ?? 0), "\(counts)")
        }
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }

    /// A Worker that learned the artist's scene and renders that one: its picture carries no marks, its values are others.
    @Test func aPictureOfAnotherSceneIsRejected() throws {
        var options = MarkTests.options(verifiers: 7)
        options.conducts = [
            0: WorkerConduct { offer, id, _ in
                let records = FakeEngine.render(offer.renderRequest(offer: id))
                return RawPicture(records: records).map { WorkResult(records: records, picture: $0) }
            }
        ]
        let harness = RoleHarness(options)
        let order = harness.order(width: 128, height: 128)
        let job = try delivered(harness, order, seconds: 1_200)
        let verdicts = verdicts(harness, job)
        let offender = harness.parties[harness.workers[0]].keys.key
        #expect(harness.outcomes(.rejected) > 0)
        #expect(verdicts.contains { if case .reject = $0.outcome { $0.marks?.passes == false } else { false } })
        #expect(harness.invariants.allOffers.contains { $0.worker == offender })
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }

    /// A Manager whose marks are not the network's: nobody works for it.
    @Test func marksOfAnotherKindAreDeclined() throws {
        let harness = RoleHarness(MarkTests.options { $0.marks.filterThreshold = 0.5 })
        _ = try #require(harness.submit(harness.order(width: 128, height: 128)))
        harness.run(seconds: 60)
        #expect(harness.outcomes(.accepted) == 0)
        #expect(harness.events.contains { if case .dutyGiven = $0.1 { true } else { false } })
        #expect(!harness.events.contains { if case .dutyTaken = $0.1 { true } else { false } })
    }

    @Test func aCopyThatIsAnotherSceneIsNotTaken() throws {
        let harness = RoleHarness(MarkTests.options())
        let order = harness.order(width: 128, height: 128)
        let job = try #require(harness.submit(order))
        harness.areCopiesTrue = false
        let answer = harness.fetch(job, seconds: 600)
        guard case .failed(.pictureUnavailable)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        harness.run(seconds: 30)
        #expect(harness.tiles[job]?.isEmpty ?? true)
    }

    /// Whatever falls into the time in which a copy is made, offered, rendered, verified or repaired.
    @Test(arguments: ["manager", "worker"], [2.05, 2.1, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0] as [Double])
    func crashAndRestart(_ who: String, _ second: Double) throws {
        let harness = RoleHarness(MarkTests.options())
        let order = harness.order(width: 128, height: 128)
        let victim = who == "manager" ? harness.manager : harness.workers[0]
        harness.push(.act { $0.crash(victim, keepsBlocks: victim == $0.manager) }, after: UInt64(second * 1_000))
        harness.push(.act { $0.restart(victim) }, after: UInt64(second * 1_000) + 4_000)
        let job = try delivered(harness, order, seconds: 1_200)
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }

    @Test func aFullDiskMeansNoMarks() throws {
        let harness = RoleHarness(MarkTests.options())
        let order = harness.order(width: 128, height: 128)
        let job = try #require(harness.submit(order))
        // From the first copy's blocks on, for a moment.
        harness.run(seconds: 30) { !$0.copies.isEmpty }
        harness.parties[harness.manager].isDiskFull = true
        harness.run(seconds: 0.2)
        harness.parties[harness.manager].isDiskFull = false
        guard case .delivered? = harness.fetch(job, seconds: 600) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return
        }
        #expect(harness.invariants.allOffers.contains { $0.markCommitment == nil })
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }
}
