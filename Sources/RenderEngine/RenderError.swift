/// Why a scene can't be loaded or a picture can't be rendered. Every case is an answer to the caller; none is a crash.
public enum RenderError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The memory cap, or the machine's memory, is used up.
    case outOfMemory(cap: UInt64)
    /// The scene breaks a rule of its own format; `what` says which part.
    case invalidScene(what: String)
    /// The scene holds more than the tables can: triangles, texels, instances, or levels of the tree.
    case sceneTooLarge(what: String)
    case noCamera(index: UInt32)
    /// The request breaks a rule; `rule` states it.
    case invalidRequest(rule: String)
    case cancelled
    /// A device can't be used, with the reason.
    case deviceUnavailable(reason: String)
    /// A device failed while it worked.
    case deviceFailed(reason: String)

    public var description: String {
        switch self {
        case .outOfMemory(let cap): "the scene needs more than the memory cap of \(cap >> 20) MiB; raise the cap or simplify the scene"
        case .invalidScene(let what): "the scene is invalid: \(what)"
        case .sceneTooLarge(let what): "the scene is too large: \(what)"
        case .noCamera(let index): "the scene has no camera \(index)"
        case .invalidRequest(let rule): "the request can't be rendered: \(rule)"
        case .cancelled: "rendering was cancelled"
        case .deviceUnavailable(let reason): "the device can't be used: \(reason)"
        case .deviceFailed(let reason): "the device failed: \(reason)"
        }
    }
}
