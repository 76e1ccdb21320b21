import Crypto
import Determinism
import Identity
import RenderModel
import Testing
import Wire

@testable import ProofOfRender

@Suite struct BundleTests {
    static let honest = BundleFixture()
    /// Every record is off by a little, so every Verifier sees it.
    static let faked = BundleFixture { records in
        for index in records.sums.indices { records.sums[index] = records.sums[index].nextUp }
    }

    @Test func honestAttemptIsReproduced() {
        let report = BundleTests.honest.replay()
        #expect(report.conclusion == .accepted)
        #expect(report.lines.allSatisfy { $0.result == .passed }, "\(report.lines)")
        #expect(report.lines.count == 8 + 2 * 9)
    }

    @Test func fakedAttemptIsReproduced() {
        let report = BundleTests.faked.replay()
        guard case .rejected(.valueMismatch) = report.conclusion else {
            Issue.record("\(report)")
            return
        }
        #expect(report.failures.isEmpty)
    }

    @Test func roundTrip() throws {
        for bundle in [BundleTests.honest.bundle, BundleTests.faked.bundle] {
            #expect(try ProofBundle(encoded: bundle.encoded) == bundle)
        }
        var small = BundleTests.honest.bundle
        (small.jobPlan, small.attemptEnd, small.picture, small.workerDraw, small.verifierDraw) = (nil, nil, nil, nil, nil)
        small.transcripts[0].openings = nil
        #expect(try ProofBundle(encoded: small.encoded) == small)
    }

    @Test func missingScene() {
        let blocks = [Sample.scene]
        func report(_ fixture: BundleFixture) -> ReplayReport {
            fixture.bundle.replay(with: fixture.fixture.manager) { _, _, _ in .missing(blocks) }
        }
        #expect(report(BundleTests.honest).conclusion == .incomplete(missing: blocks))
        #expect(report(BundleTests.honest).failures.isEmpty)
        #expect(report(BundleTests.faked).conclusion == .incomplete(missing: blocks))
        // What the records alone show needs no scene.
        let fewRays = BundleFixture { records in
            for index in records.rays.indices { records.rays[index] = 8 }
            records.rays[0] = 2048
            records.rays[1] = 2048
            records.rays[2] = 2048
            records.rays[3] = 2048
        }
        guard case .rejected = report(fewRays).conclusion else {
            Issue.record("\(report(fewRays))")
            return
        }
    }

    @Test func missingPicture() {
        var bundle = BundleTests.honest.bundle
        bundle.picture = nil
        let result = BundleTests.honest.runs[0].verification.claim.commitment.result
        #expect(BundleTests.honest.replay(bundle).conclusion == .incomplete(missing: [result]))
    }

    @Test func onlyTrustedManagersCount() {
        let report = BundleTests.honest.replay(managers: [words(1)])
        #expect(report.conclusion == .contradicted)
        #expect(report.failures.first?.failure == .wrongAuthor)
    }

    @Test("whoever renders other values contradicts the verdicts")
    func otherScene() {
        let fixture = BundleTests.honest
        let report = fixture.bundle.replay(with: fixture.fixture.manager) { request, _, places in
            .values(
                places.map { place in
                    var value = TestRenderer.value(request, place)
                    value.sums.x += 1
                    return value
                })
        }
        #expect(report.conclusion == .contradicted)
        #expect(report.failures.contains { $0.failure == .wrongValues })
    }

