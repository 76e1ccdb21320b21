internal import Determinism
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// One accepted offer at the Worker, from the acceptance to the end of the attempt.
struct Lease: Sendable {
    enum Stage: Hashable, Sendable {
        case fetchingScene
        case queued
        case rendering(WorkID)
        /// Its records are hashed.
        case proving(WorkID)
        /// Picture blocks on their way to the disk.
        case storing(Set<CID>)
        /// Sent until the Manager holds it.
        case committing
        /// Answers challenges until the attempt ends.
        case held

        var isBeforeCommitment: Bool {
            switch self {
            case .fetchingScene, .queued, .rendering, .proving, .storing: true
            case .committing, .held: false
            }
        }
    }

    let offer: Offer
    let offerID: RecordID
    let grid: RecordGrid
    let manager: PeerID
    let accept: Record
    var stage: Stage = .fetchingScene
    var permille: UInt32 = 0
    var rays: UInt64 = 0
    /// The Manager asked for a false result.
    var decoy: Decoy?
    private(set) var proof: LeaseProof?

    init?(offer: Offer, offerID: RecordID, manager: PeerID, accept: Record) {
        guard let grid = offer.grid else { return nil }
        self.offer = offer
        self.offerID = offerID
        self.grid = grid
        self.manager = manager
        self.accept = accept
    }

    /// Bytes that the records of this lease take.
    var recordBytes: UInt64 { UInt64(grid.pixelCount) * UInt64(grid.bucketCount) * 14 }

    /// Signs the commitment.
    mutating func commit(_ made: WorkProof, keys: RoleKeys) {
        let record = keys.sign(made.commitment)
        proof = LeaseProof(
            tree: made.tree, records: made.records, commitment: made.commitment, record: record, recordID: keys.id(record))
        permille = 1_000
        rays = made.commitment.totalRays
    }

    mutating func locators(for package: ChallengePackage, keys: RoleKeys) -> RecordReply {
        guard var proof else { return .refused(.wrongState) }
        defer { self.proof = proof }
        return proof.locators(for: package, offer: offer, offerID: offerID, manager: manager, keys: keys)
    }

    mutating func openings(for blind: Record, keys: RoleKeys) -> RecordReply {
        guard var proof else { return .refused(.wrongState) }
        defer { self.proof = proof }
        return proof.openings(for: blind, grid: grid, keys: keys)
    }

    mutating func trace(for question: Record, isBusy: Bool, keys: RoleKeys) -> LeaseProof.TraceAnswer {
        guard var proof else { return .reply(.refused(.wrongState)) }
        defer { self.proof = proof }
        return proof.trace(for: question, offer: offer, offerID: offerID, isBusy: isBusy, keys: keys)
    }

    mutating func updateProof(_ change: (inout LeaseProof) -> Void) { proof.mutate(change) }
}
