public import Crypto
public import Identity
internal import Wire

/// Who a role is on the network, and how it signs and checks.
public struct RoleKeys: Sendable {
    public let signing: Signing
    public let network: NetworkID

    public init(signing: Signing, network: NetworkID) {
        self.signing = signing
        self.network = network
    }

    var key: Bytes32 { signing.publicKey }
    var peer: PeerID { PeerID(ed25519: signing.publicKey) }

    func sign(_ body: some RecordBody) -> Record { body.signed(by: signing, network: network) }
    func id(_ record: Record) -> RecordID { record.id(network: network) }

    /// The body of a record of this type whose signature is its author's; nil for everything else.
    func open<Body: RecordBody>(_ record: Record, as _: Body.Type = Body.self) -> Body? {
        guard let body = try? record.decoded(as: Body.self), record.verify(with: signing, network: network) else { return nil }
        return body
    }
}
