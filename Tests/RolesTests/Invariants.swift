import Crypto
import Identity
import LibP2P
import ProofOfRender
import RenderModel
import Testing
import Wire

@testable import Roles

/// What must hold after every step, whatever fails.
struct Invariants {
    /// Jobs whose receipt the client has.
    var promised: [RecordID] = []
    private var accepted: [String: Int] = [:]
    private var verdicts: [AttemptRef: Int] = [:]
    private var offers: [AttemptRef: (id: RecordID, body: Offer)] = [:]
    private var acceptedAttempts: [String: AttemptRef] = [:]
    private var duties: Set<RecordID> = []
    private(set) var dutiesSeen = 0

    /// In the order of their tasks and attempts.
    var allOffers: [Offer] { offers.sorted { AttemptRef.isBefore($0.key, $1.key) }.map(\.value.body) }

    func acceptedOffer(job: RecordID, frame: UInt32, tile: Tile) -> (id: RecordID, body: Offer)? {
        acceptedAttempts.values.compactMap { offers[$0] }.first {
            $0.body.job == job && $0.body.frame == frame && $0.body.tile == tile
        }
    }

    mutating func sees(_ event: RoleEvent, from index: Int) {
        switch event {
        case .verdictCounted(let job, let task, let attempt, _, true):
            verdicts[AttemptRef(job: job, task: task, attempt: attempt), default: 0] += 1
        case .attemptEnded(let job, let task, let attempt, _, .accepted):
            let ref = AttemptRef(job: job, task: task, attempt: attempt)
            accepted["\(job) \(task)", default: 0] += 1
            acceptedAttempts["\(job) \(task)"] = ref
            #expect(accepted["\(job) \(task)"] == 1, "a task was accepted twice")
            #expect(verdicts[ref, default: 0] >= 2, "a task was accepted without its quorum")
        default: break
        }
    }

    /// Looks at what leaves a node.
    mutating func sees(_ name: ProtocolName, _ bytes: [UInt8], from index: Int, in harness: RoleHarness) {
        let keys = harness.parties[index].keys
        if index == harness.manager, name == .verify, case .duty(let package)? = try? VerifyCall(encoded: bytes) {
            guard duties.insert(keys.id(package.duty)).inserted else { return }
            dutiesSeen += 1
            let anchored = try? package.anchor.verify(keys.id(package.commitment), with: keys.signing, network: keys.network) {
                $0 == keys.key
            }
            #expect(anchored != nil, "a duty left before the commitment was anchored")
        }
        guard index == harness.manager, name == .task, let call = try? TaskCall(encoded: bytes) else { return }
        switch call {
        case .offer(let record), .decoy(let record, _, _):
            guard let body: Offer = keys.open(record) else { return }
            let ref = AttemptRef(job: body.job, task: body.task, attempt: body.attempt)
            if let known = offers[ref] { #expect(known.id == keys.id(record), "two offers for one attempt") }
            offers[ref] = (keys.id(record), body)
        case .attemptEnd(let record):
            guard let body: AttemptEnd = keys.open(record), case .accepted(_, let ids) = body.outcome else { return }
            #expect(Set(ids).count >= 2, "an end cites too few verdicts")
            let isDurable = harness.parties[index].table[ManagerStore().resultKey(body.job, body.task)] != nil
            #expect(isDurable, "an end was told before it was durable")
        case .progress, .commitment, .handBack, .jobEnd: break
        }
    }

    mutating func check(_ harness: RoleHarness) {
        let table = harness.parties[harness.manager].table
        let store = ManagerStore()
        for job in promised {
            let isLive = table[[UInt8(ascii: "j")] + job.array + [UInt8(ascii: "r")]] != nil
            #expect(isLive || table[store.statusKey(job)] != nil, "an accepted job is lost")
        }
    }
}
