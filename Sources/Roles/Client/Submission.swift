internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// One job as its client sees it: submitted, watched, fetched.
struct Submission: Sendable {
    /// A tile on its way, with what was signed about it.
    struct Tile: Sendable {
        var offer: Offer
        var commitment: Commitment
        /// Takes the marks out; nil where there are none.
        var repair: PictureRepair?
        var fetch: PictureFetch
        /// The Worker's copy of the scene is still being looked at.
        var awaitsScene = false
    }

    let job: RecordID
    /// Nil until one is known.
    var manager: KnownPeer?
    /// Nil where the job was submitted by an earlier process.
    let record: Record?
    let order: JobOrder?
    let deadline: Instant
    var isReceived: Bool
    /// The owner waits for the acceptance.
    var submitQuery: QueryID?
    /// The owner waits for all tiles.
    var fetchQuery: QueryID?
    /// Orders to the Manager that have not gone out.
    var controls: [(query: QueryID, action: JobControl.Action)] = []
    /// Number of the last order that went out.
    var controlNumber: UInt64 = 0
    var status: JobStatus?
    var tiles: [UInt32: Tile] = [:]
    var delivered: Set<UInt32> = []
    /// Where the next question for results begins; nil while one is under way.
    var cursor: UInt32? = 0
    /// Scenes of Workers, other than the client's own.
    var copies: [CID: CopyCheck] = [:]
    /// Results that do not hold, or pictures that could not be had.
    var failures = 0

    init(job: RecordID, manager: KnownPeer?, record: Record?, order: JobOrder?, deadline: Instant) {
        self.job = job
        self.manager = manager
        self.record = record
        self.order = order
        self.deadline = deadline
        isReceived = record == nil
    }

    var isOver: Bool { status?.phase.isFinal ?? false }
    var waitingQueries: [QueryID] { [submitQuery, fetchQuery].compactMap { $0 } + controls.map(\.query) }
    /// Nobody waits for anything more.
    var isIdle: Bool { submitQuery == nil && fetchQuery == nil && controls.isEmpty && isOver }
    var isComplete: Bool { isOver && tiles.isEmpty && delivered.count == Int(status?.tasksVerified ?? 0) }

    /// Checks the signatures and citations of a result; nil where it does not show that this tile of this job was accepted.
    func opened(_ result: TaskResult, keys: RoleKeys) -> (Offer, Commitment, PictureRepair?)? {
        guard let manager = manager?.peer.ed25519Key, result.offer.author == manager, result.end.author == manager else { return nil }
        guard let offer: Offer = keys.open(result.offer), let end: AttemptEnd = keys.open(result.end) else { return nil }
        guard let commitment: Commitment = keys.open(result.commitment), result.commitment.author == offer.worker else { return nil }
        let (offerID, commitmentID) = (keys.id(result.offer), keys.id(result.commitment))
        guard offer.job == job, end.job == job, end.task == offer.task, end.attempt == offer.attempt, end.offer == offerID else {
            return nil
        }
        guard case .accepted(commitmentID, _) = end.outcome, commitment.offer == offerID else { return nil }
        if let order {
            guard offer.settings == order.settings else { return nil }
            // Another scene is looked at before anything is taken of it.
            guard offer.sceneRoot == order.sceneRoot || order.isMarked && offer.markCommitment != nil else { return nil }
            guard order.frames.contains(where: { $0.first <= offer.frame && offer.frame <= $0.last }) else { return nil }
        }
        guard let record = result.repair else { return (offer, commitment, nil) }
        guard record.author == manager, offer.markCommitment != nil, let repair: Repair = keys.open(record),
            repair.commitment == commitmentID
        else { return nil }
        return (offer, commitment, repair.repair)
    }
}

extension Submission.Tile {
    /// The picture's bytes with what marks touched taken from the repair; nil where picture or repair is not of this tile.
    func withoutMarks(_ bytes: [UInt8]) -> [UInt8]? {
        guard let picture = RawPicture(tile: offer.tile, bytes: bytes) else { return nil }
        return repair.map { $0.applied(to: picture)?.bytes } ?? bytes
    }
}
