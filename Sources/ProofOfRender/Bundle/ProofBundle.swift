public import Identity
internal import Wire

/// Everything that a third party needs to replay the verdicts on one attempt without a network.
public struct ProofBundle: Equatable, Sendable {
    /// One Verifier's duty, from the order to the verdict. Later records are nil where the duty ended before them.
    public struct Transcript: Equatable, Sendable {
        public var duty: Record
        public var accept: Record
        public var challenge: Record?
        public var locators: Record?
        public var blind: Record?
        public var openings: Record?
        public var verdict: Record
        /// Where the Verifier asked for the samples of a record that differed.
        public var question: Record?
        public var trace: Record?

        public init(
            duty: Record, accept: Record, challenge: Record? = nil, locators: Record? = nil, blind: Record? = nil,
            openings: Record? = nil, verdict: Record, question: Record? = nil, trace: Record? = nil
        ) {
            self.duty = duty
            self.accept = accept
            self.challenge = challenge
            self.locators = locators
            self.blind = blind
            self.openings = openings
            self.verdict = verdict
            self.question = question
            self.trace = trace
        }
    }

    /// What shows that a node was drawn.
    public struct DrawEvidence: Equatable, Sendable {
        public var roster: Roster
        /// The round root that certifies the roster: of a round before the output.
        public var roundRoot: Record
        /// The output that drew; nil for Verifiers, who are drawn by the output that the anchor ends in.
        public var beacon: Record?

        public init(roster: Roster, roundRoot: Record, beacon: Record? = nil) {
            self.roster = roster
            self.roundRoot = roundRoot
            self.beacon = beacon
        }
    }

    public var network: NetworkID
    /// The client's request: its id is the job's.
    public var jobRequest: Record
    public var jobPlan: Record?
    public var offer: Record
    public var commitment: Record
    public var anchor: Anchor
    public var transcripts: [Transcript]
    public var attemptEnd: Record?
    public var picture: PictureDelivery?
    /// Blocks of the canonical scene, to be checked against the scene root by whoever reads them.
    public var sceneBlocks: [[UInt8]]
    public var workerDraw: DrawEvidence?
    public var verifierDraw: DrawEvidence?
    /// The task's key and the places of its quads, once the attempt is over; nil where it carried no marks.
    public var marks: MarkOpening?
    /// Where the result is false because it was asked for.
    public var decoy: DecoyEvidence?

    public init(
        network: NetworkID, jobRequest: Record, jobPlan: Record? = nil, offer: Record, commitment: Record, anchor: Anchor,
        transcripts: [Transcript], attemptEnd: Record? = nil, picture: PictureDelivery? = nil, sceneBlocks: [[UInt8]] = [],
        workerDraw: DrawEvidence? = nil, verifierDraw: DrawEvidence? = nil, marks: MarkOpening? = nil,
        decoy: DecoyEvidence? = nil
    ) {
        self.network = network
        self.jobRequest = jobRequest
        self.jobPlan = jobPlan
        self.offer = offer
        self.commitment = commitment
        self.anchor = anchor
        self.transcripts = transcripts
        self.attemptEnd = attemptEnd
        self.picture = picture
        self.sceneBlocks = sceneBlocks
        self.workerDraw = workerDraw
        self.verifierDraw = verifierDraw
        self.marks = marks
        self.decoy = decoy
    }
}