    /// Every way to alter one part, signed again by its author where that author could.
    static let tampering: [(name: String, failure: ReplayFailure?, change: @Sendable (inout ProofBundle, Fixture) -> Void)] = [
        ("network", .badSignature, { bundle, _ in bundle.network = NetworkID(words(8)) }),
        (
            "job request", .wrongCitation,
            { bundle, f in bundle.jobRequest = .signed(type: .jobRequest, body: [9], by: f.client, network: f.network) }
        ),
        ("job plan", .badSignature, { bundle, _ in bundle.jobPlan?.body = [2] }),
        (
            "offer", .wrongAuthor,
            { bundle, f in
                var offer = f.offer
                offer.jobSeed += 1
                offer.worker = words(1234)
                bundle.offer = offer.signed(by: f.manager, network: f.network)
            }
        ),
        (
            "offer's seed", .wrongCitation,
            { bundle, f in
                var offer = f.offer
                offer.jobSeed += 1
                bundle.offer = offer.signed(by: f.manager, network: f.network)
            }
        ),
        ("commitment of another", .wrongAuthor, { bundle, f in bundle.commitment.author = f.client.publicKey }),
        (
            "commitment", .notAnchored(.notIncluded),
            { bundle, f in
                var commitment: Commitment = try! bundle.commitment.decoded()
                commitment.totalRays += 1
                bundle.commitment = commitment.signed(by: f.worker, network: f.network)
            }
        ),
        ("anchor's position", .notAnchored(.notIncluded), { bundle, _ in bundle.anchor.index = 3 }),
        ("anchor's path", .notAnchored(.notIncluded), { bundle, _ in bundle.anchor.shardPath[0] = .zero }),
        (
            "another output", .notAnchored(.wrongCitation),
            { bundle, f in
                bundle.anchor.beacon = Beacon(round: 8, previous: words(7), root: words(1), contribution: words(2))
                    .signed(by: f.manager, network: f.network)
            }
        ),
        (
            "an output made up afterwards", .wrongCitation,
            { bundle, f in
                let root = bundle.anchor.roundRoot.id(network: f.network)
                bundle.anchor.beacon = Beacon(round: 8, previous: words(7), root: root, contribution: words(2))
                    .signed(by: f.manager, network: f.network)
            }
        ),
        (
            "duty for another rank", .notDrawn,
            { bundle, f in
                var duty: Duty = try! bundle.transcripts[0].duty.decoded()
                duty.rank = 3
                bundle.transcripts[0].duty = duty.signed(by: f.manager, network: f.network)
            }
        ),
        ("roster", .notDrawn, { bundle, _ in bundle.verifierDraw?.roster = Roster([Roster.Entry(key: words(4))])! }),
        ("workers' roster", .notDrawn, { bundle, _ in bundle.workerDraw?.roster = Roster([Roster.Entry(key: words(4))])! }),
        (
            "nonce chosen later", .wrongNonce,
            { bundle, f in
                var accept: DutyAccept = try! bundle.transcripts[0].accept.decoded()
                accept.nonceHash = .zero
                let author = f.verifiers.first { $0.publicKey == bundle.transcripts[0].accept.author }!
                bundle.transcripts[0].accept = accept.signed(by: author, network: f.network)
            }
        ),
        ("no locators", .missing, { bundle, _ in bundle.transcripts[0].locators = nil }),
        ("locators", .badSignature, { bundle, _ in bundle.transcripts[0].locators?.body[100] ^= 1 }),
        ("another's locators", .wrongCitation, { bundle, _ in bundle.transcripts[0].locators = bundle.transcripts[1].locators }),
        ("another's blind", .wrongAuthor, { bundle, _ in bundle.transcripts[0].blind = bundle.transcripts[1].blind }),
        ("no openings", .missing, { bundle, _ in bundle.transcripts[1].openings = nil }),
        (
            "openings", .wrongCitation,
            { bundle, f in
                var openings: Openings = try! bundle.transcripts[0].openings!.decoded()
                openings.values[3] ^= 1
                bundle.transcripts[0].openings = openings.signed(by: f.worker, network: f.network)
            }
        ),
        ("verdict's salt", .wrongBlind, alterVerdict { $0.salt = .zero }),
        ("verdict's values", .wrongBlind, alterVerdict { $0.values[0].rays ^= 1 }),
        ("verdict against the records", .falseVerdict(found: .accept), alterVerdict { $0.outcome = .reject(.badPath(challenge: 0)) }),
        (
            "verdict on another commitment", .wrongCitation, alterVerdict { $0.commitment = words(1) }
        ),
        ("picture", .foreignPicture, { bundle, _ in bundle.picture?.root[5] ^= 1 }),
        (
            "decision without its verdicts", .missing,
            { bundle, _ in bundle.transcripts.removeLast() }
        ),
        (
            "decision against the verdicts", .falseDecision,
            { bundle, f in
                var end: AttemptEnd = try! bundle.attemptEnd!.decoded()
                guard case .accepted(let commitment, let verdicts) = end.outcome else { return }
                end.outcome = .rejected(commitment: commitment, evidence: verdicts)
                bundle.attemptEnd = end.signed(by: f.manager, network: f.network)
            }
        ),
        (
            "decision by too few", .falseDecision,
            { bundle, f in
                var end: AttemptEnd = try! bundle.attemptEnd!.decoded()
                guard case .accepted(let commitment, let verdicts) = end.outcome else { return }
                end.outcome = .accepted(commitment: commitment, verdicts: [verdicts[0], verdicts[0]])
                bundle.attemptEnd = end.signed(by: f.manager, network: f.network)
            }
        ),
        ("decision by another", .wrongAuthor, { bundle, f in bundle.attemptEnd?.author = f.client.publicKey }),
    ]

