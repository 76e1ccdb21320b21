import Determinism
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

@Suite struct FaultTests {
    private func deliver(_ options: RoleHarness.Options, seconds: Double = 1_200, _ faults: (RoleHarness) -> Void) throws -> RoleHarness {
        let harness = RoleHarness(options)
        let order = harness.order(width: 32, height: 32)
        faults(harness)
        let job = try #require(harness.submit(order, seconds: 200))
        guard case .delivered? = harness.fetch(job, seconds: seconds) else {
            Issue.record("not delivered: \(harness.events.suffix(30))")
            return harness
        }
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        return harness
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func lostRepeatedAndLateMessagesDelayOnly(_ seed: UInt64) throws {
        var options = RoleHarness.Options()
        options.seed = seed
        options.delay = 1...900
        (options.loss, options.duplicates) = (0.1, 0.1)
        _ = try deliver(options) { _ in }
    }

    /// Each role dies at each of a row of moments and comes back; only the Manager remembers.
    @Test(arguments: ["manager", "worker", "verifier"], [1, 3, 5, 6, 7, 8, 10, 13] as [Double])
    func crashAndRestart(_ who: String, _ second: Double) throws {
        _ = try deliver(RoleHarness.Options()) { harness in
            let victim = who == "manager" ? harness.manager : who == "worker" ? harness.workers[1] : harness.verifiers[1]
            harness.push(.act { $0.crash(victim, keepsBlocks: victim == $0.manager) }, after: UInt64(second * 1_000))
            harness.push(.act { $0.restart(victim) }, after: UInt64(second * 1_000) + 4_000)
        }
    }

    /// One of three dies for good at some moment.
    @Test(arguments: ["worker", "verifier"], [2, 6, 9] as [Double])
    func deathForGood(_ who: String, _ second: Double) throws {
        _ = try deliver(RoleHarness.Options()) { harness in
            let victim = who == "worker" ? harness.workers[0] : harness.verifiers[0]
            harness.push(.act { $0.crash(victim) }, after: UInt64(second * 1_000))
        }
    }

    /// Somebody keeps its connections and says nothing from some moment on.
    @Test(arguments: ["worker", "verifier"], [2, 6, 9] as [Double])
    func silence(_ who: String, _ second: Double) throws {
        _ = try deliver(RoleHarness.Options()) { harness in
            let victim = who == "worker" ? harness.workers[0] : harness.verifiers[0]
            harness.push(.act { $0.parties[victim].isSilent = true }, after: UInt64(second * 1_000))
        }
    }

    /// It keeps its connections and brings no beacons; those that bring one every round are kept.
    @Test func aManagerWithoutBeaconsIsReplaced() {
        let harness = RoleHarness()
        var replaced: [Int: [Double]] = [:]
        harness.onEffect = { [unowned harness] index, effect in
            guard case .replaceManager(harness.parties[harness.manager].peer) = effect else { return }
            replaced[index, default: []].append((harness.now - .origin).inSeconds)
        }
        harness.run(seconds: 200)
        #expect(replaced.isEmpty)
        let last = (harness.now - .origin).inSeconds
        harness.parties[harness.manager].isSilent = true
        harness.run(seconds: 110)
        #expect(replaced.keys.sorted() == harness.workers + harness.verifiers)
        #expect(replaced.values.allSatisfy { $0.count == 1 && (last + 30...last + 61).contains($0[0]) }, "\(replaced)")
    }

    @Test func theSameBeaconAgainIsNoSignOfLife() {
        let manager = PeerID(ed25519: Bytes32(words: 1, 2, 3, 4))
        var registrations = Registrations(parameters: RegistrationParameters())
        registrations.set([KnownPeer(peer: manager, addresses: [])], now: .origin)
        registrations.heard(manager, round: 7, now: .origin + .seconds(40))
        for second in 41...99 { registrations.heard(manager, round: 7, now: .origin + .seconds(second)) }
        #expect(registrations.silent(now: .origin + .seconds(99)) == [])
        #expect(registrations.silent(now: .origin + .seconds(100)) == [manager])
        #expect(registrations.silent(now: .origin + .seconds(101)) == [], "it is said once")
    }

    @Test func theManagerDiesAgainAndAgain() throws {
        _ = try deliver(RoleHarness.Options()) { harness in
            for second in stride(from: UInt64(3), through: 30, by: 5) {
                harness.push(.act { $0.crash($0.manager, keepsBlocks: true) }, after: second * 1_000)
                harness.push(.act { $0.restart($0.manager) }, after: second * 1_000 + 1_500)
            }
        }
    }

    @Test func aDrainingWorkerHandsBackAndLeaves() throws {
        let harness = try deliver(RoleHarness.Options()) { harness in
            harness.push(.act { $0.push(.input(party: 1, life: 0, .drain), after: 0) }, after: 5_500)
        }
        let drained = harness.events.contains { $0.party == 1 && $0.1 == .drained }
        #expect(drained)
        let left = harness.events.contains { if case .memberLeft(harness.parties[1].keys.key, .worker) = $0.1 { true } else { false } }
        #expect(left)
        #expect(harness.events.allSatisfy { if case .attemptEnded(_, _, _, _, .rejected) = $0.1 { false } else { true } })
    }

    /// Whoever takes nothing is not asked: an offer that must be declined costs an attempt.
    @Test func aPausedWorkerIsNotAsked() throws {
        let harness = RoleHarness()
        let key = harness.parties[1].keys.key
        func offers() -> Int { harness.events.count { if case .offered(_, _, _, key) = $0.1 { true } else { false } } }
        harness.run(seconds: 5)
        let paused = harness.command(1, .pause)
        harness.run(seconds: 1) { $0.answers[paused] != nil }
        let first = try #require(harness.submit(harness.order()))
        guard case .delivered? = harness.fetch(first, seconds: 600) else {
            Issue.record("not delivered")
            return
        }
        #expect(offers() == 0)
        harness.command(1, .resume)
        harness.run(seconds: 5)
        let second = try #require(harness.submit(harness.order(salt: 1)))
        _ = harness.fetch(second, seconds: 600)
        #expect(offers() > 0)
        #expect(harness.outcomes(.declined) == 0)
    }

    /// It is in nobody's roster, and is a member like any other once it is resumed.
    @Test func aParkedVerifierFinishesItsDutiesAndComesBack() throws {
        let verifier = RoleHarness().verifiers[0]
        let harness = try deliver(RoleHarness.Options()) { harness in
            harness.push(.act { $0.command(verifier, .park) }, after: 7_000)
        }
        let key = harness.parties[verifier].keys.key
        func count(_ isCounted: (Int, RoleEvent) -> Bool) -> Int { harness.events.count { isCounted($0.party, $0.1) } }
        func duties() -> Int { count { if case .dutyGiven(_, _, _, key) = $1 { true } else { false } } }
        func joins() -> Int { count { if case .memberJoined(key, .verifier) = $1 { true } else { false } } }
        #expect(count { $0 == verifier && $1 == .parked } == 1)
        #expect(count { if case .dutyEnded(_, _, _, .lapsed) = $1 { $0 == verifier } else { false } } == 0)
        #expect(count { if case .memberLeft(key, .verifier) = $1 { true } else { false } } == 1)
        let (before, joined) = (duties(), joins())
        let second = try #require(harness.submit(harness.order(salt: 1)))
        guard case .delivered? = harness.fetch(second, seconds: 600) else {
            Issue.record("not delivered without it")
            return
        }
        #expect(duties() == before && joins() == joined)

        harness.command(verifier, .resume)
        harness.run(seconds: 5)
        #expect(joins() == joined + 1)
        let third = try #require(harness.submit(harness.order(salt: 2)))
        _ = harness.fetch(third, seconds: 600)
        #expect(duties() > before)
    }

    /// Duties that do not end are given up after a while, and the Verifier says once that it has left.
    @Test func aParkedVerifierGivesUpWhatDoesNotEnd() throws {
        let harness = RoleHarness()
        let verifier = harness.verifiers[0]
        harness.filter = { _, from, _, name, _ in from != verifier || name != .verify }
        _ = try #require(harness.submit(harness.order()))
        let isOnDuty = harness.run(seconds: 60) {
            $0.events.contains { if case .dutyTaken = $0.1 { $0.party == verifier } else { false } }
        }
        #expect(isOnDuty)
        harness.command(verifier, .park)
        harness.run(seconds: 120)
        #expect(harness.events.count { $0.party == verifier && $0.1 == .parked } == 1)
    }

    @Test func aDrainingVerifierFinishesItsDuties() throws {
        let harness = try deliver(RoleHarness.Options()) { harness in
            let verifier = harness.verifiers[0]
            harness.push(.act { $0.push(.input(party: verifier, life: 0, .drain), after: 0) }, after: 7_000)
        }
        let verifier = harness.verifiers[0]
        let drained = harness.events.contains { $0.party == verifier && $0.1 == .drained }
        let lapsed = harness.events.contains { event in
            guard event.party == verifier, case .dutyEnded(_, _, _, .lapsed) = event.1 else { return false }
            return true
        }
        #expect(drained && !lapsed)
    }

    @Test func aDrainingManagerTakesNoJobs() throws {
        let harness = RoleHarness()
        harness.push(.input(party: 0, life: 0, .drain), after: 1_000)
        harness.run(seconds: 2)
        let id = harness.command(harness.client, .submit(harness.order()))
        harness.run(seconds: 60)
        guard case .failed(.refused(.draining))? = harness.answers[id] else {
            Issue.record("\(String(describing: harness.answers[id]))")
            return
        }
    }

    /// The client goes away after its job was accepted, and comes back for the picture.
    @Test func theJobOutlivesTheClient() throws {
        let harness = RoleHarness()
        let order = harness.order()
        let job = try #require(harness.submit(order))
        harness.run(seconds: 4)
        harness.crash(harness.client)
        harness.run(seconds: 60)
        harness.restart(harness.client)
        harness.run(seconds: 1)
        guard case .delivered? = harness.fetch(job, seconds: 60) else {
            Issue.record("not delivered")
            return
        }
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
    }
}
