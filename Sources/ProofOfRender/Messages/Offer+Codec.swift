internal import Identity
internal import RenderModel
public import Wire

extension Offer {
    /// Throws `outOfBounds` where `isValid` would not hold.
    public init(fields reader: inout ProtobufReader) throws(WireError) {
        var job, cause, worker, profile, markCommitment: Bytes32?
        var sceneRoot: CID?
        var settings: RenderSettings?
        var tile: Tile?
        var level: SecurityLevel?
        var task, attempt, rank, frame, first, end, rayChallenges, areaChallenges: UInt32
        (task, attempt, rank, frame, first, end, rayChallenges, areaChallenges) = (0, 0, 0, 0, 0, 0, 0, 0)
        var term, drawRound, jobSeed, price, work, deadline: UInt64
        (term, drawRound, jobSeed, price, work, deadline) = (0, 0, 0, 0, 0, 0)
        var sealedKey: [UInt8] = []
        while let field = try reader.next() {
            switch field.number {
            case 1: job = try field.bytes32()
            case 2: task = try field.uint32()
            case 3: attempt = try field.uint32()
            case 4: term = try field.uint64()
            case 5: cause = try field.bytes32()
            case 6: drawRound = try field.uint64()
            case 7: rank = try field.uint32()
            case 8: worker = try field.bytes32()
            case 9: sceneRoot = try CID(bytes: try field.bytes(max: 64))
            case 10: settings = try RenderSettings(encoded: try field.bytes(max: 128))
            case 11: frame = try field.uint32()
            case 12: tile = try Tile(encoded: try field.bytes(max: 64))
            case 13: first = try field.uint32()
            case 14: end = try field.uint32()
            case 15: jobSeed = try field.uint64()
            case 16: profile = try field.bytes32()
            case 17: sealedKey = Array(try field.bytes(max: Offer.sealedKeyMax))
            case 18: markCommitment = try field.bytes32()
            case 19: price = try field.uint64()
            case 20: work = try field.uint64()
            case 21: deadline = try field.uint64()
            case 22:
                level = SecurityLevel(rawValue: try field.uint32())
                if level == nil { throw .outOfBounds }
            case 23: rayChallenges = try field.uint32()
            case 24: areaChallenges = try field.uint32()
            default: throw .notCanonical
            }
        }
        guard first < end else { throw .outOfBounds }
        self.init(
            job: try job.required(), task: task, attempt: attempt, term: term, cause: try cause.required(), drawRound: drawRound,
            rank: rank, worker: try worker.required(), sceneRoot: try sceneRoot.required(), settings: try settings.required(),
            frame: frame, tile: try tile.required(), samples: first..<end, jobSeed: jobSeed, profile: try profile.required(),
            sealedKey: sealedKey, markCommitment: markCommitment, pricePerIBM: price, microIBMPerGigaray: work,
            deadlineRound: deadline, level: try level.required(), rayChallenges: rayChallenges, areaChallenges: areaChallenges)
        guard isValid else { throw .outOfBounds }
    }

    public func write(to writer: inout ProtobufWriter) {
        writer.bytes32(1, job)
        writer.uint32(2, task)
        writer.uint32(3, attempt)
        writer.uint64(4, term)
        writer.bytes32(5, cause)
        writer.uint64(6, drawRound)
        writer.uint32(7, rank)
        writer.bytes32(8, worker)
        writer.bytes(9, sceneRoot.bytes)
        writer.message(10) { settings.write(to: &$0) }
        writer.uint32(11, frame)
        writer.message(12) { tile.write(to: &$0) }
        writer.uint32(13, samples.lowerBound)
        writer.uint32(14, samples.upperBound)
        writer.uint64(15, jobSeed)
        writer.bytes32(16, profile)
        writer.bytes(17, sealedKey)
        if let markCommitment { writer.bytes32(18, markCommitment) }
        writer.uint64(19, pricePerIBM)
        writer.uint64(20, microIBMPerGigaray)
        writer.uint64(21, deadlineRound)
        writer.uint32(22, level.rawValue)
        writer.uint32(23, rayChallenges)
        writer.uint32(24, areaChallenges)
    }
}
