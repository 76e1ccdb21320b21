public import Crypto
public import Identity
public import Wire

/// Proof that a record was fixed before an output was revealed: record → shard root → round root → beacon.
public struct Anchor: Hashable, Sendable {
    public var shardRoot: Record
    /// Position of the record in the shard's tree, and its siblings.
    public var index: UInt32
    public var path: [Bytes32]
    public var roundRoot: Record
    /// Position of the shard root in the round's tree, and its siblings.
    public var shardIndex: UInt32
    public var shardPath: [Bytes32]
    public var beacon: Record

    public init(
        shardRoot: Record, index: UInt32, path: [Bytes32], roundRoot: Record, shardIndex: UInt32, shardPath: [Bytes32], beacon: Record
    ) {
        self.shardRoot = shardRoot
        self.index = index
        self.path = path
        self.roundRoot = roundRoot
        self.shardIndex = shardIndex
        self.shardPath = shardPath
        self.beacon = beacon
    }

    public enum Failure: Error, Hashable, Sendable {
        case malformed(WireError)
        case badSignature
        /// Signed by somebody who does not make beacons.
        case wrongAuthor
        /// The three records are not of one round, or do not cite each other.
        case wrongCitation
        /// A path does not lead to its root.
        case notIncluded
    }

    /// The beacon after whose root `id` was fixed. `isManager` says whose word counts for shard roots, rounds and outputs.
    public func verify(
        _ id: RecordID, with signing: Signing, network: NetworkID, isManager: (Bytes32) -> Bool
    ) throws(Failure) -> Beacon {
        for record in [shardRoot, roundRoot, beacon] {
            guard isManager(record.author) else { throw .wrongAuthor }
            guard record.verify(with: signing, network: network) else { throw .badSignature }
        }
        let (shard, round, output): (ShardRoot, RoundRoot, Beacon)
        do throws(WireError) {
            (shard, round, output) = (try shardRoot.decoded(), try roundRoot.decoded(), try beacon.decoded())
        } catch {
            throw .malformed(error)
        }
        guard shard.round == round.round, round.round == output.round else { throw .wrongCitation }
        guard shard.previous == round.previous, round.previous == output.previous else { throw .wrongCitation }
        guard output.root == roundRoot.id(network: network) else { throw .wrongCitation }
        guard AnchorTree.root(of: id, index: Int(index), count: Int(shard.count), path: path) == shard.root else { throw .notIncluded }
        let shardID = shardRoot.id(network: network)
        guard AnchorTree.root(of: shardID, index: Int(shardIndex), count: Int(round.count), path: shardPath) == round.root else {
            throw .notIncluded
        }
        return output
    }
}

extension Anchor {
    /// Protobuf `Anchor` of `docs/protocols/proof.proto`.
    public func write(to writer: inout ProtobufWriter) {
        writer.alwaysBytes(1, shardRoot.encoded)
        writer.uint32(2, index)
        writer.bytes(3, path.flatMap(\.array))
        writer.alwaysBytes(4, roundRoot.encoded)
        writer.uint32(5, shardIndex)
        writer.bytes(6, shardPath.flatMap(\.array))
        writer.alwaysBytes(7, beacon.encoded)
    }

    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        write(to: &writer)
        return writer.bytes
    }

    public init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var shardRoot, roundRoot, beacon: Record?
        var index, shardIndex: UInt32
        (index, shardIndex) = (0, 0)
        var path, shardPath: [Bytes32]
        (path, shardPath) = ([], [])
        while let field = try reader.next() {
            switch field.number {
            case 1: shardRoot = try Record(encoded: try field.bytes())
            case 2: index = try field.uint32()
            case 3: path = try readPackedHashes(try field.bytes(max: AnchorTree.pathMax * 32))
            case 4: roundRoot = try Record(encoded: try field.bytes())
            case 5: shardIndex = try field.uint32()
            case 6: shardPath = try readPackedHashes(try field.bytes(max: AnchorTree.pathMax * 32))
            case 7: beacon = try Record(encoded: try field.bytes())
            default: throw .notCanonical
            }
        }
        self.init(
            shardRoot: try shardRoot.required(), index: index, path: path, roundRoot: try roundRoot.required(), shardIndex: shardIndex,
            shardPath: shardPath, beacon: try beacon.required())
        guard self.encoded.elementsEqual(encoded) else { throw .notCanonical }
    }
}

private func readPackedHashes(_ bytes: ArraySlice<UInt8>) throws(WireError) -> [Bytes32] {
    var reader = ByteReader(bytes)
    var hashes: [Bytes32] = []
    while !reader.isAtEnd { hashes.append(try reader.readBytes32()) }
    return hashes
}
