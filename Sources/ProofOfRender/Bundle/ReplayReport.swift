internal import Identity
public import Wire

/// What a replay looked at, in order.
public enum ReplayStep: Hashable, Sendable {
    case jobRequest, jobPlan, offer, workerDraw, commitment, anchor, picture, marks
    /// Steps of one transcript, by its position in the bundle.
    case verifierDraw(Int), duty(Int), acceptance(Int), challenge(Int), locators(Int), blind(Int), openings(Int)
    case trace(Int), recomputation(Int), sample(Int), verdict(Int)
    case decoy, attemptEnd
}

/// Why a step does not hold.
public enum ReplayFailure: Hashable, Sendable {
    case malformed(WireError)
    case wrongType
    case badSignature
    /// Signed by somebody whose statement it is not.
    case wrongAuthor
    /// Cites another record, place or round than it should.
    case wrongCitation
    case notAnchored(Anchor.Failure)
    /// The roster is not the certified one, or the draw gives somebody else.
    case notDrawn
    /// The nonce is not the one that the acceptance fixed.
    case wrongNonce
    /// The revealed values and salt do not give the blind commitment.
    case wrongBlind
    /// The values that the Verifier claims to have rendered are not those that come out.
    case wrongValues
    /// The trace is not of the disputed record, or the sample that the verdict names is right.
    case wrongSample
    /// The records give another outcome than the verdict states; nil where they give none.
    case falseVerdict(found: Verdict.Outcome?)
    /// The blocks of the picture are not those that the commitment names.
    case foreignPicture
    /// The key is not the one that the offer committed to, or the marks are another task's.
    case wrongMarks
    /// The reveal does not open the promise, or the promise was anchored after the commitment.
    case brokenPromise
    /// The decision does not follow from the verdicts.
    case falseDecision
    /// A record that the step needs is not in the bundle.
    case missing
}

public struct ReplayReport: Equatable, Sendable {
    public enum Result: Hashable, Sendable {
        case passed
        case failed(ReplayFailure)
        /// The bundle does not hold what the step needs, and the conclusion does not rest on it, or says that it is incomplete.
        case skipped
    }

    public struct Line: Hashable, Sendable {
        public var step: ReplayStep
        public var result: Result
    }

    public enum Conclusion: Equatable, Sendable {
        /// The acceptance was reproduced.
        case accepted
        /// The rejection was reproduced, for this reason.
        case rejected(RejectReason)
        /// All that is there holds, and the verdicts do not decide yet.
        case undecided
        /// A statement is false or does not hold together: see the failed lines.
        case contradicted
        /// All that could be checked holds; places could not be rendered without these blocks.
        case incomplete(missing: [CID])
    }

    public var lines: [Line]
    public var conclusion: Conclusion

    public var failures: [(step: ReplayStep, failure: ReplayFailure)] {
        lines.compactMap { line in
            guard case .failed(let failure) = line.result else { return nil }
            return (line.step, failure)
        }
    }
}
