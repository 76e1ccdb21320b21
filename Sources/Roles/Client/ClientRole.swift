public import Determinism
internal import Crypto
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

/// A client: submits jobs, watches them, and fetches verified tiles, trusting nobody with a pixel.
public struct ClientRole: StateMachine {
    public struct Parameters: Sendable {
        public var requestWait: Duration = .seconds(10)
        public var pollInterval: Duration = .seconds(1)
        /// From the order to the Manager's receipt.
        public var submitWait: Duration = .seconds(60)
        public var pictureBlockWait: Duration = .seconds(30)
        public var submissionsMax = 64
        /// Tiles fetched at a time.
        public var tilesInFlightMax = 8
        /// Tasks in one status.
        public var statusTasks: UInt32 = 256
        /// Tiles of one job that may fail before the fetch is given up.
        public var failuresMax = 16
        /// Marked copies of one job's scene that are looked at: one a Worker and frame.
        public var copiesMax = 4_096

        public init() {}
    }

    public typealias Input = RoleInput
    public typealias Effect = RoleEffect

    enum Timer: Hashable, Sendable {
        case poll(RecordID)
        case submit(RecordID)
    }

    enum Pending: Hashable, Sendable {
        case submit(RecordID)
        case status(RecordID)
        case results(RecordID)
        case control(QueryID)
        case proof(QueryID)
        /// The owner's own question.
        case look(QueryID)
    }

    let keys: RoleKeys
    let parameters: Parameters
    var ids: RoleIDs
    var secret = SecretStream(secret: .zero)
    var timers = Timers<Timer>()
    var managers: [KnownPeer] = []
    var submissions: [RecordID: Submission] = [:]
    var order: [RecordID] = []
    var pending: [RequestID: Pending] = [:]
    var proofs: [QueryID: ProofFetch] = [:]
    var isDraining = false

    public init(keys: RoleKeys, parameters: Parameters = Parameters(), ids: RoleIDs) {
        self.keys = keys
        self.parameters = parameters
        self.ids = ids
    }

    public var nextDeadline: Instant? { timers.next }

    public mutating func handle(_ input: RoleInput, now: Instant, emit: inout [RoleEffect]) {
        switch input {
        case .started(let entropy, _): secret = SecretStream(secret: entropy)
        case .managers(let known): managers = known.filter { $0.peer.ed25519Key != nil }
        case .request(_, _, let inbound, _): emit.append(.refuse(inbound))
        case .response(let id, let bytes):
            if let request = pending.removeValue(forKey: id) {
                answered(request, (try? JobReply(encoded: bytes)) ?? .refused(.malformed), now: now, emit: &emit)
            }
        case .requestFailed(let id, _):
            if let request = pending.removeValue(forKey: id) { failed(request, now: now, emit: &emit) }
        case .block(let id, let bytes):
            if proofBlock(id, bytes, emit: &emit) { break }
            if !copies(now: now, emit: &emit, { $0.block(id, bytes, ids: &$1, emit: &$2) }) { block(id, bytes, now: now, emit: &emit) }
        case .drain:
            isDraining = true
            emit.append(.event(.drained))
        case .command(let query, let command): self.command(query, command, now: now, emit: &emit)
        case .query(let query, let question): answer(query, question, now: now, emit: &emit)
        case .stored(let cid, let isStored): copies(now: now, emit: &emit) { $0.stored(cid, isStored, ids: &$1, emit: &$2) }
        case .sceneSurveyed(let id, let survey): copies(now: now, emit: &emit) { $0.surveyed(id, survey, ids: &$1, emit: &$2) }
        case .scenesCompared(let id, let isCopy): compared(id, isCopy, emit: &emit)
        case .peerConnected, .peerGone, .gossip, .loaded, .sceneInspected, .sceneMarked, .workProgress, .rendered, .proved, .recomputed,
            .workFailed:
            break
        }
    }

    public mutating func handleDeadline(now: Instant, emit: inout [RoleEffect]) {
        while let timer = timers.popExpired(now: now) {
            switch timer {
            case .poll(let job): poll(job, now: now, emit: &emit)
            case .submit(let job):
                guard let submission = submissions[job], submission.status == nil else { continue }
                for query in submission.waitingQueries { emit.append(.answer(query, .failed(.noManager))) }
                forget(job)
            }
        }
    }

    // Commands.

