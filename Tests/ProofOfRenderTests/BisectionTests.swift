import Crypto
import Determinism
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

/// A Worker that faked one sample, challenged about it, and asked for the samples of its record.
private struct Narrowing {
    let fixture = Fixture(width: 8, height: 8, samples: 40)
    let place = RecordPlace(x: 5, y: 2, bucket: 1)
    /// Of the frame.
    let faked: UInt32
    let run: CheckRun
    /// What the Worker has after each sample.
    let prefixes: [RecordValue]

    init(faked: UInt32 = 22) {
        self.faked = faked
        var prefixes: [RecordValue] = []
        var value = RecordValue(sums: .zero, rays: 0)
        for sample in 16..<32 as Range<UInt32> {
            let one = TestRenderer.sample(fixture.request, SamplePlace(x: 5, y: 2, sample: sample))
            value.sums += one.sums + (sample == faked ? SIMD3(0.5, 0, 0) : .zero)
            value.rays += one.rays
            prefixes.append(value)
        }
        self.prefixes = prefixes
        var records = TestRenderer.render(fixture.request)
        let record = (2 * 8 + 5) * 3 + 1
        for channel in 0..<3 { records.sums[record * 3 + channel] = value.sums[channel] }
        run = CheckRun(fixture, records: records)
    }

    var claim: Claim { run.verification.claim }

    func render(_ requests: [RenderRequest]) -> [RecordValue] { requests.map { TestRenderer.value($0, place) } }

    /// Asks, takes this answer, and tells what it ends in.
    func ends(with answer: [RecordValue]) throws -> Bisection.Finding? {
        var bisection = try #require(Bisection(run.verification))
        var effects: [Bisection.Effect] = []
        bisection.start(now: .origin, emit: &effects)
        bisection.handle(.asked(words(1)), now: .origin, emit: &effects)
        bisection.handle(.received(SampleTrace(question: words(1), prefixes: answer), id: words(2)), now: .origin, emit: &effects)
        if case .render(let requests, place)? = effects.last {
            bisection.handle(.rendered(render(requests)), now: .origin, emit: &effects)
        }
        guard case .finish(let finding)? = effects.last else {
            Issue.record("\(effects)")
            return nil
        }
        #expect(bisection.nextDeadline == nil)
        return finding
    }

    func proof(trace: SampleTrace, sample: UInt32) throws -> FraudProof {
        FraudProof(
            claim: claim, output: Bytes32(words: 1, 1, 1, 1), nonce: run.verification.nonce, reason: .valueMismatch(place),
            locators: try run.transcript.locators?.decoded(), openings: try run.transcript.openings?.decoded(), picture: nil,
            trace: (trace, sample))
    }
}

@Suite struct BisectionTests {
    @Test("the first sample that differs is found, wherever it is", arguments: [16, 22, 31] as [UInt32])
    func findsTheSample(_ faked: UInt32) throws {
        let narrowing = Narrowing(faked: faked)
        #expect(narrowing.run.outcome == .reject(.valueMismatch(narrowing.place)))
        #expect(try narrowing.ends(with: narrowing.prefixes) == Bisection.Finding(trace: words(2), sample: faked))

        // A third party renders this one sample.
        let proof = try narrowing.proof(trace: SampleTrace(question: words(1), prefixes: narrowing.prefixes), sample: faked)
        #expect(proof.step?.place == SamplePlace(x: 5, y: 2, sample: faked))
        var value = TestRenderer.sample(narrowing.claim.renderRequest, SamplePlace(x: 5, y: 2, sample: faked))
        #expect(proof.check(sample: value) == .holds)
        value.sums.x += 0.5
        #expect(proof.check(sample: value) == .refuted)
        // A sample that is right shows nothing.
        let other = faked == 16 ? 17 : faked - 1
        let honest = try narrowing.proof(trace: SampleTrace(question: words(1), prefixes: narrowing.prefixes), sample: other)
        let right = TestRenderer.sample(narrowing.claim.renderRequest, SamplePlace(x: 5, y: 2, sample: other))
        #expect(honest.check(sample: right) == .refuted)
    }

    @Test("a Worker that tells the truth but for one jump is caught at the jump")
    func lyingTraces() throws {
        let narrowing = Narrowing(faked: 20)
        var answer = narrowing.render(narrowing.claim.renderRequest.prefixes(of: narrowing.place))
        answer[15] = narrowing.prefixes[15]
        #expect(try narrowing.ends(with: answer)?.sample == 31)
        let proof = try narrowing.proof(trace: SampleTrace(question: words(1), prefixes: answer), sample: 31)
        let value = TestRenderer.sample(narrowing.claim.renderRequest, SamplePlace(x: 5, y: 2, sample: 31))
        #expect(proof.check(sample: value) == .holds)
    }

