public import Identity
public import RenderModel
public import Wire

/// The Manager's offer of one attempt at one task to one Worker. Verifiers take all inputs of the render from it alone; two offers
/// for one attempt are the Manager's own fraud proof.
public struct Offer: RecordBody {
    public static let type = RecordType.offer

    /// Id of the job's request record.
    public var job: RecordID
    public var task: UInt32
    public var attempt: UInt32
    /// Term of the job's writer.
    public var term: UInt64
    /// The decision that opens this attempt: the job's plan, or the end of the attempt before.
    public var cause: RecordID
    /// The beacon round whose output drew the Worker, and the Worker's rank in that draw.
    public var drawRound: UInt64
    public var rank: UInt32
    public var worker: Bytes32
    public var sceneRoot: CID
    public var settings: RenderSettings
    /// Starts at 1.
    public var frame: UInt32
    public var tile: Tile
    public var samples: Range<UInt32>
    public var jobSeed: UInt64
    /// Digest of the known-answer renders of profile D.
    public var profile: Bytes32
    /// The scene's key sealed to the Worker; empty where the scene is public.
    public var sealedKey: [UInt8]
    /// H(mark key ‖ salt); nil with marks off.
    public var markCommitment: Bytes32?
    /// Smallest units of credit for one IBM of work.
    public var pricePerIBM: UInt64
    /// Work of 10⁹ rays of this scene, in µIBM, measured by the Manager's sample render.
    public var microIBMPerGigaray: UInt64
    /// Round after which a commitment is not paid.
    public var deadlineRound: UInt64
    public var level: SecurityLevel
    /// Challenges by rays and by area.
    public var rayChallenges: UInt32
    public var areaChallenges: UInt32

    public static let sealedKeyMax = 4096

    public init(
        job: RecordID, task: UInt32, attempt: UInt32 = 0, term: UInt64 = 0, cause: RecordID, drawRound: UInt64 = 0, rank: UInt32 = 0,
        worker: Bytes32, sceneRoot: CID, settings: RenderSettings, frame: UInt32, tile: Tile, samples: Range<UInt32>, jobSeed: UInt64,
        profile: Bytes32, sealedKey: [UInt8] = [], markCommitment: Bytes32? = nil, pricePerIBM: UInt64 = 0,
        microIBMPerGigaray: UInt64 = 0, deadlineRound: UInt64, level: SecurityLevel = .standard,
        rayChallenges: UInt32 = ChallengeCount.standard, areaChallenges: UInt32 = ChallengeCount.standard
    ) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.term = term
        self.cause = cause
        self.drawRound = drawRound
        self.rank = rank
        self.worker = worker
        self.sceneRoot = sceneRoot
        self.settings = settings
        self.frame = frame
        self.tile = tile
        self.samples = samples
        self.jobSeed = jobSeed
        self.profile = profile
        self.sealedKey = sealedKey
        self.markCommitment = markCommitment
        self.pricePerIBM = pricePerIBM
        self.microIBMPerGigaray = microIBMPerGigaray
        self.deadlineRound = deadlineRound
        self.level = level
        self.rayChallenges = rayChallenges
        self.areaChallenges = areaChallenges
    }

    /// Where the records lie; nil for an offer that is not valid.
    public var grid: RecordGrid? { RecordGrid(settings: settings, tile: tile, samples: samples) }

    /// True where the place exists, the challenge is within its bounds, and the openings of the largest challenge fit their record.
    /// Extra layers are not in the record, hence not proven, hence not offered.
    public var isValid: Bool {
        guard let grid, frame > 0, settings.layers.isEmpty, sealedKey.count <= Offer.sealedKeyMax else { return false }
        let counts = 1...ChallengeCount.max
        guard counts.contains(rayChallenges), counts.contains(areaChallenges) else { return false }
        let rule = DecisionRule(profile: profile)
        guard min(rayChallenges, areaChallenges) >= rule.challengesMin, rule.isExact || grid.pixelCount >= DecisionRule.pixelsMin else {
            return false
        }
        return openingsSizeMax(grid) <= RecordType.openings.bodyMax - 1024 && locatorsSizeMax(grid) <= RecordType.locators.bodyMax - 1024
    }

    /// How many times its challenges a Verifier may be asked to draw, at most `Duty.intensityMax`: as many as openings and locators
    /// have room for, together in one message as the evidence of a dispute.
    public var intensityMax: UInt32 {
        guard let grid else { return 1 }
        let size = openingsSizeMax(grid) + locatorsSizeMax(grid)
        return min(max(1, UInt32(clamping: Offer.evidenceSizeMax / max(1, size))), Duty.intensityMax)
    }

    /// Locators and openings in one message of 4 MiB, with the records around them.
    private static let evidenceSizeMax = (4 << 20) - (128 << 10)

    private func openingsSizeMax(_ grid: RecordGrid) -> Int {
        (Int(rayChallenges) + Int(areaChallenges) * grid.bucketCount) * LeafSummary.valuesSize
    }

    private func locatorsSizeMax(_ grid: RecordGrid) -> Int {
        let levels = (Int.bitWidth - grid.blockCount.leadingZeroBitCount) + (Int.bitWidth - grid.bucketCount.leadingZeroBitCount)
        let path = levels * SumNode.size + 32
        return Int(rayChallenges) * (path + LeafSummary.size) + Int(areaChallenges) * (path + grid.bucketCount * LeafSummary.size)
    }

    /// Key of the random numbers of this attempt.
    public func rngKey(offer id: RecordID) -> UInt64 {
        RNGKey.derive(jobSeed: jobSeed, task: task, frame: frame, worker: worker, offer: id)
    }

    /// What a Worker renders, and a Verifier renders again at a few places.
    public func renderRequest(offer id: RecordID) -> RenderRequest {
        RenderRequest(settings: settings, frame: frame, rngKey: rngKey(offer: id), tile: tile, samples: samples)
    }

    public func context(offer id: RecordID) -> RecordContext {
        RecordContext(offer: id, task: task, frame: frame, worker: worker, sceneRoot: sceneRoot, profile: profile, settings: settings)
    }
}
