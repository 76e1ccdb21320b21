public import Crypto
public import Wire

/// A payload with its type, its signer's key and a signature over domain, type and payload (libp2p RFC 0002).
public struct SignedEnvelope: Equatable, Sendable {
    public static let sizeMax = 64 * 1024

    public var publicKey: Bytes32
    public var payloadType: [UInt8]
    public var payload: [UInt8]
    public var signature: Signature

    /// Signs `payload`.
    public init(domain: StaticString, payloadType: [UInt8], payload: [UInt8], signing: Signing) {
        publicKey = signing.publicKey
        self.payloadType = payloadType
        self.payload = payload
        signature = signing.sign(SignedEnvelope.signed(domain, payloadType, payload))
    }

    public var signer: PeerID { PeerID(ed25519: publicKey) }

    public var bytes: [UInt8] {
        var writer = ProtobufWriter(reserving: payload.count + 128)
        writer.alwaysBytes(1, PublicKeyMessage(ed25519: publicKey).bytes)
        writer.alwaysBytes(2, payloadType)
        writer.alwaysBytes(3, payload)
        writer.alwaysBytes(5, signature.array)
        return writer.bytes
    }

    /// Decodes without checking the signature; keys that are not Ed25519 are refused as `malformedField`.
    public init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        guard bytes.count <= SignedEnvelope.sizeMax else { throw .outOfBounds }
        var reader = ProtobufReader(bytes)
        var publicKey: Bytes32?
        var payloadType: [UInt8] = []
        var payload: [UInt8] = []
        var signature: Signature?
        while let field = try reader.next() {
            switch field.number {
            case 1:
                guard let key = try PublicKeyMessage(try field.bytes()).ed25519 else { throw .malformedField }
                publicKey = key
            case 2: payloadType = Array(try field.bytes(max: 64))
            case 3: payload = Array(try field.bytes())
            case 5:
                guard let value = Signature(try field.bytes()) else { throw .malformedField }
                signature = value
            default: break
            }
        }
        guard let publicKey, let signature else { throw .missingField }
        self.publicKey = publicKey
        self.payloadType = payloadType
        self.payload = payload
        self.signature = signature
    }

    /// True where the signature fits the envelope's own key and `domain`. Whose key that is, the caller compares.
    public func isValid(domain: StaticString, signing: Signing) -> Bool {
        signing.verify(signature, of: SignedEnvelope.signed(domain, payloadType, payload), by: publicKey)
    }

    private static func signed(_ domain: StaticString, _ payloadType: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(reserving: payload.count + 64)
        domain.withUTF8Buffer { writer.writeLengthPrefixed($0) }
        writer.writeLengthPrefixed(payloadType)
        writer.writeLengthPrefixed(payload)
        return writer.bytes
    }
}