    @Test("answers that do not fit the Worker's own record end it, and the record stands as a whole")
    func tracesThatDoNotFit() throws {
        let narrowing = Narrowing()
        var short = narrowing.prefixes
        short.removeLast()
        var other = narrowing.prefixes
        other[15].sums.x = other[15].sums.x.nextUp
        var still = narrowing.prefixes
        still[4].rays = still[3].rays
        var leap = narrowing.prefixes
        leap[0].rays = 200
        let honest = narrowing.render(narrowing.claim.renderRequest.prefixes(of: narrowing.place))
        for answer in [short, other, still, leap, honest] {
            #expect(try narrowing.ends(with: answer) == nil)
            let proof = try narrowing.proof(trace: SampleTrace(question: words(1), prefixes: answer), sample: 22)
            #expect(proof.step == nil)
            #expect(proof.check() == .recompute(narrowing.place))
        }
    }

    @Test func silenceEndsAtTheDeadline() throws {
        let narrowing = Narrowing()
        var bisection = try #require(Bisection(narrowing.run.verification))
        var effects: [Bisection.Effect] = []
        bisection.start(now: .origin, emit: &effects)
        let openings = try #require(narrowing.run.transcript.openings).id(network: narrowing.fixture.network)
        #expect(
            effects == [.ask(SampleQuestion(duty: narrowing.run.verification.dutyID, openings: openings, place: narrowing.place))])
        bisection.handle(.asked(words(1)), now: .origin, emit: &effects)
        let deadline = try #require(bisection.nextDeadline)
        #expect(deadline == .origin + .seconds(20))
        // Answers to other questions, and renders that nobody asked for, change nothing.
        bisection.handle(
            .received(SampleTrace(question: words(9), prefixes: narrowing.prefixes), id: words(2)), now: .origin, emit: &effects)
        bisection.handle(.rendered([]), now: .origin, emit: &effects)
        bisection.handleDeadline(now: .origin + .seconds(19), emit: &effects)
        #expect(effects.count == 1 && bisection.nextDeadline == deadline)
        bisection.handleDeadline(now: deadline, emit: &effects)
        #expect(effects.last == .finish(nil) && bisection.nextDeadline == nil)
        bisection.handle(
            .received(SampleTrace(question: words(1), prefixes: narrowing.prefixes), id: words(2)), now: deadline, emit: &effects)
        bisection.handleDeadline(now: deadline + .seconds(99), emit: &effects)
        #expect(effects.count == 2)
    }

    @Test func rendersThatFailOrNeverEndLeaveTheRecord() throws {
        for isLate in [false, true] {
            let narrowing = Narrowing()
            var bisection = try #require(Bisection(narrowing.run.verification))
            var effects: [Bisection.Effect] = []
            bisection.start(now: .origin, emit: &effects)
            bisection.handle(.asked(words(1)), now: .origin, emit: &effects)
            let trace = SampleTrace(question: words(1), prefixes: narrowing.prefixes)
            bisection.handle(.received(trace, id: words(2)), now: .origin + .seconds(5), emit: &effects)
            #expect(bisection.nextDeadline == .origin + .seconds(65))
            if isLate {
                bisection.handleDeadline(now: .origin + .seconds(65), emit: &effects)
            } else {
                bisection.handle(.renderFailed, now: .origin + .seconds(6), emit: &effects)
            }
            #expect(effects.last == .finish(nil))
        }
    }

    @Test func aWorkerAnswersAboutOpenedPlacesAlone() throws {
        let narrowing = Narrowing()
        let located = try #require(narrowing.run.verification.located)
        var question = SampleQuestion(duty: narrowing.run.verification.dutyID, openings: words(3), place: narrowing.place)
        let requests = try #require(question.requests(claim: narrowing.claim, located: located))
        #expect(requests.map(\.samples) == (17...32).map { 16..<$0 })
        question.place.bucket = 9
        #expect(question.requests(claim: narrowing.claim, located: located) == nil)
        // The last bucket holds 8 samples.
        let last = narrowing.claim.renderRequest.prefixes(of: RecordPlace(x: 0, y: 0, bucket: 2))
        #expect(last.count == 8 && last.last?.samples == 32..<40)
        #expect(narrowing.claim.renderRequest.prefixes(of: RecordPlace(x: 0, y: 0, bucket: .max)).isEmpty)
    }

    @Test func acceptedChecksHaveNothingToNarrow() {
        let fixture = Fixture(width: 8, height: 8, samples: 16)
        #expect(Bisection(CheckRun(fixture, records: TestRenderer.render(fixture.request)).verification) == nil)
    }

    @Test func messagesRoundTrip() throws {
        let trace = SampleTrace(question: words(4), prefixes: Narrowing().prefixes)
        #expect(try SampleTrace(body: trace.body) == trace)
        let question = SampleQuestion(duty: words(1), openings: words(2), place: RecordPlace(x: 0, y: 7, bucket: 3))
        #expect(try SampleQuestion(body: question.body) == question)
        #expect(throws: WireError.missingField) { try SampleTrace(body: SampleTrace(question: words(4), prefixes: []).body) }
        let long = SampleTrace(question: words(4), prefixes: trace.prefixes + trace.prefixes)
        #expect(throws: (any Error).self) { try SampleTrace(body: long.body) }
        var verdict = Sample.verdict
        verdict.sample = 3
        #expect(throws: WireError.outOfBounds) { try Verdict(body: verdict.body) }
        verdict.trace = words(5)
        let read = try Verdict(body: verdict.body)
        #expect(read == verdict && read.sample == 3 && read.trace == words(5))
    }
}

