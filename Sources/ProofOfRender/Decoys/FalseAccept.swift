internal import Identity
public import RenderModel
public import Wire

/// Whether a Verifier accepted what its own challenges show to be false. It needs no decoy: any replay asks it of any accept; decoys see
/// to it that there is something to ask about.
///
/// The caller checks the records' signatures, ids and citations, and that the verdict fits its blind commitment.
public struct FalseAccept: Sendable {
    public let claim: Claim
    public let verdict: Verdict
    private let draw: ChallengeDraw
    private let locators: Locators?
    private let openings: Openings?

    /// `output`: that of the round which anchored the commitment.
    /// `intensity`: the duty's.
    public init(claim: Claim, output: Bytes32, intensity: UInt32 = 1, verdict: Verdict, locators: Locators?, openings: Openings?) {
        self.claim = claim
        self.verdict = verdict
        self.locators = locators
        self.openings = openings
        draw = ChallengeDraw(claim: claim, output: output, nonce: verdict.nonce, intensity: intensity)
    }

    public enum Finding: Sendable, Equatable {
        /// It accepted, and its challenges show that it should not have.
        case isShown(Fault)
        /// It did not accept, or nothing false was challenged.
        case none
        /// Render these of its places, and ask again with their values in this order.
        case recompute([RecordPlace])
        /// The exact comparison is not the rule of this offer.
        case notApplicable
    }

    public enum Fault: Sendable, Equatable {
        /// Its records alone give a reason to reject: it did not look at them, or did not wait for them.
        case records(RejectReason?)
        /// The values that it claims to have rendered are not those that were opened, and yet it accepts: it made them up.
        case ownValues(RecordPlace)
        /// Its values are those that the Worker opened, and not those that a render gives: it had them from the Worker.
        case copied(RecordPlace)
    }

    /// What needs no render. `suspects`: places to render where the values agree, those of the decoy (`Decoy.falsePlaces`); nil: all.
    public func check(suspects: [RecordPlace]? = nil) -> Finding {
        guard claim.rule.isExact else { return .notApplicable }
        guard verdict.outcome == .accept else { return .none }
        if let reason = claim.impossibility { return .isShown(.records(reason)) }
        guard let locators else { return .isShown(.records(nil)) }
        switch locators.verify(claim: claim, draw: draw) {
        case .rejected(let reason): return .isShown(.records(reason))
        case .passed(let located): return check(located, suspects: suspects)
        }
    }

    private func check(_ located: LocatedPlaces, suspects: [RecordPlace]?) -> Finding {
        guard let openings, verdict.values.count == located.places.count else { return .isShown(.records(nil)) }
        switch openings.verify(located: located, grid: claim.grid) {
        case .rejected(let reason): return .isShown(.records(reason))
        case .passed(let opened):
            if let place = Judgement.compare(located: located, opened: opened, recomputed: verdict.values)?.disputedPlace {
                return .isShown(.ownValues(place))
            }
            let wanted = suspects.map { Set($0) }
            let places = located.places.filter { wanted?.contains($0) ?? true }
            return places.isEmpty ? .none : .recompute(places)
        }
    }

    /// With the values of the places that `check(suspects:)` asked for.
    public func check(suspects: [RecordPlace]? = nil, recomputed: [RecordValue]) -> Finding {
        guard case .recompute(let places) = check(suspects: suspects), recomputed.count == places.count,
            case .passed(let located)? = locators?.verify(claim: claim, draw: draw)
        else { return check(suspects: suspects) }
        var stated: [RecordPlace: RecordValue] = [:]
        for (place, value) in zip(located.places, verdict.values) { stated[place] = value }
        for (place, value) in zip(places, recomputed) where stated[place]?.isIdentical(to: value) != true {
            return .isShown(.copied(place))
        }
        return .none
    }
}
