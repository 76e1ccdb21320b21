internal import Identity
internal import ProofOfRender
internal import Wire

/// The beacon of a network with one Manager: closes rounds, anchors what came in, and reveals the output afterwards.
struct RoundClock: Sendable {
    /// Round that is open; the first is 1.
    private(set) var round: UInt64 = 1
    /// The last beacon, and its id; nil before the first round is closed.
    private(set) var beacon: Record?
    private(set) var output: Bytes32?
    private var previous: RecordID = .zero
    /// Ids to be anchored in the open round, in the order in which they came.
    private var waiting: [RecordID] = []
    private var isWaiting: Set<RecordID> = []

    struct Closed: Sendable {
        var round: UInt64
        var beacon: Record
        var roundRoot: Record
        var output: Bytes32
        /// In the order in which they were added.
        var anchors: [(id: RecordID, anchor: Anchor)]
    }

    /// Ids to be anchored at the end of this round.
    var waitingCount: Int { waiting.count }

    mutating func add(_ id: RecordID) {
        if isWaiting.insert(id).inserted { waiting.append(id) }
    }

    /// After a restart: the round after the last beacon is open.
    mutating func restore(_ record: Record, id: RecordID, body: Beacon) {
        round = body.round + 1
        beacon = record
        output = body.output
        previous = id
    }

    /// - Parameter contribution: fresh and random; nobody knows it before the root is signed.
    mutating func close(contribution: Bytes32, workers: Bytes32?, verifiers: Bytes32?, keys: RoleKeys) -> Closed {
        let tree = AnchorTree(waiting)
        let shard = ShardRoot(
            shard: 0, round: round, previous: previous, root: tree.root, count: UInt32(truncatingIfNeeded: tree.count))
        let shardRecord = keys.sign(shard)
        let rounds = AnchorTree([keys.id(shardRecord)])
        let root = RoundRoot(round: round, previous: previous, root: rounds.root, count: 1, workers: workers, verifiers: verifiers)
        let rootRecord = keys.sign(root)
        let body = Beacon(round: round, previous: previous, root: keys.id(rootRecord), contribution: contribution)
        let record = keys.sign(body)
        let anchors = waiting.enumerated().map { index, id in
            let anchor = Anchor(
                shardRoot: shardRecord, index: UInt32(truncatingIfNeeded: index), path: tree.path(to: index) ?? [], roundRoot: rootRecord,
                shardIndex: 0, shardPath: [], beacon: record)
            return (id: id, anchor: anchor)
        }
        let closed = Closed(round: round, beacon: record, roundRoot: rootRecord, output: body.output, anchors: anchors)
        restore(record, id: keys.id(record), body: body)
        waiting = []
        isWaiting = []
        return closed
    }
}
