internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// Fetches the raw picture of a commitment: one block, or a manifest and the blocks that it lists.
struct PictureFetch: Sendable {
    enum Phase: Sendable {
        case fetching
        case complete(PictureDelivery)
        /// Nobody had a block in time.
        case unavailable
    }

    /// Blocks asked for at a time.
    static let inFlightMax = 8
    /// Tries per fetch, over all of its blocks.
    static let failuresMax = 4

    let result: CID
    let tile: Tile
    private(set) var phase: Phase = .fetching
    private let sources: [PeerID]
    private let wait: Duration
    private var root: [UInt8]?
    private var list: [CID] = []
    private var blocks: [[UInt8]?] = []
    private var nextIndex = 0
    /// Index into `blocks`; -1 is the root.
    private var asked: [BlockRequestID: Int] = [:]
    private var failures = 0

    init(result: CID, tile: Tile, from sources: [PeerID], wait: Duration) {
        self.result = result
        self.tile = tile
        self.sources = sources
        self.wait = wait
    }

    mutating func begin(ids: inout RoleIDs, emit: inout [RoleEffect]) { ask(-1, ids: &ids, emit: &emit) }

    /// False where the block is not this fetch's.
    mutating func block(_ id: BlockRequestID, _ bytes: [UInt8]?, ids: inout RoleIDs, emit: inout [RoleEffect]) -> Bool {
        guard let index = asked.removeValue(forKey: id) else { return false }
        guard let bytes else {
            failures += 1
            if failures > PictureFetch.failuresMax { cancel(emit: &emit) } else { ask(index, ids: &ids, emit: &emit) }
            return true
        }
        if index < 0 {
            root = bytes
            // What is no manifest of this tile is left to the check of the delivery.
            if tile.pictureSize > RawPicture.blockSize, let manifest = try? PictureManifest(encoded: bytes), manifest.tile == tile {
                list = manifest.blocks
                blocks = Array(repeating: nil, count: list.count)
            }
        } else {
            blocks[index] = bytes
        }
        while asked.count < PictureFetch.inFlightMax, nextIndex < list.count {
            ask(nextIndex, ids: &ids, emit: &emit)
            nextIndex += 1
        }
        if asked.isEmpty, let root { phase = .complete(PictureDelivery(root: root, blocks: blocks.compactMap { $0 })) }
        return true
    }

    mutating func cancel(emit: inout [RoleEffect]) {
        for id in asked.keys.sorted(by: { $0.value < $1.value }) { emit.append(.cancelBlock(id)) }
        asked = [:]
        phase = .unavailable
    }

    private mutating func ask(_ index: Int, ids: inout RoleIDs, emit: inout [RoleEffect]) {
        let id = ids.block()
        asked[id] = index
        emit.append(.wantBlock(id, index < 0 ? result : list[index], from: sources, timeout: wait))
    }
}

extension PictureDelivery {
    /// All blocks with their ids, as they go into the store, and the picture's bytes in order.
    func stored(as result: CID, tile: Tile) -> (blocks: [(cid: CID, bytes: [UInt8])], picture: [UInt8]) {
        guard !blocks.isEmpty, let manifest = try? PictureManifest(encoded: root) else { return ([(result, root)], root) }
        return (Array(zip(manifest.blocks, blocks)).map { (cid: $0.0, bytes: $0.1) } + [(result, root)], blocks.flatMap { $0 })
    }
}
