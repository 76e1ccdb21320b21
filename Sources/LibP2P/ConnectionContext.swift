internal import Crypto
internal import Identity
internal import Wire

/// What all connections of a swarm share; replaced as a whole when it changes.
final class ConnectionContext: Sendable {
    let parameters: SwarmParameters
    let signing: Signing
    let peer: PeerID
    let noise: NoiseIdentity
    let protocols: ProtocolTable
    let served: Set<ProtocolName>
    /// Our identify message without the observed address, which differs by connection.
    let identify: [UInt8]

    init(
        parameters: SwarmParameters, signing: Signing, noise: NoiseIdentity, protocols: ProtocolTable, served: Set<ProtocolName>,
        listenAddresses: [Multiaddr], sequence: UInt64
    ) {
        self.parameters = parameters
        self.signing = signing
        self.noise = noise
        self.protocols = protocols
        let all = served.union([.identify, .identifyPush, .ping])
        self.served = all
        peer = PeerID(ed25519: signing.publicKey)
        var message = IdentifyMessage()
        message.publicKey = PublicKeyMessage(ed25519: signing.publicKey).bytes
        message.listenAddresses = listenAddresses
        message.protocols = all.sorted { $0.rawValue < $1.rawValue }.flatMap { protocols.identifiers(of: $0) }
        message.protocolVersion = parameters.networkPrefix + "/1"
        message.agent = parameters.agent
        message.signedPeerRecord = PeerRecord(peer: peer, sequence: sequence, addresses: listenAddresses).sealed(with: signing).bytes
        identify = message.bytes
    }

    /// The protocol of a proposal, where we serve it.
    func served(identifier: [UInt8]) -> ProtocolName? {
        guard let name = protocols.name(identifier), served.contains(name) else { return nil }
        return name
    }

    /// Our identify message for a peer that we see at `observed`.
    func identify(observed: Multiaddr?) -> [UInt8] {
        guard let observed else { return identify }
        var writer = ProtobufWriter(reserving: 64)
        writer.alwaysBytes(4, observed.bytes)
        return identify + writer.bytes
    }
}
