public import Determinism
public import Identity
public import LibP2P
public import Wire

/// Names a want of the parent's, chosen by it, unique while it lasts.
public struct WantID: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// Names a look into the local store until it is answered.
public struct LoadToken: Hashable, Sendable {
    public var value: UInt64
    @inlinable public init(_ value: UInt64) { self.value = value }
}

/// Fetches blocks from peers and serves local ones (Bitswap 1.2), as a pure state machine.
///
/// A block that comes in is hashed before anything else: what is stored is what was wanted. Peers that are not known to deliver are
/// first asked whether they have a block; those that delivered are asked for blocks at once, and share the work.
///
/// Calling contract: that of `StateMachine`. Messages are whole, without a length prefix. Every `load` and `probe` is answered by
/// one `loaded` or `probed`.
public struct BlockExchange: StateMachine, Sendable {
    public struct Want: Hashable, Sendable {
        public var id: WantID
        public var cid: CID

        public init(id: WantID, cid: CID) {
            self.id = id
            self.cid = cid
        }
    }

    /// Which peers may fetch what. What is refused looks like what is not there.
    public enum AccessRule: Sendable {
        case everybody
        case nobody
        case rule(@Sendable (PeerID, CID) -> Bool)

        func allows(_ peer: PeerID, _ cid: CID) -> Bool {
            switch self {
            case .everybody: true
            case .nobody: false
            case .rule(let isAllowed): isAllowed(peer, cid)
            }
        }
    }

    public enum Input: Sendable {
        /// A peer that speaks the protocol. Its handle stays its own until `peerRemoved`.
        case peerAdded(PeerHandle, PeerID)
        case peerRemoved(PeerHandle)
        case message(from: PeerHandle, [UInt8])
        /// The peer's send queue overflowed: it is served no more for a while.
        case congested(PeerHandle)
        /// Blocks that are not in the local store, from peers that may have them. Peers that are not connected are left out.
        case want([Want], from: [PeerHandle])
        /// More peers that may have a block.
        case candidates(CID, [PeerHandle])
        /// Ends a want without a result.
        case cancel(WantID)
        /// Answer to `load`; nil where the block is not there.
        case loaded(LoadToken, [UInt8]?)
        /// Answer to `probe`: the size in bytes, nil where the block is not there.
        case probed(LoadToken, size: Int?)
        /// A block came into the local store by another way.
        case added(CID)
        case access(AccessRule)
    }

    public enum Effect: Sendable {
        case send(to: PeerHandle, [UInt8], SendPriority)
        /// Read a block of the local store.
        case load(CID, LoadToken)
        /// Look whether a block is in the local store.
        case probe(CID, LoadToken)
        /// Keep a block: its hash is right and it was wanted.
        case store(CID, [UInt8])
        case finished(WantID, WantResult)
        /// Nobody that was named has the block: name others by `candidates`. The want goes on until its time is up.
        case candidatesWanted(CID)
        case penalise(PeerHandle, Misbehaviour)
    }

    public enum WantResult: Hashable, Sendable {
        /// After the effect `store`.
        case received
        case failed(WantFailure)
    }

    public enum WantFailure: UInt8, Error, Hashable, Sendable {
        case timedOut
        /// As many wants run as `Parameters.wantsMax` allows.
        case tooMany
    }

    public enum Misbehaviour: UInt8, Hashable, Sendable {
        case malformed
        /// A block that it was not asked for, or whose bytes are not those of the block that it was asked for.
        case unrequestedBlock
        case wantlistOverflow
    }

    public let parameters: Parameters
    var access: AccessRule
    /// In no order; `index` says who stands where.
    var peers: [BlockPeer] = []
    var index = PeerIndex()
    /// Sorted by CID.
    var wants: [ActiveWant] = []
    /// Wants that look for a peer to ask, in the order in which they came.
    var waiting: [CID] = []
    /// Wants with nobody to ask, to be looked at before the call ends.
    var starving: [CID] = []
    /// Numbers wants and questions.
    var counter: UInt32 = 0
    var loads: [OpenLoad] = []
    var tokenCounter: UInt64 = 0
    /// Whose turn it is to be served.
    var nextServed = PeerHandle(index: 0)
    /// Peers with something to be sent at the end of the call, in order of handle.
    var dirty: [PeerHandle] = []
    var blockTimeouts = DeadlineQueue<Ask>()
    var haveTimeouts = DeadlineQueue<Ask>()
    var wantTimeouts = DeadlineQueue<WantReference>()
    var retries = DeadlineQueue<WantReference>()
    var loadTimeouts = DeadlineQueue<LoadToken>()
    public internal(set) var nextDeadline: Instant?

    public init(parameters: Parameters = Parameters(), access: AccessRule = .everybody) {
        precondition(parameters.isValid)
        self.parameters = parameters
        self.access = access
    }

    public mutating func handle(_ input: Input, now: Instant, emit: inout [Effect]) {
        switch input {
        case .peerAdded(let handle, let id): return add(handle, id, now: now)
        case .peerRemoved(let handle):
            // Who is neither served nor asked leaves nothing to do behind.
            let isIdle = loads.isEmpty && wants.isEmpty
            remove(handle)
            if isIdle { return }
        case .message(let handle, let bytes): receive(bytes, from: handle, now: now, emit: &emit)
        case .congested(let handle): pause(handle, now: now)
        case .want(let list, let candidates): for want in list { start(want, candidates, now: now, emit: &emit) }
        case .candidates(let cid, let candidates): extend(cid, candidates)
        case .cancel(let id): cancel(id)
        case .loaded(let token, let bytes): loaded(token, bytes, now: now, emit: &emit)
        case .probed(let token, let size): probed(token, isThere: size != nil)
        case .added(let cid): offer(cid)
        case .access(let rule): access = rule
        }
        settle(now: now, emit: &emit)
    }

    public mutating func handleDeadline(now: Instant, emit: inout [Effect]) {
        while let ask = blockTimeouts.pop(due: now) { timedOut(ask) }
        while let ask = haveTimeouts.pop(due: now) { timedOut(ask) }
        while let want = wantTimeouts.pop(due: now) { expire(want, emit: &emit) }
        while let want = retries.pop(due: now) { retry(want) }
        while let token = loadTimeouts.pop(due: now) { loaded(token, nil, now: now, emit: &emit) }
        settle(now: now, emit: &emit)
    }

    /// Asks, serves and sends what the call has made possible.
    private mutating func settle(now: Instant, emit: inout [Effect]) {
        ask(now: now, emit: &emit)
        serve(now: now, emit: &emit)
        flush(emit: &emit)
        var deadline = earliest(earliest(blockTimeouts.next, haveTimeouts.next), earliest(wantTimeouts.next, retries.next))
        deadline = earliest(deadline, loadTimeouts.next)
        for peer in peers where peer.isPaused(now: now) && !peer.queue.isEmpty { deadline = earliest(deadline, peer.pausedUntil) }
        nextDeadline = deadline
    }
}
