public import Identity
public import Wire

/// The Worker's claim: these records, this many rays, this picture. Given once per offer, before anybody knows what is challenged.
public struct Commitment: RecordBody {
    public static let type = RecordType.commitment

    public var offer: RecordID
    /// Root of the sum tree and the rays below it.
    public var root: Bytes32
    public var totalRays: UInt64
    /// BLAKE2b-256 of the raw picture.
    public var imageHash: Bytes32
    /// Content identifier of the raw picture, or of its manifest.
    public var result: CID
    public var profile: Bytes32

    public init(offer: RecordID, root: Bytes32, totalRays: UInt64, imageHash: Bytes32, result: CID, profile: Bytes32) {
        self.offer = offer
        self.root = root
        self.totalRays = totalRays
        self.imageHash = imageHash
        self.result = result
        self.profile = profile
    }

    /// The honest commitment to a tree and its picture.
    public init(offer: RecordID, tree: SumTree, picture: RawPicture, profile: Bytes32) {
        self.init(
            offer: offer, root: tree.root.hash, totalRays: tree.root.rays, imageHash: picture.imageHash, result: picture.result,
            profile: profile)
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var offer, root, imageHash, profile: Bytes32?
        var totalRays: UInt64 = 0
        var result: CID?
        while let field = try reader.next() {
            switch field.number {
            case 1: offer = try field.bytes32()
            case 2: root = try field.bytes32()
            case 3: totalRays = try field.uint64()
            case 4: imageHash = try field.bytes32()
            case 5: result = try CID(bytes: try field.bytes(max: 64))
            case 6: profile = try field.bytes32()
            default: throw .notCanonical
            }
        }
        guard totalRays > 0, totalRays <= SumNode.raysMax else { throw .outOfBounds }
        self.init(
            offer: try offer.required(), root: try root.required(), totalRays: totalRays, imageHash: try imageHash.required(),
            result: try result.required(), profile: try profile.required())
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, offer)
        writer.bytes32(2, root)
        writer.uint64(3, totalRays)
        writer.bytes32(4, imageHash)
        writer.bytes(5, result.bytes)
        writer.bytes32(6, profile)
    }
}

/// A replica's receipt for a commitment: f + 1 of them and the Worker may forget to resend.
public struct Held: RecordBody {
    public static let type = RecordType.held

    public var commitment: RecordID

    public init(commitment: RecordID) { self.commitment = commitment }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var commitment: Bytes32?
        while let field = try reader.next() {
            guard field.number == 1 else { throw .notCanonical }
            commitment = try field.bytes32()
        }
        self.init(commitment: try commitment.required())
    }

    public func write(to writer: inout ProtobufWriter) { writer.bytes32(1, commitment) }
}
