internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// What a Worker's records are made into before it commits to them. It takes as long as there are records to hash, so it is slow work:
/// `made()` runs anywhere.
public struct ProofOrder: Sendable {
    let conduct: WorkerConduct
    let offer: Offer
    let offerID: RecordID
    let grid: RecordGrid
    let decoy: Decoy?
    let records: TileRecords

    /// Nil where the records are not those of the offer.
    public func made() -> WorkProof? {
        let committed = decoy.map { $0.altered(records, grid: grid) ?? records } ?? records
        guard let result = conduct.result(offer, offerID, committed),
            let tree = SumTree(records: result.records, grid: grid, context: offer.context(offer: offerID))
        else { return nil }
        let (cid, blocks) = result.picture.blocks()
        let commitment = Commitment(
            offer: offerID, root: tree.root.hash, totalRays: tree.root.rays, imageHash: result.picture.imageHash, result: cid,
            profile: offer.profile)
        return WorkProof(records: result.records, tree: tree, commitment: commitment, blocks: blocks)
    }
}

/// Records with their tree, what is to be signed of them, and the blocks of their picture.
public struct WorkProof: Sendable {
    let records: TileRecords
    let tree: SumTree
    let commitment: Commitment
    let blocks: [(cid: CID, bytes: [UInt8])]
}
