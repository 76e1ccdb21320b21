internal import Crypto
internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
internal import Wire

extension ClientRole {
    /// Submits until the Manager has the job, then asks how it is.
    mutating func poll(_ job: RecordID, now: Instant, emit: inout [RoleEffect]) {
        guard var submission = submissions[job], !submission.isIdle else { return }
        timers.set(.poll(job), at: now + parameters.pollInterval)
        submission.manager = submission.manager ?? managers.first
        submissions[job] = submission
        guard let manager = submission.manager else { return }
        if !submission.isReceived, let record = submission.record {
            if !pending.values.contains(.submit(job)) { send(.submit(record), to: manager, as: .submit(job), emit: &emit) }
        } else if !pending.values.contains(.status(job)) {
            let query = JobStatusQuery(job: job, taskCount: parameters.statusTasks)
            send(.status(query), to: manager, as: .status(job), emit: &emit)
        }
    }

    mutating func answered(_ request: Pending, _ reply: JobReply, now: Instant, emit: inout [RoleEffect]) {
        switch request {
        case .submit(let job): submitted(job, reply, now: now, emit: &emit)
        case .status(let job): told(job, reply, now: now, emit: &emit)
        case .results(let job):
            if case .results(let results) = reply {
                received(job, results, emit: &emit)
            } else {
                submissions[job]?.cursor = 0
            }
            finishIfComplete(job, emit: &emit)
        case .control(let query):
            switch reply {
            case .received: emit.append(.answer(query, .done))
            case .refused(let reason): emit.append(.answer(query, .failed(.refused(reason))))
            case .status, .results, .proof: emit.append(.answer(query, .failed(.refused(.malformed))))
            }
        case .look(let query):
            switch reply {
            case .status(let status, _): emit.append(.answer(query, .job(status)))
            case .refused(.unknown): emit.append(.answer(query, .failed(.unknownJob)))
            case .refused(let reason): emit.append(.answer(query, .failed(.refused(reason))))
            case .received, .results, .proof: emit.append(.answer(query, .failed(.refused(.malformed))))
            }
        case .proof(let query): proofReceived(query, reply, emit: &emit)
        }
    }

    mutating func failed(_ request: Pending, now: Instant, emit: inout [RoleEffect]) {
        switch request {
        // Asked again by the next poll.
        case .submit, .status: break
        case .results(let job): submissions[job]?.cursor = 0
        case .control(let query), .look(let query): emit.append(.answer(query, .failed(.noManager)))
        case .proof(let query): endProof(query, nil, emit: &emit)
        }
    }

    private mutating func submitted(_ job: RecordID, _ reply: JobReply, now: Instant, emit: inout [RoleEffect]) {
        guard let submission = submissions[job], !submission.isReceived else { return }
        switch reply {
        case .received(job):
            submissions[job]?.isReceived = true
            submissions[job]?.submitQuery = nil
            if let query = submission.submitQuery { emit.append(.answer(query, .submitted(job: job))) }
            poll(job, now: now, emit: &emit)
        case .refused(let reason):
            for query in submission.waitingQueries { emit.append(.answer(query, .failed(.refused(reason)))) }
            forget(job)
        case .received, .status, .results, .proof: break
        }
    }

    private mutating func told(_ job: RecordID, _ reply: JobReply, now: Instant, emit: inout [RoleEffect]) {
        guard let submission = submissions[job], let manager = submission.manager else { return }
        if case .refused(let reason) = reply, submission.record == nil || reason == .notYours {
            // A job of an earlier process that this Manager does not know.
            for query in submission.waitingQueries {
                emit.append(.answer(query, .failed(reason == .unknown ? .unknownJob : .refused(reason))))
            }
            return forget(job)
        }
        if case .refused(.unknown) = reply {
            // The Manager has lost it before it promised anything: the same request is the same job.
            submissions[job]?.isReceived = false
            return
        }
        guard case .status(let status, _) = reply, status.job == job else { return }
        if status != submission.status { emit.append(.event(.jobProgress(status))) }
        submissions[job]?.status = status
        timers.cancel(.submit(job))
        var number = max(status.controlNumber, submission.controlNumber)
        for control in submission.controls {
            number += 1
            let record = keys.sign(JobControl(job: job, action: control.action, number: number))
            send(.control(record), to: manager, as: .control(control.query), emit: &emit)
        }
        submissions[job]?.controls = []
        submissions[job]?.controlNumber = number
        askResults(job, emit: &emit)
        finishIfComplete(job, emit: &emit)
    }