/// The same in a bundle, replayed by a third party.
@Suite struct BisectionReplayTests {
    /// Every record is off, by what its last sample would have added.
    private static func bundle(_ change: (inout Verdict) -> Void = { _ in }) throws -> (BundleFixture, ProofBundle) {
        var fixture = BundleFixture { records in
            for record in records.rays.indices { records.sums[record * 3] += 1024 }
        }
        let network = fixture.fixture.network
        var bundle = fixture.bundle
        for index in bundle.transcripts.indices {
            let check = fixture.runs[index].verification
            var verdict: Verdict = try bundle.transcripts[index].verdict.decoded()
            guard case .reject(let reason) = verdict.outcome, let place = reason.disputedPlace, let openings = verdict.openings else {
                continue
            }
            let verifier = try #require(fixture.fixture.verifiers.first { $0.publicKey == check.duty.verifier })
            let question = SampleQuestion(duty: check.dutyID, openings: openings, place: place).signed(by: verifier, network: network)
            var prefixes = check.claim.renderRequest.prefixes(of: place).map { TestRenderer.value($0, place) }
            prefixes[prefixes.count - 1] = try #require(check.claimed(at: place))
            let trace = SampleTrace(question: question.id(network: network), prefixes: prefixes).signed(
                by: fixture.fixture.worker, network: network)
            (verdict.trace, verdict.sample) = (trace.id(network: network), place.bucket * 16 + UInt32(prefixes.count) - 1)
            change(&verdict)
            bundle.transcripts[index].question = question
            bundle.transcripts[index].trace = trace
            bundle.transcripts[index].verdict = verdict.signed(by: verifier, network: network)
        }
        bundle.attemptEnd = nil
        fixture.bundle = bundle
        return (fixture, bundle)
    }

    private func report(_ bundle: ProofBundle, rendersPlaces: Bool, rendersSamples: Bool = true) throws -> ReplayReport {
        let replay = Replay(bundle, with: .simulated(identity: .zero, secret: Fixture.secret))
        let request = try #require(replay.request)
        return replay.report(
            values: rendersPlaces ? replay.places.map { TestRenderer.value(request, $0) } : nil,
            sampleValues: rendersSamples ? replay.samples.map { TestRenderer.sample(request, $0) } : nil)
    }

    @Test("one sample shows what the verdict says, without any other place")
    func oneSampleDecides() throws {
        let (_, bundle) = try BisectionReplayTests.bundle()
        #expect(try ProofBundle(encoded: bundle.encoded) == bundle)
        for rendersPlaces in [true, false] {
            let report = try report(bundle, rendersPlaces: rendersPlaces)
            guard case .rejected(.valueMismatch) = report.conclusion else {
                Issue.record("\(report)")
                return
            }
            #expect(report.failures.isEmpty)
            #expect(report.lines.contains(ReplayReport.Line(step: .sample(0), result: .passed)))
            #expect(report.lines.contains(ReplayReport.Line(step: .trace(1), result: .passed)))
        }
        let unrendered = try report(bundle, rendersPlaces: false, rendersSamples: false)
        guard case .incomplete = unrendered.conclusion else {
            Issue.record("\(unrendered)")
            return
        }
    }

    @Test("a verdict that names a sample which is right is false, unless the record is seen to differ all the same")
    func wrongSample() throws {
        let (_, bundle) = try BisectionReplayTests.bundle { $0.sample -= 1 }
        for rendersPlaces in [true, false] {
            let report = try report(bundle, rendersPlaces: rendersPlaces)
            if rendersPlaces, case .rejected(.valueMismatch) = report.conclusion {
            } else {
                #expect(!rendersPlaces && report.conclusion == .contradicted, "\(report)")
            }
            #expect(report.failures.contains { $0.step == .sample(0) && $0.failure == .wrongSample })
        }
        let (_, outside) = try BisectionReplayTests.bundle { $0.sample += 1 }
        #expect(try report(outside, rendersPlaces: true).failures.contains { $0.step == .trace(0) && $0.failure == .wrongSample })
    }

    @Test func tracesOfOthersAreNone() throws {
        let (fixture, bundle) = try BisectionReplayTests.bundle()
        var missing = bundle
        missing.transcripts[0].trace = nil
        #expect(try report(missing, rendersPlaces: true).failures.contains { $0.step == .trace(0) && $0.failure == .missing })
        var foreign = bundle
        foreign.transcripts[0].trace = try SampleTrace(record: bundle.transcripts[0].trace).signed(
            by: fixture.fixture.manager, network: fixture.fixture.network)
        #expect(try report(foreign, rendersPlaces: true).failures.contains { $0.step == .trace(0) && $0.failure == .wrongAuthor })
        var swapped = bundle
        swapped.transcripts[0].trace = bundle.transcripts[1].trace
        #expect(try report(swapped, rendersPlaces: true).failures.contains { $0.step == .trace(0) && $0.failure == .wrongCitation })
    }
}

extension SampleTrace {
    fileprivate init(record: Record?) throws { self = try #require(record).decoded() }
}
