public import Identity
public import Kademlia
public import LibP2P
public import ProofOfRender
public import Roles
public import RenderModel
public import Wire

/// What a node is told.
public enum NodeInput: Sendable {
    /// First, and once. `entropy` is secret and fresh; `restored` holds each role's rows, in the order of their keys.
    case started(entropy: Bytes32, restored: [RestoredRole])
    /// Before `started`: what `Node.acquaintances` was in an earlier run.
    case remembered(Acquaintances)
    /// What `Node.heldRecords` was in an earlier run.
    case held(HeldRecords)
    /// Where others reach us, as far as is known.
    case listening([Multiaddr])
    case network(NetworkEvent)
    /// Answer to `readBlock`; nil where the store does not have it.
    case blockRead(BlockToken, [UInt8]?)
    /// Answer to `probeBlock`: size in bytes; nil where the store does not have it.
    case blockProbed(BlockToken, size: Int?)
    case stored(RoleName, CID, Bool)
    case loaded(RoleName, LoadID, [StoredEntry])
    indirect case sceneSurveyed(WorkID, SceneSurvey)
    indirect case sceneInspected(WorkID, SceneInspection)
    case workProgress(WorkID, permille: UInt32, rays: UInt64)
    indirect case rendered(WorkID, TileRecords)
    indirect case proved(WorkID, WorkProof?)
    case recomputed(WorkID, [RecordValue])
    indirect case sceneMarked(WorkID, MarkedCopy?)
    case scenesCompared(WorkID, Bool)
    case workFailed(WorkID, WorkFailure)
    indirect case command(RoleName, Roles.QueryID, RoleCommand)
    indirect case query(RoleName, Roles.QueryID, RoleQuery)
    /// Gossip topics to join and relay besides the network's own (`--subscribe`).
    case subscribe(String)
    case unsubscribe(String)
    /// Publishes on a topic under our own signature.
    case publish(String, [UInt8])
    /// Asks the DHT; ends in `lookedUp` with the same number, below 2^31.
    indirect case lookUp(UInt32, Query)
    /// Answer to `adminRequest`.
    case adminResponse(InboundID, [UInt8]?)
    /// Take nothing new, finish, say goodbye; `drained` follows for every role.
    case drain
}

/// What a node asks of its shell. Effects of one call are carried out in order.
public enum NodeEffect: Sendable {
    case network(NetworkCommand)
    case readBlock(BlockToken, CID)
    /// Only whether the store has it, and how large it is. Its tokens are apart from those of `readBlock`.
    case probeBlock(BlockToken, CID)
    /// Keeps a block for a role until its scope is released; ends in `stored`.
    indirect case storeBlock(RoleName, CID, [UInt8], scope: Bytes32)
    case releaseBlocks(RoleName, scope: Bytes32)
    /// Durable before any later effect is carried out.
    case persist(RoleName, [StoredChange])
    /// Rows whose keys begin with `prefix`, from `from` on; ends in `loaded`.
    case load(RoleName, LoadID, prefix: [UInt8], from: [UInt8], countMax: Int)
    case surveyScene(WorkID, root: CID, scope: Bytes32)
    case inspectScene(WorkID, root: CID)
    indirect case render(WorkID, sceneRoot: CID, RenderRequest, memoryMax: UInt64)
    indirect case prove(WorkID, ProofOrder)
    indirect case recompute(WorkID, sceneRoot: CID, RenderSettings, frame: UInt32, rngKey: UInt64, [RecordPlace])
    indirect case markScene(WorkID, root: CID, MarkOrder)
    indirect case compareScenes(WorkID, original: CID, copy: CID)
    case cancelWork(WorkID)
    indirect case deliverTile(job: Bytes32, frame: UInt32, Tile, [UInt8])
    indirect case answer(RoleName, Roles.QueryID, RoleAnswer)
    indirect case lookedUp(UInt32, QueryResult)
    /// The shell decides whether this peer may ask, and answers with `adminResponse`.
    case adminRequest(InboundID, from: PeerID, [UInt8])
    case event(NodeEvent)
}

/// What a node tells its owner.
public enum NodeEvent: Sendable {
    case role(RoleName, RoleEvent)
    case connected(PeerID, ConnectionDirection)
    case disconnected(PeerID, NetworkFailure)
    case dialFailed(PeerID, NetworkFailure)
    /// Managers that we are connected to.
    case managers([PeerID])
    /// All roles have left the network until they are told to resume; connections end as they become idle.
    case parked
    /// A valid message on a topic that we joined; `from` is its author.
    case gossip(topic: String, from: PeerID, [UInt8])
    /// A peer broke a protocol.
    case misbehaviour(PeerID, ProtocolName)
}

/// Rows of one role's table.
public struct RestoredRole: Sendable {
    public var role: RoleName
    public var entries: [StoredEntry]

    public init(role: RoleName, entries: [StoredEntry]) {
        self.role = role
        self.entries = entries
    }
}

/// Peers that a node has dealt with, to be found again when nobody else is there to ask.
public struct Acquaintances: Equatable, Sendable {
    public var managers: [Contact] = []
    /// Of the routing table.
    public var servers: [Contact] = []

    /// Of each kind; a node that starts asks them all.
    public static let countMax = 16

    public init() {}
}

/// Names a reading of the block store.
public struct BlockToken: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}
