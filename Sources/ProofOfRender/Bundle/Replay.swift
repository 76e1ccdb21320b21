public import Crypto
internal import Identity
public import RenderModel
public import Wire

/// The offline replay of a bundle. It believes no party: signatures, citations, anchoring, draws, challenges, paths, values and the
/// decision are worked out again, with one recomputation of the challenged places by whoever holds the scene.
///
/// `init` checks all that needs no render. Then render `places` with `request` on the scene `sceneRoot`, and ask for `report`.
public struct Replay: Sendable {
    /// Whose word counts. `managers` empty: the author of the offer is taken as the network's only Manager, and the report is worth
    /// no more than the trust in that key.
    public struct Trust: Sendable {
        public var managers: Set<Bytes32>

        public init(managers: Set<Bytes32> = []) { self.managers = managers }
    }

    public let bundle: ProofBundle
    /// Nil where the offer or the commitment does not hold.
    public let request: RenderRequest?
    public let sceneRoot: CID?
    /// Every challenged place of every transcript, once.
    public let places: [RecordPlace]
    /// Every sample that a verdict narrowed its reason down to.
    public let samples: [SamplePlace]

    var lines: [ReplayReport.Line] = []
    let frame: ReplayFrame?
    let transcripts: [ReplayTranscript]

    public init(_ bundle: ProofBundle, with signing: Signing, trust: Trust = Trust()) {
        self.bundle = bundle
        var log = ReplayLog(signing: signing, network: bundle.network, managers: trust.managers, bundle: bundle)
        let frame = ReplayFrame(bundle, log: &log)
        self.frame = frame
        request = frame?.claim.renderRequest
        sceneRoot = frame?.claim.offer.sceneRoot
        var transcripts: [ReplayTranscript] = []
        if let frame {
            for (index, transcript) in bundle.transcripts.enumerated() {
                transcripts.append(ReplayTranscript(transcript, index: index, frame: frame, log: &log))
            }
        }
        self.transcripts = transcripts
        lines = log.lines
        var seen: Set<RecordPlace> = []
        places = transcripts.flatMap { $0.located?.places ?? [] }.filter { seen.insert($0).inserted }
        samples = transcripts.compactMap { $0.step?.place }
    }

    /// `values`: one per place, in order; nil where the scene was not at hand, with the blocks that were `missing`. `sampleValues`: one per
    /// sample, each rendered alone. A sample that differs shows its reason without the values of any place.
    public func report(values: [RecordValue]?, sampleValues: [RecordValue]? = nil, missing: [CID] = []) -> ReplayReport {
        let values = values?.count == places.count ? values : nil
        var log = ReplayLog(lines: lines)
        var byPlace: [RecordPlace: RecordValue] = [:]
        if let values { for (place, value) in zip(places, values) { byPlace[place] = value } }
        var outcomes: [ReplayOutcome] = []
        var bySample: [SamplePlace: RecordValue] = [:]
        if let sampleValues { for (place, value) in zip(samples, sampleValues) { bySample[place] = value } }
        if let frame {
            for transcript in transcripts {
                let sample = transcript.step.flatMap { bySample[$0.place] }
                outcomes.append(transcript.judge(frame: frame, values: values == nil ? nil : byPlace, sample: sample, log: &log))
            }
        }
        let decision = ReplayDecision(bundle: bundle, frame: frame, outcomes: outcomes, log: &log)
        return ReplayReport(lines: log.lines, conclusion: decision.conclusion(log.lines, rendered: values != nil, missing: missing))
    }
}

/// What came of rendering the challenged places.
public enum Recomputation: Sendable {
    case values([RecordValue])
    case missing([CID])
}

extension ProofBundle {
    /// The whole replay in one call. `recompute` is asked once, with what to render and where, and not at all where no place is left to
    /// render.
    public func replay(
        with signing: Signing, trust: Replay.Trust = Replay.Trust(),
        recompute: (_ request: RenderRequest, _ sceneRoot: CID, _ places: [RecordPlace]) -> Recomputation
    ) -> ReplayReport {
        let replay = Replay(self, with: signing, trust: trust)
        guard let request = replay.request, let sceneRoot = replay.sceneRoot, !replay.places.isEmpty else {
            return replay.report(values: [])
        }
        switch recompute(request, sceneRoot, replay.places) {
        case .values(let values): return replay.report(values: values)
        case .missing(let blocks): return replay.report(values: nil, missing: blocks)
        }
    }
}
