public import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// The Manager of a network with one: takes jobs, plans them, offers tasks to drawn Workers, anchors their commitments, gives
/// duties to drawn Verifiers, and decides by their verdicts.
///
/// What it promised survives a crash: every decision is persisted before the message that tells of it. The role routes; the steps
/// are those of `JobState`, `Attempt`, `Committee`, `DutyState`, `RoundClock` and `MemberTable`.
public struct ManagerRole: StateMachine {
    public typealias Input = RoleInput
    public typealias Effect = RoleEffect

    enum Timer: Hashable, Sendable {
        case round
        /// The scene of a job is there and read.
        case job(RecordID)
        case offer(AttemptRef)
        case offerRetry(AttemptRef)
        case silence(AttemptRef)
        case lease(AttemptRef)
        case picture(AttemptRef)
        case duty(DutyRef)
        case dutyRetry(DutyRef)
        case hold(DutyRef)
    }

    enum Pending: Hashable, Sendable {
        case offer(AttemptRef)
        case duty(DutyRef)
        case locate(DutyRef)
        case open(DutyRef)
        case trace(DutyRef)
    }

    let keys: RoleKeys
    let parameters: ManagerParameters
    let store: ManagerStore
    var ids: RoleIDs
    var secret = SecretStream(secret: .zero)
    var timers = Timers<Timer>()
    var clock = RoundClock()
    var members: MemberTable
    var rosters = RosterHistory()
    /// Jobs that have not ended.
    var jobs: [RecordID: JobState] = [:]
    /// By priority, then by arrival.
    var jobOrder: [RecordID] = []
    var ended: EndedJobs
    var kept = KeptJobs()
    /// Live attempts by offer and by commitment, live duties by id.
    var offers: [RecordID: AttemptRef] = [:]
    var commitments: [RecordID: AttemptRef] = [:]
    var duties: [RecordID: DutyRef] = [:]
    var pending: [RequestID: Pending] = [:]
    var loads: [LoadID: Load] = [:]
    /// Attempts whose committee may want another Verifier, in the order in which they came to it.
    var hungry: [AttemptRef] = []
    /// Attempts whose next Verifier has no time now.
    var starving: Set<AttemptRef> = []
    var audits: [WorkID: Audit] = [:]
    var wantsAssignment = false
    var penalties = RecentRecords(countMax: 256)
    var status = RoleStatus(role: .manager)

    public init(keys: RoleKeys, parameters: ManagerParameters, ids: RoleIDs) {
        self.keys = keys
        self.parameters = parameters
        self.ids = ids
        store = ManagerStore()
        members = MemberTable(countMax: parameters.membersMax)
        ended = EndedJobs(countMax: parameters.endedMax)
    }

    public var nextDeadline: Instant? { timers.next }

    public mutating func handle(_ input: RoleInput, now: Instant, emit: inout [RoleEffect]) {
        switch input {
        case .started(let entropy, let restored): start(entropy, restored, now: now, emit: &emit)
        case .managers: break
        case .peerConnected(let peer): connected(peer, true)
        case .peerGone(let peer): connected(peer, false)
        case .request(let peer, let name, let inbound, let bytes): request(peer, name, inbound, bytes, now: now, emit: &emit)
        case .response(let id, let bytes):
            if let request = pending.removeValue(forKey: id) {
                answered(request, (try? RecordReply(encoded: bytes)) ?? .refused(.malformed), now: now, emit: &emit)
            }
        case .requestFailed(let id, _):
            if let request = pending.removeValue(forKey: id) { answered(request, .pending, now: now, emit: &emit) }
        case .gossip(_, let author, let bytes): gossip(author, bytes, now: now, emit: &emit)
        case .block(let id, let bytes): block(id, bytes, now: now, emit: &emit)
        case .stored(let cid, let isStored): stored(cid, isStored, now: now, emit: &emit)
        case .loaded(let id, let entries): loaded(id, entries, emit: &emit)
        case .sceneSurveyed(let id, let survey): surveyed(id, survey, now: now, emit: &emit)
        case .sceneInspected(let id, let inspection): inspected(id, inspection, now: now, emit: &emit)
        case .sceneMarked(let id, let copy): marked(id, copy, now: now, emit: &emit)
        case .recomputed(let id, let values):
            if !audited(id, values, emit: &emit) { recomputed(id, values, now: now, emit: &emit) }
        case .workFailed(let id, _):
            if marked(id, nil, now: now, emit: &emit) || recomputed(id, nil, now: now, emit: &emit) || audited(id, nil, emit: &emit) {
                break
            }
            inspected(id, .failed(.engineFailed), now: now, emit: &emit)
        case .drain: drain(emit: &emit)
        case .command(let query, let command): self.command(query, command, now: now, emit: &emit)
        case .query(let query, let question): answer(query, question, now: now, emit: &emit)
        case .workProgress, .rendered, .proved, .scenesCompared: break
        }
        settle(now: now, emit: &emit)
    }

