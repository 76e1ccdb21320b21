import Crypto
import Determinism
import Identity
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

@Suite struct MessageTests {
    private let keys = RoleKeys(signing: .ed25519(KeyPair(seed: Hash.blake2b([9]))), network: RoleHarness.network)
    private let id = Hash.blake2b([3])

    private var request: JobRequest {
        var order = JobOrder(
            sceneRoot: Hash.cid(of: [1]), sceneBytes: 77, frames: [FrameRange(first: 1, last: 3), FrameRange(first: 9, last: 9)],
            settings: RenderSettings())
        order.split = .tiles
        order.formats = [.png, .exr]
        order.level = .high
        (order.budget, order.priceMax, order.priority) = (5, 6, 7)
        return JobRequest(order: order, nonce: id, roundMax: 8)
    }

    private var bodies: [any RecordBody] {
        [
            request, JobAccepted(job: id, plan: .zero), JobEnd(job: id, outcome: .failed, tasksAccepted: 3, rays: 9),
            JobPlan(
                job: id, term: 1, tileWidth: 64, tileHeight: 32, taskCount: 9, seed: 5, verdicts: 2, rayChallenges: 3, areaChallenges: 4,
                profile: .zero, memory: 99),
            JobControl(job: id, action: .retry, number: 2), TaskAccept(offer: id), TaskDecline(offer: id, reason: .busy),
            DutyDecline(duty: id, reason: .paused), Progress(offer: id, permille: 999, rays: 1), HandBack(offer: id, reason: .draining),
            Register(
                role: .verifier, session: 1, sequence: 2, operatorID: .zero, memory: 3, sceneBytesMax: 4, priceMin: 5, benchmark: 6,
                slots: 7, profile: id), Leave(session: 4),
            ManagerEntry(sequence: 5, addresses: [.tcp4(0x7f00_0001, port: 4001), .tcp4(6, port: 7)]),
            Penalty(offender: id, rule: .equivocation, job: .zero, task: 1, attempt: 2, round: 3, evidence: [id, .zero]),
        ]
    }

    private func roundTrip<Body: RecordBody>(_ body: Body) throws {
        #expect(try Body(body: body.body) == body)
        // Cut anywhere, it is another message or none; it never traps.
        for end in 0..<body.body.count { _ = try? Body(body: Array(body.body.prefix(end))) }
        for position in body.body.indices {
            var changed = body.body
            changed[position] ^= 0xff
            if let other = try? Body(body: changed) { #expect(other != body) }
        }
        var longer = body.body
        longer += [0xa0, 0x06, 0x01]
        #expect(throws: WireError.self) { try Body(body: longer) }
    }

    @Test func bodiesComeBackAsTheyWere() throws { for body in bodies { try roundTrip(body) } }

    @Test func statusComesBackAsItWas() throws {
        var status = JobStatus(job: id, phase: .running)
        (status.milliseconds, status.round, status.tasksTotal, status.rays, status.controlNumber) = (1, 2, 3, 4, 5)
        var task = TaskStatus(index: 1, frame: 2, tile: Tile(x: 8, y: 16, width: 24, height: 32), phase: .verifying)
        (task.worker, task.picture, task.rays, task.rngKey) = (id, Hash.cid(of: [5]), 6, .max)
        status.tasks = [task]
        status.reasons = (1...19).compactMap { WhyReason(code: $0, 1, 2) }
        #expect(status.reasons.count == 19)
        status.reasons = Array(status.reasons.prefix(JobStatus.reasonsMax))
        #expect(try JobStatus(encoded: status.encoded) == status)
        for reason in status.reasons {
            let (code, a, b) = reason.code
            #expect(WhyReason(code: code, a, b) == reason && !reason.description.isEmpty)
        }
    }

    /// Bytes from outside: nothing but errors.
    @Test func hostileFramesNeverTrap() throws {
        var generator = Generator(seed: 11)
        let frame = TaskCall.offer(keys.sign(TaskAccept(offer: id))).encoded
        for round in 0..<4_000 {
            var bytes =
                round % 2 == 0
                ? frame : (0..<Int.random(in: 0...200, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator) }
            _ = try? TaskCall(encoded: bytes)
            _ = try? JobCall(encoded: bytes)
            _ = try? JobReply(encoded: bytes)
            _ = try? VerifyCall(encoded: bytes)
            _ = try? RecordReply(encoded: bytes)
            _ = try? RegistryCall(encoded: bytes)
            _ = try? JobStatus(encoded: bytes)
        }
        #expect(throws: WireError.self) { try Frame(encoded: [UInt8](repeating: 0, count: Frame.sizeMax + 1)) }
        let long = Frame(kind: 1, payload: [UInt8](repeating: 0, count: Frame.sizeMax))
        #expect(throws: WireError.outOfBounds) { try Frame(encoded: long.encoded) }
        let crowded = Frame(kind: 1, records: Array(repeating: keys.sign(Leave(session: 1)), count: Frame.recordsMax + 1))
        #expect(throws: WireError.self) { try Frame(encoded: crowded.encoded) }
    }

    @Test func proofsTravelInParts() throws {
        guard case .proof(let part, let size) = try JobReply(encoded: JobReply.proof([1, 2, 3], size: 9).encoded) else {
            Issue.record("no proof")
            return
        }
        #expect(part == [1, 2, 3] && size == 9)
        for attempt in [nil, 0, UInt32.max] {
            let query = ProofQuery(job: id, task: 4, attempt: attempt, offset: 1 << 33)
            #expect(try ProofQuery(encoded: query.encoded) == query)
        }
    }
}

@Suite struct TimersTests {
    @Test func goOffInOrderOnceAndAsLastSet() {
        var timers = Timers<Int>()
        var generator = Generator(seed: 5)
        var expected: [Int: UInt64] = [:]
        for _ in 0..<2_000 {
            let key = Int.random(in: 0..<100, using: &generator)
            if generator.chance(0.3) {
                timers.cancel(key)
                expected[key] = nil
            } else {
                let at = UInt64.random(in: 0..<1_000, using: &generator)
                timers.set(key, at: Instant(nanoseconds: at))
                expected[key] = at
            }
            #expect(timers.count == expected.count)
            #expect(timers.next?.nanoseconds == expected.values.min())
        }
        var last: UInt64 = 0
        while let key = timers.popExpired(now: .distantFuture) {
            let at = expected.removeValue(forKey: key)
            #expect(at ?? 0 >= last)
            last = at ?? .max
        }
        #expect(expected.isEmpty && timers.next == nil)
        timers.set(1, at: Instant(nanoseconds: 50))
        #expect(timers.popExpired(now: Instant(nanoseconds: 49)) == nil)
    }
}
