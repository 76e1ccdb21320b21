public import Identity
public import Wire

/// Where a ray challenge leads: a leaf and its path to the root.
public struct RayLocator: Hashable, Sendable {
    /// Number of the block in the full frame.
    public var block: UInt32
    /// Absolute number of the bucket.
    public var bucket: UInt32
    public var leaf: LeafSummary
    /// Siblings from below: first inside the block, then above it.
    public var path: [SumNode]

    public init(block: UInt32, bucket: UInt32, leaf: LeafSummary, path: [SumNode]) {
        self.block = block
        self.bucket = bucket
        self.leaf = leaf
        self.path = path
    }
}

/// Where an area challenge leads: all leaves of the pixel's block, and the block's path to the root.
public struct AreaLocator: Hashable, Sendable {
    /// One per bucket.
    public var leaves: [LeafSummary]
    public var path: [SumNode]

    public init(leaves: [LeafSummary], path: [SumNode]) {
        self.leaves = leaves
        self.path = path
    }
}

/// The Worker's answer to a challenge: paths, sums and ray counts, the values still hidden. One locator per challenge, in order.
public struct Locators: RecordBody {
    public static let type = RecordType.locators

    public var challenge: RecordID
    public var rays: [RayLocator]
    public var areas: [AreaLocator]

    static let pathMax = 64
    static let bucketsMax = 4096

    public init(challenge: RecordID, rays: [RayLocator], areas: [AreaLocator]) {
        self.challenge = challenge
        self.rays = rays
        self.areas = areas
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var challenge: Bytes32?
        var rays: [RayLocator] = []
        var areas: [AreaLocator] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: challenge = try field.bytes32()
            case 2:
                guard rays.count < ChallengeCount.max else { throw .outOfBounds }
                rays.append(try RayLocator(encoded: try field.bytes()))
            case 3:
                guard areas.count < ChallengeCount.max else { throw .outOfBounds }
                areas.append(try AreaLocator(encoded: try field.bytes()))
            default: throw .notCanonical
            }
        }
        self.init(challenge: try challenge.required(), rays: rays, areas: areas)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, challenge)
        for ray in rays { writer.message(2) { ray.write(to: &$0) } }
        for area in areas { writer.message(3) { area.write(to: &$0) } }
    }
}

extension RayLocator {
    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var block, bucket: UInt32
        (block, bucket) = (0, 0)
        var leaf: LeafSummary?
        var path: [SumNode] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: block = try field.uint32()
            case 2: bucket = try field.uint32()
            case 3: leaf = try readPackedLeaves(try field.bytes(max: LeafSummary.size)).first
            case 4: path = try readPackedNodes(try field.bytes(max: Locators.pathMax * SumNode.size))
            default: throw .notCanonical
            }
        }
        self.init(block: block, bucket: bucket, leaf: try leaf.required(), path: path)
    }

    func write(to writer: inout ProtobufWriter) {
        writer.uint32(1, block)
        writer.uint32(2, bucket)
        writer.bytes(3, packed([leaf]))
        writer.bytes(4, packed(path))
    }
}

extension AreaLocator {
    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var leaves: [LeafSummary] = []
        var path: [SumNode] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: leaves = try readPackedLeaves(try field.bytes(max: Locators.bucketsMax * LeafSummary.size))
            case 2: path = try readPackedNodes(try field.bytes(max: Locators.pathMax * SumNode.size))
            default: throw .notCanonical
            }
        }
        self.init(leaves: leaves, path: path)
    }

    func write(to writer: inout ProtobufWriter) {
        writer.bytes(1, packed(leaves))
        writer.bytes(2, packed(path))
    }
}

private func packed(_ leaves: [LeafSummary]) -> [UInt8] {
    var writer = ByteWriter(reserving: leaves.count * LeafSummary.size)
    for leaf in leaves { writer.write(leaf) }
    return writer.bytes
}

private func packed(_ nodes: [SumNode]) -> [UInt8] {
    var writer = ByteWriter(reserving: nodes.count * SumNode.size)
    for node in nodes { writer.write(node) }
    return writer.bytes
}

private func readPackedLeaves(_ bytes: ArraySlice<UInt8>) throws(WireError) -> [LeafSummary] {
    var reader = ByteReader(bytes)
    var leaves: [LeafSummary] = []
    while !reader.isAtEnd { leaves.append(try reader.readLeafSummary()) }
    return leaves
}

private func readPackedNodes(_ bytes: ArraySlice<UInt8>) throws(WireError) -> [SumNode] {
    var reader = ByteReader(bytes)
    var nodes: [SumNode] = []
    while !reader.isAtEnd { nodes.append(try reader.readSumNode()) }
    return nodes
}
