internal import Determinism
internal import Identity
internal import LibP2P
internal import ProofOfRender
internal import RenderModel
public import Wire

extension WorkerRole {
    /// A scene became available or failed.
    mutating func sceneChanged(_ root: CID?, now: Instant, emit: inout [RoleEffect]) {
        guard let root else { return }
        for offer in order where leases[offer]?.offer.sceneRoot == root && leases[offer]?.stage == .fetchingScene {
            switch shelf.availability(root) {
            case .ready: leases[offer]?.stage = .queued
            case .failed: handBack(offer, .sceneUnavailable, now: now, emit: &emit)
            case .fetching, .absent: break
            }
        }
        renderNext(emit: &emit)
    }

    /// One render at a time, in the order of acceptance.
    mutating func renderNext(emit: inout [RoleEffect]) {
        let isRendering = leases.values.contains { lease in
            if case .rendering = lease.stage { return true }
            return false
        }
        guard !isRendering, let offer = order.first(where: { leases[$0]?.stage == .queued }), let lease = leases[offer] else { return }
        let work = ids.work()
        leases[offer]?.stage = .rendering(work)
        emit.append(
            .render(
                work, sceneRoot: lease.offer.sceneRoot, lease.offer.renderRequest(offer: offer), memoryMax: parameters.capabilities.memory))
    }

    private func offer(rendering work: WorkID) -> RecordID? { order.first { leases[$0]?.stage == .rendering(work) } }

    mutating func workProgress(_ work: WorkID, _ permille: UInt32, _ rays: UInt64, emit: inout [RoleEffect]) {
        guard let id = offer(rendering: work), let offer = leases[id]?.offer else { return }
        leases[id]?.permille = min(permille, 999)
        leases[id]?.rays = rays
        emit.append(.event(.leaseProgress(job: offer.job, task: offer.task, permille: min(permille, 999), rays: rays)))
    }

    mutating func rendered(_ work: WorkID, _ records: TileRecords, now: Instant, emit: inout [RoleEffect]) {
        guard let id = offer(rendering: work), let lease = leases[id] else { return }
        let proving = ids.work()
        leases[id]?.stage = .proving(proving)
        emit.append(
            .prove(
                proving,
                ProofOrder(
                    conduct: conduct, offer: lease.offer, offerID: id, grid: lease.grid, decoy: lease.decoy, records: records)))
        renderNext(emit: &emit)
    }

    mutating func proved(_ work: WorkID, _ made: WorkProof?, now: Instant, emit: inout [RoleEffect]) {
        guard let id = order.first(where: { leases[$0]?.stage == .proving(work) }) else { return }
        guard let made else {
            handBack(id, .engineFailed, now: now, emit: &emit)
            return
        }
        leases[id]?.commit(made, keys: keys)
        leases[id]?.stage = .storing(Set(made.blocks.map(\.cid)))
        for block in made.blocks { emit.append(.storeBlock(block.cid, block.bytes, scope: id)) }
    }

    mutating func workFailed(_ work: WorkID, _ failure: WorkFailure, now: Instant, emit: inout [RoleEffect]) {
        guard let id = offer(rendering: work) else { return }
        switch failure {
        case .sceneUnreadable: handBack(id, .sceneUnavailable, now: now, emit: &emit)
        case .outOfMemory: handBack(id, .outOfMemory, now: now, emit: &emit)
        case .engineFailed, .cancelled: handBack(id, .engineFailed, now: now, emit: &emit)
        }
    }

    /// The commitment goes out when the whole picture is on the disk: from then on others can fetch it.
    mutating func pictureStored(_ cid: CID, _ isStored: Bool, now: Instant, emit: inout [RoleEffect]) {
        for id in order {
            guard case .storing(var missing)? = leases[id]?.stage, missing.remove(cid) != nil else { continue }
            guard isStored else {
                handBack(id, .engineFailed, now: now, emit: &emit)
                continue
            }
            leases[id]?.stage = missing.isEmpty ? .committing : .storing(missing)
            if missing.isEmpty { commit(id, emit: &emit) }
        }
    }

