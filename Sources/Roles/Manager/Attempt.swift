internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// One try at one task of one job.
struct AttemptRef: Hashable, Sendable {
    var job: RecordID
    var task: UInt32
    var attempt: UInt32
}

/// One duty on one attempt, by its number within the attempt.
struct DutyRef: Hashable, Sendable {
    var attempt: AttemptRef
    var index: Int
}

/// The live attempt of a task, from the offer to its end: offered → leased → committed → verifying.
struct Attempt: Sendable {
    enum Stage: Hashable, Sendable {
        /// The offer waits for its answer.
        case offered
        case leased
        /// Waits for the picture and for the end of the round.
        case committed
        case verifying
    }

    let ref: AttemptRef
    let offer: Offer
    let offerID: RecordID
    let record: Record
    let begunAt: Instant
    var stage: Stage = .offered
    /// Shows how the Worker was drawn; nil after a restart.
    var workerDraw: ProofBundle.DrawEvidence?
    var permille: UInt32 = 0
    var rays: UInt64 = 0
    /// The marks of the task; nil where it carries none, and after a restart until they are found again.
    var marks: MarkSecret?
    /// Where the Worker was asked for a false result.
    var decoy: PromisedDecoy?
    /// From the commitment on, where there are marks.
    var repair: RepairWork?
    /// Set with the commitment.
    var claim: Claim?
    var commitment: Record?
    var committedAt: Instant?
    /// On its way from the Worker.
    var picture: PictureFetch?
    /// Blocks of the picture on their way to the disk.
    var storing: Set<CID> = []
    var isPictureHeld = false
    /// From the end of the round that anchored the commitment.
    var anchor: Anchor?
    var committee: Committee?
    /// The delivery, loaded for the check of verdicts that are about the picture.
    var evidence: PictureFetch?

    init(ref: AttemptRef, offer: Offer, offerID: RecordID, record: Record, now: Instant) {
        self.ref = ref
        self.offer = offer
        self.offerID = offerID
        self.record = record
        begunAt = now
    }

    var worker: Bytes32 { offer.worker }
    /// The Worker's slot is taken until it has committed.
    var holdsSlot: Bool { stage == .offered || stage == .leased }

    var phase: TaskPhase {
        switch stage {
        case .offered: .offered
        case .leased: .rendering
        case .committed: .committed
        case .verifying: .verifying
        }
    }

    /// Takes the Worker's commitment. False where it answers another offer or cannot be one.
    mutating func commit(_ body: Commitment, record: Record, id: RecordID, now: Instant) -> Bool {
        guard let claim = Claim(offer: offer, offerID: offerID, commitment: body, commitmentID: id) else { return false }
        self.claim = claim
        commitment = record
        committedAt = now
        stage = .committed
        permille = 1_000
        rays = body.totalRays
        return true
    }
}

/// A decoy from its offer on.
struct PromisedDecoy: Sendable {
    let decoy: Decoy
    let promise: Record
    let reveal: Record
    /// Of the promise, from the end of its round on.
    var anchor: Anchor?

    var evidence: DecoyEvidence? { anchor.map { DecoyEvidence(promise: promise, anchor: $0, reveal: reveal) } }
}

/// A task between its attempts.
struct TaskState: Sendable {
    /// Attempts begun; the next one has this number.
    var attempts: UInt32 = 0
    /// Attempts that a Worker broke off or got wrong.
    var failures: UInt32 = 0
    /// Attempts that were false on purpose.
    var decoys: UInt32 = 0
    /// The decision that opens the next attempt: the plan, or the end of the attempt before.
    var cause: RecordID
    /// Until its copy of the scene is marked.
    var drawn: DrawnWorker?
    var attempt: Attempt?
    var accepted: AcceptedTask?
    var isGivenUp = false
    /// Workers that are not asked again for this task before an instant.
    var barred: [Bytes32: Instant] = [:]

    init(cause: RecordID) { self.cause = cause }
}

/// What is kept of a task that was accepted.
struct AcceptedTask: Hashable, Sendable {
    var worker: Bytes32
    var attempt: UInt32
    var rays: UInt64
    var accepts: UInt32
    var rejects: UInt32
    var milliseconds: UInt64
    var picture: CID
    var rngKey: UInt64
}
