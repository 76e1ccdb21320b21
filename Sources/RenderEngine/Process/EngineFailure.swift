public import Wire

/// Why a request to the engine has no result.
public enum EngineFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// As many requests wait as the parameters allow: try again when one is done.
    case queueFull(max: Int)
    /// A block of the scene was not there when it was to be sent.
    case missingBlock(CID)
    /// The engine refused the scene or the request, with its reason. Trying again gives the same answer.
    case refused(reason: String)
    /// The engine process could not be started, ended or was ended while it worked; the next request starts another.
    case died(reason: String)
    /// No result within the deadline, or no sign of life; the engine was ended.
    case timedOut(after: Duration)
    case cancelled
    case closed

    public var description: String {
        switch self {
        case .queueFull(let max): "the engine has \(max) requests waiting; try again later"
        case .missingBlock(let id): "block \(id) of the scene is missing; fetch it and try again"
        case .refused(let reason): reason
        case .died(let reason): "the engine process ended: \(reason)"
        case .timedOut(let duration): "the engine gave no answer within \(duration)"
        case .cancelled: "the request was cancelled"
        case .closed: "the engine is closed"
        }
    }
}
