public import Crypto
public import Determinism
public import Identity
public import LibP2P
public import Wire

/// Topics with a mesh each (libp2p/specs, gossipsub v1.1 and v1.2), as a pure state machine.
///
/// Messages are signed by their author with Ed25519 and verified before anything is known of them: a forged one does not hide the
/// real one. What is seen is remembered for `Parameters.seenFor`; a message replayed later than that is the application's to
/// refuse, which knows its rounds.
///
/// Calling contract: that of `StateMachine`. RPCs are whole, without a length prefix. Names of topics are turned into numbers by
/// `intern` beforehand.
public struct GossipSub: StateMachine, Sendable {
    /// Who decides about the messages of a topic.
    public enum Validation: UInt8, Sendable {
        /// Signed is enough: forwarded at once.
        case automatic
        /// Forwarded when the application has accepted it, within `historyLength` heartbeats.
        case application
    }

    public enum Verdict: UInt8, Sendable {
        case accept
        /// Not forwarded, and whoever brought it pays for it.
        case reject
        /// Not forwarded, and nobody pays.
        case ignore
    }

    /// Names a delivered message until it leaves the cache.
    public struct MessageHandle: Hashable, Sendable {
        public var serial: UInt32
        @inlinable public init(serial: UInt32) { self.serial = serial }
    }

    /// What identify has told about a peer, as far as it matters here.
    public struct PeerFacts: Hashable, Sendable {
        /// Where its connection comes from or goes to.
        public var address: Multiaddr?
        /// It speaks version 1.2.
        public var takesRefusals: Bool
        /// Its peer record as it signed it; empty where there is none.
        public var signedRecord: [UInt8]

        public init(address: Multiaddr? = nil, takesRefusals: Bool = false, signedRecord: [UInt8] = []) {
            self.address = address
            self.takesRefusals = takesRefusals
            self.signedRecord = signedRecord
        }
    }

    public enum Input: Sendable {
        /// A peer that speaks the protocol. Its handle stays its own until `peerRemoved`; said again, it tells new facts.
        case peerAdded(PeerHandle, PeerID, ConnectionDirection, PeerFacts = PeerFacts())
        case peerRemoved(PeerHandle)
        case rpc(from: PeerHandle, [UInt8])
        case join(TopicID, Validation)
        case leave(TopicID)
        case publish(TopicID, [UInt8])
        case validated(MessageHandle, Verdict)
        /// What the application thinks of a peer (P5): positive for those that it knows and trusts.
        case judged(PeerHandle, Float)
    }

    public enum Effect: Sendable {
        case send(to: PeerHandle, [UInt8], SendPriority)
        /// A message that was not seen before, with a valid signature; `data` shares the frame's storage.
        case deliver(TopicID, MessageHandle, author: PeerID, from: PeerHandle, data: ArraySlice<UInt8>)
        case penalise(PeerHandle, Misbehaviour)
        /// A peer that another has offered, at the addresses that it has signed itself.
        case connect(PeerID, [Multiaddr])
    }

    public enum Misbehaviour: UInt8, Hashable, Sendable {
        case malformed
        /// An RPC, its control data or its number of messages beyond the limits.
        case oversized
        /// A message without a signature, with that of another, or changed since it was signed.
        case invalidSignature
        /// The application rejected a message that this peer brought, first or soon after the first.
        case rejectedMessage
        case tooManyTopics
        case graftDuringBackoff
        /// It offered a message and did not send it.
        case brokenPromise
    }

    /// What a connection is worth to gossip.
    public enum Need: UInt8, Sendable {
        /// Nothing: no topic of ours is its.
        case none
        /// It is a member of a topic of ours that has more than enough.
        case spare
        /// It is in a mesh or a fanout, or a topic of ours has too few members without it.
        case required
    }

    /// A message asked for by IWANT.
    struct Promise: Sendable {
        let key: MessageKey
        let peer: PeerHandle
        let due: Instant
    }

