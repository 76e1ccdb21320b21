public import Identity
public import LibP2P
public import ProofOfRender
public import RenderModel
public import Wire

/// What happens to a role. The node gives each input to the role that it concerns: ids name it by their top byte, requests by
/// their protocol and author.
public enum RoleInput: Sendable {
    /// First, and once. `entropy` is secret and fresh at every start: nonces, salts and seeds are derived from it.
    /// `restored` holds what this role persisted, without the keys that begin with `StoredEntry.archivePrefix`, in the order of the keys.
    case started(entropy: Bytes32, restored: [StoredEntry])
    /// The Managers known or connected now; replaces what was said before.
    case managers([KnownPeer])
    case peerConnected(PeerID)
    case peerGone(PeerID)
    case request(from: PeerID, ProtocolName, InboundID, [UInt8])
    case response(RequestID, [UInt8])
    case requestFailed(RequestID, NetworkFailure)
    /// `from` is the author that signed the message, as the gossip layer checked it.
    case gossip(Topic, from: PeerID, [UInt8])
    /// The block, checked against its CID; nil where nobody had it in time.
    case block(BlockRequestID, [UInt8]?)
    /// A `storeBlock` is done; false where the disk refused.
    case stored(CID, Bool)
    /// Answer to `load`, in the order of the keys.
    case loaded(LoadID, [StoredEntry])
    case sceneSurveyed(WorkID, SceneSurvey)
    case sceneInspected(WorkID, SceneInspection)
    case workProgress(WorkID, permille: UInt32, rays: UInt64)
    case rendered(WorkID, TileRecords)
    /// Nil where the records were not those of the offer, or nothing could be made.
    case proved(WorkID, WorkProof?)
    /// Values in the order of the places.
    case recomputed(WorkID, [RecordValue])
    /// Nil where no part of the frame can carry a mark.
    case sceneMarked(WorkID, MarkedCopy?)
    case scenesCompared(WorkID, Bool)
    case workFailed(WorkID, WorkFailure)
    /// SIGTERM: take nothing new, finish or hand back. The role says `RoleEvent.drained` when it may be stopped.
    case drain
    case command(QueryID, RoleCommand)
    case query(QueryID, RoleQuery)
}

/// A peer and where to dial it.
public struct KnownPeer: Hashable, Sendable {
    public var peer: PeerID
    /// May be empty where it is connected.
    public var addresses: [Multiaddr]

    public init(peer: PeerID, addresses: [Multiaddr]) {
        self.peer = peer
        self.addresses = addresses
    }
}

/// One row of the role's own table.
public struct StoredEntry: Hashable, Sendable {
    public var key: [UInt8]
    public var value: [UInt8]

    /// First byte of the keys of what has ended: read on demand, not at the start.
    public static let archivePrefix = UInt8(ascii: "a")

    public init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// What a scene still lacks in the local store.
public enum SceneSurvey: Hashable, Sendable {
    /// At least one block, at most `blocksMax`: the root itself, or what the blocks that are there refer to. After they are stored,
    /// survey again.
    case missing([CID])
    case complete(bytes: UInt64)
    case failed(SceneFault)

    public static let blocksMax = 65_536
}

/// What reading a whole scene says about it.
public enum SceneInspection: Hashable, Sendable {
    case valid(SceneFacts)
    case failed(SceneFault)
}

public struct SceneFacts: Hashable, Sendable {
    public var bytes: UInt64
    public var cameras: UInt32
    public var triangles: UInt64
    /// Bytes that the engine needs to render it, without the records.
    public var memory: UInt64

    public init(bytes: UInt64, cameras: UInt32, triangles: UInt64, memory: UInt64) {
        self.bytes = bytes
        self.cameras = cameras
        self.triangles = triangles
        self.memory = memory
    }
}

/// Why the engine gave no result.
public enum WorkFailure: UInt8, Hashable, Sendable {
    case sceneUnreadable
    case outOfMemory
    /// The engine died, or said nothing within its time.
    case engineFailed
    case cancelled
}