    private mutating func command(_ query: QueryID, _ command: RoleCommand, now: Instant, emit: inout [RoleEffect]) {
        switch command {
        case .submit(let order): submit(order, query, now: now, emit: &emit)
        case .fetch(let job):
            guard watch(job, query, now: now, emit: &emit) else { return }
            submissions[job]?.fetchQuery = query
            submissions[job]?.delivered = []
            submissions[job]?.cursor = 0
            timers.set(.poll(job), at: now)
        case .cancel(let job): control(.cancel, job, query, now: now, emit: &emit)
        case .pauseJob(let job): control(.pause, job, query, now: now, emit: &emit)
        case .resumeJob(let job): control(.resume, job, query, now: now, emit: &emit)
        case .retry(let job): control(.retry, job, query, now: now, emit: &emit)
        case .pause, .park, .resume: emit.append(.answer(query, .failed(.unsupported)))
        }
    }

    private mutating func submit(_ jobOrder: JobOrder, _ query: QueryID, now: Instant, emit: inout [RoleEffect]) {
        guard !isDraining else { return emit.append(.answer(query, .failed(.draining))) }
        guard jobOrder.isValid else { return emit.append(.answer(query, .failed(.invalidOrder))) }
        makeRoom()
        guard submissions.count < parameters.submissionsMax else { return emit.append(.answer(query, .failed(.busy))) }
        let record = keys.sign(JobRequest(order: jobOrder, nonce: secret.next()))
        let job = keys.id(record)
        var submission = Submission(
            job: job, manager: managers.first, record: record, order: jobOrder, deadline: now + parameters.submitWait)
        submission.submitQuery = query
        submissions[job] = submission
        order.append(job)
        timers.set(.submit(job), at: submission.deadline)
        poll(job, now: now, emit: &emit)
    }

    /// Makes sure that a job is watched; false where it cannot be, which is then answered.
    private mutating func watch(_ job: RecordID, _ query: QueryID, now: Instant, emit: inout [RoleEffect]) -> Bool {
        if submissions[job] != nil { return true }
        makeRoom()
        guard submissions.count < parameters.submissionsMax else {
            emit.append(.answer(query, .failed(.busy)))
            return false
        }
        submissions[job] = Submission(
            job: job, manager: managers.first, record: nil, order: nil, deadline: now + parameters.submitWait)
        order.append(job)
        timers.set(.submit(job), at: now + parameters.submitWait)
        return true
    }

    /// The order goes out with the next status, which tells the number that it must have.
    private mutating func control(
        _ action: JobControl.Action, _ job: RecordID, _ query: QueryID, now: Instant, emit: inout [RoleEffect]
    ) {
        guard watch(job, query, now: now, emit: &emit) else { return }
        submissions[job]?.controls.append((query: query, action: action))
        timers.set(.poll(job), at: now)
    }

    private mutating func makeRoom() {
        guard submissions.count >= parameters.submissionsMax, let idle = order.first(where: { submissions[$0]?.isIdle == true }) else {
            return
        }
        forget(idle)
    }

    mutating func forget(_ job: RecordID) {
        submissions[job] = nil
        order.removeAll { $0 == job }
        timers.cancel(.poll(job))
        timers.cancel(.submit(job))
    }

    private mutating func answer(_ query: QueryID, _ question: RoleQuery, now: Instant, emit: inout [RoleEffect]) {
        switch question {
        case .status:
            var status = RoleStatus(role: .client)
            status.managers = UInt32(clamping: managers.count)
            status.jobs = UInt32(clamping: submissions.values.count { !$0.isOver })
            status.active = UInt32(clamping: submissions.count)
            emit.append(.answer(query, .status(status)))
        case .jobs: emit.append(.answer(query, .jobs(order.compactMap { submissions[$0]?.status })))
        case .job(let page):
            guard let manager = submissions[page.job]?.manager ?? managers.first else {
                return emit.append(.answer(query, .failed(.noManager)))
            }
            send(.status(page), to: manager, as: .look(query), emit: &emit)
        case .proof(let job, let task, let attempt):
            fetchProof(job, task, attempt: attempt, query, emit: &emit)
        case .roster, .penalties: emit.append(.answer(query, .failed(.unsupported)))
        }
    }

    mutating func send(_ call: JobCall, to manager: KnownPeer, as request: Pending, emit: inout [RoleEffect]) {
        let id = ids.request()
        pending[id] = request
        emit.append(
            .request(id, to: manager.peer, at: manager.addresses, .job, call.encoded, timeout: parameters.requestWait))
    }
}
