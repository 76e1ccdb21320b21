internal import Crypto
public import RenderModel
public import Wire

/// One Worker's copy of a frame of a scene, marked: what it is made of beyond the artist's blocks, and how to find the marks.
public struct MarkedCopy: Equatable, Sendable {
    /// What the Worker's offers name.
    public var root: CID
    /// Blocks that the artist's scene does not have, the manifest among them. Whoever marks may leave out those that it gave before.
    public var blocks: [SceneBlock]
    /// One for every part that carries marks, with all windows that Verifiers may get some of.
    public var parts: [MarkSecret]

    public init(root: CID, blocks: [SceneBlock], parts: [MarkSecret]) {
        self.root = root
        self.blocks = blocks
        self.parts = parts
    }

    public func part(_ tile: Tile) -> MarkSecret? { parts.first { $0.tile == tile } }
}

extension MarkSecret {
    /// Windows in a part of a `MarkedCopy`: twice what a Verifier gets.
    public static let poolMax = 2 * MarkWindow.countMax

    /// What one Verifier gets of it: the places, and windows of the hidden marks that are drawn for it.
    ///
    /// - Parameter key: the task's.
    public func subKey(_ key: MarkKey, for verifier: Bytes32) -> MarkSecret {
        var part = self
        part.windows = MarkWindows(windows)?.subset(key, for: verifier) ?? []
        return part
    }
}

/// What opens an offer's mark commitment: the key of the task's marks, and where they are. It leaves the Manager only when the
/// Worker's commitment is anchored.
public struct MarkOpening: Equatable, Sendable {
    public var key: MarkKey
    public var salt: Bytes32
    /// The places, and the receiver's windows.
    public var secret: MarkSecret

    public init(key: MarkKey, secret: MarkSecret) {
        self.key = key
        salt = key.salt
        self.secret = secret
    }

    /// What a duty names it by.
    public var hash: Bytes32 { Hash.blake2b(encoded) }

    /// Whether these marks are those that the offer fixed before the work began: the key is the committed one, the part is the task's,
    /// and every region is one that the key draws.
    public func opens(_ offer: Offer, parameters: MarkParameters = MarkParameters()) -> Bool {
        guard isCommitted(by: offer), !secret.regions.isEmpty else { return false }
        let drawn = Set(MarkPlacement.drawn(parameters, key: key, tile: offer.tile))
        return secret.regions.allSatisfy(drawn.contains) && secret.filterThreshold == parameters.filterThreshold
            && secret.laplacianThreshold == parameters.laplacianThreshold
    }

    /// Whether the key is the committed one, and the part the task's. What does not need the network's numbers.
    func isCommitted(by offer: Offer) -> Bool {
        key.commitment(salt: salt) == offer.markCommitment && secret.tile == offer.tile && secret.frame == offer.frame
            && secret.width == offer.settings.width && secret.height == offer.settings.height
    }

    /// Protobuf `MarkOpening` of `docs/protocols/proof.proto`.
    public var encoded: [UInt8] {
        var writer = ProtobufWriter()
        writer.bytes32(1, key.bytes)
        writer.bytes32(2, salt)
        writer.alwaysBytes(3, secret.encoded)
        return writer.bytes
    }

    public init(encoded: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(encoded, canonical: true)
        var (key, salt): (Bytes32?, Bytes32?)
        var secret: MarkSecret?
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try field.bytes32()
            case 2: salt = try field.bytes32()
            case 3: secret = try MarkSecret(encoded: Array(try field.bytes(max: MarkSecret.sizeMax)))
            default: throw .notCanonical
            }
        }
        self.init(key: MarkKey(try key.required()), secret: try secret.required())
        self.salt = try salt.required()
    }
}
