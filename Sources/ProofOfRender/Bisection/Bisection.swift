public import Determinism
public import Identity
public import RenderModel

/// From a record that differs to the first sample that does: what a Verifier does between its mismatch and its verdict.
///
/// Calling contract: that of `StateMachine`; call `start` once. A Worker that is silent, or answers what does not fit its own record,
/// ends it without a sample, and the verdict rests on the whole record as before: nothing is gained by not answering.
public struct Bisection: StateMachine, Sendable {
    public enum Input: Sendable {
        /// The question was signed and sent.
        case asked(RecordID)
        /// The Worker's answer, its signature checked.
        case received(SampleTrace, id: RecordID)
        /// The Worker will not answer.
        case refused
        /// One value per request of `render`.
        case rendered([RecordValue])
        case renderFailed
    }

    public enum Effect: Sendable, Equatable {
        /// Sign, send to the Worker, and say `asked`.
        case ask(SampleQuestion)
        /// Each request at this one place.
        case render([RenderRequest], RecordPlace)
        /// Over; nil: no sample was found.
        case finish(Finding?)
    }

    /// What the verdict cites.
    public struct Finding: Hashable, Sendable {
        public var trace: RecordID
        /// Counted from sample 0 of the frame.
        public var sample: UInt32
    }

    public struct Parameters: Sendable {
        /// For the Worker's answer, like that for openings.
        public var answerMax: Duration
        /// For 136 samples of one pixel.
        public var renderMax: Duration

        public init(answerMax: Duration = .seconds(20), renderMax: Duration = .seconds(60)) {
            self.answerMax = answerMax
            self.renderMax = renderMax
        }
    }

    private enum Phase { case asking, awaitingTrace, rendering, finished }

    public let place: RecordPlace
    public private(set) var nextDeadline: Instant?

    private let claimed: RecordValue
    private let question: SampleQuestion
    private let requests: [RenderRequest]
    private let parameters: Parameters
    private var phase = Phase.asking
    private var questionID: RecordID?
    private var trace: (body: SampleTrace, id: RecordID)?

    /// Nil unless the check rejected one record for its values or its rays.
    public init?(_ check: Verification, parameters: Parameters = Parameters()) {
        guard case .reject(let reason)? = check.outcome, let place = reason.disputedPlace, let claimed = check.claimed(at: place),
            let openings = check.openingsID
        else { return nil }
        self.place = place
        self.claimed = claimed
        self.parameters = parameters
        question = SampleQuestion(duty: check.dutyID, openings: openings, place: place)
        requests = check.claim.renderRequest.prefixes(of: place)
        guard !requests.isEmpty else { return nil }
    }

    public mutating func start(now: Instant, emit: inout [Effect]) {
        nextDeadline = now + parameters.answerMax
        emit.append(.ask(question))
    }

    public mutating func handle(_ input: Input, now: Instant, emit: inout [Effect]) {
        switch (phase, input) {
        case (.asking, .asked(let id)):
            questionID = id
            phase = .awaitingTrace
        case (.awaitingTrace, .received(let body, let id)):
            guard body.question == questionID else { return }
            guard body.fits(claimed, samples: requests.count) else { return finish(nil, emit: &emit) }
            trace = (body, id)
            phase = .rendering
            nextDeadline = now + parameters.renderMax
            emit.append(.render(requests, place))
        case (.rendering, .rendered(let values)):
            guard let trace, let sample = SampleStep.firstDifference(trace.body, values, of: place) else {
                return finish(nil, emit: &emit)
            }
            finish(Finding(trace: trace.id, sample: sample), emit: &emit)
        case (.awaitingTrace, .refused), (.rendering, .renderFailed): finish(nil, emit: &emit)
        default: return
        }
    }

    public mutating func handleDeadline(now: Instant, emit: inout [Effect]) {
        guard let nextDeadline, nextDeadline <= now else { return }
        finish(nil, emit: &emit)
    }

    private mutating func finish(_ finding: Finding?, emit: inout [Effect]) {
        guard phase != .finished else { return }
        phase = .finished
        nextDeadline = nil
        emit.append(.finish(finding))
    }
}
