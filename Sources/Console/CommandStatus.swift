/// What a process tells its caller. Scripts rely on these numbers.
public enum CommandStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    case usage = 2
    /// A verdict could not be replayed: data is missing.
    case notReplayed = 3
    /// A proof or an audit rejects.
    case rejected = 4
    /// A job failed, or is complete in part.
    case jobFailed = 5
    /// The node that should answer does not.
    case unreachable = 6
    /// Funds, stake or policy stand against it.
    case refused = 7
    case configuration = 78
}

/// Ends a command: what happened and why, and what to do next where that is known.
public struct CommandFailure: Error, CustomStringConvertible {
    public let status: CommandStatus
    public let problem: String
    public let advice: String

    public init(_ status: CommandStatus = .failed, _ problem: String, advice: String = "") {
        self.status = status
        self.problem = problem
        self.advice = advice
    }

    public var description: String { advice.isEmpty ? problem : "\(problem)\n\(advice)" }
}
