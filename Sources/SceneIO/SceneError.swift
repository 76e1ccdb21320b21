/// Why a scene or a picture was refused: what happened, where, and what to do about it.
public struct SceneError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// The file or the folder cannot be read or written.
        case unreadable
        /// The bytes contradict their format.
        case malformed
        /// A declared bound of `SceneLimits` would be exceeded.
        case limit
        /// Valid, but it needs something that this reader does not have.
        case unsupported
        /// A path leaves the scene's own folder.
        case forbidden
    }

    public var kind: Kind
    /// A file, a JSON path such as `meshes[3].primitives[0].indices`, or both.
    public var place: String
    public var reason: String
    /// What the artist can do about it.
    public var advice: String

    public init(_ kind: Kind, at place: String, _ reason: String, advice: String) {
        self.kind = kind
        self.place = place
        self.reason = reason
        self.advice = advice
    }

    public var description: String {
        place.isEmpty ? "\(reason); \(advice)" : "\(place): \(reason); \(advice)"
    }

    static func malformed(_ place: String, _ reason: String) -> SceneError {
        SceneError(.malformed, at: place, reason, advice: "export the scene again or check it with a glTF validator")
    }

    static func limit(_ place: String, _ reason: String) -> SceneError {
        SceneError(.limit, at: place, reason, advice: "simplify the scene or raise the limit")
    }

    static func unsupported(_ place: String, _ reason: String) -> SceneError {
        SceneError(.unsupported, at: place, reason, advice: "export the scene without it")
    }
}
