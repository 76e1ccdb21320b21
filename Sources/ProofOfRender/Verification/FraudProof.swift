internal import Identity
public import RenderModel
public import Wire

/// Everything that shows a reason to reject: the claim, the challenge, and the Worker's own answers. Anybody can check it.
///
/// The caller checks the signatures and ids of the records that these bodies come from (`ProofBundle` does all of it).
public struct FraudProof: Sendable {
    public let claim: Claim
    public let draw: ChallengeDraw
    public let reason: RejectReason
    public let locators: Locators?
    public let openings: Openings?
    public let picture: PictureDelivery?
    /// The Worker's trace of the disputed record, with the sample that the verdict names.
    public let trace: (body: SampleTrace, sample: UInt32)?

    public init(
        claim: Claim, output: Bytes32, nonce: Bytes32, intensity: UInt32 = 1, reason: RejectReason, locators: Locators?,
        openings: Openings?, picture: PictureDelivery?, trace: (body: SampleTrace, sample: UInt32)? = nil
    ) {
        self.claim = claim
        draw = ChallengeDraw(claim: claim, output: output, nonce: nonce, intensity: intensity)
        self.reason = reason
        self.locators = locators
        self.openings = openings
        self.picture = picture
        self.trace = trace
    }

    /// The one sample that decides, where the evidence was narrowed down to it: render it and ask `check(sample:)`. Nil where the
    /// trace is none of the disputed record.
    public var step: SampleStep? {
        guard let trace, let place = reason.disputedPlace, case .passed(let located)? = locators?.verify(claim: claim, draw: draw),
            case .passed(let opened)? = openings?.verify(located: located, grid: claim.grid),
            let index = located.places.firstIndex(of: place)
        else { return nil }
        return SampleStep(
            trace.body, sample: trace.sample, of: place, claimed: located.claimed(opened, at: index), grid: claim.grid)
    }

    /// With the value of the one sample of `step`, rendered alone. It is fraud whatever the rest of the record is: the Worker signed
    /// the step.
    public func check(sample value: RecordValue) -> Finding {
        guard let step, claim.rule.isExact else { return check() }
        return step.follows(from: value) ? .refuted : .holds
    }

    public enum Finding: Sendable, Equatable {
        /// The reason stands.
        case holds
        /// The records show no such thing: the verdict is false.
        case refuted
        /// A record or the picture that the reason rests on is not there.
        case missing
        /// Render this place with `claim.renderRequest` and ask again.
        case recompute(RecordPlace)
        /// Render all `places` and ask again with their values.
        case recomputeAll
    }

    /// Without a value, checks what needs no render; with one, that of the disputed place, all.
    public func check(recomputed: RecordValue? = nil) -> Finding {
        if reason == .impossibleTotal { return claim.impossibility == nil ? .refuted : .holds }
        if reason == .wrongImageSize || reason == .wrongImageHash {
            guard let picture else { return .missing }
            switch PictureSample.check(picture, claim: claim, draw: draw) {
            case .foreign: return .missing
            case .rejected(let found): return found == reason ? .holds : .refuted
            case .sample: return .refuted
            }
        }
        guard let locators else { return .missing }
        switch locators.verify(claim: claim, draw: draw) {
        case .rejected(let found): return found == reason ? .holds : .refuted
        case .passed(let located): return check(located: located, recomputed: recomputed)
        }
    }

    /// For a reason that rests on all places: their values, in the order of `places`.
    public func check(recomputed values: [RecordValue]) -> Finding {
        guard reason.restsOnAllPlaces, case .passed(let located)? = locators?.verify(claim: claim, draw: draw),
            case .passed(let opened)? = openings?.verify(located: located, grid: claim.grid)
        else { return check() }
        let found = claim.rule.judge(located: located, opened: opened, recomputed: values, grid: claim.grid)
        guard case .rejected(let reason) = found else { return .refuted }
        return reason.restsOnAllPlaces ? .holds : .refuted
    }

    /// What such a reason asks to render.
    public var places: [RecordPlace] {
        guard case .passed(let located)? = locators?.verify(claim: claim, draw: draw) else { return [] }
        return located.places
    }

    private func check(located: LocatedPlaces, recomputed: RecordValue?) -> Finding {
        guard let openings else { return reason.restsOnLocators ? .refuted : .missing }
        switch openings.verify(located: located, grid: claim.grid) {
        case .rejected(let found): return found == reason ? .holds : .refuted
        case .passed(let opened):
            if reason.restsOnAllPlaces { return claim.rule.isExact ? .refuted : .recomputeAll }
            if let place = reason.disputedPlace {
                guard located.places.contains(place) else { return .refuted }
                guard claim.rule.isExact else { return .refuted }
                guard let recomputed else { return .recompute(place) }
                let found = Judgement.compare(located: located, opened: opened, place: place, recomputed: recomputed)
                return found == reason ? .holds : .refuted
            }
            guard case .pictureMismatch = reason else { return .refuted }
            guard let picture else { return .missing }
            switch PictureSample.check(picture, claim: claim, draw: draw) {
            case .foreign: return .missing
            case .rejected: return .refuted
            case .sample(let sample):
                return Judgement.compare(located: located, opened: opened, picture: sample, grid: claim.grid) == reason ? .holds : .refuted
            }
        }
    }
}

extension RejectReason {
    /// True for reasons that the locators alone show or refute.
    var restsOnLocators: Bool {
        switch self {
        case .malformedLocators, .badPath, .badSum, .wrongLeaf, .rayCountTooLow, .rayCountTooHigh, .raysOutsideTile: true
        default: false
        }
    }

    /// True for reasons that nobody sees without the picture.
    var restsOnPicture: Bool {
        switch self {
        case .wrongImageSize, .wrongImageHash, .pictureMismatch: true
        default: false
        }
    }
}
