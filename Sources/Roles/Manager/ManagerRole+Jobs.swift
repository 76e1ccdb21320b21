internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension ManagerRole {
    mutating func jobCall(_ peer: PeerID, _ inbound: InboundID, _ bytes: [UInt8], now: Instant, emit: inout [RoleEffect]) {
        guard let call = try? JobCall(encoded: bytes) else {
            emit.append(.penalise(peer, .malformed))
            emit.append(.respond(inbound, JobReply.refused(.malformed).encoded))
            return
        }
        let reply: JobReply?
        switch call {
        case .submit(let record): reply = submitted(record, by: peer, now: now, emit: &emit)
        case .status(let query): reply = jobStatus(query, for: peer, inbound, now: now, emit: &emit)
        case .control(let record): reply = controlled(record, by: peer, now: now, emit: &emit)
        case .results(let query): reply = results(query, inbound, emit: &emit)
        case .proof(let query): reply = proof(query, .inbound(inbound), emit: &emit)
        }
        if let reply { emit.append(.respond(inbound, reply.encoded)) }
    }

    /// The same request again gets the same answer.
    private mutating func submitted(_ record: Record, by peer: PeerID, now: Instant, emit: inout [RoleEffect]) -> JobReply {
        let id = keys.id(record)
        if jobs[id] != nil || ended[id] != nil { return .received(job: id) }
        guard record.author == peer.ed25519Key, let request: JobRequest = keys.open(record) else {
            emit.append(.penalise(peer, .forged))
            return .refused(.notSigned)
        }
        if status.isDraining || status.isPaused { return .refused(.draining) }
        if request.roundMax > 0, request.roundMax < clock.round { return .refused(.expired) }
        if jobs.count >= parameters.jobsMax { return .refused(.tooMany) }
        if jobs.values.count(where: { $0.record.author == record.author }) >= parameters.jobsPerClientMax { return .refused(.tooMany) }
        guard request.order.sceneBytes <= parameters.sceneBytesMax, planned(request.order) != nil else { return .refused(.tooLarge) }
        emit.append(.persist([store.request(record, id: id)]))
        emit.append(.event(.jobReceived(job: id, client: record.author)))
        begin(record, request, id: id, now: now, emit: &emit)
        return .received(job: id)
    }

    /// Cuts the job; nil also where its offers would not be valid, because the proof of a task would be too large.
    func planned(_ order: JobOrder) -> TaskGrid? {
        let workers = members.count(.worker)
        guard let grid = JobPlanner(parameters: parameters.planner).plan(order, workers: workers) else { return nil }
        guard let challenges = areaChallenges(order.settings) else { return nil }
        let task = grid[0]
        let offer = Offer(
            job: .zero, task: 0, cause: .zero, worker: .zero, sceneRoot: order.sceneRoot, settings: order.settings, frame: task.frame,
            tile: task.tile, samples: task.samples, jobSeed: 0, profile: parameters.profile, deadlineRound: 0, level: order.level,
            rayChallenges: parameters.rayChallenges, areaChallenges: challenges)
        return offer.isValid ? grid : nil
    }

    /// Pixels that a Verifier opens in all buckets: fewer where a pixel has so many that locators and openings together, which are
    /// the evidence of a dispute, would not fit one message. Nil where even the fewest do not.
    func areaChallenges(_ settings: RenderSettings) -> UInt32? {
        let buckets = (UInt64(settings.samples) + 15) / 16
        // Paths of 25 levels beside leaves and values.
        let perRay = UInt64(LeafSummary.valuesSize + LeafSummary.size + 1_100)
        let perArea = buckets * UInt64(LeafSummary.valuesSize + LeafSummary.size + RecordValue.packedSize) + 1_100
        let room = UInt64(Frame.sizeMax - (64 << 10)) - min(UInt64(parameters.rayChallenges) * perRay, UInt64(Frame.sizeMax / 2))
        let count = min(UInt64(parameters.areaChallenges), room / perArea)
        return count >= UInt64(min(parameters.areaChallengesMin, parameters.areaChallenges)) ? UInt32(count) : nil
    }

    /// Starts or, after a restart, starts again with the scene.
    mutating func begin(_ record: Record, _ request: JobRequest, id: RecordID, now: Instant, emit: inout [RoleEffect]) {
        var fetch = SceneFetch(
            root: request.order.sceneRoot, scope: id, from: [PeerID(ed25519: record.author)], bytesMax: parameters.sceneBytesMax)
        fetch.begin(ids: &ids, emit: &emit)
        insert(JobState(id: id, record: record, request: request, stage: .fetching(fetch), now: now))
        timers.set(.job(id), at: now + parameters.fetchWait)
    }

    mutating func insert(_ job: JobState) {
        jobs[job.id] = job
        let before = jobOrder.firstIndex { (jobs[$0]?.order.priority ?? 0) < job.order.priority }
        jobOrder.insert(job.id, at: before ?? jobOrder.count)
    }

    mutating func surveyed(_ work: WorkID, _ survey: SceneSurvey, now: Instant, emit: inout [RoleEffect]) {
        fetches(now: now, emit: &emit) { $0.surveyed(work, survey, ids: &$1, emit: &$2) }
    }

    mutating func block(_ id: BlockRequestID, _ bytes: [UInt8]?, now: Instant, emit: inout [RoleEffect]) {
        if fetches(now: now, emit: &emit, { $0.block(id, bytes, ids: &$1, emit: &$2) }) { return }
        pictureBlock(id, bytes, now: now, emit: &emit)
    }

    mutating func stored(_ cid: CID, _ isStored: Bool, now: Instant, emit: inout [RoleEffect]) {
        fetches(now: now, emit: &emit) { $0.stored(cid, isStored, ids: &$1, emit: &$2) }
        pictureStored(cid, isStored, now: now, emit: &emit)
        markStored(cid, isStored, now: now, emit: &emit)
    }

    /// Gives an input to the fetches of jobs; true where one took it.
    @discardableResult
    private mutating func fetches(
        now: Instant, emit: inout [RoleEffect], _ take: (inout SceneFetch, inout RoleIDs, inout [RoleEffect]) -> Bool
    ) -> Bool {
        var isTaken = false
        for id in jobOrder {
            guard case .fetching(var fetch)? = jobs[id]?.stage, take(&fetch, &ids, &emit) else { continue }
            jobs[id]?.stage = .fetching(fetch)
            isTaken = true
            switch fetch.phase {
            case .complete: inspect(id, root: fetch.root, now: now, emit: &emit)
            case .failed(let fault): fetchFailed(id, fault, now: now, emit: &emit)
            case .surveying, .fetching: break
            }
        }
        return isTaken
    }

    private mutating func inspect(_ id: RecordID, root: CID, now: Instant, emit: inout [RoleEffect]) {
        let work = ids.work()
        jobs[id]?.stage = .inspecting(work)
        timers.set(.job(id), at: now + parameters.inspectWait)
        emit.append(.inspectScene(work, root: root))
    }

    mutating func inspected(_ work: WorkID, _ inspection: SceneInspection, now: Instant, emit: inout [RoleEffect]) {
        let found = jobOrder.first { id in
            if case .inspecting(work)? = jobs[id]?.stage { return true }
            return false
        }
        guard let id = found, let job = jobs[id] else { return }
        timers.cancel(.job(id))
        switch inspection {
        case .failed(let fault): fetchFailed(id, fault, now: now, emit: &emit)
        case .valid(let facts):
            guard job.order.settings.camera < max(1, facts.cameras) else { return fetchFailed(id, .cameraMissing, now: now, emit: &emit) }
            plan(job, facts, emit: &emit)
        }
    }

    private mutating func plan(_ job: JobState, _ facts: SceneFacts, emit: inout [RoleEffect]) {
        guard let grid = planned(job.order), let challenges = areaChallenges(job.order.settings) else { return }
        let plan = JobPlan(
            job: job.id, term: 0, tileWidth: grid.tileWidth, tileHeight: grid.tileHeight, taskCount: UInt32(clamping: grid.taskCount),
            seed: secret.nextWord(), verdicts: UInt32(clamping: job.order.level.verifiers), rayChallenges: parameters.rayChallenges,
            areaChallenges: challenges, profile: parameters.profile, memory: facts.memory)
        let record = keys.sign(plan)
        jobs[job.id]?.facts = facts
        jobs[job.id]?.begin(plan, record: record, id: keys.id(record), grid: grid)
        if job.order.isMarked { jobs[job.id]?.marks = JobMarks(key: MarkKey(secret.next())) }
        if let planned = jobs[job.id] { emit.append(.persist([store.plan(record, job: job.id), store.header(planned)])) }
        emit.append(.event(.jobPlanned(job: job.id, tasks: plan.taskCount)))
        wantsAssignment = true
    }

    /// The scene cannot be had or rendered: the job ends.
    mutating func fetchFailed(_ id: RecordID, _ fault: SceneFault, now: Instant, emit: inout [RoleEffect]) {
        guard var job = jobs[id], !job.isRunning else { return }
        if case .fetching(var fetch) = job.stage {
            fetch.fail(fault, emit: &emit)
            job.stage = .fetching(fetch)
        }
        if case .inspecting(let work) = job.stage { emit.append(.cancelWork(work)) }
        jobs[id] = job
        endJob(id, .failed, reasons: [.sceneRejected(fault)], now: now, emit: &emit)
    }

    // The client's orders.

    /// Only the client may change its job; the same number again is answered and ignored.
    private mutating func controlled(_ record: Record, by peer: PeerID, now: Instant, emit: inout [RoleEffect]) -> JobReply {
        guard let control: JobControl = keys.open(record), record.author == peer.ed25519Key else {
            emit.append(.penalise(peer, .forged))
            return .refused(.notSigned)
        }
        guard let job = jobs[control.job] else { return ended[control.job] == nil ? .refused(.unknown) : .received(job: control.job) }
        guard job.record.author == record.author else { return .refused(.notYours) }
        if control.number > job.controlNumber {
            jobs[control.job]?.controlNumber = control.number
            carryOut(control.action, job: control.job, now: now, emit: &emit)
        }
        return .received(job: control.job)
    }

    mutating func carryOut(_ action: JobControl.Action, job id: RecordID, now: Instant, emit: inout [RoleEffect]) {
        switch action {
        case .cancel: endJob(id, .cancelled, reasons: [.cancelled], now: now, emit: &emit)
        case .pause: jobs[id]?.isPaused = true
        case .resume: jobs[id]?.isPaused = false
        case .retry:
            for index in jobs[id]?.tasks.indices ?? 0..<0 where jobs[id]?.tasks[index].isGivenUp == true {
                jobs[id]?.tasks[index].isGivenUp = false
                jobs[id]?.tasks[index].failures = 0
                jobs[id]?.tasksGivenUp -= 1
                jobs[id]?.requeue(index)
                persistTask(id, index, emit: &emit)
            }
        }
        if let job = jobs[id] { emit.append(.persist([store.header(job)])) }
        wantsAssignment = true
    }

    /// The job is over: its end is signed, archived and told to those who work on it.
    mutating func endJob(_ id: RecordID, _ phase: JobPhase, reasons: [WhyReason], now: Instant, emit: inout [RoleEffect]) {
        for work in jobs[id]?.marks?.works ?? [] { emit.append(.cancelWork(work)) }
        for task in jobs[id]?.tasks ?? [] {
            if let drawn = task.drawn { members.ended(drawn.worker) }
            guard let attempt = task.attempt else { continue }
            drop(attempt, emit: &emit)
            emit.append(
                .event(.attemptEnded(job: id, task: attempt.ref.task, attempt: attempt.ref.attempt, worker: attempt.worker, .cancelled)))
        }
        guard let job = jobs.removeValue(forKey: id) else { return }
        jobOrder.removeAll { $0 == id }
        timers.cancel(.job(id))
        let end = keys.sign(JobEnd(job: id, outcome: phase, tasksAccepted: job.tasksVerified, rays: job.rays))
        var status = job.summary(phase: phase, round: clock.round, now: now)
        status.tasks = job.tasks.indices.compactMap { job.taskStatus($0) }
        status.reasons = reasons
        let entry = EndedJobs.Entry(client: job.record.author, status: status, records: promise(job) + [end])
        // What was accepted can still be fetched.
        var changes = store.archive(job, entry)
        if job.tasksVerified > 0 { changes.append(keep(id)) }
        emit.append(.persist(changes))
        ended.insert(entry)
        self.status.jobsEnded += 1
        let call = TaskCall.jobEnd(end).encoded
        for worker in Set(job.tasks.compactMap { $0.attempt?.worker }).sorted() {
            emit.append(
                .request(ids.request(), to: PeerID(ed25519: worker), at: [], .task, call, timeout: parameters.requestWait))
        }
        if job.tasksVerified == 0 { emit.append(.releaseBlocks(scope: id)) }
        emit.append(.event(.jobEnded(job: id, phase)))
        wantsAssignment = true
    }

    private mutating func keep(_ job: RecordID) -> StoredChange {
        let rounds = UInt64((parameters.blocksKept.inSeconds / parameters.roundLength.inSeconds).rounded(.up))
        let entry = KeptJobs.Entry(until: clock.round + rounds, job: job)
        kept.insert(entry)
        return store.kept(entry)
    }

    /// Lets the blocks of jobs go that have been kept long enough.
    mutating func forgetKept(emit: inout [RoleEffect]) {
        for entry in kept.popDue(round: clock.round) {
            emit.append(.releaseBlocks(scope: entry.job))
            emit.append(.persist([StoredChange(key: store.kept(entry).key, value: nil)]))
        }
    }

    /// What the client was promised: the acceptance, from the plan on.
    func promise(_ job: JobState) -> [Record] {
        job.planRecord.map { [keys.sign(JobAccepted(job: job.id, plan: keys.id($0)))] } ?? []
    }
}
