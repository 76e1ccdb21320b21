public import Determinism
public import Identity
internal import LibP2P
public import ProofOfRender
internal import RenderModel
internal import Wire

/// A Verifier: takes duties that it was drawn for, recomputes what it challenges, and signs what it found.
///
/// The steps of one check are `Verification`'s; this role moves its messages, brings scene and picture, and keeps the deadlines.
public struct VerifierRole: StateMachine, LeafRole {
    public struct Parameters: Sendable {
        public var capabilities: Capabilities
        /// Duties at a time. Recomputing is done one after the other.
        public var slots: UInt32 = 32
        public var scenesMax = 4
        /// For an answer that the Manager may hold back until others are ready; longer than the Manager holds it.
        public var requestWait: Duration = .seconds(25)
        /// Between two tries of a request.
        public var resendPause: Duration = .seconds(1)
        public var pictureWait: Duration = .seconds(20)
        /// A duty older than this is dropped.
        public var dutyMax: Duration = .seconds(900)
        public var drainWait: Duration = .seconds(60)
        /// Gossip topics that jobs are spread over; a number of the network.
        public var shards: UInt64 = 1
        /// Numbers of the network.
        public var marks = MarkParameters()
        public var registrations = RegistrationParameters()

        public init(capabilities: Capabilities) { self.capabilities = capabilities }

        /// For telephones: scenes that fit beside other programs, a few duties at a time. Of larger scenes it is asked about the marks.
        public mutating func makeMobile() {
            (capabilities.memory, capabilities.sceneBytesMax) = (256 << 20, 64 << 20)
            (slots, scenesMax) = (4, 1)
        }
    }

    public typealias Input = RoleInput
    public typealias Effect = RoleEffect

    enum Timer: Hashable, Sendable {
        case resend(RecordID)
        case duty(RecordID)
        case narrowing(RecordID)
        /// Duties that are not done by then are given up.
        case leave
    }

    enum Pending: Hashable, Sendable {
        case challenge(RecordID)
        case blind(RecordID)
        case question(RecordID)
        case verdict(RecordID)
        case evidence(RecordID, dispute: RecordID)
    }

    let keys: RoleKeys
    let parameters: Parameters
    let conduct: VerifierConduct
    var ids: RoleIDs
    var timers = Timers<Timer>()
    var membership: Membership
    var shelf: SceneShelf
    var secret = SecretStream(secret: .zero)
    var duties: [RecordID: Examination] = [:]
    /// In the order in which they were taken.
    var order: [RecordID] = []
    /// Answers to duties that were declined or are over.
    var answered = RecentRecords(countMax: 1_024)
    var pending: [RequestID: Pending] = [:]
    /// Of the last recomputation.
    var lastScene: CID?
    var status = RoleStatus(role: .verifier)

    public init(keys: RoleKeys, parameters: Parameters, ids: RoleIDs, conduct: VerifierConduct = .honest) {
        self.keys = keys
        self.parameters = parameters
        self.conduct = conduct
        self.ids = ids
        membership = Membership(
            keys: keys, role: .verifier, slots: parameters.slots, capabilities: parameters.capabilities,
            parameters: parameters.registrations)
        shelf = SceneShelf(scenesMax: parameters.scenesMax, bytesMax: parameters.capabilities.sceneBytesMax)
    }

    /// Whether a duty of this Manager's is under way.
    public func isBusy(with manager: PeerID) -> Bool { duties.values.contains { $0.manager == manager } }

    public var nextDeadline: Instant? { earliest(timers.next, membership.nextDeadline) }

    public mutating func handle(_ input: RoleInput, now: Instant, emit: inout [RoleEffect]) {
        switch input {
        case .started(let entropy, _):
            secret = SecretStream(secret: entropy)
            membership.begin(session: secret.nextWord())
        case .managers(let known): membership.managers(known, now: now, ids: &ids, emit: &emit)
        case .peerConnected(let peer): membership.connected(peer, now: now, ids: &ids, emit: &emit)
        case .peerGone(let peer): membership.gone(peer, now: now)
        case .request(let peer, let name, let inbound, let bytes):
            switch name {
            case .beacon: emit.append(.respond(inbound, membership.beacon(from: peer, bytes, now: now).encoded))
            case .verify: verifyCall(peer, inbound, bytes, now: now, emit: &emit)
            default: emit.append(.refuse(inbound))
            }
        case .response(let id, let bytes): response(id, bytes, now: now, emit: &emit)
        case .requestFailed(let id, let failure):
            if membership.requestFailed(id, failure, now: now, emit: &emit) { return }
            guard let request = pending.removeValue(forKey: id) else { return }
            retry(request, now: now)
        case .block(let id, let bytes):
            sceneChanged(shelf.block(id, bytes, ids: &ids, emit: &emit), now: now, emit: &emit)
            pictureBlock(id, bytes, now: now, emit: &emit)
        case .stored(let cid, let isStored):
            for root in shelf.stored(cid, isStored, ids: &ids, emit: &emit) { sceneChanged(root, now: now, emit: &emit) }
        case .sceneSurveyed(let id, let survey):
            sceneChanged(shelf.surveyed(id, survey, ids: &ids, emit: &emit), now: now, emit: &emit)
        case .recomputed(let work, let values):
            if !renderedSample(work, values, now: now, emit: &emit) { recomputed(work, values, now: now, emit: &emit) }
        case .workFailed(let work, _):
            if renderedSample(work, nil, now: now, emit: &emit) { return }
            guard let id = duty(running: work) else { return }
            duties[id]?.work = .done
            duties[id]?.check.giveUp(.engineFailed)
            advance(id, now: now, emit: &emit)
        case .drain: drain(now: now, emit: &emit)
        case .command(let query, let command): self.command(query, command, now: now, emit: &emit)
        case .query(let query, let question): answer(query, question, emit: &emit)
        case .gossip, .loaded, .sceneInspected, .sceneMarked, .scenesCompared, .workProgress, .rendered, .proved: break
        }
    }

    public mutating func handleDeadline(now: Instant, emit: inout [RoleEffect]) {
        membership.handleDeadline(now: now, ids: &ids, emit: &emit)
        while let timer = timers.popExpired(now: now) {
            switch timer {
            case .resend(let id): advance(id, now: now, emit: &emit)
            case .duty(let id): end(id, now: now, emit: &emit)
            case .narrowing(let id): narrowingLate(id, now: now, emit: &emit)
            case .leave: for id in order { end(id, now: now, emit: &emit) }
            }
        }
    }

    // Leaving.

    static var leaveTimer: Timer { .leave }
    var activeCount: Int { duties.count }
    var requestWait: Duration { parameters.requestWait }
    var drainWait: Duration { parameters.drainWait }

    /// Duties that were taken are finished, all of them.
    mutating func giveUpWaiting(now: Instant, emit: inout [RoleEffect]) {}
}
