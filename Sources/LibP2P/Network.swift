public import Identity
public import Wire

/// The protocols that a node speaks, by the role they have; their ids on the wire depend on the network's prefix.
public enum ProtocolName: UInt8, CaseIterable, Hashable, Sendable {
    case identify
    case identifyPush
    case ping
    case kademlia
    case gossip
    case bitswap
    case job
    case task
    case verify
    case registry
    case beacon
    case admin
    case perf
    case echo

    /// Ids in the order of preference, the last being what everybody speaks. `prefix` is the network's, without slashes.
    public func identifiers(prefix: String) -> [String] {
        switch self {
        case .identify: ["/ipfs/id/1.0.0"]
        case .identifyPush: ["/ipfs/id/push/1.0.0"]
        case .ping: ["/ipfs/ping/1.0.0"]
        case .kademlia: ["/\(prefix)/kad/1.0.0"]
        case .gossip: ["/meshsub/1.2.0", "/meshsub/1.1.0"]
        case .bitswap: ["/ipfs/bitswap/1.2.0"]
        case .job: ["/\(prefix)/job/1"]
        case .task: ["/\(prefix)/task/1"]
        case .verify: ["/\(prefix)/verify/1"]
        case .registry: ["/\(prefix)/registry/1"]
        case .beacon: ["/\(prefix)/beacon/1"]
        case .admin: ["/\(prefix)/admin/1"]
        case .perf: ["/perf/1.0.0"]
        case .echo: ["/interop/echo/1.0.0"]
        }
    }
}

/// Names a request of ours until its answer or failure arrives. Chosen by the sender, unique while in flight.
public struct RequestID: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// Names a request of somebody else's until it is answered. Given by the driver; a late answer is dropped.
public struct InboundID: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// What identify told about a peer (libp2p/specs, identify).
public struct PeerInformation: Equatable, Sendable {
    /// Protocols that the peer serves, of those that we know.
    public var protocols: Set<ProtocolName>
    /// Where the peer says it listens; dialable ones only, at most 16.
    public var listenAddresses: [Multiaddr]
    /// Our address as the peer sees it.
    public var observedAddress: Multiaddr?
    public var agent: String
    /// The listen addresses come from a signed peer record of that peer.
    public var isCertified: Bool
    /// That record in its envelope, as the peer signed it: to be passed on. Empty where there is none.
    public var signedRecord: [UInt8]
    /// The peer speaks gossipsub 1.2.
    public var takesRefusals: Bool

    public init(
        protocols: Set<ProtocolName>, listenAddresses: [Multiaddr], observedAddress: Multiaddr? = nil, agent: String = "",
        isCertified: Bool = false, signedRecord: [UInt8] = [], takesRefusals: Bool = false
    ) {
        self.signedRecord = signedRecord
        self.takesRefusals = takesRefusals
        self.protocols = protocols
        self.listenAddresses = listenAddresses
        self.observedAddress = observedAddress
        self.agent = agent
        self.isCertified = isCertified
    }
}

public enum ConnectionDirection: UInt8, Hashable, Sendable {
    case inbound
    case outbound
}

/// Why a connection, a dial or a request came to nothing.
public enum NetworkFailure: UInt8, Error, Hashable, Sendable {
    /// Nothing answers at any of the addresses, or none is known.
    case unreachable
    case timedOut
    /// The peer does not speak the protocol.
    case unsupported
    /// The connection closed before an answer came.
    case closed
    /// The other side broke the protocol.
    case misbehaviour
    /// A limit of ours: connections, streams, memory, queue.
    case limit
    /// Whoever answered is not the peer that was asked for.
    case wrongPeer
    /// We are shutting down.
    case stopping
    /// We opened the connection and have no more use for it.
    case idle
}

/// What the network tells a node. At most one connection per peer is shown: the driver hides duplicates.
public enum NetworkEvent: Sendable {
    /// Secured and multiplexed. `handle` names the connection until `disconnected`.
    case connected(PeerHandle, PeerID, ConnectionDirection, address: Multiaddr?)
    case identified(PeerHandle, PeerInformation)
    case disconnected(PeerHandle, NetworkFailure)
    case dialFailed(PeerID, NetworkFailure)
    /// One message of a one-way protocol (gossip, bitswap), whole.
    case message(from: PeerHandle, ProtocolName, [UInt8])
    /// A request on a request–answer protocol; answer with `respond` or `refuse`.
    case request(from: PeerHandle, ProtocolName, InboundID, [UInt8])
    case response(RequestID, [UInt8])
    case requestFailed(RequestID, NetworkFailure)
    /// The peer's send queue overflowed: messages of that priority and below were dropped.
    case congested(PeerHandle)
}

/// Which messages go first and which are dropped first when a peer reads slowly.
public enum SendPriority: UInt8, Comparable, Hashable, Sendable {
    /// Dropped first: IHAVE, hints.
    case low
    /// Forwarded messages, blocks.
    case normal
    /// Own messages, requests, answers.
    case high
    /// Never dropped: GRAFT, PRUNE, subscriptions. A peer whose queue is full of these is closed.
    case control

    @inlinable
    public static func < (a: SendPriority, b: SendPriority) -> Bool { a.rawValue < b.rawValue }
}

/// What a node asks of the network.
public enum NetworkCommand: Sendable {
    /// Connects unless connected; ends in `connected` or `dialFailed`.
    case dial(PeerID, [Multiaddr])
    case disconnect(PeerHandle, NetworkFailure)
    /// Keeps one long-lived stream per one-way protocol and peer; order is kept within a priority.
    case send(to: PeerHandle, ProtocolName, [UInt8], SendPriority)
    /// One stream per request. Dials first where the peer is not connected and addresses are given.
    /// Ends in `response` or `requestFailed`, at the latest after `timeout`.
    case request(RequestID, to: PeerID, at: [Multiaddr], ProtocolName, [UInt8], timeout: Duration)
    case respond(InboundID, [UInt8])
    /// Resets the stream of the request: no answer will come.
    case refuse(InboundID)
    /// Protocols to announce and accept from now on (Kademlia server mode, diagnostics).
    case serve(Set<ProtocolName>)
    /// Weight in the choice of connections to close when there are too many; 0 removes the protection.
    case protect(PeerHandle, UInt8)
}
