public import Wire

/// Why a canonical scene, its manifest or one of its blocks was refused.
public enum SceneFormatError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The manifest is not a message of `docs/protocols/scene.proto` in its canonical form.
    case wire(WireError)
    /// A version of the format that this build does not know.
    case version(UInt32)
    /// A block that the manifest names was not given.
    case missingBlock(CID)
    /// A block whose bytes do not have the name, or the size, that the manifest gives.
    case wrongBlock(CID)
    /// A bound would be exceeded: what, and the bound.
    case tooLarge(String)
    /// A value that no scene may hold: where, and why.
    case invalid(place: String, reason: String)

    public var description: String {
        switch self {
        case .wire(let error): "the manifest of the scene is malformed (\(error)); fetch it again from another peer"
        case .version(let version): "the scene has format version \(version), which this build does not know; update the node"
        case .missingBlock(let id): "block \(id) of the scene is missing; fetch it and try again"
        case .wrongBlock(let id): "block \(id) of the scene has other bytes than its name says; fetch it from another peer"
        case .tooLarge(let what): "the scene is too large: \(what); simplify it or split it"
        case .invalid(let place, let reason): "the scene is invalid at \(place): \(reason); read it again from its source"
        }
    }
}