    // First what every message asks for, in as few cache lines as may be.
    /// More than half as large as the rest of the machine: all nodes that are made from the same have it once.
    private let shared: Boxed<Parameters>
    /// In no order; `index` says who stands where.
    var peers: [GossipPeer] = []
    var index = PeerIndex()
    var topics: TopicTable
    let hasher: MessageHasher
    var seen: SeenCache
    var heartbeats: UInt64 = 0
    var promises: [Promise] = []
    public internal(set) var nextDeadline: Instant?
    /// Topics that are joined or have a fanout, in order.
    var active: [TopicID] = []
    var cache: MessageCache
    /// Messages on joined topics that came again.
    public internal(set) var duplicateCount: UInt64 = 0
    let signing: Signing
    public let localID: PeerID
    var generator: Generator
    var sequenceNumber: UInt64
    /// In the order of `peers`.
    var facts: [GossipPeerFacts] = []
    /// Peers whose scores a heartbeat may change.
    var restless = SlotSet()
    /// Peers that don't want some message.
    var refusing = SlotSet()
    /// Peers with a score below 0, of which there are none for most of the time: then nobody's score needs to be asked.
    var negativeCount = 0
    /// What every peer is told at first: the topics that we have joined. Empty where there are none, or where it must be written anew.
    var greeting: [UInt8] = []
    /// Oldest first.
    var departed: [Departed] = []
    /// Messages on joined topics that came for the first time.
    public internal(set) var messageCount: UInt64 = 0

    /// - Parameters:
    ///   - firstSequenceNumber: above every one that this identity ever used: nanoseconds of the wall clock, for example.
    ///   - generator: a fork of the node's own; decides the mesh.
    public init(signing: Signing, parameters: Parameters = Parameters(), firstSequenceNumber: UInt64, generator: Generator) {
        self.init(
            signing: signing, shared: Boxed(parameters), firstSequenceNumber: firstSequenceNumber, generator: generator)
    }

    /// As above, from parameters that others are made from as well.
    public init(signing: Signing, shared: Boxed<Parameters>, firstSequenceNumber: UInt64, generator: Generator) {
        let parameters = shared.value
        precondition(parameters.isValid)
        self.signing = signing
        self.shared = shared
        self.generator = generator
        localID = PeerID(ed25519: signing.publicKey)
        hasher = MessageHasher(generator: &self.generator)
        sequenceNumber = firstSequenceNumber
        topics = TopicTable(countMax: parameters.topicsMax)
        seen = SeenCache(seenFor: parameters.seenFor, perWindowMax: parameters.seenPerWindowMax)
        cache = MessageCache(parameters: parameters)
    }

    public var parameters: Parameters { _read { yield shared.value } }

    /// The number of a topic from now on; nil where the name is empty or longer than 256 bytes, or no number is left.
    public mutating func intern(_ name: String) -> TopicID? {
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty, bytes.count <= GossipMessage.topicSizeMax, let id = topics.intern(bytes[...]) else { return nil }
        topics[id].isPinned = true
        return id
    }

    public mutating func handle(_ input: Input, now: Instant, emit: inout [Effect]) {
        switch input {
        case .peerAdded(let handle, let id, let direction, let facts):
            add(handle, id, isOutbound: direction == .outbound, facts, now: now, emit: &emit)
        case .peerRemoved(let handle): remove(handle, now: now)
        case .rpc(let handle, let bytes): receive(bytes, from: handle, now: now, emit: &emit)
        case .join(let topic, let validation): if topics.contains(topic) { join(topic, validation, now: now, emit: &emit) }
        case .leave(let topic): if topics.contains(topic) { leave(topic, now: now, emit: &emit) }
        case .publish(let topic, let data): if topics.contains(topic) { publish(data, in: topic, now: now, emit: &emit) }
        case .validated(let handle, let verdict): settle(handle, verdict, now: now, emit: &emit)
        case .judged(let handle, let opinion):
            guard let slot = slot(handle) else { break }
            rate(slot) { score, parameters in
                score.application = opinion
                score.refresh(parameters, now: now)
            }
        }
        if nextDeadline == nil, needsHeartbeat {
            // The first beat falls anywhere in the interval, so that nodes started together do not beat together.
            nextDeadline = now + parameters.heartbeatInterval * (0.1 + 0.9 * generator.unit())
        }
    }

    public mutating func handleDeadline(now: Instant, emit: inout [Effect]) {
        guard let due = nextDeadline, due <= now else { return }
        heartbeat(now: now, emit: &emit)
        nextDeadline = needsHeartbeat ? now + parameters.heartbeatInterval : nil
    }

    /// A node without topics and traffic costs no wake-ups.
    private var needsHeartbeat: Bool { !active.isEmpty || !cache.isEmpty || !promises.isEmpty }
}
