public import Determinism
public import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// A Worker: takes offers, renders one at a time, commits, and answers for what it committed to.
///
/// The state is lost with the process: the Manager notices by the new session of the registration and offers the tasks anew.
public struct WorkerRole: StateMachine, LeafRole {
    public struct Parameters: Sendable {
        public var capabilities: Capabilities
        /// Leases that are not committed yet: one renders, the other fetches its scene.
        public var slots: UInt32 = 2
        /// Leases in all, with those that wait for their verdicts. Above it nothing is accepted.
        public var leasesMax = 16
        /// Bytes of records kept for challenges, over all leases. Above it nothing is accepted.
        public var recordBytesMax: UInt64 = 2 << 30
        public var scenesMax = 4
        /// Between two reports on a lease; the Manager gives up a lease after a few that are missing.
        public var progressInterval: Duration = .seconds(5)
        public var requestWait: Duration = .seconds(5)
        /// Between two tries of a request that must arrive.
        public var resendPause: Duration = .seconds(2)
        /// A lease older than this is dropped, whatever the Manager says.
        public var leaseMax: Duration = .seconds(6 * 3_600)
        /// From the signal to drain until what is left is handed back.
        public var drainWait: Duration = .seconds(120)
        /// Gossip topics that jobs are spread over; a number of the network.
        public var shards: UInt64 = 1
        public var registrations = RegistrationParameters()

        public init(capabilities: Capabilities) { self.capabilities = capabilities }
    }

    public typealias Input = RoleInput
    public typealias Effect = RoleEffect

    enum Timer: Hashable, Sendable {
        case progress(RecordID)
        case resend(RecordID)
        case lease(RecordID)
        /// What is not done by then is handed back.
        case leave
    }

    enum Pending: Hashable, Sendable {
        case progress(RecordID)
        case commitment(RecordID)
        case handBack(RecordID)
    }

    let keys: RoleKeys
    let parameters: Parameters
    let conduct: WorkerConduct
    var ids: RoleIDs
    var timers = Timers<Timer>()
    var membership: Membership
    var shelf: SceneShelf
    /// By the id of their offer.
    var leases: [RecordID: Lease] = [:]
    /// In the order in which they were taken.
    var order: [RecordID] = []
    /// Answers to offers that were declined or have ended, so that a repeated offer gets the same answer.
    var answered = RecentRecords(countMax: 256)
    var pending: [RequestID: Pending] = [:]
    var status = RoleStatus(role: .worker)

    public init(keys: RoleKeys, parameters: Parameters, ids: RoleIDs, conduct: WorkerConduct = .honest) {
        self.keys = keys
        self.parameters = parameters
        self.ids = ids
        self.conduct = conduct
        membership = Membership(
            keys: keys, role: .worker, slots: parameters.slots, capabilities: parameters.capabilities,
            parameters: parameters.registrations)
        shelf = SceneShelf(scenesMax: parameters.scenesMax, bytesMax: parameters.capabilities.sceneBytesMax)
    }

    /// Whether a lease of this Manager's is under way.
    public func isBusy(with manager: PeerID) -> Bool { leases.values.contains { $0.manager == manager } }

    public var nextDeadline: Instant? { earliest(timers.next, membership.nextDeadline) }

    public mutating func handle(_ input: RoleInput, now: Instant, emit: inout [RoleEffect]) {
        switch input {
        case .started(let entropy, _):
            var secret = SecretStream(secret: entropy)
            membership.begin(session: secret.nextWord())
        case .managers(let known): membership.managers(known, now: now, ids: &ids, emit: &emit)
        case .peerConnected(let peer): membership.connected(peer, now: now, ids: &ids, emit: &emit)
        case .peerGone(let peer): membership.gone(peer, now: now)
        case .request(let peer, let name, let inbound, let bytes): request(peer, name, inbound, bytes, now: now, emit: &emit)
        case .response(let id, let bytes): response(id, bytes, now: now, emit: &emit)
        case .requestFailed(let id, let failure): requestFailed(id, failure, now: now, emit: &emit)
        case .block(let id, let bytes): sceneChanged(shelf.block(id, bytes, ids: &ids, emit: &emit), now: now, emit: &emit)
        case .stored(let cid, let isStored):
            for root in shelf.stored(cid, isStored, ids: &ids, emit: &emit) { sceneChanged(root, now: now, emit: &emit) }
            pictureStored(cid, isStored, now: now, emit: &emit)
        case .sceneSurveyed(let id, let survey):
            sceneChanged(shelf.surveyed(id, survey, ids: &ids, emit: &emit), now: now, emit: &emit)
        case .workProgress(let id, let permille, let rays): workProgress(id, permille, rays, emit: &emit)
        case .rendered(let id, let records): rendered(id, records, now: now, emit: &emit)
        case .proved(let id, let made): proved(id, made, now: now, emit: &emit)
        case .recomputed(let id, let values): _ = traced(id, values, emit: &emit)
        case .workFailed(let id, let failure):
            if !traced(id, nil, emit: &emit) { workFailed(id, failure, now: now, emit: &emit) }
        case .drain: drain(now: now, emit: &emit)
        case .command(let query, let command): self.command(query, command, now: now, emit: &emit)
        case .query(let query, let question): answer(query, question, emit: &emit)
        case .gossip, .loaded, .sceneInspected, .sceneMarked, .scenesCompared: break
        }
    }

    public mutating func handleDeadline(now: Instant, emit: inout [RoleEffect]) {
        membership.handleDeadline(now: now, ids: &ids, emit: &emit)
        while let timer = timers.popExpired(now: now) {
            switch timer {
            case .progress(let offer): report(offer, now: now, emit: &emit)
            case .resend(let offer): sendCommitment(offer, emit: &emit)
            case .lease(let offer): end(offer, .expired, now: now, emit: &emit)
            case .leave: handBackAll(now: now, emit: &emit)
            }
        }
    }

    private mutating func request(
        _ peer: PeerID, _ name: ProtocolName, _ inbound: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]
    ) {
        switch name {
        case .beacon: emit.append(.respond(inbound, membership.beacon(from: peer, bytes, now: now).encoded))
        case .task: emit.append(.respond(inbound, taskCall(peer, bytes, now: now, emit: &emit).encoded))
        case .verify: emit.append(.respond(inbound, verifyCall(peer, bytes, emit: &emit).encoded))
        default: emit.append(.refuse(inbound))
        }
    }

    private mutating func response(_ id: RequestID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) {
        if membership.response(id, bytes, now: now, emit: &emit) { return }
        guard let request = pending.removeValue(forKey: id) else { return }
        let reply = (try? RecordReply(encoded: bytes)) ?? .refused(.malformed)
        switch request {
        case .progress(let offer), .handBack(let offer): told(offer, reply, now: now, emit: &emit)
        case .commitment(let offer): held(offer, reply, now: now, emit: &emit)
        }
    }

    private mutating func requestFailed(_ id: RequestID, _ failure: NetworkFailure, now: Instant, emit: inout [RoleEffect]) {
        if membership.requestFailed(id, failure, now: now, emit: &emit) { return }
        guard case .commitment(let offer)? = pending.removeValue(forKey: id), leases[offer]?.stage == .committing else { return }
        timers.set(.resend(offer), at: now + parameters.resendPause)
    }

    mutating func send(_ call: TaskCall, to manager: PeerID, as request: Pending, emit: inout [RoleEffect]) {
        let id = ids.request()
        pending[id] = request
        emit.append(.request(id, to: manager, at: [], .task, call.encoded, timeout: parameters.requestWait))
    }
}
