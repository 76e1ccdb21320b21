/// Ends a node, or keeps it from starting: what happened and what to do, with the exit status that tells scripts.
public struct DaemonError: Error, Equatable, CustomStringConvertible, Sendable {
    /// Exit statuses of `docs/commands.md` that a node ends with.
    public enum Status: Int32, Sendable {
        case failed = 1
        case jobFailed = 5
        case unreachable = 6
        case refused = 7
        case configuration = 78
    }

    public let status: Status
    public let problem: String
    /// Empty where the problem says it.
    public let advice: String

    public init(_ status: Status = .failed, _ problem: String, advice: String = "") {
        self.status = status
        self.problem = problem
        self.advice = advice
    }

    public var description: String { advice.isEmpty ? problem : "\(problem)\n\(advice)" }
}
