import LibP2P
import ProofOfRender
import RenderModel
import Testing

@testable import Roles

@Suite struct CheatTests {
    /// Every cheat is found, its author penalised, and the task rendered by another, with as few Verifiers as there can be and with
    /// enough for a dispute.
    @Test(arguments: Cheats.all.map(\.name), [3, 6])
    func isCaughtAndRenderedAgain(_ name: String, _ verifiers: Int) throws {
        let conduct = try #require(Cheats.all.first { $0.name == name }?.conduct)
        var options = RoleHarness.Options()
        options.verifiers = verifiers
        options.conducts = [0: conduct]
        options.manager = { ($0.rayChallenges, $0.areaChallenges) = (24, 24) }
        let harness = RoleHarness(options)
        let order = harness.order()
        let job = try #require(harness.submit(order))
        guard case .delivered(let status)? = harness.fetch(job, seconds: 900) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return
        }
        #expect(status.tasksVerified == status.tasksTotal)
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        let cheat = harness.parties[1].keys.key
        let rejected = harness.outcomes(.rejected)
        #expect(rejected > 0, "the cheat was never drawn, or never found")
        let fines = harness.events.filter { if case .penalised(cheat, .rejectedResult, _, _) = $0.1 { true } else { false } }
        #expect(fines.count == rejected)
        let acceptedByCheat = harness.events.contains { if case .attemptEnded(_, _, _, cheat, .accepted) = $0.1 { true } else { false } }
        #expect(!acceptedByCheat)
        let blamed = harness.events.contains { if case .penalised(let key, _, _, _) = $0.1 { key != cheat } else { false } }
        #expect(!blamed, "somebody honest was blamed")
        #expect(status.tasks.allSatisfy { $0.worker != cheat })
    }

    @Test(arguments: ["prover", "worker"])
    func silenceAfterAcceptanceEndsTheLease(_ kind: String) throws {
        var options = RoleHarness.Options()
        options.conducts = [0: kind == "prover" ? Cheats.silentProver : Cheats.silentWorker]
        let harness = RoleHarness(options)
        let job = try #require(harness.submit(harness.order()))
        guard case .delivered? = harness.fetch(job, seconds: 900) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return
        }
        let lost = harness.outcomes(.expired) + harness.outcomes(.handedBack)
        #expect(lost > 0)
        #expect(harness.outcomes(.rejected) == 0, "silence alone is no fraud")
        let worker = harness.parties[harness.workers[0]].keys.key
        let rules = harness.events.compactMap { event -> PenaltyRule? in
            guard case .penalised(worker, let rule, _, _) = event.1 else { return nil }
            return rule
        }
        // What it committed to it has to answer for; an offer that it lets lie costs it the lease.
        #expect(kind == "prover" ? !rules.isEmpty && rules.allSatisfy { $0 == .silence } : rules.isEmpty, "\(rules)")
    }

    /// A Verifier that took a duty and says nothing more is penalised while it is connected, and replaced in any case.
    @Test(arguments: [true, false]) func aVerifierThatTookADutyHasToAnswer(isConnected: Bool) throws {
        var options = RoleHarness.Options()
        options.verifiers = 4
        // Before the Manager forgets a member that does not register.
        options.manager = { $0.challengeWait = .seconds(10) }
        let harness = RoleHarness(options)
        let silent = harness.verifiers[0]
        let key = harness.parties[silent].keys.key
        harness.filter = { harness, from, _, name, bytes in
            guard from == silent, name == .verify, case .challenge? = try? VerifyCall(encoded: bytes) else { return true }
            if !isConnected, harness.parties[silent].isUp { harness.crash(silent) }
            return false
        }
        let job = try #require(harness.submit(harness.order()))
        guard case .delivered? = harness.fetch(job, seconds: 900) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return
        }
        harness.run(seconds: 60)
        let asked = harness.events.contains { if case .dutyGiven(_, _, _, key) = $0.1 { true } else { false } }
        let penalised = harness.events.contains { if case .penalised(key, .silence, _, _) = $0.1 { true } else { false } }
        #expect(asked && penalised == isConnected)
    }

    /// A Verifier that accepts everything does not carry a cheat past the others.
    @Test func aWorkerCannotShowWhatIsNotThere() throws {
        var options = RoleHarness.Options()
        options.workers = 1
        options.verifiers = 6
        options.conducts = [0: Cheats.copiedHalf]
        options.manager = {
            ($0.rayChallenges, $0.areaChallenges) = (24, 24)
            $0.failuresMax = 2
        }
        let harness = RoleHarness(options)
        let job = try #require(harness.submit(harness.order()))
        let answer = harness.fetch(job, seconds: 900)
        // With nobody else to render, nothing is accepted, and the reason is told.
        #expect(harness.outcomes(.accepted) == 0)
        let id = harness.command(harness.client, .resume)
        harness.run(seconds: 1)
        if case .failed(.unsupported)? = harness.answers[id] {} else { Issue.record("a client has nothing to resume") }
        if case .failed(.incomplete(let status))? = answer {
            #expect(status.phase == .failed && status.tasksVerified == 0)
        } else {
            let query = harness.query()
            harness.push(.input(party: 0, life: 0, .query(query, .job(JobStatusQuery(job: job)))), after: 0)
            harness.run(seconds: 1)
            guard case .job(let status)? = harness.answers[query] else {
                Issue.record("no status")
                return
            }
            #expect(status.reasons.contains { if case .workersExcluded = $0 { true } else { false } }, "\(status.reasons)")
        }
    }
}
