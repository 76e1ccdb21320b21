internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension ManagerRole {
    /// Who asked for something that is read from the archive.
    enum Asker: Hashable, Sendable {
        case inbound(InboundID)
        case query(QueryID)
    }

    enum Load: Hashable, Sendable {
        case status(JobStatusQuery, Asker, client: Bytes32?)
        case results(InboundID)
        case proof(Asker, offset: UInt64)
    }

    /// Reads of the archive that may be under way.
    static var loadsMax: Int { 256 }

    mutating func load(_ load: Load, prefix: [UInt8], from: [UInt8], countMax: Int, emit: inout [RoleEffect]) -> Bool {
        guard loads.count < ManagerRole.loadsMax else { return false }
        let id = ids.load()
        loads[id] = load
        emit.append(.load(id, prefix: prefix, from: from, countMax: countMax))
        return true
    }

    // Calls of clients.

    /// Nil where the answer comes from the archive.
    mutating func jobStatus(
        _ query: JobStatusQuery, for peer: PeerID, _ inbound: InboundID, now: Instant, emit: inout [RoleEffect]
    ) -> JobReply? {
        if let job = jobs[query.job] {
            guard job.record.author == peer.ed25519Key else { return .refused(.notYours) }
            return .status(liveStatus(job, query, now: now), promise(job))
        }
        if let entry = ended[query.job] {
            guard entry.client == peer.ed25519Key else { return .refused(.notYours) }
            return .status(entry.page(query), entry.records)
        }
        let key = store.statusKey(query.job)
        let isAsked = load(
            .status(query, .inbound(inbound), client: peer.ed25519Key), prefix: key, from: key, countMax: 1, emit: &emit)
        return isAsked ? nil : .refused(.tooMany)
    }

    mutating func results(_ query: JobStatusQuery, _ inbound: InboundID, emit: inout [RoleEffect]) -> JobReply? {
        let isAsked = load(
            .results(inbound), prefix: store.resultPrefix(query.job), from: store.resultKey(query.job, query.firstTask),
            countMax: min(TaskResult.countMax, max(1, Int(query.taskCount))), emit: &emit)
        return isAsked ? nil : .refused(.tooMany)
    }

    mutating func proof(_ query: ProofQuery, _ asker: Asker, emit: inout [RoleEffect]) -> JobReply? {
        let key = store.proofKey(query.job, query.task, attempt: query.attempt)
        let isAsked = load(.proof(asker, offset: query.offset), prefix: key, from: key, countMax: 1, emit: &emit)
        return isAsked ? nil : .refused(.tooMany)
    }

    mutating func loaded(_ id: LoadID, _ entries: [StoredEntry], emit: inout [RoleEffect]) {
        guard let load = loads.removeValue(forKey: id) else { return }
        switch load {
        case .status(let query, let asker, let client):
            let entry = entries.first.flatMap { try? EndedJobs.Entry(encoded: $0.value) }
            let isAllowed = client == nil || entry?.client == client
            switch asker {
            case .inbound(let inbound):
                let reply = entry.map { isAllowed ? JobReply.status($0.page(query), $0.records) : .refused(.notYours) }
                emit.append(.respond(inbound, (reply ?? .refused(.unknown)).encoded))
            case .query(let id): emit.append(.answer(id, entry.map { .job($0.page(query)) } ?? .failed(.unknownJob)))
            }
        case .results(let inbound):
            let results = entries.compactMap { entry in
                (try? Frame(encoded: entry.value)).flatMap { try? TaskResult(records: $0.records) }
            }
            emit.append(.respond(inbound, JobReply.results(results).encoded))
        case .proof(let asker, let offset):
            switch asker {
            case .inbound(let inbound):
                let reply = entries.first.map { entry in
                    let part = entry.value.dropFirst(Int(clamping: offset)).prefix(ProofQuery.partMax)
                    return JobReply.proof(Array(part), size: UInt64(entry.value.count))
                }
                emit.append(.respond(inbound, (reply ?? .refused(.unknown)).encoded))
            case .query(let id): emit.append(.answer(id, entries.first.map { .proof($0.value) } ?? .failed(.proofUnavailable)))
            }
        }
    }

    func liveStatus(_ job: JobState, _ query: JobStatusQuery, now: Instant) -> JobStatus {
        var status = job.summary(phase: job.phase, round: clock.round, now: now)
        let first = Int(query.firstTask)
        let end = min(job.tasks.count, first + Int(query.taskCount))
        if first < end { status.tasks = (first..<end).compactMap { job.taskStatus($0) } }
        status.reasons = reasons(job, now: now)
        return status
    }

    // The owner's commands and questions.

    mutating func command(_ query: QueryID, _ command: RoleCommand, now: Instant, emit: inout [RoleEffect]) {
        let (action, job): (JobControl.Action, RecordID)
        switch command {
        case .pause, .resume:
            if case .pause = command { status.isPaused = true } else { status.isPaused = false }
            emit.append(.answer(query, .done))
            return
        case .cancel(let id): (action, job) = (.cancel, id)
        case .pauseJob(let id): (action, job) = (.pause, id)
        case .resumeJob(let id): (action, job) = (.resume, id)
        case .retry(let id): (action, job) = (.retry, id)
        case .submit, .fetch, .park:
            emit.append(.answer(query, .failed(.unsupported)))
            return
        }
        guard jobs[job] != nil else {
            emit.append(.answer(query, .failed(.unknownJob)))
            return
        }
        carryOut(action, job: job, now: now, emit: &emit)
        emit.append(.answer(query, .done))
    }

    mutating func answer(_ query: QueryID, _ question: RoleQuery, now: Instant, emit: inout [RoleEffect]) {
        switch question {
        case .status: emit.append(.answer(query, .status(roleStatus)))
        case .jobs:
            let none = JobStatusQuery(job: .zero, taskCount: 0)
            let live = jobOrder.compactMap { jobs[$0] }.map { liveStatus($0, none, now: now) }
            emit.append(.answer(query, .jobs(live + ended.order.compactMap { ended[$0]?.page(none) })))
        case .job(let page):
            if let job = jobs[page.job] {
                emit.append(.answer(query, .job(liveStatus(job, page, now: now))))
            } else if let entry = ended[page.job] {
                emit.append(.answer(query, .job(entry.page(page))))
            } else {
                let key = store.statusKey(page.job)
                if !load(.status(page, .query(query), client: nil), prefix: key, from: key, countMax: 1, emit: &emit) {
                    emit.append(.answer(query, .failed(.busy)))
                }
            }
        case .roster:
            let rows = members.keys.compactMap { key in
                members[key].map {
                    RosterEntryStatus(
                        key: key, role: $0.registration.role, isConnected: $0.isConnected, memory: $0.registration.memory,
                        price: $0.registration.priceMin, benchmark: $0.registration.benchmark, active: UInt32(clamping: $0.active))
                }
            }
            emit.append(.answer(query, .roster(rows)))
        case .penalties:
            let rows = penalties.all.compactMap { id, record in
                (try? record.decoded(as: Penalty.self)).map {
                    PenaltyStatus(
                        record: id, offender: $0.offender, rule: $0.rule, job: $0.job, task: $0.task, attempt: $0.attempt, round: $0.round)
                }
            }
            emit.append(.answer(query, .penalties(rows)))
        case .proof(let job, let task, let attempt):
            let isRefused = proof(ProofQuery(job: job, task: task, attempt: attempt), .query(query), emit: &emit) != nil
            if isRefused { emit.append(.answer(query, .failed(.busy))) }
        }
    }

    private var roleStatus: RoleStatus {
        var status = status
        status.round = clock.round
        status.workers = UInt32(clamping: members.count(.worker))
        status.verifiers = UInt32(clamping: members.count(.verifier))
        status.jobs = UInt32(clamping: jobs.count)
        status.active = UInt32(clamping: offers.count)
        return status
    }
}
