/// Why a benchmark could not go on, and what to do about it.
public struct BenchmarkFailure: Error, Equatable, CustomStringConvertible {
    public let problem: String
    public let advice: String

    init(_ problem: String, advice: String = "") {
        self.problem = problem
        self.advice = advice
    }

    public var description: String { advice.isEmpty ? problem : "\(problem)\n\(advice)" }
}
