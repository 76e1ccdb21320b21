public import Identity
public import LibP2P
public import ProofOfRender
public import RenderModel
public import Wire

/// What a role asks of the node. Effects of one call are carried out in order.
public enum RoleEffect: Sendable {
    /// Ends in `response` or `requestFailed`, at the latest after `timeout`. `at` may be empty where the peer is connected.
    case request(RequestID, to: PeerID, at: [Multiaddr], ProtocolName, [UInt8], timeout: Duration)
    case respond(InboundID, [UInt8])
    /// Resets the stream: no answer will come.
    case refuse(InboundID)
    case publish(Topic, [UInt8])
    case subscribe(Topic)
    /// From the local store or else from these peers; ends in `block`, at the latest after `timeout`.
    case wantBlock(BlockRequestID, CID, from: [PeerID], timeout: Duration)
    case cancelBlock(BlockRequestID)
    /// Ends in `stored`. The block is served to others and kept until its last scope is released.
    case storeBlock(CID, [UInt8], scope: Bytes32)
    case releaseBlocks(scope: Bytes32)
    /// Durable before any later effect of the same call is carried out. A nil value deletes the key.
    case persist([StoredChange])
    /// Entries whose key begins with `prefix` and is not below `from`, in the order of the keys, at most `countMax`; ends in `loaded`.
    case load(LoadID, prefix: [UInt8], from: [UInt8], countMax: Int)
    /// Which blocks of the scene are missing? Reads manifests only. Blocks that are there are put into `scope`. Ends in
    /// `sceneSurveyed`.
    case surveyScene(WorkID, root: CID, scope: Bytes32)
    /// Reads and validates the whole scene, whose blocks are all there. Ends in `sceneInspected`.
    case inspectScene(WorkID, root: CID)
    /// Ends in `rendered` or `workFailed`, with `workProgress` between. `memoryMax` in bytes; 0 for the node's own limit.
    case render(WorkID, sceneRoot: CID, RenderRequest, memoryMax: UInt64)
    /// Makes records into a proof. Ends in `proved`.
    case prove(WorkID, ProofOrder)
    /// Ends in `recomputed` or `workFailed`.
    case recompute(WorkID, sceneRoot: CID, RenderSettings, frame: UInt32, rngKey: UInt64, [RecordPlace])
    /// A copy of a frame of the scene with marks for one Worker. Ends in `sceneMarked` or `workFailed`.
    case markScene(WorkID, root: CID, MarkOrder)
    /// Whether one scene is the other with marks and nothing else; the blocks of both are there. Ends in `scenesCompared`.
    case compareScenes(WorkID, original: CID, copy: CID)
    /// Nothing comes back for this id, or what is already on its way.
    case cancelWork(WorkID)
    /// The peer broke the protocol; the node lowers its score.
    case penalise(PeerID, Misbehaviour)
    /// A leaf's Manager is connected and brings no beacons: the node leaves it for another.
    case replaceManager(PeerID)
    /// A tile of a job of ours, checked against the Worker's commitment: raw picture bytes, to be assembled by `FrameAssembly`.
    case deliverTile(job: Bytes32, frame: UInt32, Tile, [UInt8])
    case event(RoleEvent)
    case answer(QueryID, RoleAnswer)
}

public struct StoredChange: Hashable, Sendable {
    public var key: [UInt8]
    public var value: [UInt8]?

    public init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

/// What a peer did that an honest one does not.
public enum Misbehaviour: UInt8, Hashable, Sendable {
    /// Bytes that are no message.
    case malformed
    /// A signature that does not verify, or a record signed by somebody who may not.
    case forged
    /// A record that fits nothing we know and that no delay or loss explains.
    case unexpected
    /// Two different records for one place.
    case equivocation
    /// More than its share of requests.
    case flood
}
