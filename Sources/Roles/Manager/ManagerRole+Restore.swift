internal import Determinism
internal import Identity
internal import ProofOfRender
internal import Wire

extension ManagerRole {
    /// Takes up what was persisted: verified tasks stay verified, commitments are anchored again, leases are waited for.
    mutating func restore(_ entries: [StoredEntry], now: Instant, emit: inout [RoleEffect]) {
        var requests: [RecordID: Record] = [:]
        var plans: [RecordID: Record] = [:]
        var headers: [RecordID: JobHeader] = [:]
        var rows: [RecordID: [Int: TaskRow]] = [:]
        for entry in entries {
            if entry.key == [UInt8(ascii: "b")] {
                restoreBeacon(entry.value)
            } else if entry.key.first == UInt8(ascii: "p"), let record = try? Record(encoded: entry.value) {
                penalties.insert(record, for: keys.id(record))
            } else if let entry = store.keptEntry(entry.key) {
                kept.insert(entry)
            } else if let (job, part, index) = store.parse(entry.key) {
                switch part {
                case "r": requests[job] = try? Record(encoded: entry.value)
                case "p": plans[job] = try? Record(encoded: entry.value)
                case "h": headers[job] = try? JobHeader(encoded: entry.value)
                case "t": rows[job, default: [:]][Int(index)] = try? TaskRow(encoded: entry.value)
                default: break
                }
            }
        }
        for id in requests.keys.sorted() {
            guard let record = requests[id], let request: JobRequest = keys.open(record), keys.id(record) == id else { continue }
            guard let plan = plans[id], let header = headers[id] else {
                begin(record, request, id: id, now: now, emit: &emit)
                continue
            }
            restoreJob(record, request, id: id, plan: plan, header: header, rows: rows[id] ?? [:], now: now, emit: &emit)
        }
        wantsAssignment = true
    }

    private mutating func restoreBeacon(_ bytes: [UInt8]) {
        guard let record = try? Record(encoded: bytes), let body: Beacon = keys.open(record) else { return }
        clock.restore(record, id: keys.id(record), body: body)
    }

    private mutating func restoreJob(
        _ record: Record, _ request: JobRequest, id: RecordID, plan: Record, header: JobHeader, rows: [Int: TaskRow], now: Instant,
        emit: inout [RoleEffect]
    ) {
        guard let body: JobPlan = keys.open(plan) else { return }
        let grid = TaskGrid(
            settings: request.order.settings, frames: request.order.frameNumbers, tileWidth: body.tileWidth, tileHeight: body.tileHeight)
        guard grid.taskCount == Int(body.taskCount) else { return }
        var job = JobState(id: id, record: record, request: request, stage: .running, now: now)
        job.begin(body, record: plan, id: keys.id(plan), grid: grid)
        job.isPaused = header.isPaused
        job.controlNumber = header.controlNumber
        job.attemptsLost = header.attemptsLost
        job.facts = header.facts
        job.marks = header.markKey.map { JobMarks(key: $0) }
        for strike in header.strikes { job.strikes[strike.key] = strike.count }
        var live: [AttemptRef] = []
        for index in rows.keys.sorted() where index < job.tasks.count {
            guard let row = rows[index] else { continue }
            job.tasks[index] = row.state
            if let accepted = row.state.accepted {
                job.accept(index, accepted, end: row.state.cause)
            } else if row.state.isGivenUp {
                job.tasksGivenUp += 1
            } else if let attempt = restoredAttempt(row, job: id, index: index, now: now) {
                job.tasks[index].attempt = attempt
                live.append(attempt.ref)
            } else {
                continue
            }
            job.waiting.removeAll { $0 == index }
        }
        insert(job)
        for ref in live { resume(ref, now: now, emit: &emit) }
        if job.isDone {
            endJob(id, job.tasksGivenUp == 0 ? .verified : .failed, reasons: finalReasons(job), now: now, emit: &emit)
        }
    }

    private func restoredAttempt(_ row: TaskRow, job: RecordID, index: Int, now: Instant) -> Attempt? {
        guard let record = row.offer, let offer: Offer = keys.open(record), offer.job == job, row.state.attempts > 0 else { return nil }
        let ref = AttemptRef(job: job, task: UInt32(truncatingIfNeeded: index), attempt: offer.attempt)
        var attempt = Attempt(ref: ref, offer: offer, offerID: keys.id(record), record: record, now: now)
        attempt.stage = .leased
        attempt.decoy = restoredDecoy(row)
        if let commitment = row.commitment, let body: Commitment = keys.open(commitment) {
            guard attempt.commit(body, record: commitment, id: keys.id(commitment), now: now) else { return nil }
        }
        return attempt
    }

    /// A Worker that still has the task reports or commits; one that does not lets it expire.
    private mutating func resume(_ ref: AttemptRef, now: Instant, emit: inout [RoleEffect]) {
        guard let attempt = attempt(ref) else { return }
        offers[attempt.offerID] = ref
        if let decoy = attempt.decoy { clock.add(keys.id(decoy.promise)) }
        findMarks(ref, now: now, emit: &emit)
        if attempt.claim == nil {
            members.began(attempt.worker)
            lease(ref, now: now)
        } else {
            hold(ref, now: now, emit: &emit)
        }
    }

    /// Leases that a member holds when it registers with a Manager that has just started.
    func leases(of worker: Bytes32) -> Int {
        liveAttempts.count { ref in attempt(ref).map { $0.worker == worker && $0.holdsSlot } ?? false }
    }
}
