internal import Console
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// A replayed verdict in sentences.
struct Explanation {
    let conclusion: String
    let text: String
    /// The pixel that decided; nil where none did.
    let pixel: SIMD2<UInt32>?

    init(_ bundle: ProofBundle, report: ReplayReport) {
        var sentences: [String] = []
        let offer = try? bundle.offer.decoded(as: Offer.self)
        let commitment = try? bundle.commitment.decoded(as: Commitment.self)
        if let offer { sentences.append(Explanation.task(offer)) }
        if let offer, let commitment { sentences.append(Explanation.claim(commitment, offer)) }
        sentences += bundle.transcripts.enumerated().compactMap { Explanation.verdict($0.offset, $0.element) }
        switch report.conclusion {
        case .accepted:
            conclusion = "accepted"
            pixel = nil
            sentences.append("The challenged places were rendered again here and have the same bits: the acceptance holds.")
            if let offer { sentences.append(Explanation.meaning(offer)) }
        case .rejected(let reason):
            conclusion = "rejected"
            pixel = reason.pixel
            sentences.append("The rejection holds, and anybody can see it: \(ReplayText.words(reason)).")
            sentences.append(Explanation.blame(reason))
        case .undecided:
            conclusion = "undecided"
            pixel = nil
            sentences.append("What is there holds together, and is not enough for a decision.")
        case .contradicted:
            conclusion = "contradicted"
            pixel = nil
            for (step, failure) in report.failures {
                sentences.append("Do not believe this bundle: at the step \"\(ReplayText.name(step))\", \(ReplayText.words(failure)).")
            }
        case .incomplete(let missing):
            conclusion = "incomplete"
            pixel = nil
            sentences.append("What could be checked holds; \(missing.count) blocks of the scene are missing: give them with --scene.")
        }
        text = sentences.joined(separator: "\n")
    }

    private static func task(_ offer: Offer) -> String {
        let tile = offer.tile
        return """
            Task \(offer.task), attempt \(offer.attempt), of job \(offer.job): frame \(offer.frame), \(tile.width)x\(tile.height) pixels at \
            \(tile.x), \(tile.y), samples \(offer.samples.lowerBound) to \(offer.samples.upperBound).
            """
    }

    private static func claim(_ commitment: Commitment, _ offer: Offer) -> String {
        let paths = Double(offer.tile.width) * Double(offer.tile.height) * Double(offer.samples.count)
        return """
            Worker \(PeerID(ed25519: offer.worker)) says that it traced \(commitment.totalRays) rays for it, \
            \(Figures.decimal(Double(commitment.totalRays) / paths, places: 2)) a sample.
            """
    }

    private static func verdict(_ index: Int, _ transcript: ProofBundle.Transcript) -> String? {
        guard let verdict = try? transcript.verdict.decoded(as: Verdict.self) else { return nil }
        let said =
            switch verdict.outcome {
            case .accept: "accepted"
            case .reject(let reason): "rejected, since \(ReplayText.words(reason))"
            case .cannot(let reason): "gave no opinion (\(reason))"
            }
        return "Verifier \(index + 1), \(PeerID(ed25519: transcript.verdict.author)), rendered \(verdict.values.count) places and \(said)."
    }

    /// What an acceptance says.
    private static func meaning(_ offer: Offer) -> String {
        var missed = 1.0
        for _ in 0..<offer.rayChallenges { missed *= 0.9 }
        return """
            Had one ray in ten been invented, the \(offer.rayChallenges) challenges of one Verifier would have met none of them with a \
            probability of \(Figures.decimal(missed * 1e6, places: 1)) in a million.
            """
    }

    private static func blame(_ reason: RejectReason) -> String {
        switch reason {
        case .valueMismatch, .rayCountMismatch:
            "An honest render has the same bits on every machine, so this place was not rendered from this scene with these settings."
        case .toleranceExceeded:
            "Honest renders without a common profile differ in a few places; so many were not rendered from this scene."
        case .wrongOpening, .malformedOpenings, .badPath, .badSum, .wrongLeaf, .malformedLocators, .raysOutsideTile:
            "The Worker signed both the commitment and this answer, and they contradict each other."
        case .impossibleTotal, .rayCountTooLow, .rayCountTooHigh:
            "A sample costs at least one ray and has an upper bound, so these counts are none that a render gives."
        case .wrongImageSize, .wrongImageHash, .pictureMismatch:
            "The records may be right, but the picture that was delivered is another one."
        }
    }
}

extension RejectReason {
    /// Where it shows in the picture.
    var pixel: SIMD2<UInt32>? {
        if let place = disputedPlace { return SIMD2(place.x, place.y) }
        switch self {
        case .rayCountTooLow(let place), .rayCountTooHigh(let place): return SIMD2(place.x, place.y)
        case .pictureMismatch(let x, let y): return SIMD2(x, y)
        default: return nil
        }
    }
}
