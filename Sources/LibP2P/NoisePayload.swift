internal import Crypto
internal import Identity
internal import Wire

/// What libp2p puts into the second and third handshake messages (libp2p/specs, noise): identity, its signature over the
/// static key, and the stream multiplexers that the sender speaks.
struct NoisePayload: Equatable {
    var identityKey: [UInt8]
    var signature: [UInt8]
    var muxers: [String] = []

    static let signaturePrefix = Array("noise-libp2p-static-key:".utf8)
    static let muxersMax = 16

    var bytes: [UInt8] {
        var writer = ProtobufWriter(reserving: 160)
        writer.alwaysBytes(1, identityKey)
        writer.alwaysBytes(2, signature)
        if !muxers.isEmpty {
            writer.message(4) { extensions in for muxer in muxers { extensions.string(2, muxer) } }
        }
        return writer.bytes
    }

    init(identityKey: [UInt8], signature: [UInt8], muxers: [String]) {
        self.identityKey = identityKey
        self.signature = signature
        self.muxers = muxers
    }

    init(_ bytes: [UInt8]) throws(WireError) {
        var reader = ProtobufReader(bytes)
        identityKey = []
        signature = []
        while let field = try reader.next() {
            switch field.number {
            case 1: identityKey = Array(try field.bytes(max: PublicKeyMessage.sizeMax))
            case 2: signature = Array(try field.bytes(max: 1024))
            case 4: muxers = try NoisePayload.muxers(in: try field.bytes())
            default: break
            }
        }
    }

    private static func muxers(in extensions: ArraySlice<UInt8>) throws(WireError) -> [String] {
        var reader = ProtobufReader(extensions)
        var muxers: [String] = []
        while let field = try reader.next() {
            if field.number == 2, muxers.count < muxersMax { muxers.append(try field.string(max: 256)) }
        }
        return muxers
    }

    /// The peer that signed `staticKey`.
    func peer(staticKey: Bytes32, signing: Signing) throws(NoiseFailure) -> PeerID {
        guard let message = try? PublicKeyMessage(identityKey[...]), let key = message.ed25519, let signature = Signature(signature),
            signing.verify(signature, of: NoisePayload.signaturePrefix + staticKey.array, by: key)
        else { throw .identity }
        return PeerID(ed25519: key)
    }
}

/// Our static key for the life of the process, signed once.
struct NoiseIdentity: Sendable {
    let staticSecret: Bytes32
    let staticPublic: Bytes32
    /// The payload of our message in every handshake.
    let payload: [UInt8]
    /// What the payload offers.
    let muxers: [String]

    init(signing: Signing, staticSecret: Bytes32, muxers: [String]) {
        self.staticSecret = staticSecret
        self.muxers = muxers
        staticPublic = X25519.publicKey(of: staticSecret)
        let signed = NoisePayload.signaturePrefix + staticPublic.array
        payload =
            NoisePayload(
                identityKey: PublicKeyMessage(ed25519: signing.publicKey).bytes, signature: signing.sign(signed).array, muxers: muxers
            ).bytes
    }
}

extension NoiseIdentity: CustomStringConvertible, CustomReflectable {
    /// Without the secret: values end up in logs and in the messages of tests.
    var description: String { "NoiseIdentity(\(staticPublic))" }
    var customMirror: Mirror { Mirror(self, children: ["staticPublic": staticPublic]) }
}
