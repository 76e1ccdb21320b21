/// How often an attack was caught, and how often it has to be.
struct Rate {
    /// Both bounds of what counts as chance. About fifty rates are held against it at once: 0.999 would call one of them wrong in
    /// every twentieth run.
    static let confidence = 0.9999

    let attack: String
    let trials: Int
    let caught: Int
    /// Mean probability to be caught; 1 where nothing may pass.
    let expected: Double

    var isRight: Bool { Binomial(trials: trials).expected(expected, confidence: Rate.confidence).contains(caught) }

    var row: [String] {
        let interval = Binomial(trials: trials).interval(caught, confidence: Rate.confidence)
        return [
            attack, "\(caught) of \(trials)", Rate.text(interval.lowerBound) + " – " + Rate.text(interval.upperBound), Rate.text(expected),
            isRight ? "as expected" : "NOT AS EXPECTED",
        ]
    }

    static func text(_ value: Double) -> String {
        if value == 1 || value == 0 { return value == 1 ? "1" : "0" }
        // What is close to 1 is told by what it lacks.
        if value > 0.9995 { return "1 − \(scientific(1 - value))" }
        return value < 0.001 ? scientific(value) : "\((value * 10_000).rounded() / 10_000)"
    }

    private static func scientific(_ value: Double) -> String {
        var (mantissa, exponent) = (value, 0)
        while mantissa < 1, mantissa > 0 {
            mantissa *= 10
            exponent -= 1
        }
        return "\((mantissa * 10).rounded() / 10)e\(exponent)"
    }
}

/// How many trials an attack gets.
struct TrialPlan {
    var scale: Scale
    var repeats = 1

    func trials(_ full: Int, small: Int) -> Int { (scale == .full ? full : small) * repeats }
}

enum Scale: String, CaseIterable {
    /// Seconds, for every change of the code.
    case small
    /// The rates that are claimed.
    case full
}
