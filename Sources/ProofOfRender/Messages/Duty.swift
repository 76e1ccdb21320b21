public import Identity
public import Wire

/// The writer asks a drawn Verifier to check one commitment.
public struct Duty: RecordBody {
    public static let type = RecordType.duty

    public var job: RecordID
    public var task: UInt32
    public var attempt: UInt32
    public var offer: RecordID
    public var commitment: RecordID
    /// Rank of the Verifier in the draw.
    public var rank: UInt32
    /// The round that anchored the commitment, and the record of its output.
    public var beaconRound: UInt64
    public var beacon: RecordID
    public var sceneRoot: CID
    public var verifier: Bytes32
    /// Rays that the recomputation will trace, about.
    public var recomputeRays: UInt64
    /// Key of the scene and sub-key of the marks, sealed to the Verifier; empty with a public scene and marks off.
    public var sealedKey: [UInt8]
    /// Verdicts that reject and whose place this Verifier is asked to recompute too.
    public var disputes: [RecordID]

    /// Times the offer's challenges, 1 ... 10: more where marks were missing.
    public var intensity: UInt32
    /// BLAKE2b-256 of the `MarkOpening` that comes with the duty; nil where the task carries no marks.
    public var marks: Bytes32?
    /// Only the marks are asked about: no challenge, no render. For Verifiers that cannot load the scene.
    public var marksOnly: Bool

    public static let disputesMax = 16
    public static let intensityMax: UInt32 = 10

    public init(
        job: RecordID, task: UInt32, attempt: UInt32, offer: RecordID, commitment: RecordID, rank: UInt32, beaconRound: UInt64,
        beacon: RecordID, sceneRoot: CID, verifier: Bytes32, recomputeRays: UInt64, sealedKey: [UInt8] = [], disputes: [RecordID] = [],
        intensity: UInt32 = 1, marks: Bytes32? = nil, marksOnly: Bool = false
    ) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.offer = offer
        self.commitment = commitment
        self.rank = rank
        self.beaconRound = beaconRound
        self.beacon = beacon
        self.sceneRoot = sceneRoot
        self.verifier = verifier
        self.recomputeRays = recomputeRays
        self.sealedKey = sealedKey
        self.disputes = disputes
        self.intensity = intensity
        self.marks = marks
        self.marksOnly = marksOnly
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var job, offer, commitment, beacon, verifier: Bytes32?
        var task, attempt, rank: UInt32
        (task, attempt, rank) = (0, 0, 0)
        var beaconRound, rays: UInt64
        (beaconRound, rays) = (0, 0)
        var sceneRoot: CID?
        var sealedKey: [UInt8] = []
        var disputes: [RecordID] = []
        var more: UInt32 = 0
        var marks: Bytes32?
        var marksOnly = false
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: task = try field.uint32()
            case 3: attempt = try field.uint32()
            case 4: offer = try field.bytes32()
            case 5: commitment = try field.bytes32()
            case 6: rank = try field.uint32()
            case 7: beaconRound = try field.uint64()
            case 8: beacon = try field.bytes32()
            case 9: sceneRoot = try CID(bytes: try field.bytes(max: 64))
            case 10: verifier = try field.bytes32()
            case 11: rays = try field.uint64()
            case 12: sealedKey = Array(try field.bytes(max: Offer.sealedKeyMax))
            case 13:
                guard disputes.count < Duty.disputesMax else { throw .outOfBounds }
                disputes.append(try field.bytes32())
            case 14: more = try field.uint32()
            case 15: marks = try field.bytes32()
            case 16: marksOnly = try field.bool()
            default: throw .notCanonical
            }
        }
        guard more < Duty.intensityMax, !marksOnly || marks != nil else { throw .outOfBounds }
        self.init(
            job: try job.required(), task: task, attempt: attempt, offer: try offer.required(), commitment: try commitment.required(),
            rank: rank, beaconRound: beaconRound, beacon: try beacon.required(), sceneRoot: try sceneRoot.required(),
            verifier: try verifier.required(), recomputeRays: rays, sealedKey: sealedKey, disputes: disputes, intensity: more + 1,
            marks: marks, marksOnly: marksOnly)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.uint32(2, task)
        writer.uint32(3, attempt)
        writer.bytes32(4, offer)
        writer.bytes32(5, commitment)
        writer.uint32(6, rank)
        writer.uint64(7, beaconRound)
        writer.bytes32(8, beacon)
        writer.bytes(9, sceneRoot.bytes)
        writer.bytes32(10, verifier)
        writer.uint64(11, recomputeRays)
        writer.bytes(12, sealedKey)
        for dispute in disputes { writer.bytes32(13, dispute) }
        // How many times more, so that the usual case takes no bytes.
        writer.uint32(14, intensity - 1)
        if let marks { writer.bytes32(15, marks) }
        writer.bool(16, marksOnly)
    }
}

/// The Verifier takes the duty and fixes its nonce, so that it cannot choose challenges once it knows the output.
public struct DutyAccept: RecordBody {
    public static let type = RecordType.dutyAccept

    public var duty: RecordID
    public var nonceHash: Bytes32

    public init(duty: RecordID, nonceHash: Bytes32) {
        self.duty = duty
        self.nonceHash = nonceHash
    }

    public init(duty: RecordID, nonce: Bytes32) { self.init(duty: duty, nonceHash: DutyAccept.hash(nonce: nonce)) }

    /// H("nonce" ‖ nonce).
    public static func hash(nonce: Bytes32) -> Bytes32 { Labelled.hash("nonce") { $0.write(nonce) } }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        let (first, second) = try reader.readPair()
        self.init(duty: first, nonceHash: second)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, duty)
        writer.bytes32(2, nonceHash)
    }
}

/// The Verifier reveals its nonce, and with it what the Worker has to open.
public struct Challenge: RecordBody {
    public static let type = RecordType.challenge

    public var duty: RecordID
    public var nonce: Bytes32

    public init(duty: RecordID, nonce: Bytes32) {
        self.duty = duty
        self.nonce = nonce
    }

    public init(fields reader: inout ProtobufReader) throws(WireError) {
        let (first, second) = try reader.readPair()
        self.init(duty: first, nonce: second)
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, duty)
        writer.bytes32(2, nonce)
    }
}

extension ProtobufReader {
    /// A message of two hashes, numbers 1 and 2.
    mutating func readPair() throws(WireError) -> (Bytes32, Bytes32) {
        var first, second: Bytes32?
        while let field = try next() {
            switch field.number {
            case 1: first = try field.bytes32()
            case 2: second = try field.bytes32()
            default: throw .notCanonical
            }
        }
        return (try first.required(), try second.required())
    }
}
