public import Crypto
public import Wire

/// A peer's statement of its own addresses (libp2p RFC 0003, as implementations have it: domain `libp2p-peer-record`,
/// payload type 03 01).
public struct PeerRecord: Equatable, Sendable {
    public static let domain: StaticString = "libp2p-peer-record"
    public static let payloadType: [UInt8] = [0x03, 0x01]
    /// Addresses that are read; the rest is ignored.
    public static let addressesMax = 64

    public var peer: PeerID
    /// Grows with every new record of the peer.
    public var sequence: UInt64
    public var addresses: [Multiaddr]

    public init(peer: PeerID, sequence: UInt64, addresses: [Multiaddr]) {
        self.peer = peer
        self.sequence = sequence
        self.addresses = addresses
    }

    public var bytes: [UInt8] {
        var writer = ProtobufWriter(reserving: 64 + addresses.count * 32)
        writer.alwaysBytes(1, peer.bytes)
        writer.uint64(2, sequence)
        for address in addresses { writer.message(3) { $0.alwaysBytes(1, address.bytes) } }
        return writer.bytes
    }

    /// Addresses of protocols that are not known here are left out.
    public init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = ProtobufReader(bytes)
        var peer: PeerID?
        sequence = 0
        addresses = []
        while let field = try reader.next() {
            switch field.number {
            case 1: peer = try PeerID(bytes: try field.bytes(max: 64))
            case 2: sequence = try field.uint64()
            case 3 where addresses.count < PeerRecord.addressesMax:
                if let address = try PeerRecord.address(in: try field.bytes()) { addresses.append(address) }
            default: break
            }
        }
        guard let peer else { throw .missingField }
        self.peer = peer
    }

    private static func address(in message: ArraySlice<UInt8>) throws(WireError) -> Multiaddr? {
        var reader = ProtobufReader(message)
        while let field = try reader.next() {
            if field.number == 1 { return try? Multiaddr(bytes: try field.bytes()) }
        }
        return nil
    }

    /// The record in an envelope signed by its peer.
    public func sealed(with signing: Signing) -> SignedEnvelope {
        SignedEnvelope(domain: PeerRecord.domain, payloadType: PeerRecord.payloadType, payload: bytes, signing: signing)
    }

    /// The record inside an envelope, where the envelope is of this type, its signature is valid, and signer and peer are the
    /// same; nil otherwise.
    public init?(certified envelope: SignedEnvelope, signing: Signing) {
        guard envelope.payloadType == PeerRecord.payloadType, envelope.isValid(domain: PeerRecord.domain, signing: signing),
            let record = try? PeerRecord(envelope.payload[...]), record.peer == envelope.signer
        else { return nil }
        self = record
    }
}
