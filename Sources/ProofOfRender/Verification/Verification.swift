public import Identity
public import RenderModel
public import Wire

/// A Verifier's check of one commitment, step by step. Pure: records and rendered values in, bodies to sign out.
///
/// Calling contract. `init` with the nonce whose hash the acceptance of the duty named; send `challenge`. Then, in this order,
/// `receive(locators:)`, `recomputed(_:salt:)`, `receive(openings:)`. `receive(picture:)` may come at any time after `init`. As soon as
/// `outcome` is not nil the check is over, and `verdict` is what to sign. A step out of order changes nothing and says so.
/// The role owns all deadlines; a party that stays silent ends in `giveUp(_:)`.
public struct Verification: Sendable {
    public enum Phase: Sendable, Equatable {
        case awaitingLocators
        /// The places of `located` are to be rendered.
        case recomputing
        /// The blind commitment is out.
        case awaitingOpenings
        /// All is compared but the picture, which has not come yet.
        case awaitingPicture
        case decided
    }

    public enum Step: Sendable, Equatable {
        /// Go on as `phase` says.
        case next
        /// `verdict` is ready.
        case decided
        /// Not expected in this phase, or it answers another request: dropped.
        case unexpected
    }

    public let claim: Claim
    public let duty: Duty
    public let dutyID: RecordID
    public let draw: ChallengeDraw
    public let nonce: Bytes32
    public private(set) var phase: Phase = .awaitingLocators
    public private(set) var outcome: Verdict.Outcome?
    public private(set) var located: LocatedPlaces?

    private var locatorsID: RecordID?
    private var blindID: RecordID?
    private(set) var openingsID: RecordID?
    private var salt: Bytes32 = .zero
    private var values: [RecordValue] = []
    private var opened: OpenedValues?
    private var picture: PictureSample?
    private var challengeID: RecordID?

    /// `output` is that of the beacon round that anchored the commitment. Nil where the duty is not about this claim. A claim that
    /// is impossible by itself is decided at once.
    public init?(claim: Claim, duty: Duty, dutyID: RecordID, output: Bytes32, nonce: Bytes32) {
        let offer = claim.offer
        guard
            duty.offer == claim.offerID, duty.commitment == claim.commitmentID, duty.job == offer.job, duty.task == offer.task,
            duty.attempt == offer.attempt, duty.sceneRoot == offer.sceneRoot, duty.intensity <= offer.intensityMax
        else { return nil }
        self.claim = claim
        self.duty = duty
        self.dutyID = dutyID
        self.nonce = nonce
        draw = ChallengeDraw(claim: claim, output: output, nonce: nonce, intensity: duty.intensity)
        if let reason = claim.impossibility { decide(.reject(reason)) }
    }

    /// To sign and to send to the Worker; tell `sent(challenge:)` its id.
    public var challenge: Challenge { Challenge(duty: dutyID, nonce: nonce) }

    /// The id of the signed challenge: locators that cite another are not for this duty.
    public mutating func sent(challenge id: RecordID) { challengeID = id }

    /// Places to render with `claim.renderRequest`, in the order in which values are expected.
    public var places: [RecordPlace] { located?.places ?? [] }

    public mutating func receive(locators: Locators, id: RecordID) -> Step {
        guard phase == .awaitingLocators, locators.challenge == challengeID else { return .unexpected }
        locatorsID = id
        switch locators.verify(claim: claim, draw: draw) {
        case .rejected(let reason): return decide(.reject(reason))
        case .passed(let located):
            self.located = located
            phase = .recomputing
            return .next
        }
    }

    /// The rendered values, one per place, and a fresh salt. Nil where they are not expected or not one per place; else the blind
    /// commitment to sign, whose id `sent(blind:)` takes.
    public mutating func recomputed(_ values: [RecordValue], salt: Bytes32) -> Blind? {
        guard phase == .recomputing, let locatorsID, values.count == places.count else { return nil }
        self.values = values
        self.salt = salt
        phase = .awaitingOpenings
        return Blind(duty: dutyID, locators: locatorsID, verifier: duty.verifier, values: values, salt: salt)
    }

    public mutating func sent(blind id: RecordID) { blindID = id }

    public mutating func receive(openings: Openings, id: RecordID) -> Step {
        guard phase == .awaitingOpenings, openings.duty == dutyID, openings.blind == blindID, let located else { return .unexpected }
        openingsID = id
        switch openings.verify(located: located, grid: claim.grid) {
        case .rejected(let reason): return decide(.reject(reason))
        case .passed(let opened):
            self.opened = opened
            switch claim.rule.judge(located: located, opened: opened, recomputed: values, grid: claim.grid) {
            case .rejected(let reason): return decide(.reject(reason))
            case .undecided: return decide(.cannot(.undecided))
            case .passed: break
            }
            phase = .awaitingPicture
            return comparePicture()
        }
    }

    /// The picture's blocks, fetched by the commitment's CID. Only the challenged pixels are kept.
    public mutating func receive(picture delivery: PictureDelivery) -> Step {
        guard outcome == nil, picture == nil else { return .unexpected }
        switch PictureSample.check(delivery, claim: claim, draw: draw) {
        case .foreign: return .unexpected
        case .rejected(let reason): return decide(.reject(reason))
        case .sample(let sample):
            picture = sample
            return comparePicture()
        }
    }

    /// Ends the check without a verdict on the work. Changes nothing where it is decided.
    @discardableResult
    public mutating func giveUp(_ reason: CannotReason) -> Step {
        guard outcome == nil else { return .unexpected }
        return decide(.cannot(reason))
    }

    /// The Worker's opened value of a place; nil before it was opened, and for places that were not.
    func claimed(at place: RecordPlace) -> RecordValue? {
        guard let located, let opened, let index = located.places.firstIndex(of: place) else { return nil }
        return located.claimed(opened, at: index)
    }

    /// What to sign, once there is an outcome. The role adds the disputes that it reproduced, and what a `Bisection` found.
    public var verdict: Verdict? {
        guard let outcome else { return nil }
        return Verdict(
            job: duty.job, task: duty.task, attempt: duty.attempt, duty: dutyID, commitment: claim.commitmentID, locators: locatorsID,
            blind: blindID, openings: openingsID, nonce: nonce, salt: salt, values: values, outcome: outcome)
    }

    private mutating func comparePicture() -> Step {
        guard phase == .awaitingPicture, let picture, let opened, let located else { return .next }
        if let reason = Judgement.compare(located: located, opened: opened, picture: picture, grid: claim.grid) {
            return decide(.reject(reason))
        }
        return decide(.accept)
    }

    @discardableResult
    private mutating func decide(_ outcome: Verdict.Outcome) -> Step {
        self.outcome = outcome
        phase = .decided
        return .decided
    }
}
