public import Identity
public import Wire

/// The records that a shard added in a round.
public struct ShardRoot: RecordBody {
    public static let type = RecordType.shardRoot

    public var shard: UInt32
    public var round: UInt64
    /// Id of the beacon of the round before; zero for the first.
    public var previous: RecordID
    /// `AnchorTree` over the ids, and their number.
    public var root: Bytes32
    public var count: UInt32

    public init(shard: UInt32, round: UInt64, previous: RecordID, root: Bytes32, count: UInt32) {
        self.shard = shard
        self.round = round
        self.previous = previous
        self.root = root
        self.count = count
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var previous, root: Bytes32?
        var shard, count: UInt32
        (shard, count) = (0, 0)
        var round: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: shard = try field.uint32()
            case 2: round = try field.uint64()
            case 3: previous = try field.bytes32()
            case 4: root = try field.bytes32()
            case 5: count = try field.uint32()
            default: throw .notCanonical
            }
        }
        self.init(shard: shard, round: round, previous: try previous.required(), root: try root.required(), count: count)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, shard)
        writer.uint64(2, round)
        writer.bytes32(3, previous)
        writer.bytes32(4, root)
        writer.uint32(5, count)
    }
}

/// What a round fixes before its output is revealed.
public struct RoundRoot: RecordBody {
    public static let type = RecordType.roundRoot

    public var round: UInt64
    /// Id of the beacon of the round before; zero for the first.
    public var previous: RecordID
    /// `AnchorTree` over the ids of the shards' roots, and their number.
    public var root: Bytes32
    public var count: UInt32
    /// Rosters that later rounds draw from; nil where nobody is registered.
    public var workers: Bytes32?
    public var verifiers: Bytes32?

    public init(round: UInt64, previous: RecordID, root: Bytes32, count: UInt32, workers: Bytes32? = nil, verifiers: Bytes32? = nil) {
        self.round = round
        self.previous = previous
        self.root = root
        self.count = count
        self.workers = workers
        self.verifiers = verifiers
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var previous, root, workers, verifiers: Bytes32?
        var count: UInt32 = 0
        var round: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: round = try field.uint64()
            case 2: previous = try field.bytes32()
            case 3: root = try field.bytes32()
            case 4: count = try field.uint32()
            case 5: workers = try field.bytes32()
            case 6: verifiers = try field.bytes32()
            default: throw .notCanonical
            }
        }
        self.init(
            round: round, previous: try previous.required(), root: try root.required(), count: count, workers: workers,
            verifiers: verifiers)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.uint64(1, round)
        writer.bytes32(2, previous)
        writer.bytes32(3, root)
        writer.uint32(4, count)
        if let workers { writer.bytes32(5, workers) }
        if let verifiers { writer.bytes32(6, verifiers) }
    }
}

/// The output of a round, which draws and challenges.
///
/// With a single Manager the contribution is that Manager's own random number: it knows the output in advance and could choose it.
/// Such a network trusts its Manager, and the Verifiers' nonces are what protects it. In a committee the contribution is the
/// interpolated point of `docs/protocols`, which nobody chooses; the layout is the same.
public struct Beacon: RecordBody {
    public static let type = RecordType.beacon

    public var round: UInt64
    /// Id of the beacon before; zero for the first.
    public var previous: RecordID
    /// Id of the `RoundRoot` record.
    public var root: RecordID
    public var contribution: Bytes32
    /// H("out" ‖ round ‖ root ‖ contribution).
    public let output: Bytes32

    public init(round: UInt64, previous: RecordID, root: RecordID, contribution: Bytes32) {
        self.round = round
        self.previous = previous
        self.root = root
        self.contribution = contribution
        output = Labelled.hash("out") { writer in
            writer.writeLittleEndian(round)
            writer.write(root)
            writer.write(contribution)
        }
    }

    /// Throws `outOfBounds` where the output is not the hash of the rest.
    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var previous, root, contribution, output: Bytes32?
        var round: UInt64 = 0
        while let field = try reader.next() {
            switch field.number {
            case 1: round = try field.uint64()
            case 2: previous = try field.bytes32()
            case 3: root = try field.bytes32()
            case 4: contribution = try field.bytes32()
            case 5: output = try field.bytes32()
            default: throw .notCanonical
            }
        }
        self.init(
            round: round, previous: try previous.required(), root: try root.required(), contribution: try contribution.required())
        guard try output.required() == self.output else { throw .outOfBounds }
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.uint64(1, round)
        writer.bytes32(2, previous)
        writer.bytes32(3, root)
        writer.bytes32(4, contribution)
        writer.bytes32(5, output)
    }
}
