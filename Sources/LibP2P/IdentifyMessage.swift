internal import Crypto
internal import Identity
internal import Wire

/// The message of identify and identify push (libp2p/specs, identify), with the signed peer record in field 8.
struct IdentifyMessage: Equatable {
    static let addressesMax = 64
    static let protocolsMax = 256
    static let identifierMax = 256
    /// Longest agent name that is kept, bytes.
    static let agentMax = 64

    var publicKey: [UInt8]?
    var listenAddresses: [Multiaddr] = []
    var protocols: [[UInt8]] = []
    var observedAddress: Multiaddr?
    var protocolVersion = ""
    var agent = ""
    var signedPeerRecord: [UInt8]?

    init() {}

    /// Skips addresses of unknown protocols; refuses counts beyond the limits.
    init(_ bytes: [UInt8]) throws(WireError) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: publicKey = Array(try field.bytes(max: PublicKeyMessage.sizeMax))
            case 2:
                let address = try field.bytes()
                guard listenAddresses.count < IdentifyMessage.addressesMax else { throw .outOfBounds }
                if let known = try? Multiaddr(bytes: address) { listenAddresses.append(known) }
            case 3:
                guard protocols.count < IdentifyMessage.protocolsMax else { throw .outOfBounds }
                protocols.append(Array(try field.bytes(max: IdentifyMessage.identifierMax)))
            case 4: observedAddress = try? Multiaddr(bytes: try field.bytes())
            case 5: protocolVersion = IdentifyMessage.printable(try field.bytes(max: 1024))
            case 6: agent = IdentifyMessage.printable(try field.bytes(max: 1024))
            case 8: signedPeerRecord = Array(try field.bytes(max: SignedEnvelope.sizeMax))
            default: break
            }
        }
    }

    var bytes: [UInt8] {
        var writer = ProtobufWriter(reserving: 512)
        if let publicKey { writer.alwaysBytes(1, publicKey) }
        for address in listenAddresses { writer.alwaysBytes(2, address.bytes) }
        for identifier in protocols { writer.alwaysBytes(3, identifier) }
        if let observedAddress { writer.alwaysBytes(4, observedAddress.bytes) }
        writer.string(5, protocolVersion)
        writer.string(6, agent)
        if let signedPeerRecord { writer.alwaysBytes(8, signedPeerRecord) }
        return writer.bytes
    }

    /// What is safe to show: printable ASCII, cut at `agentMax`.
    private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix(agentMax).filter { (0x20...0x7e).contains($0) }, as: UTF8.self)
    }
}