    /// Signed results of tasks that are verified and not here yet.
    private mutating func askResults(_ job: RecordID, emit: inout [RoleEffect]) {
        guard let submission = submissions[job], let manager = submission.manager else { return }
        guard submission.fetchQuery != nil, let cursor = submission.cursor else { return }
        guard Int(submission.status?.tasksVerified ?? 0) > submission.delivered.count + submission.tiles.count else { return }
        guard submission.tiles.count < parameters.tilesInFlightMax else { return }
        submissions[job]?.cursor = nil
        let room = min(TaskResult.countMax, parameters.tilesInFlightMax - submission.tiles.count)
        let query = JobStatusQuery(job: job, firstTask: cursor, taskCount: UInt32(room))
        send(.results(query), to: manager, as: .results(job), emit: &emit)
    }

    private mutating func received(_ job: RecordID, _ results: [TaskResult], emit: inout [RoleEffect]) {
        var last: UInt32?
        for result in results {
            guard let submission = submissions[job], let manager = submission.manager else { return }
            guard let (offer, commitment, repair) = submission.opened(result, keys: keys) else {
                submissions[job]?.failures += 1
                continue
            }
            last = max(last ?? 0, offer.task)
            guard !submission.delivered.contains(offer.task), submission.tiles[offer.task] == nil else { continue }
            var fetch = PictureFetch(
                result: commitment.result, tile: offer.tile, from: [manager.peer], wait: parameters.pictureBlockWait)
            guard let isScene = isScene(offer.sceneRoot, of: job, emit: &emit) else {
                submissions[job]?.failures += 1
                giveUpIfHopeless(job, offer.task, emit: &emit)
                continue
            }
            if isScene { fetch.begin(ids: &ids, emit: &emit) }
            submissions[job]?.tiles[offer.task] = Submission.Tile(
                offer: offer, commitment: commitment, repair: repair, fetch: fetch, awaitsScene: !isScene)
        }
        // After the last comes the first again: tasks are verified in any order.
        submissions[job]?.cursor = last.map { $0 + 1 } ?? 0
        if last != nil { askResults(job, emit: &emit) }
    }

    mutating func block(_ id: BlockRequestID, _ bytes: [UInt8]?, now: Instant, emit: inout [RoleEffect]) {
        for job in order {
            for task in (submissions[job]?.tiles.keys.sorted() ?? []) {
                guard var tile = submissions[job]?.tiles[task], tile.fetch.block(id, bytes, ids: &ids, emit: &emit) else { continue }
                submissions[job]?.tiles[task] = tile
                switch tile.fetch.phase {
                case .fetching: return
                case .unavailable: submissions[job]?.failures += 1
                case .complete(let delivery):
                    let picture = delivery.stored(as: tile.fetch.result, tile: tile.offer.tile).picture
                    // What the Worker committed to, and the Verifiers looked at, bit for bit.
                    if Hash.blake2b(picture) == tile.commitment.imageHash, let clean = tile.withoutMarks(picture) {
                        submissions[job]?.delivered.insert(task)
                        emit.append(.deliverTile(job: job, frame: tile.offer.frame, tile.offer.tile, clean))
                    } else {
                        submissions[job]?.failures += 1
                    }
                }
                submissions[job]?.tiles[task] = nil
                giveUpIfHopeless(job, task, emit: &emit)
                askResults(job, emit: &emit)
                finishIfComplete(job, emit: &emit)
                return
            }
        }
    }

    mutating func giveUpIfHopeless(_ job: RecordID, _ task: UInt32, emit: inout [RoleEffect]) {
        guard let submission = submissions[job], submission.failures > parameters.failuresMax, let query = submission.fetchQuery else {
            return
        }
        submissions[job]?.fetchQuery = nil
        emit.append(.answer(query, .failed(.pictureUnavailable(task: task))))
    }

    private mutating func finishIfComplete(_ job: RecordID, emit: inout [RoleEffect]) {
        guard let submission = submissions[job], submission.isComplete, let status = submission.status else { return }
        guard let query = submission.fetchQuery else { return }
        submissions[job]?.fetchQuery = nil
        emit.append(.answer(query, status.phase == .verified ? .delivered(status) : .failed(.incomplete(status))))
    }
}