    private mutating func commit(_ id: RecordID, emit: inout [RoleEffect]) {
        guard let lease = leases[id], let proof = lease.proof else { return }
        emit.append(.publish(.shard(of: lease.offer.job, shards: parameters.shards), proof.record.encoded))
        emit.append(
            .event(
                .leaseCommitted(
                    job: lease.offer.job, task: lease.offer.task, attempt: lease.offer.attempt, rays: proof.commitment.totalRays)))
        sendCommitment(id, emit: &emit)
    }

    mutating func sendCommitment(_ id: RecordID, emit: inout [RoleEffect]) {
        guard let lease = leases[id], lease.stage == .committing, let proof = lease.proof else { return }
        send(.commitment(proof.record), to: lease.manager, as: .commitment(id), emit: &emit)
    }

    /// The Manager's receipt, or its word that the attempt is over.
    mutating func held(_ id: RecordID, _ reply: RecordReply, now: Instant, emit: inout [RoleEffect]) {
        guard let lease = leases[id], lease.stage == .committing else { return }
        if case .record(let record) = reply, record.type == .held {
            guard let held: Held = keys.open(record), record.author == lease.manager.ed25519Key, held.commitment == lease.proof?.recordID
            else {
                timers.set(.resend(id), at: now + parameters.resendPause)
                return
            }
            leases[id]?.stage = .held
            return
        }
        told(id, reply, now: now, emit: &emit)
        if leases[id] != nil { timers.set(.resend(id), at: now + parameters.resendPause) }
    }

    mutating func verifyCall(_ peer: PeerID, _ bytes: [UInt8], emit: inout [RoleEffect]) -> RecordReply {
        guard let call = try? VerifyCall(encoded: bytes) else {
            emit.append(.penalise(peer, .malformed))
            return .refused(.malformed)
        }
        guard conduct.answersChallenges else { return .pending }
        switch call {
        case .locate(let package):
            guard let duty = try? package.duty.decoded(as: Duty.self), leases[duty.offer]?.manager == peer else {
                return .refused(.unknown)
            }
            return leases[duty.offer]?.locators(for: package, keys: keys) ?? .refused(.unknown)
        case .open(let offer, let record):
            guard leases[offer]?.manager == peer else { return .refused(.unknown) }
            return leases[offer]?.openings(for: record, keys: keys) ?? .refused(.unknown)
        case .trace(let offer, let record):
            guard leases[offer]?.manager == peer else { return .refused(.unknown) }
            return trace(offer, record, emit: &emit)
        case .duty, .challenge, .blind, .verdict, .evidence, .question: return .refused(.unsupported)
        }
    }

    /// What a record was after each of its samples is not kept: it is rendered again.
    private mutating func trace(_ offer: RecordID, _ question: Record, emit: inout [RoleEffect]) -> RecordReply {
        guard var lease = leases[offer] else { return .refused(.unknown) }
        let isBusy = leases.values.reduce(0) { $0 + ($1.proof?.tracesRunning ?? 0) } >= LeaseProof.tracesMax
        defer { leases[offer] = lease }
        switch lease.trace(for: question, isBusy: isBusy, keys: keys) {
        case .reply(let reply): return reply
        case .render(let requests, let place, let duty):
            let renders = SampleRenders(requests, at: place, of: lease.offer.sceneRoot, ids: &ids, emit: &emit)
            lease.updateProof { $0.tracing(duty, renders) }
            return .pending
        }
    }

    /// A piece of a trace; nil: it could not be rendered.
    mutating func traced(_ work: WorkID, _ values: [RecordValue]?, emit: inout [RoleEffect]) -> Bool {
        for offer in order {
            var isTaken = false
            guard let grid = leases[offer]?.grid else { continue }
            leases[offer]?.updateProof {
                isTaken = $0.traced(work, values, grid: grid, conduct: conduct, keys: keys, emit: &emit)
            }
            if isTaken { return true }
        }
        return false
    }
}

extension Topic {
    /// The shard of a job: the first word of its id modulo their number.
    public static func shard(of job: Bytes32, shards: UInt64) -> Topic {
        .shard(UInt16(truncatingIfNeeded: job.words.0 % max(1, min(shards, 65_536))))
    }
}
