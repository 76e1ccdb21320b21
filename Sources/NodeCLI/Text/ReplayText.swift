internal import NodeRuntime
internal import Identity
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// A replay's report for people and for programs.
struct ReplayText {
    let bundle: ProofBundle
    let report: ReplayReport

    var text: String {
        var lines = report.lines.map { line in
            switch line.result {
            case .passed: "  pass  \(ReplayText.name(line.step))"
            case .skipped: "  skip  \(ReplayText.name(line.step)): not in the bundle"
            case .failed(let failure): "  FAIL  \(ReplayText.name(line.step)): \(ReplayText.words(failure))"
            }
        }
        lines.append(conclusion)
        return lines.joined(separator: "\n")
    }

    var json: JSON {
        .object([
            "conclusion": .text(conclusionName), "detail": .text(conclusion), "network": .text(bundle.network.digest.description),
            "transcripts": .integer(bundle.transcripts.count),
            "steps": .array(
                report.lines.map { line in
                    let (result, detail) =
                        switch line.result {
                        case .passed: ("passed", "")
                        case .skipped: ("skipped", "not in the bundle")
                        case .failed(let failure): ("failed", ReplayText.words(failure))
                        }
                    return .object(["step": .text(ReplayText.name(line.step)), "result": .text(result), "detail": .text(detail)])
                }),
        ])
    }

    private var conclusionName: String {
        switch report.conclusion {
        case .accepted: "accepted"
        case .rejected: "rejected"
        case .undecided: "undecided"
        case .contradicted: "contradicted"
        case .incomplete: "incomplete"
        }
    }

    private var conclusion: String {
        switch report.conclusion {
        case .accepted: "accepted: the verdicts were reproduced from the records and the scene"
        case .rejected(let reason): "rejected: \(ReplayText.words(reason))"
        case .undecided: "undecided: what is there holds, and does not decide"
        case .contradicted: "contradicted: a statement is false or does not hold together"
        case .incomplete(let missing):
            "incomplete: what could be checked holds; blocks of the scene are missing:\n"
                + missing.prefix(20).map { "  \($0)" }.joined(separator: "\n")
                + (missing.count > 20 ? "\n  and \(missing.count - 20) more" : "")
        }
    }

    static func name(_ step: ReplayStep) -> String {
        switch step {
        case .jobRequest: "job request"
        case .jobPlan: "job plan"
        case .offer: "offer"
        case .workerDraw: "draw of the Worker"
        case .commitment: "commitment"
        case .anchor: "anchor in the beacon's root"
        case .picture: "picture"
        case .marks: "marks"
        case .verifierDraw(let index): "Verifier \(index + 1): draw"
        case .duty(let index): "Verifier \(index + 1): duty"
        case .acceptance(let index): "Verifier \(index + 1): acceptance"
        case .challenge(let index): "Verifier \(index + 1): challenge"
        case .locators(let index): "Verifier \(index + 1): locators"
        case .blind(let index): "Verifier \(index + 1): blind commitment"
        case .openings(let index): "Verifier \(index + 1): openings"
        case .recomputation(let index): "Verifier \(index + 1): recomputation"
        case .trace(let index): "Verifier \(index + 1): trace of the record that differs"
        case .sample(let index): "Verifier \(index + 1): the sample that differs, rendered alone"
        case .verdict(let index): "Verifier \(index + 1): verdict"
        case .decoy: "decoy, promised before it was committed to"
        case .attemptEnd: "end of the attempt"
        }
    }

    static func words(_ failure: ReplayFailure) -> String {
        switch failure {
        case .malformed(let error): "malformed (\(error))"
        case .wrongType: "a record of another type"
        case .badSignature: "the signature is not its author's"
        case .wrongAuthor: "signed by somebody whose statement it is not"
        case .wrongCitation: "cites another record, place or round than it should"
        case .notAnchored: "does not lie under the certified root"
        case .notDrawn: "the draw gives somebody else, or the roster is not the certified one"
        case .wrongNonce: "not the nonce that the acceptance fixed"
        case .wrongBlind: "values and salt do not give the blind commitment"
        case .wrongSample: "the trace is not of the disputed record, or its sample is right"
        case .wrongValues: "the Verifier's values are not those that come out"
        case .falseVerdict: "the records give another outcome than the verdict states"
        case .foreignPicture: "not the blocks that the commitment names"
        case .wrongMarks: "the key is not the one that the offer committed to, or the marks are of another task"
        case .brokenPromise: "the reveal does not open the promise, or the promise came after the commitment"
        case .falseDecision: "does not follow from the verdicts"
        case .missing: "not in the bundle"
        }
    }

    static func words(_ reason: RejectReason) -> String {
        switch reason {
        case .impossibleTotal: "the total of rays lies outside what the samples can cost"
        case .malformedLocators(let challenge): "the locator of challenge \(challenge) has the wrong form"
        case .badPath(let challenge): "the path of challenge \(challenge) does not lead to the committed root"
        case .badSum(let challenge): "the sums on the path of challenge \(challenge) do not give the committed total"
        case .wrongLeaf(let challenge): "the ray of challenge \(challenge) lies in another leaf"
        case .rayCountTooLow(let place): "fewer rays than samples at pixel \(place.x), \(place.y), bucket \(place.bucket)"
        case .rayCountTooHigh(let place): "more rays than the samples can trace at pixel \(place.x), \(place.y), bucket \(place.bucket)"
        case .raysOutsideTile(let block, let bucket): "rays outside the tile in block \(block), bucket \(bucket)"
        case .malformedOpenings: "not the values of every located leaf"
        case .wrongOpening(let block, let bucket): "the values of block \(block), bucket \(bucket) are not those that were committed to"
        case .rayCountMismatch(let place):
            "another number of rays at pixel \(place.x), \(place.y), bucket \(place.bucket) when rendered again"
        case .valueMismatch(let place): "another value at pixel \(place.x), \(place.y), bucket \(place.bucket) when rendered again"
        case .wrongImageSize: "the picture has the wrong size"
        case .wrongImageHash: "the picture is not the one that was committed to"
        case .pictureMismatch(let x, let y): "pixel \(x), \(y) of the picture is not what its records add up to"
        case .toleranceExceeded(let rays, let pixels):
            "\(rays) challenged rays and \(pixels) challenged pixels differ beyond the tolerance, more than chance explains"
        }
    }
}
