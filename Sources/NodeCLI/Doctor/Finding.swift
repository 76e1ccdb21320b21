internal import NodeRuntime

/// What one check found.
struct Finding: Equatable {
    enum Verdict: String {
        case ok
        /// It works, and not as well as it could.
        case warn
        /// A node, or a part of it, cannot work like this.
        case fail
    }

    /// Short and stable: scripts look for it.
    var check: String
    var verdict: Verdict
    var found: String
    /// What to do; empty where nothing has to be done.
    var advice = ""

    init(check: String, verdict: Verdict, found: String, advice: String = "") {
        (self.check, self.verdict, self.found, self.advice) = (check, verdict, found, advice)
    }

    /// A failure told by an error's sentence: what happened, a colon, and what to do.
    init(check: String, failure: String, advice: String) {
        guard let colon = failure.ranges(of: ": ").last else {
            self.init(check: check, verdict: .fail, found: failure, advice: advice)
            return
        }
        self.init(check: check, verdict: .fail, found: String(failure[..<colon.lowerBound]), advice: String(failure[colon.upperBound...]))
    }

    var json: JSON {
        .object([
            "check": .text(check), "verdict": .text(verdict.rawValue), "found": .text(found),
            "advice": advice.isEmpty ? .null : .text(advice),
        ])
    }
}
