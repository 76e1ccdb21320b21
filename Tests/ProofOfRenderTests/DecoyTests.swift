import Crypto
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct DecoyTests {
    private let fixture = Fixture(width: 40, height: 24, samples: 40, challenges: 24)
    private func decoy(_ permille: UInt32 = 500, key: UInt64 = 1) -> Decoy { Decoy(key: words(key), permille: permille)! }

    @Test(
        "exactly the share is altered, in every bucket, and all counts of rays stay", arguments: [1, 10, 100, 500, 999, 1000] as [UInt32])
    func altersItsShare(_ permille: UInt32) throws {
        let (grid, honest) = (fixture.grid, TestRenderer.render(fixture.request))
        let pixels = decoy(permille).pixels(grid)
        #expect(pixels.count == (960 * Int(permille) + 999) / 1000)
        #expect(pixels == decoy(permille).pixels(grid) && pixels.allSatisfy { $0 < 960 })
        if permille < 999 { #expect(pixels != decoy(permille, key: 2).pixels(grid)) }
        let altered = try #require(decoy(permille).altered(honest, grid: grid))
        #expect(altered.rays == honest.rays)
        for record in honest.rays.indices {
            let isEqual = (0..<3).allSatisfy { altered.sums[record * 3 + $0].bitPattern == honest.sums[record * 3 + $0].bitPattern }
            #expect(isEqual != pixels.contains(UInt32(record / grid.bucketCount)))
        }
    }

    @Test func pixelsLikeTheirNeighboursAreAlteredToo() throws {
        var black = TestRenderer.render(fixture.request)
        for index in black.sums.indices { black.sums[index] = 0 }
        let altered = try #require(decoy(1000).altered(black, grid: fixture.grid))
        #expect((0..<altered.rays.count).allSatisfy { altered.sums[$0 * 3] > 0 })
        let (one, single) = (Fixture(width: 1, height: 1, samples: 16), decoy(1))
        let records = TestRenderer.render(one.request)
        #expect(try #require(single.altered(records, grid: one.grid)).sums != records.sums)
        #expect(decoy().altered(records, grid: fixture.grid) == nil)
    }

    /// What a Verifier states that takes `values` for its own and accepts.
    private func accepting(_ run: CheckRun, values: ([RecordValue], Verification) throws -> [RecordValue]) throws -> FalseAccept {
        var verdict = try #require(run.verification.verdict)
        verdict.values = try values(verdict.values, run.verification)
        verdict.outcome = .accept
        return FalseAccept(
            claim: run.verification.claim, output: Bytes32(words: 1, 1, 1, 1), verdict: verdict,
            locators: try run.transcript.locators?.decoded(), openings: try run.transcript.openings?.decoded())
    }

    private func falsified() throws -> CheckRun {
        CheckRun(fixture, records: try #require(decoy().altered(TestRenderer.render(fixture.request), grid: fixture.grid)))
    }

    @Test func whoRendersRejectsAndIsNotAccused() throws {
        let run = try falsified()
        guard case .reject(.valueMismatch) = run.outcome else {
            Issue.record("\(String(describing: run.outcome))")
            return
        }
        let verdict = try #require(run.verification.verdict)
        let check = FalseAccept(claim: run.verification.claim, output: .zero, verdict: verdict, locators: nil, openings: nil)
        #expect(check.check() == .none)
    }

    @Test("made-up values show themselves without a render, on honest work as well")
    func madeUpValues() throws {
        for run in [try falsified(), CheckRun(fixture, records: TestRenderer.render(fixture.request))] {
            let made = try accepting(run) { values, _ in values.map { _ in RecordValue(sums: .zero, rays: 16) } }
            guard case .isShown(.ownValues) = made.check() else {
                Issue.record("\(made.check())")
                return
            }
            // Nor may it state none.
            let none = try accepting(run) { _, _ in [] }
            #expect(none.check() == .isShown(.records(nil)))
        }
    }

    @Test("values that the Worker gave are seen by rendering one place of the decoy")
    func copiedValues() throws {
        let run = try falsified()
        let (request, grid) = (run.verification.claim.renderRequest, run.verification.claim.grid)
        let located = try #require(run.verification.located)
        let copied = try accepting(run) { _, check in try check.places.map { try #require(check.claimed(at: $0)) } }
        let suspects = decoy().falsePlaces(located, grid: grid)
        #expect(suspects.count > 10 && suspects.count < located.places.count)
        guard case .recompute(let places) = copied.check(suspects: suspects) else {
            Issue.record("\(copied.check(suspects: suspects))")
            return
        }
        #expect(places == suspects)
        let values = places.map { TestRenderer.value(request, $0) }
        #expect(copied.check(suspects: suspects, recomputed: values) == .isShown(.copied(suspects[0])))
        // All places say the same; those that are right say nothing.
        #expect(copied.check(recomputed: located.places.map { TestRenderer.value(request, $0) }) == .isShown(.copied(suspects[0])))
        let right = located.places.filter { !suspects.contains($0) }
        #expect(copied.check(suspects: right, recomputed: right.map { TestRenderer.value(request, $0) }) == .none)
        #expect(copied.check(suspects: []) == .none)
    }

    @Test func whoAcceptsHonestWorkIsNotAccused() throws {
        let run = CheckRun(fixture, records: TestRenderer.render(fixture.request))
        #expect(run.outcome == .accept)
        let check = try accepting(run) { values, _ in values }
        let values = run.verification.places.map { TestRenderer.value(run.verification.claim.renderRequest, $0) }
        #expect(check.check() == .recompute(run.verification.places))
        #expect(check.check(recomputed: values) == .none)
    }

    @Test func acceptsWithoutRecordsAreFalse() throws {
        let run = try falsified()
        let verdict = try #require(run.verification.verdict)
        var accept = verdict
        accept.outcome = .accept
        func finding(_ locators: Locators?, _ openings: Openings?) -> FalseAccept.Finding {
            FalseAccept(
                claim: run.verification.claim, output: Bytes32(words: 1, 1, 1, 1), verdict: accept, locators: locators, openings: openings
            ).check()
        }
        var locators: Locators = try #require(run.transcript.locators).decoded()
        let openings: Openings = try #require(run.transcript.openings).decoded()
        #expect(finding(nil, nil) == .isShown(.records(nil)) && finding(locators, nil) == .isShown(.records(nil)))
        locators.rays.swapAt(0, 1)
        guard case .isShown(.records(.some)) = finding(locators, openings) else {
            Issue.record("\(finding(locators, openings))")
            return
        }
    }

    @Test func promisesBind() throws {
        let promise = DecoyPromise(decoy(), offer: words(3), salt: words(4))
        let reveal = DecoyReveal(promise: words(5), offer: words(3), decoy: decoy(), salt: words(4))
        #expect(reveal.keeps(promise))
        for other in [
            DecoyReveal(promise: words(5), offer: words(9), decoy: decoy(), salt: words(4)),
            DecoyReveal(promise: words(5), offer: words(3), decoy: decoy(100), salt: words(4)),
            DecoyReveal(promise: words(5), offer: words(3), decoy: decoy(key: 2), salt: words(4)),
            DecoyReveal(promise: words(5), offer: words(3), decoy: decoy(), salt: words(9)),
        ] { #expect(!other.keeps(promise)) }
        #expect(try DecoyPromise(body: promise.body) == promise)
        #expect(try DecoyReveal(body: reveal.body) == reveal)
        var large = ProtobufWriter()
        for number in [1, 2, 3] as [UInt32] { large.bytes32(number, words(1)) }
        large.uint32(4, 1001)
        large.bytes32(5, words(1))
        #expect(throws: WireError.outOfBounds) { try DecoyReveal(body: large.bytes) }
        #expect(Decoy(key: .zero, permille: 0) == nil && Decoy(key: .zero, permille: 1001) == nil)
    }

    @Test func chancesAddUp() {
        // A decoy in each duty, one challenge, half of it false: 1 − ½ⁿ.
        #expect(decoy(500).caught(duties: 3, rate: 1, rayChallenges: 1, areaChallenges: 0) == 0.875)
        #expect(decoy(500).caught(duties: 0, rate: 1, rayChallenges: 1, areaChallenges: 0) == 0)
        let tenth = decoy(100).caught(duties: 100, rate: 0.05, rayChallenges: 133, areaChallenges: 133)
        #expect(abs(tenth - 0.994_08) < 1e-5)
    }
}
