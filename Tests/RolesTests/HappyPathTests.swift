import ProofOfRender
import RenderModel
import Testing

@testable import Roles

@Suite struct HappyPathTests {
    /// As long as a lease or a duty of a Manager's is under way its place is not given to another.
    @Test func whoHasWorkIsBusyWithItsManager() throws {
        let harness = RoleHarness()
        let manager = harness.parties[harness.manager].peer
        func busy() -> (workers: Int, verifiers: Int) {
            (
                harness.workers.count { harness.parties[$0].role.worker?.isBusy(with: manager) == true },
                harness.verifiers.count { harness.parties[$0].role.verifier?.isBusy(with: manager) == true }
            )
        }
        _ = try #require(harness.submit(harness.order()))
        #expect(harness.run(seconds: 60) { _ in busy().workers == 3 } && harness.run(seconds: 60) { _ in busy().verifiers > 0 })
        let other = harness.parties[harness.client].peer
        #expect(harness.workers.allSatisfy { harness.parties[$0].role.worker?.isBusy(with: other) == false })
        #expect(harness.run(seconds: 600) { _ in busy() == (0, 0) })
    }

    @Test func aStillIsRenderedVerifiedAndFetched() throws {
        let harness = RoleHarness()
        let order = harness.order()
        let job = try #require(harness.submit(order))
        let answer = harness.fetch(job, seconds: 300)
        guard case .delivered(let status)? = answer else {
            Issue.record("\(String(describing: answer)) \(harness.events.suffix(20))")
            return
        }
        #expect(status.phase == .verified)
        #expect(status.tasksTotal == 6 && status.tasksVerified == 6)
        #expect(status.accepts >= 12 && status.rejects == 0)
        #expect(harness.isPictureRight(job, frame: 1, settings: order.settings))
        #expect(harness.outcomes(.accepted) == 6)
        #expect(harness.penalised.isEmpty)
    }

    @Test("a Worker renders its next tile while the records of the last are hashed, and commits when they are")
    func hashingIsWorkBesideRendering() throws {
        var options = RoleHarness.Options()
        (options.workers, options.provingTime) = (1, 1500)
        let harness = RoleHarness(options)
        func count(_ isIt: (Lease.Stage) -> Bool) -> Int {
            harness.parties[harness.workers[0]].role.worker?.leases.values.count { isIt($0.stage) } ?? 0
        }
        func proving() -> Int { count { if case .proving = $0 { true } else { false } } }
        func rendering() -> Int { count { if case .rendering = $0 { true } else { false } } }
        let job = try #require(harness.submit(harness.order()))
        #expect(harness.run(seconds: 60) { _ in proving() == 1 && rendering() == 1 })
        #expect(!harness.events.contains { if case .leaseCommitted = $0.1 { true } else { false } })
        guard case .delivered(let status)? = harness.fetch(job, seconds: 600) else {
            Issue.record("not delivered")
            return
        }
        #expect(status.phase == .verified && status.tasksVerified == status.tasksTotal && status.rejects == 0)
    }

    @Test func recordsThatAreNotThoseOfTheOfferAreHandedBack() throws {
        var options = RoleHarness.Options()
        options.conducts = [0: WorkerConduct { _, _, _ in nil }]
        let harness = RoleHarness(options)
        let job = try #require(harness.submit(harness.order()))
        guard case .delivered(let status)? = harness.fetch(job, seconds: 600) else {
            Issue.record("not delivered")
            return
        }
        #expect(status.tasksVerified == 6 && harness.outcomes(.handedBack) > 0)
    }

    @Test func anAnimationIsRenderedByFrames() throws {
        let harness = RoleHarness()
        var order = harness.order(width: 16, height: 16, frames: 5)
        order.split = .frames
        let job = try #require(harness.submit(order))
        guard case .delivered(let status)? = harness.fetch(job, seconds: 300) else {
            Issue.record("not delivered")
            return
        }
        #expect(status.tasksTotal == 5)
        for frame in UInt32(1)...5 { #expect(harness.isPictureRight(job, frame: frame, settings: order.settings)) }
    }

    @Test func oneSeedGivesOneRun() throws {
        func trace(_ seed: UInt64) -> String {
            var options = RoleHarness.Options()
            options.seed = seed
            (options.loss, options.duplicates) = (0.02, 0.05)
            let harness = RoleHarness(options)
            _ = harness.submit(harness.order())
            harness.run(seconds: 40)
            return "\(harness.trace) \(harness.steps)"
        }
        let first = trace(7)
        #expect(trace(7) == first)
        #expect(trace(8) != first)
    }
}
