/// A configuration or network definition that cannot be used: where, why, and what to do about it.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible, Sendable {
    /// A file, with its line where known, a variable or a flag.
    public let place: String
    public let problem: String
    /// What to do next; empty where the problem says it.
    public let advice: String

    public init(place: String, problem: String, advice: String = "") {
        self.place = place
        self.problem = problem
        self.advice = advice
    }

    public var description: String { advice.isEmpty ? "\(place): \(problem)" : "\(place): \(problem); \(advice)" }
}

/// Why one value was refused, without its place.
public struct FieldProblem: Error, Equatable, Sendable {
    public let text: String
    public init(_ text: String) { self.text = text }
}