    /// Alters the first verdict, signs it again, and has the decision cite it.
    private static func alterVerdict(
        _ change: @escaping @Sendable (inout Verdict) -> Void
    ) -> @Sendable (inout ProofBundle, Fixture) -> Void {
        { bundle, f in
            var verdict: Verdict = try! bundle.transcripts[0].verdict.decoded()
            let old = bundle.transcripts[0].verdict.id(network: f.network)
            change(&verdict)
            let author = f.verifiers.first { $0.publicKey == bundle.transcripts[0].verdict.author }!
            bundle.transcripts[0].verdict = verdict.signed(by: author, network: f.network)
            var end: AttemptEnd = try! bundle.attemptEnd!.decoded()
            guard case .accepted(let commitment, let verdicts) = end.outcome else { return }
            let id = bundle.transcripts[0].verdict.id(network: f.network)
            end.outcome = .accepted(commitment: commitment, verdicts: verdicts.map { $0 == old ? id : $0 })
            bundle.attemptEnd = end.signed(by: f.manager, network: f.network)
        }
    }

    @Test("an altered part is found and named", arguments: 0..<30)
    func tampered(_ index: Int) {
        let (name, failure, change) = BundleTests.tampering[index]
        let fixture = BundleTests.honest
        var bundle = fixture.bundle
        change(&bundle, fixture.fixture)
        #expect(bundle != fixture.bundle, "\(name) changed nothing")
        let report = fixture.replay(bundle)
        #expect(report.conclusion == .contradicted, "\(name): \(report)")
        #expect(report.failures.contains { $0.failure == failure }, "\(name): \(report.failures)")
    }

    @Test func tamperingIsComplete() { #expect(BundleTests.tampering.count == 30) }

    @Test("a Manager that accepts what a Verifier proved false is contradicted")
    func acceptedInSpiteOfProof() throws {
        let fixture = BundleTests.faked
        var bundle = fixture.bundle
        var end: AttemptEnd = try #require(try bundle.attemptEnd?.decoded())
        guard case .rejected(let commitment, let verdicts) = end.outcome else {
            Issue.record("the faked attempt was accepted")
            return
        }
        end.outcome = .accepted(commitment: commitment, verdicts: verdicts)
        bundle.attemptEnd = end.signed(by: fixture.fixture.manager, network: fixture.fixture.network)
        #expect(fixture.replay(bundle).conclusion == .contradicted)
    }

    @Test("enough genuine accepts do not outweigh one reason that is shown")
    func acceptsOutweighNothing() throws {
        // A record that one of three Verifiers was given to recompute, and the others were not.
        for record in 0..<60 {
            let fixture = BundleFixture(committee: 3) { $0.sums[record * 3] += 1 }
            let accepting = fixture.runs.filter { $0.outcome == .accept }.map(\.transcript.verdict)
            guard accepting.count == 2 else { continue }
            var bundle = fixture.bundle
            var end: AttemptEnd = try #require(try bundle.attemptEnd?.decoded())
            guard case .rejected(let commitment, _) = end.outcome else {
                Issue.record("the attempt was not rejected")
                return
            }
            let (manager, network) = (fixture.fixture.manager, fixture.fixture.network)
            end.outcome = .accepted(commitment: commitment, verdicts: accepting.map { $0.id(network: network) })
            bundle.attemptEnd = end.signed(by: manager, network: network)
            #expect(fixture.replay(bundle).failures.map(\.failure) == [.falseDecision])
            return
        }
        Issue.record("no record was challenged by one Verifier alone")
    }

    @Test("a lying Verifier that the decision does not rest on changes nothing")
    func liar() throws {
        let fixture = BundleTests.honest
        var bundle = fixture.bundle
        var lie = bundle.transcripts[1]
        var verdict: Verdict = try lie.verdict.decoded()
        verdict.outcome = .reject(.wrongImageHash)
        let author = try #require(fixture.fixture.verifiers.first { $0.publicKey == lie.verdict.author })
        lie.verdict = verdict.signed(by: author, network: fixture.fixture.network)
        bundle.transcripts.append(lie)
        let report = fixture.replay(bundle)
        #expect(report.conclusion == .accepted)
        #expect(report.failures.map(\.failure) == [.falseVerdict(found: .accept)])
    }

    @Test("mutated files are refused, or replayed without a trap")
    func hostileFiles() {
        var random = Generator(seed: 5)
        let bytes = BundleTests.honest.bundle.encoded
        var decoded = 0
        for _ in 0..<150 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<mutated.count, using: &random)
                if Bool.random(using: &random) {
                    mutated[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                } else {
                    mutated.remove(at: position)
                }
            }
            guard let bundle = try? ProofBundle(encoded: mutated) else { continue }
            decoded += 1
            #expect(bundle.encoded == mutated)
            if decoded <= 12 { #expect(BundleTests.honest.replay(bundle).conclusion != .undecided) }
        }
        #expect(decoded > 0 && decoded < 150)
    }
}
