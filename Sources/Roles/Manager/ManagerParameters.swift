public import ProofOfRender
public import Wire

/// What a Manager's owner can set. All waits end in a decision, never in an endless state.
public struct ManagerParameters: Sendable {
    /// Length of a round: 30 s, 2 s in a development network.
    public var roundLength: Duration = .seconds(2)
    /// Digest of the known answers of profile D: what Workers and Verifiers must render.
    public var profile: Bytes32
    public var planner = JobPlanner.Parameters()
    /// Gossip topics that jobs are spread over; a number of the network.
    public var shards: UInt64 = 1

    // Bounds.
    public var membersMax = 4_096
    /// Jobs that have not ended.
    public var jobsMax = 256
    public var jobsPerClientMax = 64
    /// Ended jobs whose status is kept in memory; older ones are read from the disk.
    public var endedMax = 64
    public var sceneBytesMax: UInt64 = 4 << 30
    /// Attempts that Workers broke off or got wrong before a task is given up.
    public var failuresMax: UInt32 = 8
    /// Rejected or broken-off attempts of one Worker in one job before it gets no more of that job.
    public var strikesMax = 3

    /// Numbers of the network.
    public var marks = MarkParameters()

    /// Attempts of a thousand that are decoys; two of a task at most.
    public var decoyPermille: UInt64 = 0

    // The job's challenge and price.
    public var rayChallenges: UInt32 = 133
    public var areaChallenges: UInt32 = 133
    /// Jobs with so many samples that fewer than these fit one message are refused.
    public var areaChallengesMin: UInt32 = 32
    /// Work of 10⁹ rays in µIBM, where no sample render measured it.
    public var microIBMPerGigaray: UInt64 = 1_000_000

    // Waits.
    /// For the whole scene.
    public var fetchWait: Duration = .seconds(900)
    public var inspectWait: Duration = .seconds(300)
    /// For the answer to an offer or a duty.
    public var answerWait: Duration = .seconds(10)
    /// For one request; tried again within the wait that it belongs to.
    public var requestWait: Duration = .seconds(5)
    public var retryPause: Duration = .seconds(1)
    /// A Worker that says nothing for so long has lost its lease: six reports.
    public var silenceMax: Duration = .seconds(30)
    public var leaseMax: Duration = .seconds(3_600)
    /// For all blocks of the picture.
    public var pictureWait: Duration = .seconds(120)
    public var pictureBlockWait: Duration = .seconds(20)
    /// From the acceptance of a duty to its challenge.
    public var challengeWait: Duration = .seconds(30)
    /// For the Worker's locators and openings.
    public var proofWait: Duration = .seconds(40)
    /// For the recomputation, with the scene's way to the Verifier.
    public var blindWait: Duration = .seconds(300)
    public var verdictWait: Duration = .seconds(60)
    /// More of it for a Verifier that asks for the samples of a record.
    public var traceWait: Duration = .seconds(90)
    /// A Verifier's call is held back no longer than this before it is told to ask again; less than a Verifier waits.
    public var holdMax: Duration = .seconds(15)
    /// A member that does not register for so long is forgotten: three refreshes and some.
    public var memberSilenceMax: Duration = .seconds(35)
    /// A member that declined or did not answer is not asked again before.
    public var coolDown: Duration = .seconds(3)
    /// A Worker that let a task go does not get it again before.
    public var barWait: Duration = .seconds(60)
    /// Scene and pictures of an ended job are there to be fetched for so long, counted in rounds that the Manager was up.
    public var blocksKept: Duration = .seconds(7 * 86_400)
    /// Rounds after the offer in which a commitment is still paid.
    public var deadlineRounds: UInt64 = 2_000

    public init(profile: Bytes32) { self.profile = profile }
}
