import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct VerdictCountTests {
    private func verdict(_ outcome: Verdict.Outcome, reproduced: [RecordID] = []) -> Verdict {
        var verdict = Sample.verdictAccept
        (verdict.outcome, verdict.reproduced) = (outcome, reproduced)
        return verdict
    }
    private let mismatch = Verdict.Outcome.reject(.valueMismatch(RecordPlace(x: 1, y: 2, bucket: 0)))

    @Test(arguments: SecurityLevel.allCases)
    func agreeingVerdictsDecide(_ level: SecurityLevel) {
        var count = VerdictCount(level: level)
        for index in 0..<level.verifiers {
            #expect(count.decision == .waiting(missing: level.verifiers - index))
            count.add(verdict(.cannot(.engineFailed)), id: words(100 + UInt64(index)), verifier: words(50 + UInt64(index)))
            count.add(verdict(.accept), id: words(UInt64(index)), verifier: words(UInt64(index)))
            // The same Verifier once more.
            count.add(verdict(.accept), id: words(200), verifier: words(UInt64(index)))
        }
        #expect(count.decision == .accepted((0..<level.verifiers).map { words(UInt64($0)) }))
    }

    @Test func reproducedMismatchOutweighsEveryAccept() {
        var count = VerdictCount(level: .standard)
        count.add(verdict(.accept), id: words(1), verifier: words(1))
        count.add(verdict(.accept), id: words(2), verifier: words(2))
        count.add(verdict(mismatch), id: words(3), verifier: words(3))
        #expect(count.decision == .escalate(dispute: words(3), missing: 3))
        count.add(verdict(.accept), id: words(4), verifier: words(4), disputes: [words(3)])
        #expect(count.decision == .escalate(dispute: words(3), missing: 2))
        count.add(verdict(mismatch, reproduced: [words(3)]), id: words(5), verifier: words(5), disputes: [words(3)])
        count.add(verdict(.accept, reproduced: [words(3)]), id: words(6), verifier: words(6), disputes: [words(3)])
        #expect(count.decision == .rejected([words(3), words(5), words(6)]))
    }

    @Test func refutedMismatchIsDiscarded() {
        var count = VerdictCount(level: .standard)
        count.add(verdict(mismatch), id: words(3), verifier: words(3))
        count.add(verdict(.cannot(.draining)), id: words(9), verifier: words(9), disputes: [words(3)])
        #expect(count.decision == .escalate(dispute: words(3), missing: 3), "who cannot check refutes nothing")
        count.add(verdict(.accept), id: words(4), verifier: words(4), disputes: [words(3)])
        count.add(verdict(.accept), id: words(5), verifier: words(5), disputes: [words(3)])
        #expect(count.decision == .accepted([words(4), words(5)]))
        #expect(count.refutedVerdicts == [words(3)])
    }

    @Test func evidenceInTheRecordsDecidesAtOnce() {
        var count = VerdictCount(level: .high)
        count.add(verdict(.reject(.badPath(challenge: 0))), id: words(1), verifier: words(1), isEvident: true)
        #expect(count.decision == .rejected([words(1)]))
        var unfounded = VerdictCount(level: .high)
        unfounded.add(verdict(.reject(.badPath(challenge: 0))), id: words(1), verifier: words(1), isEvident: false)
        #expect(unfounded.decision == .waiting(missing: 6))
        #expect(unfounded.refutedVerdicts == [words(1)])
    }
}
