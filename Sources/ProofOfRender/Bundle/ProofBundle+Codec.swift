internal import Identity
public import Wire

extension ProofBundle {
    /// First bytes of a bundle file: the name of the format and its version.
    public static let magic = Array("inferix-proof/1\n".utf8)
    /// Largest file: a scene, a picture, and the transcripts of a full committee.
    public static let sizeMax = 1 << 30
    public static let transcriptsMax = 64
    public static let sceneBlocksMax = 4096
    /// A block is 1 MiB at most; a picture as large as a tile can be has 384.
    public static let blockSizeMax = 1 << 20
    public static let pictureBlocksMax = 384

    /// The magic, then protobuf `ProofBundle` of `docs/protocols/proof.proto`.
    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.bytes32(1, network.digest)
        writer.alwaysBytes(2, jobRequest.encoded)
        if let jobPlan { writer.alwaysBytes(3, jobPlan.encoded) }
        writer.alwaysBytes(4, offer.encoded)
        writer.alwaysBytes(5, commitment.encoded)
        writer.message(6) { anchor.write(to: &$0) }
        for transcript in transcripts { writer.message(7) { transcript.write(to: &$0) } }
        if let attemptEnd { writer.alwaysBytes(8, attemptEnd.encoded) }
        if let picture { writer.message(9) { picture.write(to: &$0) } }
        if let workerDraw { writer.message(10) { workerDraw.write(to: &$0) } }
        if let verifierDraw { writer.message(11) { verifierDraw.write(to: &$0) } }
        for block in sceneBlocks { writer.alwaysBytes(12, block) }
        if let marks { writer.alwaysBytes(13, marks.encoded) }
        if let decoy { writer.message(14) { decoy.write(to: &$0) } }
        return ProofBundle.magic + writer.bytes
    }

    /// Throws `WireError`. Signatures and contents are the replay's to check.
    public init(encoded: [UInt8]) throws(WireError) {
        guard encoded.count <= ProofBundle.sizeMax else { throw .outOfBounds }
        guard encoded.starts(with: ProofBundle.magic) else { throw .malformedField }
        var reader = ProtobufReader(encoded[ProofBundle.magic.count...], canonical: true)
        var network: Bytes32?
        var jobRequest, jobPlan, offer, commitment, attemptEnd: Record?
        var anchor: Anchor?
        var transcripts: [Transcript] = []
        var picture: PictureDelivery?
        var workerDraw, verifierDraw: DrawEvidence?
        var sceneBlocks: [[UInt8]] = []
        var marks: MarkOpening?
        var decoy: DecoyEvidence?
        while let field = try reader.next() {
            switch field.number {
            case 1 where network == nil: network = try field.bytes32()
            case 2 where jobRequest == nil: jobRequest = try Record(encoded: try field.bytes())
            case 3 where jobPlan == nil: jobPlan = try Record(encoded: try field.bytes())
            case 4 where offer == nil: offer = try Record(encoded: try field.bytes())
            case 5 where commitment == nil: commitment = try Record(encoded: try field.bytes())
            case 6 where anchor == nil: anchor = try Anchor(encoded: try field.bytes())
            case 7:
                guard transcripts.count < ProofBundle.transcriptsMax else { throw .outOfBounds }
                transcripts.append(try Transcript(encoded: try field.bytes()))
            case 8 where attemptEnd == nil: attemptEnd = try Record(encoded: try field.bytes())
            case 9 where picture == nil: picture = try PictureDelivery(encoded: try field.bytes())
            case 10 where workerDraw == nil: workerDraw = try DrawEvidence(encoded: try field.bytes())
            case 11 where verifierDraw == nil: verifierDraw = try DrawEvidence(encoded: try field.bytes())
            case 12:
                guard sceneBlocks.count < ProofBundle.sceneBlocksMax else { throw .outOfBounds }
                sceneBlocks.append(Array(try field.bytes(max: ProofBundle.blockSizeMax)))
            case 13 where marks == nil: marks = try MarkOpening(encoded: try field.bytes())
            case 14 where decoy == nil: decoy = try DecoyEvidence(encoded: try field.bytes())
            default: throw .notCanonical
            }
        }
        self.init(
            network: NetworkID(try network.required()), jobRequest: try jobRequest.required(), jobPlan: jobPlan,
            offer: try offer.required(), commitment: try commitment.required(), anchor: try anchor.required(), transcripts: transcripts,
            attemptEnd: attemptEnd, picture: picture, sceneBlocks: sceneBlocks, workerDraw: workerDraw, verifierDraw: verifierDraw,
            marks: marks, decoy: decoy)
    }
}

extension ProofBundle.Transcript {
    func write(to writer: inout ProtobufWriter) {
        writer.alwaysBytes(1, duty.encoded)
        writer.alwaysBytes(2, accept.encoded)
        for (number, record) in [(3, challenge), (4, locators), (5, blind), (6, openings), (7, verdict), (8, question), (9, trace)]
            as [(UInt32, Record?)]
        {
            if let record { writer.alwaysBytes(number, record.encoded) }
        }
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var records: [UInt32: Record] = [:]
        while let field = try reader.next() {
            guard 1...9 ~= field.number, records[field.number] == nil else { throw .notCanonical }
            records[field.number] = try Record(encoded: try field.bytes())
        }
        self.init(
            duty: try records[1].required(), accept: try records[2].required(), challenge: records[3], locators: records[4],
            blind: records[5], openings: records[6], verdict: try records[7].required(), question: records[8], trace: records[9])
    }
}

extension PictureDelivery {
    func write(to writer: inout ProtobufWriter) {
        writer.alwaysBytes(1, root)
        for block in blocks { writer.alwaysBytes(2, block) }
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var root: [UInt8]?
        var blocks: [[UInt8]] = []
        while let field = try reader.next() {
            switch field.number {
            case 1 where root == nil: root = Array(try field.bytes(max: ProofBundle.blockSizeMax))
            case 2:
                guard blocks.count < ProofBundle.pictureBlocksMax else { throw .outOfBounds }
                blocks.append(Array(try field.bytes(max: ProofBundle.blockSizeMax)))
            default: throw .notCanonical
            }
        }
        self.init(root: try root.required(), blocks: blocks)
    }
}

extension ProofBundle.DrawEvidence {
    func write(to writer: inout ProtobufWriter) {
        writer.alwaysBytes(1, roster.packed)
        writer.alwaysBytes(2, roundRoot.encoded)
        if let beacon { writer.alwaysBytes(3, beacon.encoded) }
    }

    init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var roster: Roster?
        var roundRoot, beacon: Record?
        while let field = try reader.next() {
            switch field.number {
            case 1 where roster == nil: roster = try Roster(packed: try field.bytes())
            case 2 where roundRoot == nil: roundRoot = try Record(encoded: try field.bytes())
            case 3 where beacon == nil: beacon = try Record(encoded: try field.bytes())
            default: throw .notCanonical
            }
        }
        self.init(roster: try roster.required(), roundRoot: try roundRoot.required(), beacon: beacon)
    }
}