    public mutating func handleDeadline(now: Instant, emit: inout [RoleEffect]) {
        while let timer = timers.popExpired(now: now) {
            switch timer {
            case .round: closeRound(now: now, emit: &emit)
            case .job(let id): fetchFailed(id, .unavailable, now: now, emit: &emit)
            case .offer(let ref): workerSilent(ref, now: now, emit: &emit)
            case .offerRetry(let ref): sendOffer(ref, emit: &emit)
            case .silence(let ref), .lease(let ref), .picture(let ref): workerSilent(ref, now: now, emit: &emit)
            case .duty(let ref): dutyLate(ref, now: now, emit: &emit)
            case .dutyRetry(let ref): retryDuty(ref, emit: &emit)
            case .hold(let ref): releaseHeld(ref, with: .pending, emit: &emit)
            }
        }
        settle(now: now, emit: &emit)
    }

    /// What became possible is done: free Workers get tasks, committees get Verifiers.
    private mutating func settle(now: Instant, emit: inout [RoleEffect]) {
        if !hungry.isEmpty {
            let waiting = hungry
            hungry = []
            for ref in waiting { fill(ref, now: now, emit: &emit) }
        }
        if wantsAssignment {
            wantsAssignment = false
            assign(now: now, emit: &emit)
        }
    }

    private mutating func start(_ entropy: Bytes32, _ restored: [StoredEntry], now: Instant, emit: inout [RoleEffect]) {
        secret = SecretStream(secret: entropy)
        for shard in 0..<min(max(1, parameters.shards), 1_024) { emit.append(.subscribe(.shard(UInt16(truncatingIfNeeded: shard)))) }
        emit.append(.subscribe(.beacon))
        restore(restored, now: now, emit: &emit)
        timers.set(.round, at: now + parameters.roundLength)
    }

    private mutating func request(
        _ peer: PeerID, _ name: ProtocolName, _ inbound: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]
    ) {
        switch name {
        case .registry: emit.append(.respond(inbound, registryCall(peer, bytes, now: now, emit: &emit).encoded))
        case .job: jobCall(peer, inbound, bytes, now: now, emit: &emit)
        case .task: emit.append(.respond(inbound, taskCall(peer, bytes, now: now, emit: &emit).encoded))
        case .verify: verifyCall(peer, inbound, bytes, now: now, emit: &emit)
        default: emit.append(.refuse(inbound))
        }
    }

    /// Commitments and verdicts also come by gossip; they are the same records, and the first one counts.
    private mutating func gossip(_ author: PeerID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) {
        guard bytes.count <= RecordType.verdict.bodyMax + Record.overheadMax, let record = try? Record(encoded: bytes) else { return }
        switch record.type {
        case .commitment: _ = committed(record, now: now, emit: &emit)
        case .verdict: _ = verdict(record, now: now, emit: &emit)
        default: break
        }
    }

    private mutating func answered(_ request: Pending, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        switch request {
        case .offer(let ref): offerAnswered(ref, reply, now: now, emit: &emit)
        case .duty(let ref): dutyAnswered(ref, reply, now: now, emit: &emit)
        case .locate(let ref): located(ref, reply, now: now, emit: &emit)
        case .open(let ref): opened(ref, reply, now: now, emit: &emit)
        case .trace(let ref): traced(ref, reply, now: now, emit: &emit)
        }
    }

    mutating func drain(emit: inout [RoleEffect]) {
        guard !status.isDraining else { return }
        status.isDraining = true
        // All that was promised is persisted already.
        emit.append(.event(.drained))
    }

    // Access to attempts and duties by reference.

    func attempt(_ ref: AttemptRef) -> Attempt? {
        guard let job = jobs[ref.job], Int(ref.task) < job.tasks.count else { return nil }
        guard let attempt = job.tasks[Int(ref.task)].attempt, attempt.ref == ref else { return nil }
        return attempt
    }

    mutating func update(_ ref: AttemptRef, _ change: (inout Attempt) -> Void) {
        guard attempt(ref) != nil else { return }
        jobs[ref.job]?.tasks[Int(ref.task)].attempt.mutate(change)
    }

    func duty(_ ref: DutyRef) -> DutyState? {
        guard let committee = attempt(ref.attempt)?.committee, ref.index < committee.duties.count else { return nil }
        return committee.duties[ref.index]
    }

    mutating func update(_ ref: DutyRef, _ change: (inout DutyState) -> Void) {
        guard duty(ref) != nil else { return }
        update(ref.attempt) { $0.committee.mutate { change(&$0.duties[ref.index]) } }
    }

    /// All live attempts, in the order of their jobs and tasks.
    var liveAttempts: [AttemptRef] { jobOrder.flatMap { jobs[$0]?.tasks.compactMap { $0.attempt?.ref } ?? [] } }
}

extension Optional {
    mutating func mutate(_ change: (inout Wrapped) -> Void) {
        guard var value = self else { return }
        // One owner, or arrays inside would be copied.
        self = nil
        change(&value)
        self = value
    }
}
